"""Deleting one answer at the wish of whoever gave it: sound, words, scores, call, cases and keys.

A case that staff opened about it goes whole, because its note may say again what was answered. That
the person was asked stays until its time is over, so that nobody asks about the same case again.
Each step is an erasure of its own, and the response goes last, because the code that asked for it
hangs on it: a run that was cut off is simply run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import erasing, export_care, keepers
from privacy.erasing import Hands
from privacy.person_erasure import UNDER_WAY, FrozenError, NeededError
from privacy.schedules import schedule_of
from storage import receipt_writing
from storage.faults import TryAgain
from storage.house import house, reading, transaction
from storage.keyring import KeyDestroyedError, Keyring
from storage.matters import CaseKind
from storage.receipts import SUBJECT_KIND, Receipt, Way, What
from storage.restrictions import restricted_among
from storage.states import CALL_OVER
from storage.tables import (
    Attempt,
    Call,
    Case,
    Customer,
    Invitation,
    Organisation,
    ReceiptCode,
    Response,
    Row,
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One response with what it takes to delete it."""

    organisation_id: UUID
    code_id: UUID
    response_id: UUID
    customer_id: UUID
    calls: tuple[UUID, ...]
    cases: tuple[UUID, ...]
    subject: bytes | None

    @property
    def rule(self) -> str:
        """How receipts name the wish."""
        return f"erasure by receipt code {self.code_id.hex}"


def ask(code_id: UUID, *, keyring: Keyring, now: datetime) -> None:
    """Note that the answer is to go; from then on the code opens nothing any more.

    Raises FrozenError or NeededError when it may not be deleted, TryAgain while the call lasts.
    """
    with transaction() as session:
        code = session.get(ReceiptCode, code_id, with_for_update=True)
        if code is None:
            return
        answer = _answer(session, code, keyring)
        _look_for_obstacles(session, answer, now=now)
        _look_for_calls(session, answer)
        code.erase_asked_at = now


def carry_out(code_id: UUID, *, hands: Hands, now: datetime) -> UUID | None:
    """Delete what was asked for; the receipt's id, None when it is gone already.

    Raises what `ask` does, for what came in the way since.
    """
    with reading() as session:
        code = session.get(ReceiptCode, code_id)
        if code is None or code.erase_asked_at is None:
            return None
        answer = _answer(session, code, hands.keyring)
    ended = _end_what_was_begun(answer, hands=hands, now=now)
    if ended is None:
        ended = _delete(code_id, hands=hands, now=now)
    export_care.remove_due(data_dir=house().settings.data_dir, keyring=hands.keyring, now=now)
    receipt_writing.write_out(ledger=hands.ledger, keyring=hands.keyring, now=now)
    return ended


def waiting() -> Sequence[UUID]:
    """The codes whose answers are asked to be deleted and are not gone yet."""
    with reading() as session:
        asked = select(ReceiptCode.id).where(ReceiptCode.erase_asked_at.is_not(None))
        return session.scalars(asked.order_by(ReceiptCode.erase_asked_at)).all()


def _delete(code_id: UUID, *, hands: Hands, now: datetime) -> UUID | None:
    with transaction() as session:
        code = session.get(ReceiptCode, code_id)
        if code is None:  # somebody else was quicker
            return None
        answer = _answer(session, code, hands.keyring)
        _look_for_obstacles(session, answer, now=now)
        _look_for_calls(session, answer)
        # Nobody knows which file of people's data has the answer in it.
        export_care.end_all(session, answer.organisation_id, now=now)

    def spared(session: Session, _roots: Sequence[UUID]) -> set[UUID]:
        _look_for_obstacles(session, answer, now=now)
        return set()

    below: tuple[tuple[type[Row], Sequence[UUID]], ...]
    below = ((Call, answer.calls), (Case, answer.cases))
    for table, roots in below:
        if roots:
            _erase(_receipt(answer, table, now=now), table, roots, hands, spared, now=now)
    receipt = _receipt(answer, Response, now=now)
    _erase(receipt, Response, [answer.response_id], hands, spared, now=now)
    return receipt.id


