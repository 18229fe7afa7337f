"""What goes when: a calendar of coming deletions that equals what the purge then does.

Each item falls on the day, on the organisation's clock, on which its time is over or what keeps it
back has its last day; what is overdue already goes today. Only what is known now is foretold: no
answer that is yet to come, and no hold that is yet to be set or released.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, not_, select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import keepers, kinds, log_kinds, receipt_age, retention
from privacy.keepers import Keeper
from privacy.kinds import Kind
from privacy.moments import Foresight, Moments
from privacy.retention import Item
from privacy.schedules import Schedule
from storage.export_words import ExportPlace
from storage.house import house
from storage.tables import Call, Customer, Export, Hold, Interaction, Message

_PAGE: Final = 1_000
_ANSWERS: Final = (kinds.ANSWERED, kinds.UNANSWERED, kinds.UNINVITED)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
EXPORT_FILES: Final = "export_files"


def _all_interactions() -> Select[Any, UUID]:
    return select(Interaction.created_at, Interaction.id)


def _all_customers() -> Select[Any, UUID]:
    return select(Customer.last_interaction_at, Customer.id)


def _all_stray_calls() -> Select[Any, UUID]:
    return select(Call.started_at, Call.id).where(
        Call.attempt_id.is_(None), ~exists().where(Message.call_id == Call.id)
    )


# What goes once nothing hangs on it is looked for while something still does.
_WIDE: Final = {
    kinds.LOOSE_INTERACTIONS: replace(kinds.LOOSE_INTERACTIONS, rows=_all_interactions),
    kinds.LOOSE_CUSTOMERS: replace(kinds.LOOSE_CUSTOMERS, rows=_all_customers),
    kinds.CALLS: replace(kinds.CALLS, rows=_all_stray_calls),
}


# In a run they come after what they belong to, everything else before it.
_AFTER_THEIRS: Final = (log_kinds.RECEIPT_CODES, log_kinds.LIFTED_RESTRICTIONS)
# What is left of an account or a mailbox goes with the last thing that refers to it.
UNTOLD: Final = (log_kinds.EMPTIED_ACCOUNTS, log_kinds.RETIRED_MAILBOXES)


def _holds_that_end() -> Select[Any, UUID]:
    return select(Hold.ends_at, Hold.id).where(
        Hold.released_at.is_(None), Hold.ends_at.is_not(None)
    )


# Their last day is known, and that is when they count as released.
HOLDS_THAT_END: Final = replace(log_kinds.HOLDS, start=Hold.ends_at, rows=_holds_that_end)


@dataclass(slots=True)
class Calendar:
    """How many items of each class go on which day, and how many are kept back past their time."""

    goes: dict[str, Counter[date]] = field(default_factory=dict)
    kept_back: Counter[str] = field(default_factory=Counter)
    # Each moment at which something is over: a purge that runs at all of them does all of it.
    moments: set[datetime] = field(default_factory=set)

    @property
    def totals(self) -> dict[str, int]:
        """How many of each class go altogether."""
        return {name: days.total() for name, days in self.goes.items()}

    @property
    def days(self) -> list[date]:
        """The days on which anything goes."""
        return sorted({day for days in self.goes.values() for day in days})


@dataclass(frozen=True, slots=True)
class _Share:
    """Rows of a kind that are free to go from some moment on."""

    free_from: datetime
    which: ColumnElement[bool] | None


def foretell(session: Session, schedule: Schedule, *, now: datetime, until: datetime) -> Calendar:
    """The calendar from now on up to a moment; raises NoRuleError without a rule for a class."""
    teller = _Teller(session, schedule, now=now, until=until)
    for kind in schedule.kinds:
        if kind not in UNTOLD:
            teller.tell(kind)
    if schedule.organisation_id is not None:
        teller.tell(HOLDS_THAT_END)
        teller.tell_exports()
    teller.tell_receipts()
    return teller.calendar


def in_the_way(
    session: Session, schedule: Schedule, *, now: datetime
) -> dict[Keeper, Counter[str]]:
    """How many items of each class are past their time now, and what each keeper keeps of them.

    What two of them keep is counted with both. Raises NoRuleError without a rule for a class.
    """
    found = {keeper: Counter[str]() for keeper in Keeper}
    teller = _Teller(session, schedule, now=now, until=now)
    for kind in schedule.kinds if keepers.are_there(session, schedule, now=now) else ():
        for keeper, counts in found.items():
            counts[str(kind.counted_as)] += teller.past_their_time(kind, (keeper,))
    receipts = receipt_age.kept_back(session, house().ledger, schedule, at=now)
    found[Keeper.HOLD][receipt_age.COUNTED_AS] += receipts
    return {keeper: +counts for keeper, counts in found.items()}


class _Teller:
    """One walk over everything of an organisation that goes within the time looked at."""

    def __init__(
        self, session: Session, schedule: Schedule, *, now: datetime, until: datetime
    ) -> None:
        self.calendar = Calendar()
        self._session = session
        self._schedule = schedule
        self._now = now
        self._until = until
        self._keeping = keepers.are_there(session, schedule, now=now)
        ends = select(Hold.ends_at).where(
            Hold.organisation_id == schedule.organisation_id,
            keepers.holds_at(now),
            Hold.ends_at <= until,
        )
        self._ends = sorted({one for one in session.scalars(ends) if one is not None})
        self._foresight = Foresight(
            session, schedule, now=now, keeping=self._keeping, ends=self._ends
        )

    def tell(self, kind: Kind) -> None:
        """Put all of one kind into the calendar."""
        self.calendar.goes.setdefault(str(kind.counted_as), Counter())
        wide = _WIDE.get(kind, kind)
        for share in self._shares(wide):
            for page in self._pages(wide, share.which):
                ends = {one.id: retention.end_of(self._schedule, wide, one) for one in page}
                own = {
                    one: max(end, share.free_from)
                    for one, end in ends.items()
                    if end is not None and end <= self._until
                }
                moments = self._as_it_comes(kind, own)
                self._note(str(kind.counted_as), moments.values())
                if kind in _ANSWERS:
                    self._what_goes_with(kind, moments)
        if self._keeping:
            kept = self.past_their_time(kind, tuple(Keeper))
            self.calendar.kept_back[str(kind.counted_as)] += kept

    def tell_exports(self) -> None:
        """Files of exports that lie with us, by the day they were told or the schedule's."""
        period = self._schedule.periods.get(DataClass.EXPORTS)
        rows = self._session.execute(
            select(Export.expires_at, Export.made_at).where(
                Export.organisation_id == self._schedule.organisation_id,
                Export.closed_at.is_(None),
                Export.place == ExportPlace.OURS,
            )
        )
        zone = self._schedule.zone
        self._note(
            EXPORT_FILES,
            [
                expires if period is None else min(expires, period.after(made, zone))
                for expires, made in rows
            ],
        )

    def tell_receipts(self) -> None:
        """Lines of the ledger; those that this calendar's own deletions will write are not told."""
        session, schedule, ledger = self._session, self._schedule, house().ledger
        moments = receipt_age.foretold(session, ledger, schedule, now=self._now, until=self._until)
        self._note(receipt_age.COUNTED_AS, moments)
        kept = receipt_age.kept_back(session, ledger, schedule, at=self._until)
        self.calendar.kept_back[receipt_age.COUNTED_AS] += kept

    def past_their_time(self, kind: Kind, by: Collection[Keeper]) -> int:
        """How many items these keep although their time is over by the end of what is told."""
        kept = keepers.kept_back(
            self._schedule, kind.table, kind.data_class, now=self._until, keepers=by
        )
        return sum(
            retention.is_over(self._schedule, kind, one, now=self._until)
            for page in self._pages(kind, kept)
            for one in page
        )

    def _shares(self, kind: Kind) -> Iterator[_Share]:
        if not self._keeping:
            yield _Share(self._now, None)
            return
        yield _Share(self._now, not_(self._kept(kind, self._now)))
        before = self._now
        for end in self._ends:
            yield _Share(end, and_(self._kept(kind, before), not_(self._kept(kind, end))))
            before = end

    def _kept(self, kind: Kind, moment: datetime) -> ColumnElement[bool]:
        return keepers.kept_back(self._schedule, kind.table, kind.data_class, now=moment)

    def _pages(self, kind: Kind, which: ColumnElement[bool] | None) -> Iterator[Sequence[Item]]:
        after: Item | None = None
        while found := retention.due(
            self._session,
            self._schedule,
            kind,
            now=self._until,
            limit=_PAGE,
            after=after,
            which=which,
        ):
            yield found
            after = found[-1]

    def _as_it_comes(self, kind: Kind, own: Moments) -> Moments:
        """When each of these goes as this kind; those that go otherwise before are left out."""
        if kind in (kinds.LOOSE_INTERACTIONS, kinds.LOOSE_CUSTOMERS):
            return self._foresight.loose(kind, own)
        if kind in (kinds.CALLS, kinds.CALLERS):
            last = self._foresight.recordings_of(own)
            if kind is kinds.CALLERS:
                return {one: at for one, at in own.items() if (last.get(one) or _NEVER) > at}
            gone = {one: last.get(one, at) for one, at in own.items()}
            return {one: max(own[one], at) for one, at in gone.items() if at is not None}
        others = self._foresight.with_others(kind, own)
        late = timedelta.resolution if kind in _AFTER_THEIRS else timedelta()
        return {one: at for one, at in own.items() if at + late <= others.get(one, _NEVER)}

    def _what_goes_with(self, kind: Kind, moments: Moments) -> None:
        """Comments and sound that go with these answers before their own time."""
        for one, own in self._foresight.below(kind, moments):
            if own is None or own > moments[one]:
                self._note(str(DataClass.FREE_COMMENTS), [moments[one]])

    def _note(self, name: str, moments: Iterable[datetime]) -> None:
        days = self.calendar.goes.setdefault(name, Counter())
        for moment in moments:
            if moment <= self._until:
                days[self._day(moment)] += 1
                self.calendar.moments.add(max(moment, self._now))

    def _day(self, moment: datetime) -> date:
        return max(moment, self._now).astimezone(self._schedule.zone).date()


def by_class(calendar: Calendar) -> dict[date, dict[str, int]]:
    """The calendar by day: what goes on it, class by class."""
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for name, days in calendar.goes.items():
        for day, number in days.items():
            found[day][name] = number
    return {day: found[day] for day in sorted(found)}
