"""The supervisor's page of a campaign: who would be called, what it costs, and three buttons."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from console import campaigns as page
from storage.house import house, reading, transaction, utc_now
from storage.states import CampaignState
from storage.states import InvitationEventKind as Kind
from storage.tables import (
    Campaign,
    Invitation,
    InvitationEvent,
    Organisation,
    Restriction,
    Role,
    Spending,
)
from survey import interactions, organisations
from survey.interactions import ToldInteraction
from tests.console.browsers import Browser
from tests.console.worlds import World, shipped_files

SignIn = Callable[..., Browser]


@pytest.fixture
def campaign(app: object) -> Campaign:
    """The lender's campaign as it is shipped, ringing at any hour, with three people to be rung."""
    now = utc_now()
    with transaction() as session:
        organisations.apply(
            session, shipped_files(), keyring=house().keyring, now=now,
            rings_at_any_hour=True,
        )  # fmt: skip
        wanted = select(Campaign).join(Organisation, Campaign.organisation_id == Organisation.id)
        found = session.scalars(wanted.where(Organisation.key == "consumer-credit")).one()
        for number in range(3):
            phone = f"+4670174060{number}"
            told = ToldInteraction(f"K-{number}", phone, phone, now - timedelta(hours=2))
            interactions.register(session, told, campaign=found, keyring=house().keyring, now=now)
    return found


def address(campaign: Campaign, verb: str = "") -> str:
    return f"/console/campaigns/{campaign.id}{verb}"


def state_of(campaign: Campaign) -> CampaignState:
    with reading() as session:
        return session.get_one(Campaign, campaign.id).state


def row(text: str, head: str) -> str:
    """What stands in the row of a table that begins so."""
    return text.split(f'scope="row">{head}', 1)[1].split("</tr>", 1)[0]


def test_the_page_says_who_would_be_called_and_for_how_much(
    sign_in: SignIn, campaign: Campaign
) -> None:
    text = sign_in().get(address(campaign)).text

    assert "3 wait" in text
    assert "<b>3</b>" in row(text, "Would be called now")
    assert "at most 102.75 SEK" in text
    assert "of 5,000.00 SEK" in text
    assert "Nobody has been called yet." in text
    assert "K-1" not in text


def test_of_a_great_many_only_the_first_are_looked_at(
    sign_in: SignIn, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LOOKED_AT", 2)

    text = sign_in().get(address(campaign)).text

    assert "of whom the first 2 were looked at" in text
    assert "flask campaigns preview" in text
    assert "at most" not in text


def test_the_buttons_pause_start_and_stop(sign_in: SignIn, campaign: Campaign) -> None:
    browser = sign_in()
    seen = []
    for verb in ("pause", "start", "stop", "start"):
        answer = browser.post(address(campaign, f"/{verb}"))
        assert (answer.status_code, answer.location) == (303, address(campaign))
        seen.append(state_of(campaign))

    running, paused, stopped = CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.STOPPED
    assert seen == [paused, running, stopped, running]


def test_what_forbids_the_start_is_all_shown_and_nothing_starts(
    sign_in: SignIn, campaign: Campaign
) -> None:
    browser = sign_in()
    with transaction() as session:
        found = session.get_one(Campaign, campaign.id)
        found.state = CampaignState.PAUSED
        found.rules = found.rules | {
            "allowed_countries": ["SE", "DE"],
            "registers": [{"key": "nix", "valid_for": "30 days"}],
        }

    answer = browser.post(address(campaign, "/start"))

    assert answer.status_code == 409
    assert "DE would see" in answer.text
    assert "register nix" in answer.text
    assert "if it ran" in answer.text
    assert state_of(campaign) is CampaignState.PAUSED


def test_an_unknown_verb_is_nothing(sign_in: SignIn, campaign: Campaign) -> None:
    assert sign_in().post(address(campaign, "/anyway")).status_code == 404


def test_money_is_shown_against_its_ceiling(sign_in: SignIn, campaign: Campaign) -> None:
    with transaction() as session:
        today = utc_now().astimezone(page.ZoneInfo("Europe/Stockholm")).date()
        session.add(
            Spending(
                organisation_id=campaign.organisation_id, campaign_id=campaign.id, day=today,
                micros=1_250_000_000,
            )
        )  # fmt: skip

    text = sign_in().get(address(campaign)).text

    assert "<b>1,250.00</b>" in text
    assert "25 per cent of the ceiling" in text


def test_how_often_a_person_was_taken_for_a_machine_is_told_where_it_happened(
    sign_in: SignIn, campaign: Campaign
) -> None:
    def happened(*kinds: Kind) -> None:
        with transaction() as session:
            one = session.scalars(select(Invitation).order_by(Invitation.id).limit(1)).one()
            session.add_all(
                InvitationEvent(
                    organisation_id=one.organisation_id, invitation_id=one.id, kind=kind,
                    facts={}, happened_at=utc_now(),
                )
                for kind in kinds
            )  # fmt: skip

    browser = sign_in()
    happened(Kind.TRIED, Kind.REACHED)
    before = browser.get(address(campaign)).text
    happened(Kind.MISTAKEN)

    assert "taken for a machine" not in before
    assert "1 of those reached pressed a key and were taken for a machine" in (
        browser.get(address(campaign)).text
    )


def test_whose_data_are_frozen_is_not_counted(sign_in: SignIn, campaign: Campaign) -> None:
    with transaction() as session:
        one = session.scalars(select(Invitation).order_by(Invitation.id)).first()
        assert one is not None
        session.add(
            Restriction(
                organisation_id=one.organisation_id, customer_id=one.customer_id,
                cause="accuracy", made_at=utc_now(),
            )
        )  # fmt: skip

    text = sign_in().get(address(campaign)).text

    assert "2 wait" in text
    assert "frozen" not in text


def test_a_campaign_that_was_paused_by_itself_says_why(sign_in: SignIn, campaign: Campaign) -> None:
    with transaction() as session:
        found = session.get_one(Campaign, campaign.id)
        found.state, found.state_reason = CampaignState.PAUSED, "provider_refuses_us"

    browser = sign_in()

    for path in ("/console/campaigns", address(campaign)):
        assert "the provider refuses our account" in browser.get(path).text


def test_supervisors_see_their_own_campaigns_and_nobody_else_any(
    sign_in: SignIn, campaign: Campaign, world: World
) -> None:
    own = sign_in(Role.SUPERVISOR, world.organisation)

    assert "after-case" not in own.get("/console/campaigns").text
    assert world.campaign.key in own.get("/console/campaigns").text
    assert own.get(address(campaign)).status_code == 404
    assert own.post(address(campaign, "/pause")).status_code == 404
    assert state_of(campaign) is CampaignState.RUNNING
    assert sign_in(Role.STAFF, world.organisation).get("/console/campaigns").status_code == 403
    assert 'href="/console/campaigns"' in own.get("/console/").text
