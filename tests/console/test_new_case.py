"""Registering a case by hand plans a call at once, within the rules that hold for everybody."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.house import house, reading, transaction, utc_now
from storage.states import AttemptState, InvitationState
from storage.tables import Attempt, Campaign, Customer, Interaction, Invitation, Organisation
from survey import objections, organisations
from survey.permission import Method
from tests.console.browsers import Browser
from tests.console.worlds import World, change, shipped_files, shipped_rules

SignIn = Callable[..., Browser]
CONFIG = Path(__file__).parents[2] / "config"
PHONE = "070-174 06 05"


@pytest.fixture
def campaign(app: object) -> Campaign:
    """The ready profile's campaign, applied as an operator would."""
    with transaction() as session:
        organisations.apply(session, shipped_files(), keyring=house().keyring, now=utc_now())
    with reading() as session:
        wanted = select(Campaign).join(Organisation, Campaign.organisation_id == Organisation.id)
        return session.scalars(wanted.where(Organisation.key == "consumer-credit")).one()


def filled(campaign: Campaign, **more: str) -> dict[str, str]:
    form = {
        "campaign": str(campaign.id), "case_reference": "K-77", "phone": PHONE,
        "name": "Maja Gräddnos", "language": "sv", "channel": "phone", "reason": "Loan",
    }  # fmt: skip
    return form | more


def invitations() -> list[Invitation]:
    with reading() as session:
        return list(session.scalars(select(Invitation)))


def test_a_registered_case_is_due_at_once_and_can_be_watched(
    sign_in: SignIn, campaign: Campaign
) -> None:
    browser = sign_in()

    answer = browser.post("/console/new-case", filled(campaign))

    (invitation,) = invitations()
    assert answer.location == f"/console/cases/{invitation.id}"
    assert invitation.state is InvitationState.PLANNED
    assert invitation.due_at <= utc_now()
    page = browser.get(answer.location).text
    assert "K-77" in page
    assert "Planned" in page
    with reading() as session:
        customer = session.scalars(select(Customer)).one()
        interaction = session.scalars(select(Interaction)).one()
    assert house().keyring.open(customer.id, "customer.phone", customer.phone_sealed) == (
        "+46701740605"
    )
    assert (customer.locale, interaction.channel, interaction.reason) == ("sv", "phone", "Loan")


def test_the_same_reference_twice_is_one_case(sign_in: SignIn, campaign: Campaign) -> None:
    browser = sign_in()

    first = browser.post("/console/new-case", filled(campaign))
    again = browser.post("/console/new-case", filled(campaign))

    assert first.location == again.location
    assert len(invitations()) == 1


@pytest.mark.parametrize(
    ("wrong", "clue"),
    [
        ({"phone": ""}, "A telephone number is needed."),
        ({"phone": "12"}, "not a telephone number"),
        ({"case_reference": " "}, "A case reference is needed."),
        ({"case_reference": "x" * 81}, "Too long"),
        ({"email": "nobody"}, "not an e-mail address"),
        ({"language": "fr"}, "Choose one"),
        ({"name": "a\x00b"}, "cannot be shown"),
    ],
)
def test_what_must_be_mended_is_said_at_its_field_and_nothing_is_stored(
    sign_in: SignIn, campaign: Campaign, wrong: dict[str, str], clue: str
) -> None:
    answer = sign_in().post("/console/new-case", filled(campaign, **wrong))

    assert answer.status_code == 422
    assert clue in answer.text
    assert "Maja" in answer.text or "name" in wrong
    assert invitations() == []


def test_somebody_who_objected_is_not_called_and_nothing_is_stored(
    sign_in: SignIn, campaign: Campaign
) -> None:
    digest = house().keyring.lookup_hash(campaign.organisation_id, "phone", "+46701740605")
    with transaction() as session:
        objections.record_hashes(
            session, campaign.organisation_id, [digest], method=Method.CALLS,
            source=objections.Source.CALL, at=utc_now(),
        )  # fmt: skip

    answer = sign_in().post("/console/new-case", filled(campaign))

    assert answer.status_code == 409
    assert "objected" in answer.text
    assert invitations() == []


def test_once_somebody_answers_the_case_leads_to_the_response(
    sign_in: SignIn, world: World
) -> None:
    page = sign_in().get(f"/console/cases/{world.invitation.id}/live").text

    assert f'href="/console/responses/{world.response.id}"' in page


def test_between_two_calls_the_case_says_when_the_next_may_come(
    sign_in: SignIn, world: World
) -> None:
    case = f"/console/cases/{world.invitation.id}/live"
    browser = sign_in()
    with transaction() as session:
        invitation = session.get_one(Invitation, world.invitation.id)
        invitation.state = InvitationState.TRYING
        invitation.due_at = utc_now() + timedelta(hours=3)
        attempt = session.scalars(select(Attempt)).first()
        assert attempt is not None
        attempt.state = AttemptState.PLACED

    during = browser.get(case).text
    with transaction() as session:
        session.get_one(Attempt, attempt.id).state = AttemptState.ENDED
    between = browser.get(case).text

    assert "Being called" in during
    assert "Not before" not in during
    assert "To be called again" in between
    assert "Not before <time" in between


def test_a_fresh_form_suggests_a_reference_of_its_own(sign_in: SignIn, campaign: Campaign) -> None:
    browser = sign_in()

    first, second = (browser.get("/console/new-case").text for _ in range(2))

    assert 'value="TRY-' in first
    assert first.split('value="TRY-')[1][:12] != second.split('value="TRY-')[1][:12]


def by_people(world: World) -> None:
    rules = shipped_rules()
    rules = rules | {
        "classification": rules["classification"] | {"calls_allowed_by": "handed_over"}
    }
    change(world.campaign, rules=rules)
    change(world.invitation, state=InvitationState.PLANNED, ended_at=None)


def test_where_a_person_must_start_each_call_the_case_has_a_button_and_notes_who(
    sign_in: SignIn, world: World
) -> None:
    by_people(world)
    browser, case = sign_in(), f"/console/cases/{world.invitation.id}"

    page = browser.get(case).text
    started = browser.post(f"{case}/start")

    assert "Start the call now" in page
    assert started.status_code == 303
    with reading() as session:
        invitation = session.get_one(Invitation, world.invitation.id)
    assert invitation.started_by is not None
    assert invitation.started_at == invitation.due_at


def test_where_machines_may_call_nobody_starts_one_by_hand(sign_in: SignIn, world: World) -> None:
    change(world.invitation, state=InvitationState.PLANNED, ended_at=None)
    browser, case = sign_in(), f"/console/cases/{world.invitation.id}"

    assert "Start the call now" not in browser.get(case).text
    assert browser.post(f"{case}/start").status_code == 409


def test_a_matter_that_is_over_is_not_called_about_again(sign_in: SignIn, world: World) -> None:
    by_people(world)
    change(world.invitation, state=InvitationState.COMPLETED)
    browser, case = sign_in(), f"/console/cases/{world.invitation.id}"

    assert "Start the call now" not in browser.get(case).text
    assert browser.post(f"{case}/start").status_code == 409
