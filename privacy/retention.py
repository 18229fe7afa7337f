"""What is due: by age alone, in whatever state it is, oldest first.

The clock of answers starts with the first answer; of a person who gave none, with the beginning of
the response, and else with the invitation. A comment's starts when it was made, a telephone
message's when it was received, and a call's that belongs to neither when it began.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Select, exists, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.periods import Period
from config.retention_rules import DataClass, RetentionRule
from storage.states import CommentState
from storage.tables import (
    Answer,
    Call,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Message,
    Organisation,
    Recording,
    Response,
    Row,
)

CLASSES: Final = (
    DataClass.FREE_COMMENTS,
    DataClass.TELEPHONE_MESSAGES,
    DataClass.ANSWERS,
)
"""Comments go before the answers they belong to, so each is counted in its own class."""

_RULES: Final = TypeAdapter(tuple[RetentionRule, ...])


class NoRuleError(Exception):
    """The organisation's schedule has no usable rule for a class; nothing is deleted on a guess."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The retention of one organisation: a period per class, None for never by age."""

    organisation_id: UUID
    organisation_key: str
    zone: ZoneInfo
    periods: dict[DataClass, Period | None]
    # The same in words, for receipts.
    rules: dict[DataClass, str]

    def period(self, data_class: DataClass) -> Period | None:
        """The period of the class; raises NoRuleError when the schedule does not name it."""
        if data_class not in self.periods:
            raise NoRuleError(f"{self.organisation_key} has no retention rule for {data_class}")
        return self.periods[data_class]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row that a class is made of: where its clock starts, and which rows count."""

    data_class: DataClass
    # Under which word a run counts what it deleted.
    counted_as: str
    table: type[Row]
    start: InstrumentedAttribute[Any]
    # The rows, with `start` and an id; the organisation and the age are added.
    rows: Callable[[], Select[datetime, UUID]]


def schedule_of(organisation: Organisation) -> Schedule:
    """The schedule as the organisation's file has it; raises NoRuleError when it cannot be read."""
    try:
        rules = _RULES.validate_python(organisation.document.get("retention", []))
    except ValidationError:
        raise NoRuleError(f"the retention rules of {organisation.key} cannot be read") from None
    return Schedule(
        organisation_id=organisation.id,
        organisation_key=organisation.key,
        zone=ZoneInfo(organisation.timezone),
        periods={rule.data_class: rule.longest for rule in rules},
        rules={rule.data_class: _in_words(rule) for rule in rules},
    )


def _in_words(rule: RetentionRule) -> str:
    ceiling = "" if rule.ceiling is None else f", {rule.ceiling} at most"
    return f"{rule.data_class}: {rule.keep} from {rule.start}{ceiling}"


