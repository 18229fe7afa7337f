"""What keeps an item past its period: a restriction, a hold, an open case.

A restriction keeps everything of a person, whatever the schedule says. A hold and an open case keep
only what belongs to a class whose rule names them under `extended_by`. Once they end, what is
overdue goes with the next run.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from config.retention_rules import DataClass, Extension
from privacy.schedules import Schedule
from storage import restrictions
from storage.prepared import Prepared
from storage.states import CommentState
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Case,
    Comment,
    Consent,
    Customer,
    Disclosure,
    Hold,
    Interaction,
    Invitation,
    Message,
    Objection,
    ReceiptCode,
    Recording,
    RegisterResult,
    Response,
    Restriction,
    RightsRequest,
    Row,
    ThrottleToken,
)

Ids = Select[Any] | CompoundSelect[Any]


class Keeper(StrEnum):
    """What stands in the way of a deletion."""

    RESTRICTION = "restriction"
    HOLD = "hold"
    OPEN_CASE = "open case"


_CASE_ROWS: Final = (Answer, Response, Invitation)
"""Rows that go with their whole invitation, and so with the comments in it."""
_CALL_OF: Final[dict[type[Row], Any]] = {
    Call: Call.id,
    Message: Message.call_id,
    Recording: Recording.call_id,
}
"""With which call of somebody who called us a row goes, and whose it is."""
_HASH_OF: Final[dict[type[Row], Any]] = {
    ThrottleToken: ThrottleToken.subject_hash,
    RegisterResult: RegisterResult.subject_hash,
    Consent: Consent.subject_hash,
    Objection: Objection.subject_hash,
    Restriction: Restriction.subject_hash,
    RightsRequest: RightsRequest.subject_hash,
    Disclosure: Disclosure.subject_hash,
}
"""The column by which a row knows a person without a customer."""
_CUSTOMER_OF: Final[dict[type[Row], Any]] = {
    RightsRequest: RightsRequest.customer_id,
    Disclosure: Disclosure.customer_id,
}
"""Which customer it was, who may be gone."""
_CONTACTS: Final = (Interaction, Customer)
"""Rows that go with the last answer on them, and hold what the contact log does."""


def are_there(session: Session, schedule: Schedule, *, now: datetime) -> bool:
    """Whether anything at all keeps something of this organisation: most have nothing."""
    if schedule.organisation_id is None:
        return False
    [(there,)] = _ANY.rows(session, {"mine": schedule.organisation_id, "now": now})
    return bool(there)


def holds_at(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """That a hold is in force at that moment."""
    return and_(Hold.released_at.is_(None), or_(Hold.ends_at.is_(None), Hold.ends_at > now))


_IS_RESTRICTED: Final = Restriction.lifted_at.is_(None)
_MINE: Final = bindparam("mine", type_=Hold.organisation_id.type)
# Asked before each batch, so it is written once.
_ANY: Final = Prepared(
    select(
        or_(
            exists().where(Restriction.organisation_id == _MINE, _IS_RESTRICTED),
            exists().where(
                Hold.organisation_id == _MINE, holds_at(bindparam("now", type_=Hold.ends_at.type))
            ),
            exists().where(Case.organisation_id == _MINE, Case.closed_at.is_(None)),
        )
    )
)


def kept_back(
    schedule: Schedule,
    table: type[Row],
    data_class: DataClass,
    *,
    now: datetime,
    keepers: Collection[Keeper] = tuple(Keeper),
) -> ColumnElement[bool]:
    """The condition that a row of this table, in this class, is kept although its time is over.

    With fewer `keepers` it is what these alone keep.
    """
    mine = schedule.organisation_id
    restricted = restrictions.frozen_customers(Restriction.organisation_id == mine)
    kept: list[ColumnElement[bool]] = []
    if Keeper.RESTRICTION in keepers:
        kept = _of_customers(table, restricted) + _of_callers(table)
    for one in _classes_of(table, data_class):
        by = schedule.extended_by.get(one, ())
        if Extension.LEGAL_HOLD in by and Keeper.HOLD in keepers:
            kept += _held(schedule, table, one, now=now)
        if Extension.OPEN_MATTER in by and Keeper.OPEN_CASE in keepers:
            kept += _of_open_cases(schedule, table)
    if table in _CASE_ROWS and data_class is not DataClass.FREE_COMMENTS:
        comment = kept_back(schedule, Comment, DataClass.FREE_COMMENTS, now=now, keepers=keepers)
        there = select(Response.invitation_id).join(Comment, Comment.response_id == Response.id)
        kept += _of_invitations(table, there.where(Comment.state != CommentState.ERASED, comment))
        sound = kept_back(schedule, Recording, DataClass.FREE_COMMENTS, now=now, keepers=keepers)
        rung = (
            select(Attempt.invitation_id)
            .join(Call, Call.attempt_id == Attempt.id)
            .join(Recording, Recording.call_id == Call.id)
        )
        loose = (Recording.comment_id.is_(None), Recording.erased_at.is_(None))
        kept += _of_invitations(table, rung.where(*loose, sound))
    # The empty list is "nothing keeps it", which SQL has no word of its own for.
    return or_(*kept, Row.metadata.tables[table.__tablename__].c.id.is_(None))


def _classes_of(table: type[Row], data_class: DataClass) -> tuple[DataClass, ...]:
    """The classes of which something goes when a row goes as one of this class."""
    if table in _CONTACTS and data_class is DataClass.ANSWERS:
        return (data_class, DataClass.CONTACT_LOG)
    return (data_class,)


def _of_callers(table: type[Row]) -> list[ColumnElement[bool]]:
    """What is frozen of people who only ever called; a keyed hash belongs to one organisation."""
    if table in _CALL_OF:
        return [_CALL_OF[table].in_(restrictions.frozen_calls())]
    if table in _HASH_OF:
        return [_among(_HASH_OF[table], restrictions.frozen_callers())]
    return []


def _held(
    schedule: Schedule, table: type[Row], data_class: DataClass, *, now: datetime
) -> list[ColumnElement[bool]]:
    hold = and_(Hold.organisation_id == schedule.organisation_id, holds_at(now))
    kept: list[ColumnElement[bool]] = [exists().where(hold, Hold.data_class == data_class)]
    # Who they are may be gone before what they said: the hold knows by itself what to look for.
    kept += _of_customers(
        table,
        _ids(Hold.customer_id, hold),
        phones=_ids(Hold.phone_hash, hold),
        mails=_ids(Hold.email_hash, hold),
    )
    whole = [Hold.invitation_id.is_not(None)]
    if table in (Comment, Recording):
        whole.append(Hold.comment_id.is_(None))
        if table is Comment:
            kept.append(Comment.id.in_(_ids(Hold.comment_id, hold)))
    kept += _of_invitations(table, select(Hold.invitation_id).where(hold, *whole))
    if table in _CALL_OF:
        kept.append(_CALL_OF[table].in_(_ids(Hold.call_id, hold)))
    held = _ids(Hold.case_id, hold)
    if table is Case:
        kept.append(Case.id.in_(held))
    return kept + _of_cases(table, Case.id.in_(held))


def _ids(column: Any, *where: ColumnElement[bool]) -> Ids:
    return select(column).where(*where, column.is_not(None))


def _of_open_cases(schedule: Schedule, table: type[Row]) -> list[ColumnElement[bool]]:
    if table is Case:
        return [Case.closed_at.is_(None)]
    is_open = and_(Case.organisation_id == schedule.organisation_id, Case.closed_at.is_(None))
    return _of_cases(table, is_open)


def _of_cases(table: type[Row], which: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """What cases need: their contact, whom it was with, what was answered about it, and what these
    people said when they called, as that tells no matter."""
    whom = select(Case.customer_id).where(which)
    if table is Customer:
        return [Customer.id.in_(whom)]
    about = select(Case.interaction_id).where(which)
    if table is Interaction:
        return [Interaction.id.in_(about)]
    asked = select(Invitation.id).where(Invitation.interaction_id.in_(about))
    return _of_invitations(table, asked) + _called_by(
        table, _known(Customer.phone_hash, whom, None)
    )


def _called_by(table: type[Row], phones: Any) -> list[ColumnElement[bool]]:
    """What came of calls that were made to us from these numbers."""
    if table is Call:
        return [_among(Call.caller_hash, phones)]
    if table in _CALL_OF:
        return [_CALL_OF[table].in_(select(Call.id).where(Call.caller_hash.in_(phones)))]
    return []


def _among(column: Any, wanted: Any) -> ColumnElement[bool]:
    # Whether nothing is among some is unknown in SQL, and what is not known is not deleted.
    return and_(column.is_not(None), column.in_(wanted))


def _of_invitations(table: type[Row], which: Ids) -> list[ColumnElement[bool]]:
    responses = select(Response.id).where(Response.invitation_id.in_(which))
    conditions: dict[type[Row], Any] = {
        Invitation: lambda: Invitation.id.in_(which),
        Response: lambda: Response.invitation_id.in_(which),
        Answer: lambda: Answer.response_id.in_(responses),
        Comment: lambda: Comment.response_id.in_(responses),
        Recording: lambda: Recording.call_id.in_(_calls_of(Attempt.invitation_id.in_(which))),
        ReceiptCode: lambda: ReceiptCode.response_id.in_(responses),
    }
    return [conditions[table]()] if table in conditions else []


def _calls_of(which: ColumnElement[bool]) -> Ids:
    return select(Call.id).join(Attempt, Call.attempt_id == Attempt.id).where(which)


def _of_customers(
    table: type[Row], which: Ids, *, phones: Ids | None = None, mails: Ids | None = None
) -> list[ColumnElement[bool]]:
    """What is of those customers, by their ids or by what they, or the hashes given, are known."""
    if table is Customer:
        return [Customer.id.in_(which)]
    if table is Interaction:
        return [Interaction.customer_id.in_(which)]
    if table is Case:
        return [Case.customer_id.in_(which)]
    by_phone = _known(Customer.phone_hash, which, phones)
    if table in _HASH_OF:
        by_mail = _known(Customer.email_hash, which, mails)
        kept = [_among(_HASH_OF[table], hashes) for hashes in (by_phone, by_mail)]
        if table in _CUSTOMER_OF:
            kept.append(_among(_CUSTOMER_OF[table], which))
        return kept
    return _of_invitations(table, _asked_of(which)) + _called_by(table, by_phone)


def _asked_of(which: Ids) -> Ids:
    return select(Invitation.id).where(Invitation.customer_id.in_(which))


def _known(column: Any, which: Ids, noted: Ids | None) -> Any:
    """The hashes of those customers, with those that somebody noted of them."""
    theirs = select(column).where(Customer.id.in_(which), column.is_not(None))
    return theirs if noted is None else union(theirs, noted)
