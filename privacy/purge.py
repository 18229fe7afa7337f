"""The purge: what is past its period goes, in small steps that may be cut off anywhere.

Each batch goes through the same four steps: hide the rows, delete the files, destroy the keys,
and only then delete or blank the rows and let the provider's copies go. Until the last step the
rows are found again by their age, so a run that died is finished by the next.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from privacy import blanking, descent, retention
from privacy.descent import Descent
from privacy.retention import Kind, NoRuleError, Schedule
from storage import alarms, provider_copies
from storage.blobs import BlobStore
from storage.database import Database
from storage.faults import TryAgain
from storage.house import reading, transaction
from storage.identity import new_id
from storage.keyring import Keyring
from storage.tables import (
    Answer,
    Call,
    Customer,
    Invitation,
    Message,
    Organisation,
    PurgeRun,
    Recording,
    Response,
    Row,
)

log = logging.getLogger(__name__)

BATCH: Final = 100
NO_RULE: Final = "retention.no_rule"
STORE_AWAY: Final = "retention.store_unreachable"
LOG_BUSY: Final = "retention.log_not_emptied"


@dataclass(slots=True)
class Totals:
    """What a run deleted: organisation key to class to number; `left` batches wait for the next."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    left: int = 0

    def add(self, organisation: str, counted_as: str, number: int) -> None:
        """Count some more."""
        of_organisation = self.counts.setdefault(organisation, {})
        of_organisation[counted_as] = of_organisation.get(counted_as, 0) + number


def run(
    *, blobs: BlobStore, keyring: Keyring, database: Database, now: datetime, batch: int = BATCH
) -> Totals:
    """Delete everything that is due at `now`; repeating it deletes nothing more.

    An organisation or class without a usable rule is left alone, with an alarm. Files that cannot
    be deleted now keep their rows, and the next run tries again.
    """
    work = _Run(blobs=blobs, keyring=keyring, now=now, batch=batch)
    with transaction() as session:
        session.add(PurgeRun(id=work.run_id, started_at=now, counts={}))
    for schedule in _schedules(now=now):
        for kind in retention.KINDS:
            work.purge(schedule, kind)
    _empty_logs(database, keyring.database, now=now)
    with transaction() as session:
        purge_run = session.get_one(PurgeRun, work.run_id)
        purge_run.finished_at = now if work.totals.left == 0 else None
        if work.totals.left:
            alarms.sound(session, STORE_AWAY, at=now)
        else:
            alarms.clear(session, STORE_AWAY, at=now)
    log.info("purge.ran", extra={"counts": work.totals.counts, "left": work.totals.left})
    return work.totals


def _schedules(*, now: datetime) -> list[Schedule]:
    usable = []
    with reading() as session:
        organisations = session.scalars(select(Organisation).order_by(Organisation.key)).all()
    for organisation in organisations:
        try:
            usable.append(retention.schedule_of(organisation))
        except NoRuleError:
            _alarm_no_rule(organisation.id, now=now)
    return usable


def _alarm_no_rule(organisation_id: UUID, *, now: datetime) -> None:
    with transaction() as session:
        alarms.sound(
            session,
            NO_RULE,
            subject=str(organisation_id),
            organisation_id=organisation_id,
            at=now,
        )


