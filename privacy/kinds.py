"""The kinds of rows that go by age: which rows, where their clock starts, and how they go.

The clock of answers starts with the first answer; of a person who gave none, with the beginning of
the response, and else with the invitation. A comment's starts when it was made, a telephone
message's when it was received, and a call's that belongs to neither when it began. What the house
keeps about its own doings is listed in privacy.log_kinds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.retention_rules import DataClass
from storage.many_ids import among
from storage.receipts import Way
from storage.states import CommentState
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Message,
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


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row that a class is made of."""

    data_class: DataClass
    # Under which word a run counts what it deleted.
    counted_as: str
    table: type[Row]
    # Where the clock of a row starts.
    start: InstrumentedAttribute[Any]
    # The rows, with `start` and an id; the organisation and the age are added.
    rows: Callable[[], Select[Any, UUID]]
    way: Way = Way.REMOVE
    # The row with which it goes, where that is another one (privacy.purge_roots).
    root: InstrumentedAttribute[Any] | None = None
    # The moment that ends the time of an item of which the rule says "until handled".
    handled: InstrumentedAttribute[Any] | None = None
    # The moment that ends the time of an item before its period does, where there is one.
    sooner: InstrumentedAttribute[Any] | None = None
    # The moment that ends the time of an item whatever the rule says: it says how long it counts.
    expires: InstrumentedAttribute[Any] | None = None
    # Whose row it is, where the row itself does not name its organisation.
    organisation: ColumnElement[Any] | InstrumentedAttribute[Any] | None = None
    # Only where contacts are kept for less time than the answers that refer to them.
    contact_first: bool = False

    def __hash__(self) -> int:
        """Each kind is itself."""
        return hash((self.counted_as, self.table.__tablename__, self.way, self.start.key))


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
    return (
        select(Comment.made_at, Comment.id)
        .join(Response, Comment.response_id == Response.id)
        .where(unfinished)
    )


def comments_below(session: Session, invitations: Sequence[UUID]) -> Select[UUID]:
    """The comments in these invitations that are not erased."""
    there = _comments().where(among(session, Response.invitation_id, invitations))
    return there.with_only_columns(Comment.id).order_by(Comment.id)


def loose_recordings_below(session: Session, invitations: Sequence[UUID]) -> Select[UUID]:
    """The recordings in these invitations that no comment was made of."""
    there = (
        _loose_recordings()
        .join(Attempt, Call.attempt_id == Attempt.id)
        .where(among(session, Attempt.invitation_id, invitations))
    )
    return there.with_only_columns(Recording.id).order_by(Recording.id)


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


def _contacts() -> Select[datetime, UUID]:
    return select(Interaction.happened_at, Interaction.id).where(Interaction.case_hash.is_not(None))


def _contact_data() -> Select[datetime, UUID]:
    return select(Customer.last_interaction_at, Customer.id).where(
        or_(
            Customer.name_sealed.is_not(None),
            Customer.phone_sealed.is_not(None),
            Customer.email_sealed.is_not(None),
            Customer.phone_hash.is_not(None),
            Customer.email_hash.is_not(None),
            Customer.locale.is_not(None),
            Customer.minor.is_(True),
            Customer.guardian_leave_on.is_not(None),
            Customer.customer_since.is_not(None),
            Customer.customer_until.is_not(None),
            Customer.source.is_not(None),
        )
    )


def _answered() -> Select[datetime, UUID]:
    earlier = exists().where(
        _SOONER.c.response_id == Answer.response_id,
        # Of answers that came in one moment, one stands for all.
        tuple_(_SOONER.c.answered_at, _SOONER.c.id) < tuple_(Answer.answered_at, Answer.id),
    )
    return (
        select(Answer.answered_at, Answer.id)
        .join(Response, Answer.response_id == Response.id)
        .where(~earlier)
    )


_SOONER: Final = Row.metadata.tables["answers"].alias("sooner")


