"""The story of a case says of a text what it says of a call, in words of its own."""

import pytest

from console import timelines
from storage.house import House, reading, utc_now
from storage.states import AttemptMethod, Disposition
from storage.tables import Attempt, Interaction, Invitation, SentText, SurveyVersion
from tests.console.worlds import change
from tests.rows import (
    add,
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
    add(
        SentText(
            organisation_id=organisation.id, attempt_id=attempt.id, line_id=attempt.line_id,
            token="a", survey_version_id=campaign.survey_version_id, parts=1, asked_at=utc_now(),
        )
    )  # fmt: skip

    with reading() as session:
        found = session.get_one(Invitation, invitation.id)
        told = timelines.of(session, found, session.get_one(Interaction, found.interaction_id))
        version = session.get_one(SurveyVersion, campaign.survey_version_id)

    texts = [one.text for one in told if one.call == 1]
    wording = f"version {version.number} of {version.survey_key}"
    sent = f"A text message was sent, with the number to call back; the wording was {wording}"
    assert sent in texts
    assert any(one.startswith(end) for one in texts)
    assert not any("rung" in one for one in texts)
