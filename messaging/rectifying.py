"""Correcting what a person says is wrong about them: contact data, language or a score.

The old value is overwritten and not kept; that something was corrected is said by the request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import persons, receivers
from privacy.request_steps import WrongStepError
from storage import customer_ids, receipt_notes
from storage.faults import GiveUp
from storage.keyring import Keyring
from storage.receipts import Detail, Erased, Receipt, Way, What
from storage.request_states import ERASES, Outcome, RequestKind, RequestState
from storage.states import AttemptState
from storage.tables import Attempt, Customer, Invitation, Organisation, RightsRequest
from survey import corrections, objections, subjects, throttling, waking
from survey.objections import Source
from survey.permission_rules import BY_AN_ACT

_SEALED: Final = ("name", "phone", "phone_as_given", "email")
IN_DOUBT: Final = (AttemptState.PLACING, AttemptState.UNCERTAIN)


class NumberTakenError(GiveUp):
    """Another customer has that number; nothing was changed."""


class BeingRungError(GiveUp):
    """A call or text to the number known now is not settled yet; nothing was changed."""


@dataclass(frozen=True, slots=True)
class RightScore:
    """What the person would have answered to a question about one case."""

    case_reference: str
    question: str
    number: int


@dataclass(frozen=True, slots=True)
class RightChoice:
    """The same for a question without a scale."""

    case_reference: str
    question: str
    value: str


@dataclass(frozen=True, slots=True)
class RightWords:
    """What was really said or written about one case."""

    case_reference: str
    question: str
    words: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What is right; None leaves a thing as it is."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    language: str | None = None
    scores: tuple[RightScore, ...] = ()
    choices: tuple[RightChoice, ...] = ()
    words: tuple[RightWords, ...] = ()


def correct(
    session: Session,
    request: RightsRequest,
    correction: Correction,
    *,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Write what is right over what was wrong, and have whoever received it told.

    Raises WrongStepError before the request is proven and granted or when nobody is known,
    BadNumberError, BadAddressError, NumberTakenError, BeingRungError, NoSuchScoreError or
    NoSuchCommentError.
    """
    if request.kind is not RequestKind.RECTIFICATION:
        raise WrongStepError(f"the request is about {request.kind}, not about a correction")
    if request.state is not RequestState.DECIDED or request.outcome is Outcome.REFUSED:
        raise WrongStepError(
            f"the request is {request.state}; it is corrected once it is proven and granted"
        )
    person = persons.of_request(session, request)
    if person.customer_id is None:
        raise WrongStepError("no customer is known by this number or address")
    customer = session.get_one(Customer, person.customer_id, with_for_update=True)
    country = session.get_one(Organisation, request.organisation_id).country
    before = subjects.hashes_of_customer(customer)
    objected = objections.in_force(session, customer.organisation_id, before)
    told = _read(correction, country=country)
    if told:
        customer = _write(session, customer, told, keyring=keyring, now=now)
    # A no holds for the person, not for the number that was wrong.
    for method in sorted(set().union(*objected.values())):
        objections.record(session, customer, method, source=Source.TOLD_STAFF, at=now)
    if correction.phone is not None:
        waking.people(session, customer.organisation_id, [customer.id], BY_AN_ACT)
    # So does that they were asked lately.
    throttling.know_also(session, customer, before)
    if correction.language is not None:
        customer.locale = correction.language
    for score in correction.scores:
        corrections.correct_score(
            session,
            customer,
            case_reference=score.case_reference,
            question=score.question,
            number=score.number,
            keyring=keyring,
            at=now,
        )
    for choice in correction.choices:
        corrections.correct_choice(
            session,
            customer,
            case_reference=choice.case_reference,
            question=choice.question,
            value=choice.value,
            keyring=keyring,
            at=now,
        )
    for said in correction.words:
        corrections.rewrite(
            session,
            corrections.comment_of(
                session,
                customer,
                case_reference=said.case_reference,
                question=said.question,
                keyring=keyring,
            ),
            said.words,
            keyring=keyring,
            at=now,
        )
    passed_on = receivers.pass_on(session, request.organisation_id, now=now)
    request.passed_on = [{"export": str(one.id), "kind": one.kind.value} for one in passed_on]