def _unanswered() -> Select[datetime, UUID]:
    return select(Response.started_at, Response.id).where(
        ~exists().where(Answer.response_id == Response.id)
    )


def _uninvited() -> Select[datetime, UUID]:
    return select(Invitation.created_at, Invitation.id).where(
        ~exists().where(Response.invitation_id == Invitation.id)
    )


def _hangs(where: ColumnElement[bool]) -> ColumnElement[bool]:
    """That something hangs on a row, asked row by row in the order in which rows are taken.

    Joined instead, as PostgreSQL would without the offset, each batch reads the whole table: it
    believes that something hangs on every row as long as nobody has looked since it went.
    """
    return select(literal(1)).where(where).offset(0).exists()


def _loose_interactions() -> Select[datetime, UUID]:
    return select(Interaction.created_at, Interaction.id).where(
        ~_hangs(Invitation.interaction_id == Interaction.id)
    )


def _loose_customers() -> Select[datetime, UUID]:
    return select(Customer.last_interaction_at, Customer.id).where(
        ~_hangs(Interaction.customer_id == Customer.id)
    )


_FREE, _TOLD, _ANSWERS, _CONTACTS = (
    DataClass.FREE_COMMENTS,
    DataClass.TELEPHONE_MESSAGES,
    DataClass.ANSWERS,
    DataClass.CONTACT_LOG,
)
COMMENTS: Final = Kind(
    _FREE, _FREE, Comment, Comment.made_at, _comments, Way.BLANK,
    handled=Response.handled_at, sooner=Comment.sensitive_until,
)  # fmt: skip
LOOSE_RECORDINGS: Final = Kind(
    _FREE, _FREE, Recording, Recording.recorded_at, _loose_recordings, Way.BLANK
)
MESSAGES: Final = Kind(
    _TOLD, _TOLD, Message, Message.received_at, _messages,
    root=Message.call_id, sooner=Message.sensitive_until,
)  # fmt: skip
CALLERS: Final = Kind(_TOLD, "callers", Call, Call.started_at, _callers, Way.BLANK_CALLER)
CALLS: Final = Kind(_TOLD, "calls", Call, Call.started_at, _calls)
CONTACTS: Final = Kind(
    _CONTACTS, _CONTACTS, Interaction, Interaction.happened_at, _contacts,
    Way.BLANK_CONTACT, contact_first=True,
)  # fmt: skip
CONTACT_DATA: Final = Kind(
    _CONTACTS, "contact_data", Customer, Customer.last_interaction_at, _contact_data,
    Way.BLANK_CONTACT, contact_first=True,
)  # fmt: skip
ANSWERED: Final = Kind(
    _ANSWERS, _ANSWERS, Answer, Answer.answered_at, _answered,
    root=Response.invitation_id, handled=Response.handled_at,
)  # fmt: skip
UNANSWERED: Final = Kind(
    _ANSWERS, _ANSWERS, Response, Response.started_at, _unanswered,
    root=Response.invitation_id, handled=Response.handled_at,
)  # fmt: skip
UNINVITED: Final = Kind(_ANSWERS, _ANSWERS, Invitation, Invitation.created_at, _uninvited)
LOOSE_INTERACTIONS: Final = Kind(
    _ANSWERS, "interactions", Interaction, Interaction.created_at, _loose_interactions,
    Way.REMOVE_LOOSE,
)  # fmt: skip
LOOSE_CUSTOMERS: Final = Kind(
    _ANSWERS, "customers", Customer, Customer.last_interaction_at, _loose_customers,
    Way.REMOVE_LOOSE,
)  # fmt: skip
KINDS: Final = (
    *(COMMENTS, LOOSE_RECORDINGS, MESSAGES, CALLERS, CALLS, CONTACTS, CONTACT_DATA),
    *(ANSWERED, UNANSWERED, UNINVITED, LOOSE_INTERACTIONS, LOOSE_CUSTOMERS),
)
"""In the order in which they are deleted: what is left loose by one is taken by a later one."""
