"""What goes when: a calendar of coming deletions that equals what the purge then does.

Each item falls on the day, on the organisation's clock, on which its time is over or what keeps it
back has its last day; what is overdue already goes today. Only what is known now is foretold: no
answer that is yet to come, and no hold that is yet to be set or released.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import keepers, kinds, retention
from privacy.keepers import Keeper
from privacy.kinds import Kind
from privacy.retention import Item
from privacy.schedules import Schedule
from storage.tables import Answer, Comment, Hold, Invitation, Response

_PAGE: Final = 1_000
_ANSWERS: Final = (kinds.ANSWERED, kinds.UNANSWERED)


@dataclass(slots=True)
class Calendar:
    """How many items of each class go on which day, and how many are kept back past their time."""

    goes: dict[str, Counter[date]] = field(default_factory=dict)
    kept_back: Counter[str] = field(default_factory=Counter)

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
        if kind.counted_as == kind.data_class:
            teller.tell(kind)
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

    def tell(self, kind: Kind) -> None:
        """Put all of one kind into the calendar."""
        days = self.calendar.goes.setdefault(str(kind.counted_as), Counter())
        for share in self._shares(kind):
            for page in self._pages(kind, share.which):
                ends = self._ends_of(kind, page)
                for item in page:
                    end = ends.get(item.id)
                    if end is not None and end <= self._until:
                        days[self._day(max(end, share.free_from))] += 1
                if kind in _ANSWERS:
                    self._comments_that_go_sooner(kind, page, share.free_from)
        if self._keeping:
            kept = self.past_their_time(kind, tuple(Keeper))
            self.calendar.kept_back[str(kind.counted_as)] += kept

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

    def _ends_of(self, kind: Kind, page: Sequence[Item]) -> dict[UUID, datetime]:
        found = {item.id: retention.end_of(self._schedule, kind, item) for item in page}
        ends = {item: end for item, end in found.items() if end is not None}
        if kind is kinds.COMMENTS:
            # One that goes with its answers sooner is told of there.
            sooner = self._ends_of_answers(page)
            ends = {i: end for i, end in ends.items() if i not in sooner or end <= sooner[i]}
        return ends

    def _ends_of_answers(self, comments: Sequence[Item]) -> dict[UUID, datetime]:
        """When each comment's answers go, where nothing keeps those back."""
        if self._schedule.periods.get(DataClass.ANSWERS) is None:
            return {}
        free: list[ColumnElement[bool]] = []
        if self._keeping:
            free.append(not_(self._kept(kinds.UNINVITED, self._now)))
        rows = self._session.execute(
            select(
                Comment.id, Response.started_at, Response.handled_at, func.min(Answer.answered_at)
            )
            .join(Response, Comment.response_id == Response.id)
            .join(Invitation, Response.invitation_id == Invitation.id)
            .outerjoin(Answer, Answer.response_id == Response.id)
            .where(Comment.id.in_([item.id for item in comments]), *free)
            .group_by(Comment.id, Response.started_at, Response.handled_at)
        )
        ends = {}
        for comment, started_at, handled_at, answered_at in rows:
            item = Item(answered_at or started_at, comment, self._handled(handled_at))
            end = retention.end_of(self._schedule, kinds.ANSWERED, item)
            if end is not None:
                ends[comment] = end
        return ends

    def _handled(self, moment: datetime | None) -> datetime | None:
        return moment if DataClass.ANSWERS in self._schedule.until_handled else None

    def _comments_that_go_sooner(
        self, kind: Kind, page: Sequence[Item], free_from: datetime
    ) -> None:
        """Comments that go with these answers before their own time."""
        days = self.calendar.goes.setdefault(str(DataClass.FREE_COMMENTS), Counter())
        ends = {item.id: retention.end_of(self._schedule, kind, item) for item in page}
        for item, comment in self._comments_of(kind, list(ends)):
            end = ends[item]
            own = retention.end_of(self._schedule, kinds.COMMENTS, comment)
            if end is not None and end <= self._until and (own is None or own > end):
                days[self._day(max(end, free_from))] += 1

    def _comments_of(self, kind: Kind, items: list[UUID]) -> Iterator[tuple[UUID, Item]]:
        there = kinds.COMMENTS.rows().add_columns(Response.handled_at)
        asked: Any = Response.id
        if kind is kinds.ANSWERED:
            there, asked = there.join(Answer, Answer.response_id == Response.id), Answer.id
        for made_at, comment, handled_at, item in self._session.execute(
            there.add_columns(asked).where(asked.in_(items))
        ):
            ends = DataClass.FREE_COMMENTS in self._schedule.until_handled
            yield item, Item(made_at, comment, handled_at if ends else None)

    def _day(self, moment: datetime) -> date:
        return max(moment, self._now).astimezone(self._schedule.zone).date()


def by_class(calendar: Calendar) -> dict[date, dict[str, int]]:
    """The calendar by day: what goes on it, class by class."""
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for name, days in calendar.goes.items():
        for day, number in days.items():
            found[day][name] = number
    return {day: found[day] for day in sorted(found)}
