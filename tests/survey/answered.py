"""People who answered in some situation, many at once, for tests of the statistics."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from storage.house import transaction
from storage.states import InvitationState
from storage.tables import Answer, Campaign, Customer, Interaction, Invitation, Response
from tests.rows import NOON


@dataclass(frozen=True)
class Given:
    """One score, and what was known of the contact and the call."""

    score: int
    at: datetime = NOON
    team: str | None = "Nord"
    reason: str | None = "invoice"
    channel: str | None = "phone"
    language: str = "sv"
    question: str = "recommend"
    kind: str = "nps"
    # A person whom the test knows; somebody of their own otherwise.
    person: UUID | None = None


def answered(campaign: Campaign, scores: Iterable[Given]) -> list[UUID]:
    """Have these scores given, each in a case of its own; the answers' ids.

    Each is by somebody else, unless the score names its person.
    """
    made: list[UUID] = []
    rows: list[object] = []
    people: list[Customer] = []
    for given in scores:
        interaction, invitation, response = uuid4(), uuid4(), uuid4()
        made.append(uuid4())
        owner = {"organisation_id": campaign.organisation_id}
        person = given.person or uuid4()
        if given.person is None:
            people.append(
                Customer(id=person, created_at=given.at, last_interaction_at=given.at, **owner)
            )
        rows += [
            Interaction(
                id=interaction, customer_id=person,
                channel=given.channel, reason=given.reason, team=given.team,
                happened_at=given.at, created_at=given.at, **owner,
            ),
            Invitation(
                id=invitation, campaign_id=campaign.id, interaction_id=interaction,
                customer_id=person, state=InvitationState.COMPLETED, due_at=given.at,
                expires_at=given.at, created_at=given.at, **owner,
            ),
            Response(
                id=response, campaign_id=campaign.id, invitation_id=invitation,
                survey_version_id=campaign.survey_version_id, language=given.language,
                started_at=given.at, **owner,
            ),
            Answer(
                id=made[-1], response_id=response, question_key=given.question, kind=given.kind,
                number=given.score, answered_at=given.at, **owner,
            ),
        ]  # fmt: skip
    with transaction() as session:
        session.add_all(people)
        session.flush()
        for start in range(0, len(rows), 400):
            # By kind of row, so that what refers to another comes after it.
            for place in range(4):
                session.add_all(rows[start : start + 400][place::4])
                session.flush()
    return made