class _Run:
    """One run of the purge over all organisations."""

    def __init__(self, *, blobs: BlobStore, keyring: Keyring, now: datetime, batch: int) -> None:
        self.run_id = new_id()
        self.totals = Totals()
        self._blobs = blobs
        self._keyring = keyring
        self._now = now
        self._batch = batch

    def purge(self, schedule: Schedule, kind: Kind) -> None:
        """Delete all rows of one kind that are due, batch by batch, oldest first."""
        after: tuple[datetime, UUID] | None = None
        while True:
            try:
                with reading() as session:
                    found = retention.due(
                        session, schedule, kind, now=self._now, limit=self._batch, after=after
                    )
            except NoRuleError:
                _alarm_no_rule(schedule.organisation_id, now=self._now)
                return
            if not found:
                return
            after = found[-1]
            over = [
                item
                for start, item in found
                if retention.is_over(schedule, kind, start, now=self._now)
            ]
            if over:
                try:
                    self._erase(schedule, kind, over)
                except TryAgain as fault:
                    self.totals.left += 1
                    log.warning("purge.postponed", extra={"code": fault.code})

    def _erase(self, schedule: Schedule, kind: Kind, items: Sequence[UUID]) -> None:
        keeps_rows = kind in blanking.KINDS
        with transaction() as session:
            root, roots = _roots(session, kind, items)
            found = descent.find(session, root, roots)
            descent.lock(session, root, roots, found)
            if kind is retention.CALLERS:
                found = Descent({Call.__tablename__: set(roots)})
            else:
                descent.hide(session, found)
            if kind is retention.LOOSE_CUSTOMERS:
                # Nobody finds the person by number any more, so nothing new is hung on the row.
                session.execute(
                    update(Customer)
                    .where(Customer.id.in_(roots))
                    .values(phone_hash=None, email_hash=None, erased_at=self._now)
                )
        destroyed = found.sealed_items
        for item in sorted(found.of(Recording)):
            self._blobs.delete(item)
        self._keyring.destroy(sorted(destroyed))
        with transaction() as session:
            descent.lock(session, root, roots, found)
            if keeps_rows:
                gone = blanking.blank(session, kind, roots, found, now=self._now)
            else:
                again = descent.find(session, root, roots)
                if again.sealed_items - destroyed or not _still_loose(session, kind, roots):
                    # Something was hung on these rows meanwhile: the next run judges them anew.
                    self.totals.left += 1
                    return
                gone = _number_there(session, root, roots)
                self._let_go(session, schedule, again)
                descent.remove(session, again)
            if keeps_rows:
                self._let_go(session, schedule, found)
            self._count(session, schedule, kind, gone)

    def _let_go(self, session: Session, schedule: Schedule, found: Descent) -> None:
        provider_copies.let_go_all(
            session,
            descent.provider_sids(session, found),
            organisation_id=schedule.organisation_id,
            at=self._now,
        )

    def _count(self, session: Session, schedule: Schedule, kind: Kind, number: int) -> None:
        self.totals.add(schedule.organisation_key, str(kind.counted_as), number)
        # With the rows, so that a run that is cut off has counted what it did.
        purge_run = session.get_one(PurgeRun, self.run_id)
        purge_run.counts = {key: dict(value) for key, value in self.totals.counts.items()}


def _roots(session: Session, kind: Kind, items: Sequence[UUID]) -> tuple[type[Row], list[UUID]]:
    """The rows with which everything of these items goes."""
    of: dict[type[Row], Any] = {
        Answer: select(Response.invitation_id)
        .join(Answer, Answer.response_id == Response.id)
        .where(Answer.id.in_(items)),
        Response: select(Response.invitation_id).where(Response.id.in_(items)),
        Message: select(Message.call_id).where(Message.id.in_(items)),
    }
    if kind.table not in of:
        return kind.table, list(items)
    table: type[Row] = Call if kind.table is Message else Invitation
    return table, list(session.scalars(of[kind.table]))


def _number_there(session: Session, table: type[Row], items: Sequence[UUID]) -> int:
    """How many of the rows are still there; another run may have been quicker."""
    column = Row.metadata.tables[table.__tablename__].c.id
    wanted = select(func.count()).where(column.in_(items))
    return session.scalar(wanted) or 0


def _still_loose(session: Session, kind: Kind, roots: Sequence[UUID]) -> bool:
    """Whether nobody hung anything on rows that go because nothing hangs on them."""
    if kind not in (retention.LOOSE_CUSTOMERS, retention.LOOSE_INTERACTIONS):
        return True
    table = Row.metadata.tables[kind.table.__tablename__]
    there = select(table.c.id).where(table.c.id.in_(roots))
    loose = kind.rows().where(table.c.id.in_(roots))
    return len(session.scalars(there).all()) == len(session.execute(loose).all())


def _empty_logs(*databases: Database, now: datetime) -> None:
    """Have SQLite's logs emptied: until then deleted rows and destroyed keys still lie in them."""
    for database in databases:
        done = database.checkpoint()
        for _ in range(10):
            if done:
                break
            time.sleep(0.2)
            done = database.checkpoint()
        with transaction() as session:
            if done:
                alarms.clear(session, LOG_BUSY, at=now)
            else:
                alarms.sound(session, LOG_BUSY, at=now)
