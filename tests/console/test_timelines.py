"""The story of a case says of a text what it says of a call, in words of its own."""

import pytest

from console import timelines
from storage.house import House, reading
from storage.states import AttemptMethod, Disposition
from storage.tables import Attempt, Interaction, Invitation
from tests.console.worlds import change
from tests.rows import (
    make_campaign,
    make_customer,
    make_invitation,
    make_organisation,
    make_survey_call,
)


@pytest.mark.parametrize(
    ("how", "end"),
    [
        (Disposition.TEXTED, "The text message arrived; the person may call back until"),
        (Disposition.FAILED, "The text message could not be delivered"),
        (Disposition.NEVER_PLACED, "The text message was never sent"),
    ],
)
def test_a_text_is_told_as_a_text(house: House, how: Disposition, end: str) -> None:
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    invitation = make_invitation(campaign, make_customer(organisation))
    call = make_survey_call(campaign, invitation)
    with reading() as session:
        attempt = session.get_one(Attempt, call.attempt_id)
    change(attempt, method=AttemptMethod.SMS, disposition=how)

    with reading() as session:
        found = session.get_one(Invitation, invitation.id)
        told = timelines.of(session, found, session.get_one(Interaction, found.interaction_id))

    texts = [one.text for one in told if one.call == 1]
    assert "A text message was sent, with the number to call back" in texts
    assert any(one.startswith(end) for one in texts)
    assert not any("rung" in one for one in texts)
