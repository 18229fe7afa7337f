"""Taking exports away: the files of our folder in time, and a word about those that lie elsewhere.

A file is removed first and noted second, so a run that died is simply repeated. What cannot be
removed from here, because it lies on another machine or where an operator put it, is an alarm until
it is gone. It is taken for gone where its folder is there without it, and the receipt then claims
no file; where the folder is not there either it is asked for again. A person's erasure ends every
export of the organisation: nobody knows who is in it.
"""

import logging
from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy.schedules import NoRuleError, schedule_of
from storage import alarms, export_closing, export_files
from storage.export_words import ELSEWHERE, NOT_REMOVED, OUT_OF_SIGHT, ExportEnd, ExportPlace
from storage.faults import GiveUp
from storage.house import reading, transaction
from storage.keyring import Keyring
from storage.receipts import What
from storage.tables import Export, Organisation

log = logging.getLogger(__name__)

PATH: Final = "export.path"
_PATIENCE: Final = timedelta(days=1)


class Sight(StrEnum):
    """What is seen from here of a file that an operator put somewhere."""

    THERE = "there"
    # Its folder is there, and the file is not in it.
    GONE = "gone"
    # No folder, or none that may be looked into.
    OUT_OF_SIGHT = "out of sight"


class NoExportError(GiveUp):
    """There is no such export, or it may not be removed like that; the text says why."""


def remove_due(*, data_dir: Path, keyring: Keyring, now: datetime) -> Counter[UUID]:
    """Remove what is past its time and in reach; how many files of which organisation.

    Repeating it removes no more. What was gone already is closed, and not counted.
    """
    with reading() as session:
        found = due(session, now=now)
    removed: Counter[UUID] = Counter()
    for one in found:
        if _remove_one(one.id, data_dir=data_dir, keyring=keyring, now=now):
            removed[one.organisation_id] += 1
    return removed


def due(session: Session, *, now: datetime) -> list[Export]:
    """The exports that are past their time and not known to be gone, the oldest first."""
    wanted = select(Export).where(Export.closed_at.is_(None)).order_by(Export.made_at, Export.id)
    return [one for one in session.scalars(wanted) if _is_due(session, one, now=now)]


def still_there(session: Session, organisation: Organisation) -> list[Export]:
    """The exports of an organisation that are not known to be gone, the first to go first."""
    wanted = select(Export).where(
        Export.organisation_id == organisation.id, Export.closed_at.is_(None)
    )
    return list(session.scalars(wanted.order_by(Export.expires_at, Export.id)))


def overdue(session: Session, organisation_id: UUID, *, now: datetime) -> int:
    """How many exports of an organisation are still there a day after their time."""
    late = due(session, now=now - _PATIENCE)
    return sum(one.organisation_id == organisation_id for one in late)


def end_all(session: Session, organisation_id: UUID, *, now: datetime) -> None:
    """Let every export of an organisation that is still there be due now."""
    session.execute(
        update(Export)
        .where(
            Export.organisation_id == organisation_id,
            Export.closed_at.is_(None),
            Export.expires_at > now,
        )
        .values(expires_at=now)
    )


def remove_elsewhere(
    organisation: Organisation, export_id: UUID, *, gone: bool, keyring: Keyring, now: datetime
) -> ExportEnd:
    """Remove a file that an operator put somewhere, or note that it is gone.

    Raises NoExportError for one that is not on this machine, or that is not what was written.
    """
    with reading() as session:
        export = session.scalars(
            select(Export).where(
                Export.organisation_id == organisation.id,
                Export.id == export_id,
                Export.closed_at.is_(None),
            )
        ).one_or_none()
    if export is None:
        raise NoExportError(f"{organisation.key} has no export {export_id} that is still there")
    if export.place is ExportPlace.OURS:
        raise NoExportError("it lies in the folder of exports; 'flask exports tidy' removes it")
    path = path_elsewhere(export, keyring)
    seen = Sight.GONE if path is None else sight(path)
    if path is not None and seen is Sight.THERE:
        if gone:
            raise NoExportError(f"there is a file at {path}; leave --gone out, or move it")
        if export_files.digest(path) != export.sha256:
            raise NoExportError(
                f"{path} is not what was written; look at it, remove it yourself and say --gone"
            )
        path.unlink()
        _close(export.id, ExportEnd.REMOVED, keyring=keyring, now=now)
        return ExportEnd.REMOVED
    if path is not None and seen is Sight.OUT_OF_SIGHT and not gone:
        raise NoExportError(
            f"the folder {path.parent} is not there: mount its disk and try again, or say --gone "
            "when the file is gone everywhere"
        )
    if not gone:
        raise NoExportError(
            f"there is no file at {path} on this machine; when it is gone everywhere, say --gone"
        )
    _close(export.id, ExportEnd.GONE, keyring=keyring, now=now)
    return ExportEnd.GONE


