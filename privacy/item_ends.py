"""When what one page shows goes: the end of a response's answers and comments, of a message.

It is the moment at which the purge takes them, by the same reckoning; why it is that moment is told
with it, so that a page can say what noting a step would change.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.periods import Period
from config.retention_rules import DataClass
from privacy import keepers, kinds, log_kinds, retention
from privacy.kinds import Kind
from privacy.retention import Item, Schedule
from storage.matters import CaseKind
from storage.states import CommentState
from storage.tables import Answer, Case, Comment, Message, Response, Row

_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


class Why(StrEnum):
    """What ends the time of something."""

    # Its period, which nothing that staff do shortens.
    PERIOD = "period"
    # It goes once it is handled; until then the ceiling is the end.
    CEILING = "ceiling"
    # It was handled.
    HANDLED = "handled"
    # Somebody marked it as sensitive.
    SENSITIVE = "sensitive"
    # It goes once it is handled, and no ceiling ends it before.
    OPEN = "open"
    # Nothing ends it by itself.
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Ending:
    """When something goes and why; `at` is None when nothing known ends it."""

    what: DataClass
    at: datetime | None
    why: Why
    # How long the period or the ceiling is.
    period: Period | None
    # A hold, an open case or a restriction keeps it although its time is over.
    kept: bool


def of_response(
    session: Session, schedule: Schedule, response: Response, *, now: datetime
) -> list[Ending]:
    """When the answers go, and the comments if there are any; raises NoRuleError.

    Of several comments the last to go is told.
    """
    teller = _Teller(session, schedule, now=now)
    answered = session.scalars(
        select(Answer.answered_at)
        .where(Answer.response_id == response.id)
        .order_by(Answer.answered_at)
        .limit(1)
    ).first()
    start = answered or response.started_at
    answers = teller.tell(kinds.UNANSWERED, start, response.id, response.handled_at)
    comments = [
        _no_later_than(
            answers, teller.tell(kinds.COMMENTS, made_at, row, response.handled_at, sooner)
        )
        for row, made_at, sooner in session.execute(
            select(Comment.id, Comment.made_at, Comment.sensitive_until).where(
                Comment.response_id == response.id, Comment.state != CommentState.ERASED
            )
        )
    ]
    return [answers, *_last(comments)]


def of_message(session: Session, schedule: Schedule, message: Message, *, now: datetime) -> Ending:
    """When a telephone message goes; raises NoRuleError."""
    teller = _Teller(session, schedule, now=now)
    sooner = message.sensitive_until
    return teller.tell(kinds.MESSAGES, message.received_at, message.id, None, sooner)


def of_case(session: Session, schedule: Schedule, case: Case, *, now: datetime) -> Ending:
    """When a case goes with its notes; raises NoRuleError."""
    kind = log_kinds.COMPLAINTS if case.kind is CaseKind.COMPLAINT else log_kinds.FOLLOW_UPS
    start = case.closed_at or case.opened_at
    if kind.data_class in schedule.from_collection:
        start = case.collected_at
    return _Teller(session, schedule, now=now).tell(kind, start, case.id, case.closed_at)


class _Teller:
    """One look at the items of one organisation at one moment."""

    def __init__(self, session: Session, schedule: Schedule, *, now: datetime) -> None:
        self._session = session
        self._schedule = schedule
        self._now = now
        self._keeping = keepers.are_there(session, schedule, now=now)

    def tell(
        self,
        kind: Kind,
        start: datetime,
        row: UUID,
        handled: datetime | None,
        sooner: datetime | None = None,
    ) -> Ending:
        period = self._schedule.period(kind.data_class)
        by_step = kind.data_class in self._schedule.until_handled
        early = retention.earlier(handled if by_step else None, sooner)
        end = retention.end_of(self._schedule, kind, Item(start, row, early))
        if sooner is not None and end == sooner:
            why = Why.SENSITIVE
        elif by_step and handled is not None and end == handled:
            why = Why.HANDLED
        elif by_step:
            why = Why.OPEN if period is None else Why.CEILING
        else:
            why = Why.NEVER if period is None else Why.PERIOD
        return Ending(kind.data_class, end, why, period, self._kept(kind, row))

    def _kept(self, kind: Kind, row: UUID) -> bool:
        if not self._keeping:
            return False
        column = Row.metadata.tables[kind.table.__tablename__].c.id
        kept = keepers.kept_back(self._schedule, kind.table, kind.data_class, now=self._now)
        return self._session.scalar(select(column).where(column == row, kept)) is not None


def _no_later_than(answers: Ending, comment: Ending) -> Ending:
    """A comment goes with its answers at the latest, unless it is kept."""
    if comment.kept or answers.at is None or answers.kept:
        return comment
    if comment.at is not None and comment.at <= answers.at:
        return comment
    return Ending(comment.what, answers.at, answers.why, answers.period, kept=False)


def _last(endings: list[Ending]) -> list[Ending]:
    """The one that stays longest, if there is any."""
    return sorted(endings, key=lambda one: one.at or _FOREVER)[-1:]
