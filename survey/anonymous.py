"""What is kept of responses of nobody, as lines for those who study answers together.

A month is told only when nobody's own answers of it are there any more: before that, who watches
would learn on which day a line was added, and so on which day it was answered. A choice is told
where enough people made it; the purge drops the others when the month is over, and until then they
are left out here.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import anonymous_months
from storage.situations import smallest_group
from storage.tables import (
    AnonymousAnswer,
    AnonymousResponse,
    Campaign,
    Organisation,
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
        if anonymous_months.is_over(session, organisation, campaign_id, month):
            choices = anonymous_months.told_choices(session, campaign_id, month, smallest)
            for answers in _of_month(session, campaign_id, month, choices):
                yield {"campaign": key, "month": f"{month:%Y-%m}", "answers": answers}


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
