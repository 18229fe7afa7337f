"""Files, keys and rows compared with each other in every direction: `storage reconcile`.

Nothing younger than an hour is judged, because it may be on its way. A file or key without a row
that wants it is removed; a row without its file or key is a loss and becomes an alarm.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, or_, select

from storage import alarms, receipt_notes
from storage.blobs import BlobStore
from storage.house import reading, transaction
from storage.keyring import Keyring, WrappedKey
from storage.lookup_names import THE_HOUSE
from storage.receipts import Receipt, What
from storage.states import RecordingState, TranscriptState
from storage.tables import Organisation, Recording, Row, Transcript

log = logging.getLogger(__name__)

YOUNG: Final = timedelta(hours=1)
# More than this looks like a restored or wrong database, and not like leavings.
MOST_REPAIRS: Final = 20
MOST_REPAIRED_SHARE: Final = 0.1
MISSING_FILE: Final = "recording.file_missing"
MISSING_KEY: Final = "row.key_missing"
TOO_MANY: Final = "storage.too_many_orphans"
_PAGE: Final = 500
T = TypeVar("T")


@dataclass(slots=True)
class Report:
    """What was found: ids of files and keys nobody wants, of rows that lost theirs, stray pieces.

    `repaired` counts what was removed; `held_back` says that there was too much to remove unasked.
    """

    files: int = 0
    keys: int = 0
    orphan_files: list[UUID] = field(default_factory=list)
    orphan_keys: list[UUID] = field(default_factory=list)
    missing_files: list[UUID] = field(default_factory=list)
    missing_keys: list[UUID] = field(default_factory=list)
    stray_pieces: int = 0
    repaired: int = 0
    held_back: bool = False

    @property
    def clean(self) -> bool:
        """Whether everything has its counterpart."""
        return not (
            self.orphan_files
            or self.orphan_keys
            or self.missing_files
            or self.missing_keys
            or self.stray_pieces
        )


def reconcile(
    *, blobs: BlobStore, keyring: Keyring, now: datetime, repair: bool = False, many: bool = False
) -> Report:
    """Compare and report; sound an alarm for each loss, and end those of losses that are none now.

    With `repair`, remove what nobody wants.

    Too many orphans for leavings are not removed unless `many` says so: they are what a wrong or
    restored database looks like.
    """
    report = Report()
    _judge_files(report, blobs, now=now)
    _find_missing_files(report, blobs)
    _judge_keys(report, keyring, now=now)
    _find_missing_keys(report, keyring)
    strays = [path for path in blobs.stray_files() if _age(path, now=now) > YOUNG]
    report.stray_pieces = len(strays)
    _tell_alarms(report, now=now)
    crowded = _too_many(len(report.orphan_files), report.files) or _too_many(
        len(report.orphan_keys), report.keys
    )
    report.held_back = repair and crowded and not many
    if repair and not report.held_back:
        _repair(report, blobs, keyring, now=now)
        for path in strays:
            path.unlink(missing_ok=True)
            report.repaired += 1
    if repair or not crowded:
        with transaction() as session:
            tell = alarms.sound if report.held_back else alarms.clear
            tell(session, TOO_MANY, at=now)
    log.info(
        "storage.reconciled",
        extra={
            "orphan_files": len(report.orphan_files),
            "orphan_keys": len(report.orphan_keys),
            "missing_files": len(report.missing_files),
            "missing_keys": len(report.missing_keys),
            "stray_pieces": report.stray_pieces,
            "repaired": report.repaired,
        },
    )
    return report


def _judge_files(report: Report, blobs: BlobStore, *, now: datetime) -> None:
    for page in _pages(blobs.written()):
        report.files += len(page)
        old = [item for item, written_at in page if now - written_at > YOUNG]
        with reading() as session:
            wanted = set(
                session.scalars(select(Recording.id).where(_keeps(), Recording.id.in_(old)))
            )
        report.orphan_files += [item for item in old if item not in wanted]


def _keeps() -> ColumnElement[bool]:
    """The recordings that keep a file; one being written now is READY and counts."""
    return Recording.state.in_([RecordingState.STORED, RecordingState.READY])


def _find_missing_files(report: Report, blobs: BlobStore) -> None:
    last = UUID(int=0)
    while True:
        wanted = (
            select(Recording.id)
            .where(Recording.state == RecordingState.STORED, Recording.id > last)
            .order_by(Recording.id)
            .limit(_PAGE)
        )
        with reading() as session:
            page = session.scalars(wanted).all()
        if not page:
            return
        for item in page:
            try:
                blobs.length(item)
            except FileNotFoundError:
                if _still_stored(item):
                    report.missing_files.append(item)
        last = page[-1]


def _still_stored(item: UUID) -> bool:
    """Look again: the purge may have taken the recording since the page was read."""
    with reading() as session:
        state = session.scalar(select(Recording.state).where(Recording.id == item))
    return state is RecordingState.STORED


def _judge_keys(report: Report, keyring: Keyring, *, now: datetime) -> None:
    last = UUID(int=0)
    while True:
        wanted = (
            select(WrappedKey.item_id, WrappedKey.created_at)
            .where(WrappedKey.item_id > last)
            .order_by(WrappedKey.item_id)
            .limit(_PAGE)
        )
        with keyring.database.reading() as session:
            page = session.execute(wanted).all()
        if not page:
            return
        report.keys += len(page)
        old = [item for item, created_at in page if now - created_at > YOUNG]
        in_use = _items_in_use(old)
        report.orphan_keys += [item for item in old if item not in in_use]
        last = page[-1][0]


def _items_in_use(items: list[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    if not items:
        return found
    with reading() as session:
        found |= set(session.scalars(select(Recording.id).where(_keeps(), Recording.id.in_(items))))
        working = [TranscriptState.WAITING, TranscriptState.RUNNING]
        busy = select(Transcript.id).where(Transcript.state.in_(working), Transcript.id.in_(items))
        found |= set(session.scalars(busy))
        # An organisation's key makes its look-up hashes, and nothing in its row shows it.
        found |= set(session.scalars(select(Organisation.id).where(Organisation.id.in_(items))))
        found.add(THE_HOUSE)  # likewise
        for table in _sealing_tables():
            holds = select(table.c.id).where(table.c.id.in_(items), _any_sealed(table))
            found |= set(session.scalars(holds))
    return found


def _find_missing_keys(report: Report, keyring: Keyring) -> None:
    stored = Recording.__table__.c.state == RecordingState.STORED
    _walk_rows(report, keyring, Recording.__table__, stored)  # type: ignore[arg-type]
    for table in _sealing_tables():
        _walk_rows(report, keyring, table, _any_sealed(table))


def _walk_rows(report: Report, keyring: Keyring, table: Table, holds: ColumnElement[bool]) -> None:
    last = UUID(int=0)
    while True:
        wanted = select(table.c.id).where(holds, table.c.id > last).order_by(table.c.id)
        with reading() as session:
            page = session.scalars(wanted.limit(_PAGE)).all()
        if not page:
            return
        with keyring.database.reading() as session:
            has = select(WrappedKey.item_id).where(WrappedKey.item_id.in_(page))
            keyed = set(session.scalars(has))
        without = [item for item in page if item not in keyed]
        if without:
            with reading() as session:  # again: an erasure may be half-way
                still = select(table.c.id).where(holds, table.c.id.in_(without))
                report.missing_keys += session.scalars(still).all()
        last = page[-1]


def _sealing_tables() -> list[Table]:
    return [
        table
        for table in Row.metadata.sorted_tables
        if any(column.info.get("sealed") for column in table.columns)
    ]


def _any_sealed(table: Table) -> ColumnElement[bool]:
    return or_(*(c.is_not(None) for c in table.columns if c.info.get("sealed")))


def _tell_alarms(report: Report, *, now: datetime) -> None:
    for kind, items in (
        (MISSING_FILE, report.missing_files),
        (MISSING_KEY, report.missing_keys),
    ):
        missing = {str(item) for item in items}
        with reading() as session:
            known = alarms.open_subjects(session, kind)
        for subject in sorted(missing - known):
            with transaction() as session:
                alarms.sound(session, kind, subject=subject, at=now)
        for subject in sorted(known - missing):  # found again, or needed no more
            with transaction() as session:
                alarms.clear(session, kind, subject=subject, at=now)


def _repair(report: Report, blobs: BlobStore, keyring: Keyring, *, now: datetime) -> None:
    for item in report.orphan_files:
        blobs.delete(item)
    keys = keyring.destroy(report.orphan_keys)
    report.repaired += len(report.orphan_files) + keys
    if not report.repaired:
        return
    with transaction() as session:
        receipt_notes.note(
            session,
            Receipt(
                what=What.LEAVINGS_REMOVED,
                happened_at=now,
                keys=keys,
                files=len(report.orphan_files),
            ),
        )


def _too_many(orphans: int, all_of_them: int) -> bool:
    return orphans > MOST_REPAIRS and orphans > MOST_REPAIRED_SHARE * all_of_them


def _age(path: "os.PathLike[str]", *, now: datetime) -> timedelta:
    try:
        return now - datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
    except FileNotFoundError:
        return timedelta(0)


def _pages(many: Iterable[T]) -> Iterator[list[T]]:
    walk: Any = iter(many)
    while page := list(islice(walk, _PAGE)):
        yield page
