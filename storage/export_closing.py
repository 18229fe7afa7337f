"""The end of an export in the book: its path is forgotten, its alarms are over, a receipt tells it.

Whoever ends one says how it ended and what of it was there to take away.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from storage import alarms, dropping
from storage.export_words import ELSEWHERE, NOT_REMOVED, OUT_OF_SIGHT, OUTDATED, ExportEnd
from storage.keyring import Keyring
from storage.receipts import Erased, Receipt, Way, What
from storage.tables import Export


def close(
    session: Session,
    export: Export,
    ended: ExportEnd,
    *,
    what: What,
    files: int = 0,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Note the end of an export whose row is locked; the key of its path goes with the receipt."""
    keys = (export.id,) if export.path_sealed is not None else ()
    export.closed_at, export.ended, export.path_sealed = now, ended, None
    for kind in (ELSEWHERE, OUT_OF_SIGHT, NOT_REMOVED, OUTDATED):
        alarms.clear(session, kind, subject=str(export.id), at=now)
    receipt = Receipt(
        what=what,
        happened_at=now,
        organisation_id=export.organisation_id,
        data_class=DataClass.EXPORTS,
        kind="export_files",
        rule=f"exports: {ended}",
        count=1,
        keys=len(keys),
        files=files,
    )
    gone = Erased(Export.__tablename__, (export.id,), Way.BLANK_EXPORT, keys)
    dropping.drop_key(session, receipt, gone, keyring=keyring)
