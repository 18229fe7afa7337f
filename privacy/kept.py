"""What is kept about one person, and until which day: what the purge will do, foretold."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import retention
from privacy.retention import NoRuleError, Schedule
from storage.states import CommentState
from storage.tables import (
    Answer,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Organisation,
    Response,
)

# Nothing was said, or it never reached us, or it is gone.
_WITHOUT_WORDS = (CommentState.EMPTY, CommentState.LOST, CommentState.ERASED)


@dataclass(frozen=True, slots=True)
class Kept:
    """The last day on which each kind is kept at the latest; None for a kind that is not kept."""

    contact: date
    answers: date | None
    comment: date | None


def kept_of(session: Session, customer: Customer) -> Kept:
    """What the organisation keeps about its customer.

    Raises NoRuleError when its schedule has no last day for one of the kinds.
    """
    schedule = retention.schedule_of(session.get_one(Organisation, customer.organisation_id))
    contact = [_end(schedule, DataClass.ANSWERS, customer.last_interaction_at)]
    created = select(Interaction.created_at).where(
        Interaction.organisation_id == customer.organisation_id,
        Interaction.customer_id == customer.id,
    )
    contact += [_end(schedule, DataClass.ANSWERS, at) for at in session.scalars(created)]
    cases = _ends_of_cases(session, customer, schedule)
    answers = {response_id: end for response_id, end in cases if response_id is not None}
    comments = select(Comment.response_id, Comment.made_at).where(
        Comment.organisation_id == customer.organisation_id,
        Comment.response_id.in_(list(answers)),
        Comment.state.not_in(_WITHOUT_WORDS),
    )
    said = [
        # A comment goes with its answers at the latest.
        min(answers[response_id], _end(schedule, DataClass.FREE_COMMENTS, made_at))
        for response_id, made_at in session.execute(comments)
    ]
    return Kept(
        contact=_day(max([*contact, *(end for _, end in cases)]), schedule),
        answers=_day(max(answers.values()), schedule) if answers else None,
        comment=_day(max(said), schedule) if said else None,
    )


def _ends_of_cases(
    session: Session, customer: Customer, schedule: Schedule
) -> list[tuple[UUID | None, datetime]]:
    """When each invitation goes with all that hangs below it, and its response if it has one."""
    rows = session.execute(
        select(
            Response.id, Invitation.created_at, Response.started_at, func.min(Answer.answered_at)
        )
        .select_from(Invitation)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .outerjoin(Answer, Answer.response_id == Response.id)
        .where(
            Invitation.organisation_id == customer.organisation_id,
            Invitation.customer_id == customer.id,
        )
        .group_by(Response.id, Invitation.created_at, Response.started_at)
    )
    return [
        (response_id, _end(schedule, DataClass.ANSWERS, answered_at or started_at or created_at))
        for response_id, created_at, started_at, answered_at in rows
    ]


def _end(schedule: Schedule, data_class: DataClass, start: datetime) -> datetime:
    period = schedule.period(data_class)
    if period is None:
        raise NoRuleError(f"{schedule.organisation_key} keeps {data_class} without a last day")
    return period.after(start, schedule.zone)


def _day(moment: datetime, schedule: Schedule) -> date:
    return moment.astimezone(schedule.zone).date()
