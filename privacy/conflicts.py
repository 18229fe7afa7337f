"""How an organisation's schedule settles what pulls both ways, in sentences for people.

Erasure against an open case, a restriction against a promised period, months against days, and a
case that is still open when its comment's time is over.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from config.periods import Period
from config.retention_rules import DataClass, Extension
from privacy import keepers
from privacy.persons import Person
from privacy.schedules import Schedule
from storage.matters import CaseKind
from storage.states import CommentState
from storage.tables import (
    Attempt,
    Call,
    Case,
    Comment,
    Consent,
    Customer,
    Hold,
    Interaction,
    Invitation,
    Recording,
    RegisterResult,
    Response,
    Restriction,
    ThrottleToken,
)

_WORDS: Final = {
    DataClass.ANSWERS: "answers",
    DataClass.FREE_COMMENTS: "comments",
    DataClass.TELEPHONE_MESSAGES: "telephone messages",
    DataClass.CONTACT_LOG: "contacts",
    DataClass.COMPLAINTS: "complaints",
    DataClass.CASE_NOTES: "case notes",
}


def in_words(schedule: Schedule) -> Iterator[str]:
    """One sentence for each conflict, as this schedule settles it."""
    needed = _extended(schedule, Extension.OPEN_MATTER)
    if needed:
        yield (
            f"Erasure against an open case: {_list(needed)} are kept until the case is closed, and "
            "a request for erasure is refused with that ground until then."
        )
    else:
        yield "Erasure against an open case: the person is erased, the case with them."
    promised = schedule.periods.get(DataClass.TELEPHONE_MESSAGES)
    than = "any period" if promised is None else f"the {promised} promised for telephone messages"
    yield (
        f"Restriction against a promised period: the restriction wins, also over {than}; what is "
        "overdue goes with the first run after it is lifted."
    )
    yield (
        "Months against days: a month is a calendar month and a day a calendar day, on the clock "
        f"of {schedule.zone.key}; {_periods(schedule)}."
    )
    note, sound = DataClass.CASE_NOTES, DataClass.FREE_COMMENTS
    period = schedule.periods.get(sound)
    if sound in needed:
        yield "A case still open when its comment's time is over: the comment stays with the case."
    elif note in needed:
        yield (
            f"A case still open when its comment's time is over: the case note stays, the comment "
            f"goes after {period} unless it is held."
        )
    else:
        yield (
            f"A case still open when its comment's time is over: neither is kept for the case; the "
            f"comment goes after {period}."
        )


def against_erasure(
    session: Session, schedule: Schedule, person: Person, *, now: datetime
) -> list[str]:
    """Why a person may not be erased now, besides restrictions; empty when nothing stands in it."""
    reasons = [
        f"hold {hold.id} stands; release it with 'flask holds release' first"
        for hold in holds_on(session, person, now=now)
    ]
    needed = _extended(schedule, Extension.OPEN_MATTER)
    return reasons + [
        f"case {case} is open, and {_list(needed)} are kept until it is closed"
        for case in open_cases(session, schedule, person)
    ]


def holds_on(session: Session, person: Person, *, now: datetime) -> list[Hold]:
    """The holds in force that keep something of a person."""
    held = select(Hold).where(
        Hold.organisation_id == person.organisation_id, keepers.holds_at(now), _touches(person)
    )
    return list(session.scalars(held.order_by(Hold.id)))


def open_cases(session: Session, schedule: Schedule, person: Person) -> list[UUID]:
    """The open cases about a person that the schedule lets stand in the way of an erasure."""
    if person.customer_id is None or not _extended(schedule, Extension.OPEN_MATTER):
        return []
    still = select(Case.id).where(_of_customer(Case, person), Case.closed_at.is_(None))
    return list(session.scalars(still.order_by(Case.id)))


def _touches(person: Person) -> ColumnElement[bool]:
    """That a hold keeps something of the person: by whatever it names it."""
    touched: list[ColumnElement[bool]] = [
        Hold.call_id.in_(_calls(person)),
        # A hold on somebody keeps what is known by their number, also when their row is gone.
        Hold.phone_hash.in_(person.hashes),
        Hold.email_hash.in_(person.hashes),
    ]
    if person.customer_id is not None:
        touched += [
            Hold.customer_id == person.customer_id,
            Hold.invitation_id.in_(_asked(person)),
            Hold.case_id.in_(select(Case.id).where(_of_customer(Case, person))),
        ]
    touched += [
        and_(Hold.data_class == data_class, there.exists()) for data_class, there in _there(person)
    ]
    return or_(*touched)


def _there(person: Person) -> Iterator[tuple[DataClass, Select[Any]]]:
    """What an erasure would take, class by class: a held class keeps nobody who has none of it."""
    sound = select(Recording.id).where(
        Recording.call_id.in_(_calls(person)),
        Recording.message_id.is_(None),
        Recording.erased_at.is_(None),
    )
    yield DataClass.FREE_COMMENTS, sound
    yield DataClass.TELEPHONE_MESSAGES, select(Call.id).where(_called(person))
    for data_class, table in (
        (DataClass.THROTTLE_TOKENS, ThrottleToken),
        (DataClass.THROTTLE_TOKENS, RegisterResult),
        (DataClass.REQUEST_LOG, Consent),
    ):
        yield (
            data_class,
            select(table.id).where(
                table.organisation_id == person.organisation_id,
                table.subject_hash.in_(person.hashes),
            ),
        )
    lifted = select(Restriction.id).where(
        Restriction.organisation_id == person.organisation_id,
        Restriction.subject_hash.in_(person.hashes),
        Restriction.lifted_at.is_not(None),
    )
    yield DataClass.REQUEST_LOG, lifted
    if person.customer_id is None:
        return
    contacts = select(Interaction.id).where(_of_customer(Interaction, person))
    customer = select(Customer.id).where(
        Customer.organisation_id == person.organisation_id, Customer.id == person.customer_id
    )
    # Of a person of whom parts are kept the customer stays, and the contacts that are not go.
    yield DataClass.ANSWERS, contacts if person.left_out else customer
    yield DataClass.CONTACT_LOG, contacts if person.left_out else customer
    written = select(Comment.id).join(Response, Comment.response_id == Response.id)
    yield (
        DataClass.FREE_COMMENTS,
        written.where(
            Response.invitation_id.in_(_asked(person)), Comment.state != CommentState.ERASED
        ),
    )
    for data_class, kind in (
        (DataClass.COMPLAINTS, CaseKind.COMPLAINT),
        (DataClass.CASE_NOTES, CaseKind.FOLLOW_UP),
    ):
        yield data_class, select(Case.id).where(_of_customer(Case, person), Case.kind == kind)


def _asked(person: Person) -> Select[Any]:
    return select(Invitation.id).where(_of_customer(Invitation, person))


def _calls(person: Person) -> Select[Any]:
    """The calls of the person's own doing, and those in which we asked them."""
    if person.customer_id is None:
        return select(Call.id).where(_called(person))
    rung = select(Attempt.id).where(Attempt.invitation_id.in_(_asked(person)))
    return select(Call.id).where(or_(_called(person), Call.attempt_id.in_(rung)))


def _called(person: Person) -> ColumnElement[bool]:
    return and_(
        Call.organisation_id == person.organisation_id,
        Call.caller_hash.in_(person.hashes),
        Call.id.not_in(person.left_out),
    )


def _of_customer(
    table: type[Case | Interaction | Invitation], person: Person
) -> ColumnElement[bool]:
    """The person's rows of that table, but for the parts that are left out."""
    part = Invitation.interaction_id if table is Invitation else table.id
    return and_(
        table.organisation_id == person.organisation_id,
        table.customer_id == person.customer_id,
        part.not_in(person.left_out),
    )


def _extended(schedule: Schedule, by: Extension) -> list[DataClass]:
    return [one for one in _WORDS if by in schedule.extended_by.get(one, ())]


def _list(classes: list[DataClass]) -> str:
    words = [_WORDS[one] for one in classes]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _periods(schedule: Schedule) -> str:
    told: list[tuple[str, Period]] = []
    for one, words in _WORDS.items():
        period = schedule.periods.get(one)
        if period is not None:
            told.append((words, period))
    return ", ".join(f"{words} {period}" for words, period in told) or "no class has a period"
