"""Holds: a deletion stopped for a stated reason, with an owner and a day on which it is looked at.

A hold is refused where the schedule does not allow one: what a policy promises without exception is
not kept by a command. It is refused for a class of which nothing asks for holds before it goes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from config.retention_rules import KEPT_BY_NOTHING, DataClass, Extension, may_extend
from privacy import keepers
from privacy.schedules import Schedule, schedule_of
from storage import alarms
from storage.faults import GiveUp
from storage.identity import new_id
from storage.keyring import Keyring
from storage.matters import CaseKind, HoldScope
from storage.tables import (
    Attempt,
    Call,
    Case,
    Comment,
    Customer,
    Hold,
    Invitation,
    Message,
    Organisation,
    Response,
    User,
)

REVIEW_DUE: Final = "hold.review_due"
REASON_LOST: Final = "reason lost in a restore, ask the owner"
_REASON: Final = "hold.reason"


class NoHoldError(GiveUp):
    """The hold cannot be set: nothing is there to hold, or the schedule allows none."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a hold keeps: its columns, and the class that must allow it; None for several."""

    scope: HoldScope
    columns: dict[str, Any]
    data_class: DataClass | None


def of_class(data_class: DataClass) -> Held:
    """Everything of one class of the organisation."""
    return Held(HoldScope.DATA_CLASS, {"data_class": data_class}, data_class)


def of_customer(session: Session, organisation: Organisation, customer_id: UUID) -> Held:
    """Everything of one person that the schedule allows to be held; raises NoHoldError.

    What they are known by is noted, because their contact data may go sooner than their messages.
    """
    mine = (Customer.organisation_id == organisation.id, Customer.id == customer_id)
    person = session.scalars(select(Customer).where(*mine)).one_or_none()
    if person is None:
        raise NoHoldError(f"{organisation.key} has no customer {customer_id}")
    known_by = {"phone_hash": person.phone_hash, "email_hash": person.email_hash}
    return Held(HoldScope.CUSTOMER, {"customer_id": customer_id, **known_by}, None)


def of_case(session: Session, organisation: Organisation, case_id: UUID) -> Held:
    """A case, its contact, and what was answered about it; raises NoHoldError.

    Where the case itself may not be held, nothing would tell what it was about once it is gone.
    """
    case = session.scalars(
        select(Case).where(Case.organisation_id == organisation.id, Case.id == case_id)
    ).one_or_none()
    if case is None:
        raise NoHoldError(f"{organisation.key} has no case {case_id}")
    complaint = case.kind is CaseKind.COMPLAINT
    data_class = DataClass.COMPLAINTS if complaint else DataClass.CASE_NOTES
    return Held(HoldScope.CASE, {"case_id": case_id}, data_class)


def of_item(session: Session, organisation: Organisation, item: UUID) -> Held:
    """One comment, response, invitation, telephone message or call by its id; raises NoHoldError.

    A call in which we asked somebody goes with what was answered, so that is what is held.
    """
    mine = organisation.id
    comment = session.execute(
        select(Comment.id, Response.invitation_id)
        .join(Response, Comment.response_id == Response.id)
        .where(Comment.organisation_id == mine, Comment.id == item)
    ).first()
    if comment is not None:
        columns = {"comment_id": comment[0], "invitation_id": comment[1]}
        return Held(HoldScope.ITEM, columns, DataClass.FREE_COMMENTS)
    asked = session.scalars(
        select(Invitation.id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Invitation.organisation_id == mine,
            or_(Invitation.id == item, Response.id == item, Invitation.id.in_(_rung_in(item))),
        )
    ).first()
    if asked is not None:
        return Held(HoldScope.ITEM, {"invitation_id": asked}, DataClass.ANSWERS)
    call = session.scalars(
        select(Call.id)
        .outerjoin(Message, Message.call_id == Call.id)
        .where(
            Call.organisation_id == mine,
            Call.code_id.is_(None),  # it goes with the code that it brought
            or_(Call.id == item, Message.id == item),
        )
    ).first()
    if call is None:
        raise NoHoldError(f"{organisation.key} has no comment, response or message {item}")
    return Held(HoldScope.ITEM, {"call_id": call}, DataClass.TELEPHONE_MESSAGES)