def path_elsewhere(export: Export, keyring: Keyring) -> Path | None:
    """Where an operator had it put."""
    told = keyring.open_many([(export.id, PATH, export.path_sealed)])[0]
    return None if told is None else Path(told)


def sight(path: Path) -> Sight:
    """Whether such a file is there, is gone, or cannot be seen from here."""
    try:
        path.lstat()
    except FileNotFoundError:
        return Sight.GONE if path.parent.is_dir() else Sight.OUT_OF_SIGHT
    except OSError:  # it may not be looked at, which says nothing about it
        return Sight.OUT_OF_SIGHT
    return Sight.THERE


def _is_due(session: Session, export: Export, *, now: datetime) -> bool:
    """Whether its time is over: as it was told when it was made, or as the schedule has it now."""
    if export.expires_at <= now:
        return True
    try:
        schedule = schedule_of(session.get_one(Organisation, export.organisation_id))
        period = schedule.period(DataClass.EXPORTS)
    except NoRuleError:
        return False
    return period is not None and period.is_over(export.made_at, at=now, zone=schedule.zone)


def _remove_one(export_id: UUID, *, data_dir: Path, keyring: Keyring, now: datetime) -> bool:
    with reading() as session:
        export = session.get_one(Export, export_id)
    here = export.folder == export_files.mark_of(data_dir)
    if export.place is ExportPlace.ELSEWHERE:
        path = path_elsewhere(export, keyring)
        seen = Sight.THERE if path is None or not here else sight(path)
        if seen is Sight.GONE:
            _close(export_id, ExportEnd.GONE, keyring=keyring, now=now)
            return False
        return _alarm(export, OUT_OF_SIGHT if seen is Sight.OUT_OF_SIGHT else ELSEWHERE, now=now)
    if here:
        try:
            export_files.remove(export_files.path_of(data_dir, export))
        except OSError as error:
            log.warning("export.not_removed", extra={"error": type(error).__name__})
            return _alarm(export, NOT_REMOVED, now=now)
        return _close(export_id, ExportEnd.REMOVED, keyring=keyring, now=now)
    if export.expires_at + _PATIENCE <= now:
        return _alarm(export, NOT_REMOVED, now=now)
    return False


def _alarm(export: Export, kind: str, *, now: datetime) -> bool:
    with transaction() as session:
        for other in {ELSEWHERE, OUT_OF_SIGHT} - {kind}:
            alarms.clear(session, other, subject=str(export.id), at=now)
        alarms.sound(
            session,
            kind,
            subject=str(export.id),
            organisation_id=export.organisation_id,
            at=now,
        )
    return False


def _close(export_id: UUID, ended: ExportEnd, *, keyring: Keyring, now: datetime) -> bool:
    """Note that the file is gone, with a receipt; the key of its path goes after that.

    Of one that nobody removed here the receipt claims no file.
    """
    files = 1 if ended is ExportEnd.REMOVED else 0
    with transaction() as session:
        export = session.get_one(Export, export_id, with_for_update=True)
        if export.closed_at is not None:
            return False
        export_closing.close(
            session, export, ended, what=What.PURGED, files=files, keyring=keyring, now=now
        )
    return True