def due(
    session: Session,
    schedule: Schedule,
    kind: Kind,
    *,
    now: datetime,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[tuple[datetime, UUID]]:
    """Start and id of up to `limit` rows whose period may be over, oldest first.

    A period ends on a calendar day, so some of the youngest may still be running: ask `is_over`.
    `after` is the last one of the page before.
    """
    period = schedule.period(kind.data_class)
    if period is None:
        return []
    table = Row.metadata.tables[kind.table.__tablename__]
    statement = kind.rows().where(
        table.c.organisation_id == schedule.organisation_id,
        kind.start <= period.before(now, schedule.zone),
    )
    if after is not None:
        statement = statement.where(tuple_(kind.start, table.c.id) > tuple_(*after))
    found = session.execute(statement.order_by(kind.start, table.c.id).limit(limit)).all()
    return [(start, item) for start, item in found]


def is_over(schedule: Schedule, kind: Kind, start: datetime, *, now: datetime) -> bool:
    """Whether the period of a row that began at `start` is over."""
    period = schedule.period(kind.data_class)
    return period is not None and period.is_over(start, at=now, zone=schedule.zone)


def count_due(session: Session, schedule: Schedule, *, now: datetime) -> dict[str, int]:
    """How many items of each class are due; what a purge at that moment counts under them."""
    counts = {data_class.value: 0 for data_class in CLASSES}
    for kind in KINDS:
        if kind.counted_as not in counts:
            continue
        after: tuple[datetime, UUID] | None = None
        while found := due(session, schedule, kind, now=now, limit=1_000, after=after):
            over = sum(is_over(schedule, kind, start, now=now) for start, _ in found)
            counts[kind.counted_as] += over
            after = found[-1]
    return counts


def _live(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """That a recording exists whose erasure is not complete."""
    return exists().where(Recording.erased_at.is_(None), *where)


def _comments() -> Select[datetime, UUID]:
    # Not by state alone: a run that died half-way has marked it and not finished.
    unfinished = or_(
        Comment.state != CommentState.ERASED,
        Comment.text_sealed.is_not(None),
        _live(Recording.comment_id == Comment.id),
    )
    return select(Comment.made_at, Comment.id).where(unfinished)


def _loose_recordings() -> Select[datetime, UUID]:
    """Recordings of a survey call that no comment was made of."""
    return (
        select(Recording.recorded_at, Recording.id)
        .join(Call, Recording.call_id == Call.id)
        .where(
            Recording.comment_id.is_(None),
            Recording.message_id.is_(None),
            Recording.erased_at.is_(None),
            Call.mailbox_id.is_(None),
        )
    )


def _messages() -> Select[datetime, UUID]:
    return select(Message.received_at, Message.id)


def _callers() -> Select[datetime, UUID]:
    """People who called and whose number is still kept, with a comment younger than this class."""
    return _stray_calls(
        or_(Call.caller_sealed.is_not(None), Call.caller_hash.is_not(None)), with_comment=True
    )


def _calls() -> Select[datetime, UUID]:
    return _stray_calls(with_comment=False)


def _stray_calls(*where: ColumnElement[bool], with_comment: bool) -> Select[datetime, UUID]:
    """Calls that belong to no invitation and no message."""
    commented = _live(Recording.call_id == Call.id, Call.mailbox_id.is_(None))
    return select(Call.started_at, Call.id).where(
        Call.attempt_id.is_(None),
        ~exists().where(Message.call_id == Call.id),
        commented if with_comment else ~commented,
        *where,
    )


def _answered() -> Select[datetime, UUID]:
    earlier = exists().where(
        _SOONER.c.response_id == Answer.response_id, _SOONER.c.answered_at < Answer.answered_at
    )
    return select(Answer.answered_at, Answer.id).where(~earlier)


_SOONER: Final = Row.metadata.tables["answers"].alias("sooner")


def _unanswered() -> Select[datetime, UUID]:
    return select(Response.started_at, Response.id).where(
        ~exists().where(Answer.response_id == Response.id)
    )


def _uninvited() -> Select[datetime, UUID]:
    return select(Invitation.created_at, Invitation.id).where(
        ~exists().where(Response.invitation_id == Invitation.id)
    )


def _loose_interactions() -> Select[datetime, UUID]:
    return select(Interaction.created_at, Interaction.id).where(
        ~exists().where(Invitation.interaction_id == Interaction.id)
    )


def _loose_customers() -> Select[datetime, UUID]:
    return select(Customer.last_interaction_at, Customer.id).where(
        ~exists().where(Interaction.customer_id == Customer.id)
    )


_FREE, _TOLD, _ANSWERS = (
    DataClass.FREE_COMMENTS,
    DataClass.TELEPHONE_MESSAGES,
    DataClass.ANSWERS,
)
COMMENTS: Final = Kind(_FREE, _FREE, Comment, Comment.made_at, _comments)
LOOSE_RECORDINGS: Final = Kind(_FREE, _FREE, Recording, Recording.recorded_at, _loose_recordings)
MESSAGES: Final = Kind(_TOLD, _TOLD, Message, Message.received_at, _messages)
CALLERS: Final = Kind(_TOLD, "callers", Call, Call.started_at, _callers)
CALLS: Final = Kind(_TOLD, "calls", Call, Call.started_at, _calls)
ANSWERED: Final = Kind(_ANSWERS, _ANSWERS, Answer, Answer.answered_at, _answered)
UNANSWERED: Final = Kind(_ANSWERS, _ANSWERS, Response, Response.started_at, _unanswered)
UNINVITED: Final = Kind(_ANSWERS, _ANSWERS, Invitation, Invitation.created_at, _uninvited)
LOOSE_INTERACTIONS: Final = Kind(
    _ANSWERS, "interactions", Interaction, Interaction.created_at, _loose_interactions
)
LOOSE_CUSTOMERS: Final = Kind(
    _ANSWERS, "customers", Customer, Customer.last_interaction_at, _loose_customers
)
KINDS: Final = (
    *(COMMENTS, LOOSE_RECORDINGS, MESSAGES, CALLERS, CALLS),
    *(ANSWERED, UNANSWERED, UNINVITED, LOOSE_INTERACTIONS, LOOSE_CUSTOMERS),
)
"""In the order in which they are deleted: what is left loose by one is taken by a later one."""
