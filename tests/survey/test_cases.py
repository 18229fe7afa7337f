"""A case notes by itself when the answer that it is about was given."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from storage.house import House, reading, transaction
from storage.matters import CaseKind
from storage.tables import Answer, Campaign, Case, Response
from survey import cases
from tests.console.worlds import shipped_rules
from tests.rows import (
    NOON,
    add,
    make_campaign,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
)

HOUR = timedelta(hours=1)


def opened(house: House, *, answers: list[datetime], at: datetime) -> Case:
    """A case about a response that began at noon, with those answers."""
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    invitation = make_invitation(campaign, make_customer(organisation))
    response = make_response(campaign, invitation, at=NOON, score=None)
    for nth, moment in enumerate(answers):
        of_it: dict[str, Any] = {"organisation_id": organisation.id, "response_id": response.id}
        add(Answer(**of_it, question_key=f"q{nth}", kind="nps", number=3, answered_at=moment))
    with transaction() as session:
        found = session.get_one(Response, response.id)
        session.get_one(Campaign, campaign.id).rules = shipped_rules()
        case = cases.open_about(
            session, found, kind=CaseKind.FOLLOW_UP, text="", keyring=house.keyring, now=at
        )
    with reading() as session:
        return session.get_one(Case, case.id)


@pytest.mark.parametrize(
    ("answers", "collected_at"),
    [
        # The first answer, in whatever order they are found.
        ([NOON + 2 * HOUR, NOON + HOUR, NOON + 3 * HOUR], NOON + HOUR),
        # Where nothing was answered, the beginning.
        ([], NOON),
    ],
)
def test_a_case_begins_with_the_first_answer_else_with_the_response(
    house: House, answers: list[datetime], collected_at: datetime
) -> None:
    case = opened(house, answers=answers, at=NOON + 900 * HOUR)

    assert (case.collected_at, case.opened_at) == (collected_at, NOON + 900 * HOUR)


def test_nothing_is_collected_after_its_case_was_opened(house: House) -> None:
    """An answer that a clock dated ahead keeps its case no longer."""
    case = opened(house, answers=[NOON + 900 * HOUR], at=NOON + HOUR)

    assert case.collected_at == case.opened_at == NOON + HOUR
