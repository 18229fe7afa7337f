"""Small honest figures per campaign: how many, how good, how sure; none about a handful."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from console import scores
from console.scores import Band
from console.visitor import Visitor
from storage.situations import smallest_group
from storage.states import InvitationState
from storage.tables import Answer, Campaign, Invitation, Organisation, Response
from survey.scores import Figure, ces, csat, nps
from survey.script import Direction, Question, QuestionKind


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure, written out; `value` is None when n is below the minimum.

    `low` and `high` bound the 95 per cent interval; the shares are parts of 1.
    """

    name: str
    explained: str
    n: int
    value: str | None = None
    low: str | None = None
    high: str | None = None
    shares: Mapping[Band, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """A campaign's period in numbers."""

    id: UUID
    key: str
    organisation: str
    state: str
    invited: int
    completed: int
    partial: int
    refused: int
    waiting: int
    measures: tuple[Measure, ...]
    minimum: int


def campaigns(session: Session, visitor: Visitor, *, since: datetime) -> list[CampaignFigures]:
    """The figures of each campaign the visitor may see since the moment; the quiet ones last."""
    rows = session.execute(
        select(Campaign, Organisation)
        .join(Organisation, Campaign.organisation_id == Organisation.id)
        .where(visitor.sees(Campaign))
        .order_by(Organisation.name, Campaign.key)
    ).all()
    states = _states(session, visitor, since)
    counts = _counts(session, visitor, since)
    versions = scores.scripts(session, {campaign.survey_version_id for campaign, _ in rows})
    found = [
        CampaignFigures(
            id=campaign.id,
            key=campaign.key,
            organisation=organisation.name,
            state=campaign.state.value,
            invited=states[campaign.id].total(),
            completed=states[campaign.id][InvitationState.COMPLETED],
            partial=states[campaign.id][InvitationState.PARTIAL],
            refused=states[campaign.id][InvitationState.REFUSED],
            waiting=states[campaign.id][InvitationState.PLANNED]
            + states[campaign.id][InvitationState.TRYING],
            measures=tuple(
                measure(
                    question,
                    counts[campaign.id, question.key],
                    minimum=smallest_group(organisation.document),
                )
                for question in versions[campaign.survey_version_id].questions
                if question.kind in scores.SCORES
            ),
            minimum=smallest_group(organisation.document),
        )
        for campaign, organisation in rows
    ]
    return sorted(found, key=lambda figures: figures.invited == 0)


def measure(question: Question, counts: Mapping[int, int], *, minimum: int) -> Measure:
    """The measure of one question from how often each number was given."""
    name, explained = NAMES[question.kind]
    lowest, highest = scores.ends(question)
    direction = question.direction or Direction.HIGH_IS_GOOD
    # A number from an earlier version of the survey may not fit the scale of the present one.
    fitting = {number: n for number, n in counts.items() if lowest <= number <= highest}
    figure: Figure
    if question.kind is QuestionKind.NPS:
        figure, write = nps(fitting, smallest_group=minimum), points
    elif question.kind is QuestionKind.CSAT:
        figure = csat(
            fitting,
            lowest=lowest,
            highest=highest,
            direction=direction,
            smallest_group=minimum,
        )
        write = per_cent
    else:
        figure = ces(
            fitting,
            lowest=lowest,
            highest=highest,
            direction=direction,
            smallest_group=minimum,
        )
        write = mean
    if figure.value is None or figure.low is None or figure.high is None:
        return Measure(name, explained, figure.n)
    shares = dict.fromkeys(Band, 0.0)
    for number, count in fitting.items():
        shares[scores.band(question, number)] += count / figure.n
    value, low, high = write(figure.value), write(figure.low), write(figure.high)
    return Measure(name, explained, figure.n, value, low, high, shares)


NAMES: Final = {
    QuestionKind.NPS: ("NPS", "promoters minus detractors"),
    QuestionKind.CSAT: ("CSAT", "satisfied"),
    QuestionKind.CES: ("CES", "how easy it was"),
}


def points(value: float) -> str:
    """An NPS as it is written."""
    return f"{value:.0f}".replace("-", "−")


def per_cent(value: float) -> str:
    """A CSAT as it is written."""
    return f"{value:.0f} %"


def mean(value: float) -> str:
    """A CES as it is written."""
    return f"{value:.1f}"


def _states(
    session: Session, visitor: Visitor, since: datetime
) -> dict[UUID, Counter[InvitationState]]:
    found: dict[UUID, Counter[InvitationState]] = defaultdict(Counter)
    query = (
        select(Invitation.campaign_id, Invitation.state, func.count())
        .where(visitor.sees(Invitation), Invitation.created_at >= since)
        .group_by(Invitation.campaign_id, Invitation.state)
    )
    for campaign, state, count in session.execute(query):
        found[campaign][state] = count
    return found


def _counts(
    session: Session, visitor: Visitor, since: datetime
) -> dict[tuple[UUID, str], Counter[int]]:
    found: dict[tuple[UUID, str], Counter[int]] = defaultdict(Counter)
    query = (
        select(Response.campaign_id, Answer.question_key, Answer.number, func.count())
        .join(Response, Answer.response_id == Response.id)
        .where(visitor.sees(Answer), Answer.answered_at >= since, Answer.number.is_not(None))
        .group_by(Response.campaign_id, Answer.question_key, Answer.number)
    )
    for campaign, question, number, count in session.execute(query):
        if number is not None:
            found[campaign, question][number] = count
    return found
