"""Anonymous research: staff read what was answered, and nothing that says who answered."""

from collections.abc import Callable

import pytest

from storage.house import house, reading, transaction
from storage.states import FollowUp
from storage.tables import Campaign, Organisation, Response, Role
from survey.exports import response_lines
from tests.console.browsers import Browser
from tests.console.worlds import World

SignIn = Callable[..., Browser]


@pytest.fixture
def browser(sign_in: SignIn, world: World) -> Browser:
    """A supervisor, in a world whose campaign is research."""
    with transaction() as session:
        response = session.get_one(Response, world.response.id)
        response.follow_up = FollowUp.NO
        campaign = session.get_one(Campaign, response.campaign_id)
        campaign.rules = campaign.rules | {"kind": "research"}
    return sign_in(Role.SUPERVISOR, world.organisation)


def asks_to_be_contacted(world: World) -> None:
    with transaction() as session:
        session.get_one(Response, world.response.id).follow_up = FollowUp.YES


def pages(world: World) -> tuple[str, ...]:
    return ("/console/responses", f"/console/responses/{world.response.id}")


def test_no_page_says_whose_answers_they_are_unless_they_asked_for_it(
    browser: Browser, world: World
) -> None:
    assert [world.reference in browser.get(one).text for one in pages(world)] == [False, False]

    asks_to_be_contacted(world)

    assert [world.reference in browser.get(one).text for one in pages(world)] == [True, True]


def test_the_page_of_a_case_leads_to_no_answers(browser: Browser, world: World) -> None:
    page = f"/console/cases/{world.invitation.id}"
    assert str(world.response.id) not in browser.get(page).text
    assert "anonymous research" in browser.get(page).text

    asks_to_be_contacted(world)

    assert str(world.response.id) in browser.get(page).text


def test_no_case_is_opened_about_somebody_who_did_not_ask(browser: Browser, world: World) -> None:
    form = {"kind": "complaint", "note": ""}
    path = f"/console/responses/{world.response.id}/case"
    assert browser.post(path, form).status_code == 400

    asks_to_be_contacted(world)

    assert browser.post(path, form).status_code == 303


def test_no_export_names_the_case(browser: Browser, world: World) -> None:
    def references() -> list[str]:
        with reading() as session:
            owner = session.get_one(Organisation, world.organisation.id)
        lines = response_lines(
            house().database, organisation=owner, keyring=house().keyring,
            mask=lambda text, language=None: text,
        )  # fmt: skip
        return [one.case_reference for one in lines]

    assert references() == [""]
    asks_to_be_contacted(world)
    assert references() == [world.reference]
