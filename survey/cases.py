"""Cases: opening one about a response, noting what was done, closing it, and opening it again.

An open case keeps what it is about where the schedule lets it (privacy.keepers); closing it starts
its own period, where that does not begin with the answer: when that was given is noted with the
case, as the answer may go before it. What people write goes into one sealed note, entry below
entry, each with its day.
"""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.faults import GiveUp
from storage.identity import new_id
from storage.keyring import Keyring
from storage.matters import CaseKind, CaseState
from storage.restrictions import may_be_used
from storage.tables import Answer, Campaign, Case, Invitation, Organisation, ReceiptCode, Response
from survey.anonymity import may_tell_who

LONGEST_ENTRY: Final = 4_000
LONGEST_NOTE: Final = 100_000
_NOTE: Final = "case.note"
_ORDER: Final = tuple(CaseState)
_COLUMN: Final = {
    CaseState.REVIEWED: "reviewed_at",
    CaseState.DECIDED: "decided_at",
    CaseState.ANSWERED: "answered_at",
    CaseState.CLOSED: "closed_at",
}


class NoCaseError(GiveUp):
    """There is no such case, or it cannot be changed that way; the text says why."""


def open_about(
    session: Session,
    response: Response,
    *,
    kind: CaseKind,
    text: str,
    keyring: Keyring,
    now: datetime,
) -> Case:
    """A new case about what was answered.

    Raises NoCaseError for a note that is too long, in research without the person's yes, and when
    the answer is about to be deleted.
    """
    if _is_to_go(session, response):
        raise NoCaseError("the person asked that this answer be deleted: no case")
    invitation = session.get_one(Invitation, response.invitation_id)
    if not may_tell_who(session.get_one(Campaign, response.campaign_id), response.follow_up):
        raise NoCaseError(
            "this is anonymous research, and the person did not ask to be contacted: no case"
        )
    case = Case(
        id=new_id(),
        organisation_id=response.organisation_id,
        customer_id=invitation.customer_id,
        interaction_id=invitation.interaction_id,
        kind=kind,
        opened_at=now,
        collected_at=min(_collected_at(session, response), now),
    )
    session.add(case)
    if text.strip():
        add_note(session, case, text, keyring=keyring, now=now)
    session.flush()
    return case


def _collected_at(session: Session, response: Response) -> datetime:
    """Where the clock of the answers starts too: with the first, else with the response."""
    first = select(func.min(Answer.answered_at)).where(Answer.response_id == response.id)
    return session.scalar(first) or response.started_at


def _is_to_go(session: Session, response: Response) -> bool:
    """Whether whoever answered asked for its deletion; nobody asks while this transaction lasts."""
    asked = select(ReceiptCode.erase_asked_at).where(ReceiptCode.response_id == response.id)
    return any(session.scalars(asked.with_for_update(read=True)))


def find(session: Session, organisation: Organisation, case_id: UUID) -> Case:
    """The case, locked; raises NoCaseError, also for somebody whose data are frozen."""
    found = session.scalars(
        select(Case)
        .where(Case.organisation_id == organisation.id, Case.id == case_id, may_be_used(Case))
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NoCaseError(f"{organisation.key} has no case {case_id}")
    return found


def about(session: Session, response: Response) -> list[Case]:
    """The cases about what a response is about, the oldest first."""
    interaction = select(Invitation.interaction_id).where(Invitation.id == response.invitation_id)
    return list(
        session.scalars(
            select(Case)
            .where(
                Case.organisation_id == response.organisation_id,
                Case.interaction_id.in_(interaction),
                may_be_used(Case),
            )
            .order_by(Case.opened_at, Case.id)
        )
    )


def add_note(session: Session, case: Case, text: str, *, keyring: Keyring, now: datetime) -> None:
    """Write an entry below what is noted already.

    Raises NoCaseError when there is nothing to write, or no room for it.
    """
    entry = text.strip()
    if not entry:
        raise NoCaseError("a note needs words")
    if len(entry) > LONGEST_ENTRY:
        raise NoCaseError(f"a note has up to {LONGEST_ENTRY} characters")
    zone = ZoneInfo(session.get_one(Organisation, case.organisation_id).timezone)
    dated = f"{now.astimezone(zone).date().isoformat()}\n{entry}"
    whole = "\n\n".join(part for part in (note_of(keyring, case), dated) if part)
    if len(whole) > LONGEST_NOTE:
        raise NoCaseError("the case holds as much as fits; open another one")
    case.note_sealed = keyring.seal_one(case.id, _NOTE, whole)


def note_of(keyring: Keyring, case: Case) -> str:
    """Everything that is noted, the oldest entry first."""
    return keyring.open(case.id, _NOTE, case.note_sealed) or ""


def advance(case: Case, to: CaseState, *, at: datetime) -> bool:
    """Take the case one or more steps on; False when it is there or further already."""
    if _ORDER.index(to) <= _ORDER.index(case.state):
        return False
    case.state = to
    setattr(case, _COLUMN[to], at)
    return True


def reopen(case: Case) -> bool:
    """Open a closed case again, at the step it had reached; its period has not begun then."""
    if case.closed_at is None:
        return False
    case.closed_at = None
    reached = [one for one, column in _COLUMN.items() if getattr(case, column) is not None]
    case.state = reached[-1] if reached else CaseState.OPEN
    return True
