"""What would be gone on a day, tried on a copy: the real purge, on real rows, under a later clock.

The databases are copied into a folder of its own, the keyring without a single key, and the files
as empty ones of the same names: nothing in the copy can be opened. The living house is only read.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privacy import export_care, forecast, purge, receipt_age, rehearsal_folder, retention
from privacy.erasing import hands_of
from privacy.keepers import Keeper
from privacy.kinds import Kind
from privacy.schedules import NoRuleError, Schedule
from storage import restored
from storage.blobs import BlobStore
from storage.database import Database
from storage.export_words import ExportPlace
from storage.house import House, elsewhere, house, reading
from storage.keyring import WrappedKey
from storage.keyring_rows import LookupName, LookupSeed
from storage.tables import Row


class NotCopiedError(Exception):
    """The house cannot be copied here; the text says what to do instead."""


@dataclass(slots=True)
class Outcome:
    """What became of one class of one organisation: what went, and why the rest stays."""

    gone: int = 0
    left: int = 0
    kept: dict[Keeper, int] = field(default_factory=dict)
    note: str | None = None


@dataclass(slots=True)
class Rehearsed:
    """What a purge at that moment leaves: outcomes by organisation and class, and the files."""

    outcomes: dict[str, dict[str, Outcome]]
    exports: int
    files: int
    files_left: int
    unfinished: int


def rehearse(living: House, *, at: datetime) -> Rehearsed:
    """Run the purge on a copy as of a moment.

    Raises NotCopiedError or RehearsingError before anything is copied.
    """
    databases = (living.database, living.keyring.database, living.ledger.database)
    if not all(one.is_sqlite for one in databases):
        raise NotCopiedError(
            "a database on PostgreSQL is not copied by this command: restore a dump of it into a "
            "scratch database (createdb, pg_restore), give a scratch machine DATABASE_URL of that, "
            "DATA_DIR, KEYRING_URL, LEDGER_URL and RECORDINGS_URL of its own, set its clock, and "
            "run 'flask retention run' there; 'flask retention preview --on' tells the same "
            "numbers here"
        )
    with rehearsal_folder.of_its_own(living.settings.data_dir) as folder:
        files = _copy(living, folder)
        settings = living.settings.model_copy(
            update={
                "data_dir": folder,
                "database_url": f"sqlite:///{folder}/main.db",
                "keyring_url": f"sqlite:///{folder}/keyring.db",
                "ledger_url": f"sqlite:///{folder}/ledger.db",
                "recordings_url": f"file://{folder}/recordings",
                # Nobody is told of what happens in a copy.
                "redis_url": f"unix://{folder}/nobody.sock",
                "keyring_backups_dir": None,
            }
        )
        with elsewhere(settings) as copy:
            return _purged(copy, files, at=at)


def _copy(living: House, folder: Path) -> int:
    """How many files there are."""
    _copy_database(living.ledger.database, folder / "ledger.db")
    _copy_keyring(living.keyring.database, folder / "keyring.db")
    _copy_database(living.database, folder / "main.db")
    BlobStore(f"file://{folder}/recordings")
    files = 0
    for item in living.blobs.items():
        files += 1
        place = BlobStore.place(folder / "recordings", item)
        place.parent.mkdir(exist_ok=True)
        place.touch()
    return files


def _copy_database(database: Database, target: Path) -> None:
    with _read(database) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    copy.close()


def _copy_keyring(database: Database, target: Path) -> None:
    """Everything but keys and names: whoever gets at the copy opens and finds nothing with it."""
    copied = sqlite3.connect(target, uri=True)  # so that what is attached may be read only
    try:
        copied.execute("ATTACH ? AS living", (f"file:{database.url.database}?mode=ro",))
        tables = copied.execute("SELECT name, sql FROM living.sqlite_master WHERE type = 'table'")
        for name, made in tables.fetchall():
            copied.execute(made)
            if name not in {one.__tablename__ for one in (WrappedKey, LookupName, LookupSeed)}:
                copied.execute(f'INSERT INTO main."{name}" SELECT * FROM living."{name}"')  # noqa: S608
        copied.commit()
    finally:
        copied.close()


@contextmanager
def _read(database: Database) -> Iterator[sqlite3.Connection]:
    source = sqlite3.connect(f"file:{database.url.database}?mode=ro", uri=True)
    try:
        yield source
    finally:
        source.close()


def _purged(copy: House, files: int, *, at: datetime) -> Rehearsed:
    with reading() as session:
        due = export_care.due(session, now=at)
        # What lies elsewhere is the operator's to remove.
        exports = sum(one.place is ExportPlace.OURS for one in due)
        schedules, without = retention.usable_schedules(session)
        unconfirmed = restored.kept_unconfirmed(session)
    totals = purge.run(hands=hands_of(copy), database=copy.database, now=at)
    outcomes: dict[str, dict[str, Outcome]] = {
        one.key: {"everything": Outcome(note="no usable rule: nothing is deleted on a guess")}
        for one in without
    }
    with reading() as session:
        for schedule in schedules:
            gone = totals.counts.get(schedule.organisation_key, {})
            told = _left(session, schedule, gone, at=at)
            if schedule.organisation_id in unconfirmed:
                told["everything"] = Outcome(note="restored and not confirmed: the purge waits")
            outcomes[schedule.organisation_key] = told
    left = sum(1 for _ in copy.blobs.items())
    return Rehearsed(outcomes, exports, files, left, totals.left)


def _left(
    session: Session, schedule: Schedule, gone: dict[str, int], *, at: datetime
) -> dict[str, Outcome]:
    told = {name: Outcome(gone=number) for name, number in sorted(gone.items())}
    try:
        kept = forecast.in_the_way(session, schedule, now=at)
    except NoRuleError as fault:
        told["everything else"] = Outcome(note=str(fault))
        return told
    left: Counter[str] = Counter()
    for kind in schedule.kinds:
        left[str(kind.counted_as)] += _count(session, kind, schedule.organisation_id)
    for kind in schedule.kinds:
        name = str(kind.counted_as)
        if left[name] or name in told:
            outcome = told.setdefault(name, Outcome())
            outcome.left = left[name]
            outcome.kept = {keeper: counts[name] for keeper, counts in kept.items() if counts[name]}
            if kind.data_class not in schedule.periods:
                outcome.note = "no rule for it: nothing is deleted on a guess"
            elif schedule.periods[kind.data_class] is None and kind.expires is None:
                outcome.note = "never by age"
    lines, name = receipt_age.left(house().ledger, schedule), receipt_age.COUNTED_AS
    if lines or name in told:
        outcome = told.setdefault(name, Outcome())
        outcome.left = lines
        outcome.kept = {keeper: counts[name] for keeper, counts in kept.items() if counts[name]}
        if receipt_age.never_goes(schedule):
            outcome.note = "never by age"
    return told


def _count(session: Session, kind: Kind, organisation_id: UUID | None) -> int:
    of: Any = kind.organisation
    if of is None:
        of = Row.metadata.tables[kind.table.__tablename__].c.organisation_id
    rows = kind.rows().where(of == organisation_id).subquery()
    return session.scalar(select(func.count()).select_from(rows)) or 0
