"""A campaign starts only when nothing forbids it to call anybody; all that does is told at once."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from storage.house import House, reading, transaction
from storage.states import CampaignState
from storage.tables import Campaign, Organisation, RegisterResult, Spending, SurveyVersion
from survey import campaigns, start_checks
from survey.commands import campaigns_group
from survey.places import find_campaign
from survey.script_document import from_document, to_document
from survey.start_checks import CannotStartError
from tests.survey.conftest import NOW, Desk, Invite

PLACE = ("--organisation", "consumer-credit", "--campaign", "after-case")
REGISTER = {"key": "nix", "valid_for": "30 days"}


def place(session: Session) -> tuple[Organisation, Campaign]:
    return find_campaign(session, organisation="consumer-credit", campaign="after-case")


def rules(**changes: Any) -> None:
    """Pause the campaign and change its rules, as an older file might have had them."""
    with transaction() as session:
        _, campaign = place(session)
        campaign.state = CampaignState.PAUSED
        campaign.rules = campaign.rules | changes


def problems(now: datetime = NOW) -> tuple[str, ...]:
    with reading() as session:
        try:
            start_checks.check(session, *place(session), now=now)
        except CannotStartError as error:
            return error.problems
    return ()


def washed(days_ago: int, *, expires_in: int = 30) -> None:
    with transaction() as session:
        session.add(
            RegisterResult(
                organisation_id=place(session)[0].id, register_key="nix", subject_hash=b"h" * 32,
                listed=False, checked_at=NOW - timedelta(days=days_ago),
                expires_at=NOW + timedelta(days=expires_in),
            )
        )  # fmt: skip


def test_every_shipped_campaign_may_start(shipped: House) -> None:
    with reading() as session:
        for campaign in session.query(Campaign):
            owner = session.get_one(Organisation, campaign.organisation_id)
            start_checks.check(session, owner, campaign, now=NOW)


def test_a_line_that_may_not_be_shown_in_a_customers_country_does_not_ring(shipped: House) -> None:
    rules(allowed_countries=["SE", "DE"])

    (said,) = problems()

    assert said.startswith("allowed_countries: DE would see +46846500400")


def test_a_decision_of_tomorrow_is_none_today(shipped: House, desk: Desk) -> None:
    with reading() as session:
        chosen = desk.campaign(session).rules["classification"]
    rules(classification=chosen | {"decided_on": "2026-03-11"})

    assert "counts from 2026-03-11 on" in problems()[0]
    # Nine minutes past midnight in Stockholm is still yesterday in UTC.
    assert problems(datetime(2026, 3, 10, 23, 9, tzinfo=UTC)) == ()


def test_a_campaign_rings_where_a_countrys_decision_counts_already(shipped: House) -> None:
    signed = {"by": "not_marketing", "decided_by": "Chief lawyer"}
    countries = {one: signed | {"decided_on": "2026-03-12"} for one in ("SE", "NO", "DK", "FI")}

    rules(automatic_calls=countries)
    assert "automatic_calls.decided_on: the decision counts from 2026-03-12 on" in problems()[0]
    rules(automatic_calls=countries | {"NO": signed | {"decided_on": "2026-03-10"}})
    assert problems() == ()


def test_a_country_without_a_ground_is_told_before_anything_rings(shipped: House) -> None:
    rules(automatic_calls={one: {"by": "consent"} for one in ("SE", "DK", "FI")})

    assert problems()[0].startswith("automatic_calls: names no ground for NO")


def test_a_survey_that_lacks_a_language_is_not_asked(shipped: House) -> None:
    with transaction() as session:
        _, campaign = place(session)
        version = session.get_one(SurveyVersion, campaign.survey_version_id)
        script = from_document(version.document)
        first, *rest = script.questions
        spoilt = dataclasses.replace(first, prompt=dict(first.prompt) | {"fi": " "})
        phrases = dict(script.phrases)
        del phrases["da"]
        version.document = to_document(
            dataclasses.replace(script, questions=(spoilt, *rest), phrases=phrases)
        )

    danish, finnish = problems()

    assert danish.startswith("survey credit-after-case: no wording in da of the phrase ")
    assert danish.endswith(" and more")
    assert finnish == f"survey credit-after-case: no wording in fi of the question {first.key}"


@pytest.mark.parametrize(
    ("days_ago", "valid", "words"),
    [
        (None, None, "no number was washed against it"),
        (3, -1, "no number was washed against it"),
        (30, 5, "the last wash is older than 30 days"),
        (29, 5, None),
    ],
)
def test_a_register_must_have_been_asked_and_its_answer_still_count(
    invite: Invite, days_ago: int | None, valid: int | None, words: str | None
) -> None:
    invite()
    rules(registers=[REGISTER])
    if days_ago is not None and valid is not None:
        washed(days_ago, expires_in=valid)

    said = problems()

    assert [words in one for one in said] == [True] if words else said == ()


def test_with_nobody_to_call_there_is_nothing_to_wash(shipped: House) -> None:
    rules(registers=[REGISTER])

    assert problems() == ()


def test_a_campaign_whose_money_is_spent_does_not_start(shipped: House) -> None:
    with transaction() as session:
        owner, campaign = place(session)
        session.add(
            Spending(
                organisation_id=owner.id, campaign_id=campaign.id, day=NOW.date(),
                micros=249_999_000_000,
            )
        )  # fmt: skip

    (said,) = problems()

    assert "249,999.00 of 250,000.00 SEK are spent, and one more call may cost 6.85" in said


def test_all_problems_are_told_at_once_and_nothing_starts(invite: Invite, desk: Desk) -> None:
    invite()
    rules(allowed_countries=["SE", "DE"], registers=[REGISTER], ceiling={"whole": "0"})

    result = CliRunner().invoke(campaigns_group, ["start", *PLACE], catch_exceptions=False)

    assert result.exit_code == 2
    assert result.stderr.startswith("Error: campaign after-case of consumer-credit is not started:")
    for words in ("DE would see", "register nix", "ceiling.whole: 0 is less than one call"):
        assert words in result.stderr
    with reading() as session:
        assert desk.campaign(session).state is CampaignState.PAUSED


def test_there_is_no_way_round_a_legal_gate(shipped: House) -> None:
    result = CliRunner().invoke(campaigns_group, ["start", *PLACE, "--anyway"])

    assert result.exit_code == 2
    assert "No such option" in result.stderr


@pytest.mark.parametrize("to", [CampaignState.PAUSED, CampaignState.STOPPED])
def test_pausing_and_stopping_ask_nothing(shipped: House, to: CampaignState) -> None:
    rules(allowed_countries=["DE"])
    with transaction() as session:
        place(session)[1].state = CampaignState.RUNNING

    with transaction() as session:
        assert campaigns.set_state(
            session, organisation="consumer-credit", campaign="after-case", to=to, now=NOW
        )