def _erase(
    receipt: Receipt,
    table: type[Row],
    roots: Sequence[UUID],
    hands: Hands,
    spared: erasing.Spared,
    *,
    now: datetime,
) -> None:
    erasing.erase(receipt, table, roots, Way.REMOVE, hands=hands, now=now, spared=spared)


def _receipt(answer: _Answer, table: type[Row], *, now: datetime) -> Receipt:
    return Receipt(
        what=What.ERASED,
        happened_at=now,
        organisation_id=answer.organisation_id,
        kind=table.__tablename__,
        rule=answer.rule,
        subject=answer.subject,
    )


def _end_what_was_begun(answer: _Answer, *, hands: Hands, now: datetime) -> UUID | None:
    """End it; the id of the receipt where that ended the whole deletion."""
    receipt_writing.write_out(ledger=hands.ledger, keyring=hands.keyring, now=now)
    whole = None
    for begun in hands.ledger.intents():
        if (begun.organisation_id, begun.rule) == (answer.organisation_id, answer.rule):
            done = erasing.finish(begun, hands=hands, now=now)
            if begun.kind == Response.__tablename__ and not done.left:
                whole = begun.id
    return whole


def _answer(session: Session, code: ReceiptCode, keyring: Keyring) -> _Answer:
    response = session.get_one(Response, code.response_id)
    invitation = session.get_one(Invitation, response.invitation_id)
    calls = session.scalars(
        select(Call.id)
        .join(Attempt, Attempt.id == Call.attempt_id)
        .where(
            Attempt.organisation_id == code.organisation_id,
            Attempt.invitation_id == invitation.id,
        )
        .order_by(Call.id)
    ).all()
    # No new one is opened any more once the deletion was asked for (survey.cases).
    cases = session.scalars(
        select(Case.id)
        .where(
            Case.organisation_id == code.organisation_id,
            Case.interaction_id == invitation.interaction_id,
        )
        .order_by(Case.id)
    ).all()
    return _Answer(
        organisation_id=code.organisation_id,
        code_id=code.id,
        response_id=response.id,
        customer_id=invitation.customer_id,
        calls=tuple(calls),
        cases=tuple(cases),
        subject=_subject(session, invitation, keyring),
    )


def _subject(session: Session, invitation: Invitation, keyring: Keyring) -> bytes | None:
    customer = session.get_one(Customer, invitation.customer_id)
    try:
        known = keyring.open(customer.id, "customer.phone", customer.phone_sealed)
    except KeyDestroyedError:
        return None
    if known is None:
        return None
    return keyring.lookup_hash(invitation.organisation_id, SUBJECT_KIND, known)


def _look_for_obstacles(session: Session, answer: _Answer, *, now: datetime) -> None:
    if restricted_among(session, answer.organisation_id, [answer.customer_id]):
        raise FrozenError("the data are frozen, so nothing of them is deleted", code="frozen")
    schedule = schedule_of(session.get_one(Organisation, answer.organisation_id))
    rows: tuple[tuple[type[Row], DataClass, ColumnElement[bool]], ...] = (
        # With it what keeps its comments and its sound.
        (Response, DataClass.ANSWERS, Response.id == answer.response_id),
        # A call in which we asked is no telephone message, whoever rang whom.
        (Call, DataClass.ANSWERS, Call.id.in_(answer.calls)),
        (Case, DataClass.COMPLAINTS, _cases(answer, CaseKind.COMPLAINT)),
        (Case, DataClass.CASE_NOTES, _cases(answer, CaseKind.FOLLOW_UP)),
    )
    for table, data_class, mine in rows:
        kept = keepers.kept_back(schedule, table, data_class, now=now)
        column: Any = Row.metadata.tables[table.__tablename__].c.id
        if session.scalars(select(column).where(mine, kept).limit(1)).first() is not None:
            raise NeededError("a hold or an open case needs the answer", code="needed")


def _cases(answer: _Answer, kind: CaseKind) -> ColumnElement[bool]:
    return and_(Case.id.in_(answer.cases), Case.kind == kind)


def _look_for_calls(session: Session, answer: _Answer) -> None:
    speaking = select(Call.id).where(Call.id.in_(answer.calls), Call.state.not_in(CALL_OVER))
    if session.scalars(speaking.limit(1)).first() is not None:
        raise TryAgain("the call is not over yet", code=UNDER_WAY)
