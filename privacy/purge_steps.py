"""One run of the purge over the rows: kind by kind, batch by batch, oldest first.

Each batch is erased with a receipt (privacy.erasing). What cannot be deleted now is left for the
next run, which first ends what this one had begun.
"""

import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from privacy import descent, due_pages, erasing, keepers, kinds, schedules
from privacy.descent import Descent
from privacy.erasing import Hands
from privacy.kinds import ANSWERED, Kind
from privacy.retention import Item, NoRuleError, Schedule
from storage import alarms, receipt_writing
from storage.faults import TryAgain
from storage.house import reading, transaction
from storage.identity import new_id
from storage.many_ids import ManyIds, among
from storage.prepared import Prepared
from storage.receipts import HOUSE_CHAIN, Receipt, Way, What
from storage.tables import Comment, Invitation, Organisation, PurgeRun, Recording, Row

log = logging.getLogger(__name__)

# Receipts on their way hold the ids of what went, so they do not wait for the end.
_WRITTEN_OUT_AFTER: Final = 20
NO_RULE: Final = "retention.no_rule"
_COUNTED: Final = Prepared(
    update(PurgeRun).where(PurgeRun.id == bindparam("run")), sets=("counts",)
)


@dataclass(slots=True)
class Totals:
    """What a run deleted: organisation key to class to number; `left` batches wait for the next."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    left: int = 0

    def add(self, organisation: str, counted_as: str, number: int) -> None:
        """Count some more."""
        of_organisation = self.counts.setdefault(organisation, {})
        of_organisation[counted_as] = of_organisation.get(counted_as, 0) + number


def alarm_no_rule(organisation_id: UUID | None, *, now: datetime) -> None:
    """Say that an organisation or the house has a class without a usable rule."""
    with transaction() as session:
        alarms.sound(
            session,
            NO_RULE,
            subject=str(organisation_id),
            organisation_id=organisation_id,
            at=now,
        )


class Run:
    """One run of the purge over all organisations."""

    def __init__(self, *, hands: Hands, now: datetime, batch: int, totals: Totals) -> None:
        self.run_id = new_id()
        self.totals = totals
        # Whose rules could not be read after all.
        self.without_rule = set[UUID | None]()
        self._hands = hands
        self._now = now
        self._batch = batch
        self._erased = 0
        self._unfinished: dict[str, set[UUID]] = {}

    def finish_what_was_begun(self) -> None:
        """End the erasures of runs that died, whatever had been decided about them by age."""
        ledger = self._hands.ledger
        receipt_writing.write_out(ledger=ledger, keyring=self._hands.keyring, now=self._now)
        with reading() as session:
            names = session.execute(select(Organisation.id, Organisation.key)).all()
        keys = {HOUSE_CHAIN: schedules.HOUSE, **dict(names)}
        for receipt in ledger.intents():
            erased = receipt.detail.erased
            organisation = keys.get(receipt.organisation_id or HOUSE_CHAIN)
            if erased is None or organisation is None:
                continue
            counted = functools.partial(self._count, organisation, receipt.kind or "rows")
            try:
                done = erasing.finish(receipt, hands=self._hands, now=self._now, counted=counted)
            except TryAgain as fault:
                self._unfinished.setdefault(erased.table, set()).update(erased.roots)
                self._postpone(fault)
            else:
                self.totals.left += done.left

    def purge(self, schedule: Schedule, kind: Kind) -> None:
        """Delete all rows of one kind that are due, batch by batch, oldest first."""
        after: Item | None = None
        while True:
            try:
                with reading() as session:
                    page = due_pages.next_page(
                        session, schedule, kind, now=self._now, limit=self._batch, after=after
                    )
            except NoRuleError:
                alarm_no_rule(schedule.organisation_id, now=self._now)
                self.without_rule.add(schedule.organisation_id)
                return
            if page is None:
                return
            after = page.last
            if page.rows:
                try:
                    self._erase(schedule, kind, page.table, page.rows)
                except TryAgain as fault:
                    self._postpone(fault)

    def _erase(
        self, schedule: Schedule, kind: Kind, table: type[Row], roots: Sequence[UUID]
    ) -> None:
        unfinished = self._unfinished.get(table.__tablename__)
        if unfinished:
            roots = ManyIds(root for root in roots if root not in unfinished)
        if not roots:
            return
        known: Descent | None = None
        if table is Invitation:
            # What goes with its answers before its own time is counted in its own class all the
            # same, whatever ran when.
            comments, loose = ManyIds(), ManyIds()
            with reading() as session:
                known = descent.find(session, table, roots)
                if known.has(Comment):
                    comments = ManyIds(session.scalars(kinds.comments_below(session, roots)))
                if known.has(Recording):
                    loose = ManyIds(session.scalars(kinds.loose_recordings_below(session, roots)))
            self._erase(schedule, kinds.COMMENTS, Comment, comments)
            self._erase(schedule, kinds.LOOSE_RECORDINGS, Recording, loose)
        receipt = Receipt(
            what=What.PURGED,
            happened_at=self._now,
            organisation_id=schedule.organisation_id,
            data_class=kind.data_class,
            kind=str(kind.counted_as),
            rule=schedule.rules[kind.data_class],
        )
        counted = functools.partial(self._count, schedule.organisation_key, str(kind.counted_as))
        way = kind.way
        if kind is ANSWERED and kind.data_class in schedule.anonymised:
            way = Way.ANONYMISE
        try:
            done = erasing.erase(
                receipt,
                table,
                roots,
                way,
                hands=self._hands,
                now=self._now,
                counted=counted,
                spared=functools.partial(self._spared, schedule, kind, table),
                known=known,
            )
        except TryAgain:
            # Its intent stands, and is not written a second time.
            self._unfinished.setdefault(table.__tablename__, set()).update(roots)
            raise
        self.totals.left += done.left
        self._erased += 1
        if self._erased % _WRITTEN_OUT_AFTER == 0:
            ledger, keyring = self._hands.ledger, self._hands.keyring
            receipt_writing.write_out(ledger=ledger, keyring=keyring, now=self._now)

    def _spared(
        self,
        schedule: Schedule,
        kind: Kind,
        table: type[Row],
        session: Session,
        roots: Sequence[UUID],
    ) -> set[UUID]:
        """The rows that something keeps since they were found."""
        if not keepers.are_there(session, schedule, now=self._now):
            return set()
        column = Row.metadata.tables[table.__tablename__].c.id
        kept = keepers.kept_back(schedule, table, kind.data_class, now=self._now)
        return set(session.scalars(select(column).where(among(session, column, roots), kept)))

    def _postpone(self, fault: TryAgain) -> None:
        self.totals.left += 1
        log.warning("purge.postponed", extra={"code": fault.code})

    def _count(self, organisation: str, counted_as: str, session: Session, number: int) -> None:
        self.totals.add(organisation, counted_as, number)
        # With the rows, so that a run that is cut off has counted what it did.
        _COUNTED.change(session, {"run": self.run_id, "counts": self.totals.counts})
