"""Erasing a person altogether, on their own request: every row, file and key, in small steps.

Each step is an erasure of its own (privacy.erasing) with an intent and a receipt, and what is left
is found anew from the rows. So a run that died anywhere is simply run again. The customer goes
last: by that row the rest is found, also what is known by a number or address alone, for whoever
asked gave but one of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from privacy import conflicts, erasing, export_care, freezes
from privacy.erasing import Hands
from privacy.persons import Person
from privacy.schedules import schedule_of
from storage import receipt_writing
from storage.faults import GiveUp, TryAgain
from storage.house import house, reading, transaction
from storage.receipts import Receipt, Way, What
from storage.states import CALL_OVER, AttemptState
from storage.tables import (
    Attempt,
    Call,
    Case,
    Consent,
    Customer,
    Interaction,
    Invitation,
    Organisation,
    ReceivedText,
    RegisterResult,
    Restriction,
    Row,
    ThrottleToken,
)

BATCH: Final = 100
UNDER_WAY: Final = "call_under_way"
_ROUNDS: Final = 5
Step = tuple[type[Row], Sequence[UUID], Way]
_UNENDED: Final = (AttemptState.PLACING, AttemptState.UNCERTAIN, AttemptState.PLACED)


class FrozenError(GiveUp):
    """The person's data are frozen, at their own wish or for a claim; that ends first."""


class NeededError(GiveUp):
    """A hold or an open case needs the person's data, and the schedule lets that stand."""


@dataclass(frozen=True, slots=True)
class Errand:
    """In answer to which request a person is erased, and under which keyed hash it is receipted."""

    reference: str
    subject: bytes | None

    @property
    def rule(self) -> str:
        """How receipts name the request."""
        return f"erasure on request {self.reference}"


def look_for_obstacles(
    session: Session, person: Person, *, now: datetime, asked_by: UUID | None = None
) -> None:
    """Raises FrozenError or NeededError when the data may not be deleted now, and says why."""
    frozen = freezes.in_words(session, person, asked_by=asked_by)
    if frozen:
        raise FrozenError("; ".join(frozen), code="frozen")
    organisation = session.get_one(Organisation, person.organisation_id)
    needed = conflicts.against_erasure(session, schedule_of(organisation), person, now=now)
    if needed:
        raise NeededError(
            f"{'; '.join(needed)}; or refuse the request with that ground", code="needed"
        )


def erase(person: Person, errand: Errand, *, hands: Hands, now: datetime) -> None:
    """Erase everything of the person but what is left out. Nobody may contact them any more.

    Raises FrozenError or NeededError; TryAgain while a telephone of theirs rings or the store is
    away. Then it is begun anew later, and does what is left. What comes in the way while it runs
    stops it there: what is left by then is kept.
    """

    def spared(session: Session, _roots: Sequence[UUID]) -> set[UUID]:
        look_for_obstacles(session, person, now=now)
        return set()

    def erase_rows(table: type[Row], roots: Sequence[UUID], way: Way) -> None:
        receipt = Receipt(
            what=What.ERASED,
            happened_at=now,
            organisation_id=person.organisation_id,
            kind=table.__tablename__,
            rule=errand.rule,
            subject=errand.subject,
        )
        erasing.erase(receipt, table, roots, way, hands=hands, now=now, spared=spared)

    _end_what_was_begun(person, errand, hands=hands, now=now)
    with reading() as session:
        look_for_obstacles(session, person, now=now)
        _look_for_calls(session, person)
    for _ in range(_ROUNDS):
        for table, roots, way in _steps(person):
            erase_rows(table, roots, way)
        if not _is_there(person):
            break
    else:
        raise TryAgain("somebody keeps writing about the person", code="still_there")
    with transaction() as session:
        export_care.end_all(session, person.organisation_id, now=now)  # nobody knows who is in one
    export_care.remove_due(data_dir=house().settings.data_dir, keyring=hands.keyring, now=now)
    receipt_writing.write_out(ledger=hands.ledger, keyring=hands.keyring, now=now)