def _read(correction: Correction, *, country: str) -> Mapping[str, str]:
    subject = subjects.subject_of(correction.phone or "", correction.email or "", country=country)
    told = {"name": correction.name, "phone": subject.phone, "email": subject.email}
    if correction.phone is not None:
        told["phone_as_given"] = correction.phone
    return {name: value for name, value in told.items() if value}


def _write(
    session: Session,
    customer: Customer,
    told: Mapping[str, str],
    *,
    keyring: Keyring,
    now: datetime,
) -> Customer:
    """Write it under another id and key, so that no backup tells what was wrong; the new row."""
    phone_hash, email_hash = customer.phone_hash, customer.email_hash
    if phone := told.get("phone"):
        phone_hash = keyring.lookup_hash(customer.organisation_id, "phone", phone)
        taken = select(Customer.id).where(
            Customer.organisation_id == customer.organisation_id,
            Customer.phone_hash == phone_hash,
            Customer.id != customer.id,
        )
        if session.scalars(taken).first() is not None:
            raise NumberTakenError("another customer has that number; nothing was changed")
        if customer.phone_hash != phone_hash:
            _look_for_contacts_in_doubt(session, customer)
    if email := told.get("email"):
        email_hash = keyring.lookup_hash(customer.organisation_id, "email", email)
    _look_for_an_erasure(session, customer)
    sealed = [getattr(customer, f"{name}_sealed") for name in _SEALED]
    fields = [
        (customer.id, f"customer.{name}", one) for name, one in zip(_SEALED, sealed, strict=True)
    ]
    known = {**dict(zip(_SEALED, keyring.open_many(fields), strict=True)), **told}
    fresh = _in_another_row(session, customer, at=now)
    fresh.phone_hash, fresh.email_hash = phone_hash, email_hash
    written = {f"customer.{name}": one for name, one in known.items() if one is not None}
    bound = keyring.seal(fresh.id, written)
    for name in _SEALED:
        setattr(fresh, f"{name}_sealed", bound.get(f"customer.{name}"))
    session.flush()
    return fresh


def _in_another_row(session: Session, customer: Customer, *, at: datetime) -> Customer:
    """The same customer under another id; that the old one's key is to go is noted with it."""
    old, organisation_id = customer.id, customer.organisation_id
    session.expunge(customer)
    fresh = customer_ids.move(session, old)
    gone = Erased(Customer.__tablename__, (old,), Way.BLANK_CORRECTED, items=(old,))
    receipt_notes.note(
        session,
        Receipt(
            what=What.CORRECTED,
            happened_at=at,
            organisation_id=organisation_id,
            data_class=DataClass.ANSWERS,
            kind=Customer.__tablename__,
            rule="correction",
            count=1,
            keys=1,
            detail=Detail(erased=gone),
        ),
        urgent=True,
    )
    return session.get_one(Customer, fresh)


def _look_for_an_erasure(session: Session, customer: Customer) -> None:
    """Raises WrongStepError while the person is being erased: that finds them by their id."""
    going = select(RightsRequest.id).where(
        RightsRequest.organisation_id == customer.organisation_id,
        RightsRequest.customer_id == customer.id,
        RightsRequest.kind.in_(ERASES),
        RightsRequest.state == RequestState.DECIDED,
        RightsRequest.outcome != Outcome.REFUSED,
    )
    if session.scalars(going.limit(1)).first() is not None:
        raise WrongStepError("the person is being erased; there is nothing to correct then")


def _look_for_contacts_in_doubt(session: Session, customer: Customer) -> None:
    """Raises BeingRungError while the provider may have a call or text that we know by its number.

    Whoever looked for it under the new number would find nothing, and contact the person again.
    """
    theirs = Invitation.organisation_id == customer.organisation_id
    in_doubt = (
        select(Attempt.id)
        .join(Invitation, Invitation.id == Attempt.invitation_id)
        .where(theirs, Invitation.customer_id == customer.id, Attempt.state.in_(IN_DOUBT))
    )
    if session.scalars(in_doubt.limit(1)).first() is not None:
        raise BeingRungError(
            "a call or text to the number known now is under way; nothing was changed: correct it "
            "again in five minutes",
            code="being_rung",
        )