def _rung_in(call: UUID) -> Select[UUID]:
    return (
        select(Attempt.invitation_id)
        .join(Call, Call.attempt_id == Attempt.id)
        .where(Call.id == call)
    )


def add(
    session: Session,
    organisation: Organisation,
    held: Held,
    *,
    reason: str,
    owner: User,
    review_at: datetime,
    ends_at: datetime | None,
    keyring: Keyring,
    now: datetime,
) -> Hold:
    """Stop the deletion. Raises NoHoldError where the schedule allows no hold, or without a reason.

    Whatever is due while it stands stays, and goes in the night after it ends.
    """
    _allow(schedule_of(organisation), held)
    if not reason.strip():
        raise NoHoldError("a hold needs a reason: what the data are needed for")
    if review_at <= now or (ends_at is not None and ends_at <= now):
        raise NoHoldError("the days of review and end are days still to come")
    hold = Hold(
        id=new_id(),
        organisation_id=organisation.id,
        scope=held.scope,
        owner_id=owner.id,
        review_at=review_at,
        ends_at=ends_at,
        made_at=now,
        **held.columns,
    )
    hold.reason_sealed = keyring.seal_one(hold.id, _REASON, reason)
    session.add(hold)
    session.flush()
    return hold


def _allow(schedule: Schedule, held: Held) -> None:
    legal = Extension.LEGAL_HOLD
    allowed = {
        name for name, by in schedule.extended_by.items() if legal in by and may_extend(name, legal)
    }
    why_not = None if held.data_class is None else KEPT_BY_NOTHING.get(held.data_class)
    if why_not is not None:
        raise NoHoldError(
            f"{held.data_class} of {schedule.organisation_key} cannot be held: {why_not}"
        )
    if held.data_class is not None and held.data_class not in allowed:
        raise NoHoldError(
            f"{held.data_class} of {schedule.organisation_key} cannot be held: its rule is not "
            "extended_by legal_hold, so its period was promised without exception"
        )
    if not allowed:
        raise NoHoldError(
            f"nothing of {schedule.organisation_key} can be held: no rule of its schedule is "
            "extended_by legal_hold"
        )


def release(session: Session, organisation: Organisation, hold_id: UUID, *, now: datetime) -> Hold:
    """End the hold; what is overdue goes with the next purge. Raises NoHoldError."""
    hold = session.scalars(
        select(Hold)
        .where(Hold.organisation_id == organisation.id, Hold.id == hold_id)
        .with_for_update()
    ).one_or_none()
    if hold is None or hold.released_at is not None:
        raise NoHoldError(f"{organisation.key} has no hold {hold_id} in force")
    _end(session, hold, ended_at=now, now=now)
    return hold


def _end(session: Session, hold: Hold, *, ended_at: datetime | None, now: datetime) -> None:
    hold.released_at = ended_at
    hold.phone_hash = hold.email_hash = None
    alarms.clear(session, REVIEW_DUE, subject=str(hold.id), at=now)


def in_force(session: Session, organisation: Organisation, *, now: datetime) -> list[Hold]:
    """The holds that stand, the next one to review first."""
    return list(
        session.scalars(
            select(Hold)
            .where(Hold.organisation_id == organisation.id, keepers.holds_at(now))
            .order_by(Hold.review_at, Hold.id)
        )
    )


def reason_of(keyring: Keyring, hold: Hold) -> str:
    """Why the hold was set; of one that a restore put back nobody here knows."""
    return keyring.open(hold.id, _REASON, hold.reason_sealed) or REASON_LOST


def look_after(session: Session, *, now: datetime) -> int:
    """End what has reached its end, and alarm about what is to be reviewed; how many alarms."""
    over = select(Hold).where(Hold.released_at.is_(None), Hold.ends_at <= now)
    for hold in session.scalars(over.order_by(Hold.id)):
        _end(session, hold, ended_at=hold.ends_at, now=now)
    session.flush()
    due = select(Hold).where(Hold.released_at.is_(None), Hold.review_at <= now)
    return sum(
        alarms.sound(
            session, REVIEW_DUE, subject=str(hold.id), organisation_id=hold.organisation_id, at=now
        )
        for hold in session.scalars(due.order_by(Hold.id))
    )