def _end_what_was_begun(person: Person, errand: Errand, *, hands: Hands, now: datetime) -> None:
    receipt_writing.write_out(ledger=hands.ledger, keyring=hands.keyring, now=now)
    for begun in hands.ledger.intents():
        if (begun.organisation_id, begun.rule) == (person.organisation_id, errand.rule):
            erasing.finish(begun, hands=hands, now=now)


def _look_for_calls(session: Session, person: Person) -> None:
    ringing = (
        exists()
        .where(Attempt.invitation_id == Invitation.id, Attempt.state.in_(_UNENDED))
        .where(
            Invitation.organisation_id == person.organisation_id,
            Invitation.customer_id == person.customer_id,
        )
    )
    speaking = exists().where(
        Call.organisation_id == person.organisation_id,
        Call.caller_hash.in_(person.hashes),
        Call.state.not_in(CALL_OVER),
    )
    if session.scalar(select(or_(ringing, speaking))):
        raise TryAgain("a call with the person is under way", code=UNDER_WAY)


def _steps(person: Person) -> Iterator[Step]:
    """What is left of the person, a batch at a time, each looked up when it is its turn."""
    mine = Invitation.organisation_id == person.organisation_id
    asked = select(Invitation.id).where(
        mine,
        Invitation.customer_id == person.customer_id,
        Invitation.interaction_id.not_in(person.left_out),
    )
    yield from _batches(Invitation, [] if person.customer_id is None else _all(asked))
    called = select(Call.id).where(
        Call.organisation_id == person.organisation_id,
        Call.caller_hash.in_(person.hashes),
        Call.id.not_in(person.left_out),
    )
    yield from _batches(Call, _all(called))
    cases = select(Case.id).where(
        Case.organisation_id == person.organisation_id,
        Case.customer_id == person.customer_id,
        Case.id.not_in(person.left_out),
    )
    yield from _batches(Case, [] if person.customer_id is None else _all(cases))
    if _keeps_the_customer(person):
        yield from _batches(Interaction, _all(_contacts(person)))
        yield from _known_by_hash(person)
    else:
        yield from _known_by_hash(person)
        yield from _batches(Customer, _customer(person))


def _batches(table: type[Row], items: Sequence[UUID], way: Way = Way.REMOVE) -> Iterator[Step]:
    for at in range(0, len(items), BATCH):
        yield table, items[at : at + BATCH], way


def _all(wanted: object) -> list[UUID]:
    with reading() as session:
        return sorted(session.scalars(wanted))  # type: ignore[call-overload]


def _contacts(person: Person) -> Select[UUID]:
    """The contacts that nothing keeps; all others hang on the customer."""
    return select(Interaction.id).where(
        Interaction.organisation_id == person.organisation_id,
        Interaction.customer_id == person.customer_id,
        Interaction.id.not_in(person.left_out),
    )


def _keeps_the_customer(person: Person) -> bool:
    """Whether something is left out that is known by the customer; a call is known by itself."""
    if person.customer_id is None or not person.left_out:
        return False
    there = [
        exists().where(
            table.organisation_id == person.organisation_id,
            table.customer_id == person.customer_id,
            table.id.in_(person.left_out),
        )
        for table in (Interaction, Case)
    ]
    with reading() as session:
        return bool(session.scalar(select(or_(*there))))


def _customer(person: Person) -> list[UUID]:
    if person.customer_id is None:
        return []
    return _all(
        select(Customer.id).where(
            Customer.organisation_id == person.organisation_id, Customer.id == person.customer_id
        )
    )


def _is_there(person: Person) -> bool:
    return next(_steps(person), None) is not None


def _known_by_hash(person: Person) -> Iterator[Step]:
    """What is known under the person's hashes alone; only the no stays, and a freeze in force."""
    for table in (ThrottleToken, RegisterResult, Consent, Restriction):
        over = [Restriction.lifted_at.is_not(None)] if table is Restriction else []
        wanted = _under_hashes(table, person).where(*over)
        yield from _batches(table, _all(wanted))
    texts = _all(_under_hashes(ReceivedText, person))
    yield from _batches(ReceivedText, texts, Way.BLANK_SUBJECT)


def _under_hashes(table: Any, person: Person) -> Select[UUID]:
    return select(table.id).where(
        table.organisation_id == person.organisation_id, table.subject_hash.in_(person.hashes)
    )
