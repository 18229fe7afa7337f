"""What is kept of responses of nobody, as lines for those who study answers together.

A month is told only when nobody's own answers of it are there any more: before that, who watches
would learn on which day a line was added, and so on which day it was answered. A choice is told
where enough people made it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from storage.situations import smallest_group
from storage.tables import (
    AnonymousAnswer,
    AnonymousResponse,
    Answer,
    Campaign,
    Organisation,
    Response,
)


def lines(session: Session, organisation: Organisation) -> Iterator[dict[str, Any]]:
    """The answers of each anonymous response with its campaign and month, in no order within it."""
    smallest = smallest_group(organisation.document)
    months = session.execute(
        select(Campaign.id, Campaign.key, AnonymousResponse.month)
        .join(AnonymousResponse, AnonymousResponse.campaign_id == Campaign.id)
        .where(AnonymousResponse.organisation_id == organisation.id)
        .group_by(Campaign.id, Campaign.key, AnonymousResponse.month)
        .having(func.count() >= smallest)
        .order_by(Campaign.key, AnonymousResponse.month)
    ).all()
    for campaign_id, key, month in months:
        if _is_over(session, organisation, campaign_id, month):
            choices = _told_choices(session, campaign_id, month, smallest)
            for answers in _of_month(session, campaign_id, month, choices):
                yield {"campaign": key, "month": f"{month:%Y-%m}", "answers": answers}


def _is_over(session: Session, organisation: Organisation, campaign_id: Any, month: date) -> bool:
    """Whether no answer is left that was given in that month or before."""
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    end = datetime.combine(following, time(), tzinfo=ZoneInfo(organisation.timezone))
    left = exists().where(
        Answer.response_id == Response.id,
        Answer.organisation_id == organisation.id,
        Answer.answered_at < end.astimezone(UTC),
        Response.campaign_id == campaign_id,
    )
    return not session.scalar(select(left))


def _told_choices(
    session: Session, campaign_id: Any, month: date, smallest: int
) -> set[tuple[str, str | None]]:
    """The choices, question by question, that are told: enough people made each of them.

    Who made another one is not told apart from who made none, and they are enough together too:
    else the rarest of the others is left out with them.
    """
    mine = (AnonymousResponse.campaign_id == campaign_id, AnonymousResponse.month == month)
    people = session.scalar(select(func.count()).select_from(AnonymousResponse).where(*mine)) or 0
    made: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    rows = session.execute(
        select(AnonymousAnswer.question_key, AnonymousAnswer.choice, func.count())
        .join(AnonymousResponse, AnonymousResponse.id == AnonymousAnswer.response_id)
        .where(*mine, AnonymousAnswer.choice.is_not(None))
        .group_by(AnonymousAnswer.question_key, AnonymousAnswer.choice)
    )
    for question, choice, count in rows:
        made[question][choice] = count
    told: set[tuple[str, str | None]] = set()
    for question, counts in made.items():
        frequent = [(one, count) for one, count in counts.most_common() if count >= smallest]
        rest = people - sum(count for _, count in frequent)
        while frequent and len(frequent) < len(counts) and rest < smallest:
            rest += frequent.pop()[1]
        told |= {(question, one) for one, _ in frequent}
    return told


def _of_month(
    session: Session, campaign_id: Any, month: date, choices: set[tuple[str, str | None]]
) -> Iterator[dict[str, int | str | None]]:
    wanted = (
        select(AnonymousAnswer)
        .join(AnonymousResponse, AnonymousResponse.id == AnonymousAnswer.response_id)
        .where(AnonymousResponse.campaign_id == campaign_id, AnonymousResponse.month == month)
        .order_by(AnonymousResponse.id, AnonymousAnswer.question_key)
    )
    given: dict[str, int | str | None] = {}
    last = None
    for answer in session.scalars(wanted.execution_options(yield_per=1_000)):
        if given and answer.response_id != last:
            yield given
            given = {}
        last = answer.response_id
        if answer.number is not None:
            given[answer.question_key] = answer.number
        elif (answer.question_key, answer.choice) in choices:
            given[answer.question_key] = answer.choice
    if given:
        yield given
