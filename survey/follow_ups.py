"""Whether staff may come back to an answer: the same decision as any other contact, and stored."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.conditions import holds
from storage.permits import Permit
from storage.states import ContactPurpose
from storage.tables import Answer, Campaign, Invitation, Response
from survey import permission
from survey.permission_facts import Asking, gather_many, rules_of
from survey.permission_terms import Decision, FollowUpFacts


@dataclass(frozen=True, slots=True)
class Contacting:
    """What is known of the person when somebody looks: the number, opened by the caller."""

    number: str | None
    # An empty list allows every number.
    allowed_numbers: Collection[str] = ()


def look(
    session: Session, response: Response, contacting: Contacting, *, now: datetime
) -> Decision:
    """What would be decided about contacting the person; nothing is stored or locked."""
    return _decide(session, response, contacting, now=now, lock=False)


def ask(
    session: Session, response: Response, contacting: Contacting, *, now: datetime
) -> tuple[Decision, Permit | None]:
    """Decide, and store it in the session's transaction; with a permit when staff may."""
    decision = _decide(session, response, contacting, now=now, lock=True)
    invitation = session.get_one(Invitation, response.invitation_id)
    stored = permission.store(session, decision, invitation, to=contacting.number, now=now)
    return decision, stored if isinstance(stored, Permit) else None


def _decide(
    session: Session, response: Response, contacting: Contacting, *, now: datetime, lock: bool
) -> Decision:
    invitation = session.get_one(Invitation, response.invitation_id)
    (facts,) = gather_many(
        session,
        [invitation],
        now=now,
        numbers_of={invitation.customer_id: contacting.number},
        asking=Asking(contacting.allowed_numbers, purpose=ContactPurpose.FOLLOW_UP),
        lock=lock,
    )
    return permission.decide(replace(facts, follow_up=_facts(session, response)), now=now)


def _facts(session: Session, response: Response) -> FollowUpFacts:
    rules = rules_of(session.get_one(Campaign, response.campaign_id))
    answers: dict[str, int | str] = {}
    for one in session.scalars(
        select(Answer).where(
            Answer.organisation_id == response.organisation_id, Answer.response_id == response.id
        )
    ):
        value = one.choice if one.number is None else one.number
        if value is not None:
            answers[one.question_key] = value
    case = rules.open_case
    return FollowUpFacts(
        basis=None if case is None else case.contact_by,
        said=response.follow_up,
        answered=bool(answers),
        opens_case=case is not None and holds(case.when, answers),
    )
