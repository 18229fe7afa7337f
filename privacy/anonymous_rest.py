"""What of answers of nobody was too rare to be nobody's: dropped for good once its month is over.

Which choices are rare shows when nobody's own answers of the month are there any more; before that
they lie beside the answers themselves, and are told to nobody.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from storage import anonymous_months
from storage.house import transaction
from storage.situations import smallest_group
from storage.tables import AnonymousAnswer, AnonymousResponse, Organisation


def drop(organisation_id: UUID) -> int:
    """Drop rare choices and months of too few people; how many rows. Repeating it drops no more."""
    with transaction() as session:
        there = exists().where(AnonymousResponse.organisation_id == organisation_id)
        if not session.scalar(select(there)):
            return 0
        # As when they are kept: one at a time in each organisation.
        organisation = session.get_one(
            Organisation, organisation_id, with_for_update={"key_share": True}
        )
        months = session.execute(
            select(AnonymousResponse.campaign_id, AnonymousResponse.month, func.count())
            .where(AnonymousResponse.organisation_id == organisation_id)
            .group_by(AnonymousResponse.campaign_id, AnonymousResponse.month)
        ).all()
        smallest = smallest_group(organisation.document)
        return sum(
            _of_month(session, campaign_id, month, people=people, smallest=smallest)
            for campaign_id, month, people in months
            if anonymous_months.is_over(session, organisation, campaign_id, month)
        )


def _of_month(
    session: Session, campaign_id: UUID, month: date, *, people: int, smallest: int
) -> int:
    mine = select(AnonymousResponse.id).where(
        AnonymousResponse.campaign_id == campaign_id, AnonymousResponse.month == month
    )
    answers = delete(AnonymousAnswer).where(AnonymousAnswer.response_id.in_(mine))
    if people < smallest:
        session.execute(answers.execution_options(synchronize_session=False))
        gone = delete(AnonymousResponse).where(AnonymousResponse.id.in_(mine))
        session.execute(gone.execution_options(synchronize_session=False))
        return people
    told = anonymous_months.told_choices(session, campaign_id, month, smallest)
    made = session.execute(
        select(AnonymousAnswer.question_key, AnonymousAnswer.choice)
        .where(AnonymousAnswer.response_id.in_(mine), AnonymousAnswer.choice.is_not(None))
        .distinct()
    ).all()
    dropped = 0
    for question, choice in made:
        if (question, choice) not in told:
            rare = (AnonymousAnswer.question_key == question, AnonymousAnswer.choice == choice)
            done = session.execute(
                answers.where(*rare).execution_options(synchronize_session=False)
            )
            dropped += done.rowcount  # type: ignore[attr-defined]
    return dropped
