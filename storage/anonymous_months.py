"""Months of responses of nobody: when one is complete, and what enough people have in common."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from storage.tables import AnonymousAnswer, AnonymousResponse, Answer, Organisation, Response


def bounds(organisation: Organisation, month: date) -> tuple[datetime, datetime]:
    """When that month begins and when it is over, on the organisation's clock."""
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    zone = ZoneInfo(organisation.timezone)
    begins, ends = (datetime.combine(one, time(), tzinfo=zone) for one in (month, following))
    return begins.astimezone(UTC), ends.astimezone(UTC)


def is_over(session: Session, organisation: Organisation, campaign_id: Any, month: date) -> bool:
    """Whether no answer is left that was given in that month or before."""
    _, end = bounds(organisation, month)
    left = exists().where(
        Answer.response_id == Response.id,
        Answer.organisation_id == organisation.id,
        Answer.answered_at < end,
        Response.campaign_id == campaign_id,
    )
    return not session.scalar(select(left))


def told_choices(
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
