"""Whose data are frozen is on no page, in no figure and in no export, until that is lifted."""

from collections.abc import Callable

import pytest

from storage.house import house, reading, transaction, utc_now
from storage.tables import Call, Customer, Organisation, Recording, Role
from survey import restrictions
from survey.exports import response_lines
from survey.restrictions import Cause
from tests.console.browsers import Browser
from tests.console.worlds import World

SignIn = Callable[..., Browser]


def freeze(world: World, *, lift: bool = False) -> None:
    with transaction() as session:
        customer = session.get_one(Customer, world.invitation.customer_id)
        if lift:
            restrictions.lift(session, customer, at=utc_now())
        else:
            restrictions.restrict(
                session, customer, cause=Cause.ACCURACY_DISPUTED, at=utc_now(), review_at=None
            )


def addresses(world: World) -> list[str]:
    return [
        f"/console/responses/{world.response.id}",
        f"/console/recordings/{world.recording.id}/audio",
        f"/console/cases/{world.invitation.id}",
        f"/console/cases/{world.invitation.id}/live",
    ]


@pytest.fixture(params=[True, False], ids=["of one organisation", "of all"])
def browser(request: pytest.FixtureRequest, sign_in: SignIn, world: World) -> Browser:
    """A supervisor."""
    return sign_in(Role.SUPERVISOR, world.organisation if request.param else None)


def test_a_frozen_person_is_in_no_list_and_at_no_address(browser: Browser, world: World) -> None:
    freeze(world)

    for path in ("/console/", "/console/responses", "/console/comments", "/console/overview/live"):
        text = browser.get(path).text
        for trace in (world.reference, str(world.response.id), str(world.recording.id)):
            assert trace not in text, path
    assert {browser.get(path).status_code for path in addresses(world)} == {404}
    assert browser.post(f"/console/responses/{world.response.id}/contact").status_code == 404


def test_nor_is_a_frozen_person_counted_or_waited_for(browser: Browser, world: World) -> None:
    before = browser.get("/console/overview/live").text
    freeze(world)
    after = browser.get("/console/overview/live").text

    for words in (
        "comment nobody has heard",
        "customer wants to be contacted",
        "<dt>Completed</dt>",
    ):
        assert (words in before, words in after) == (True, False), words


def test_a_telephone_message_of_somebody_else_is_heard_as_before(
    browser: Browser, world: World
) -> None:
    freeze(world)

    path = f"/console/recordings/{world.message_recording.id}/audio"
    assert browser.get(path).status_code == 200


def test_a_telephone_message_of_their_own_is_not(browser: Browser, world: World) -> None:
    path = f"/console/recordings/{world.message_recording.id}/audio"
    with transaction() as session:
        customer = session.get_one(Customer, world.invitation.customer_id)
        message = session.get_one(Recording, world.message_recording.id)
        session.get_one(Call, message.call_id).caller_hash = customer.phone_hash
    assert browser.get(path).status_code == 200

    freeze(world)

    assert browser.get(path).status_code == 404


def test_once_lifted_everything_is_there_again(browser: Browser, world: World) -> None:
    freeze(world)
    freeze(world, lift=True)

    assert world.reference in browser.get("/console/responses").text
    assert {browser.get(path).status_code for path in addresses(world)} == {200}


def test_others_are_shown_as_before(browser: Browser, world: World, other_world: World) -> None:
    freeze(other_world)

    assert world.reference in browser.get("/console/responses").text


def test_a_frozen_person_leaves_in_no_export(world: World) -> None:
    def lines() -> list[str]:
        with reading() as session:
            owner = session.get_one(Organisation, world.organisation.id)
        found = response_lines(
            house().database, organisation=owner, keyring=house().keyring,
            mask=lambda text, language=None: text,
        )  # fmt: skip
        return [one.case_reference for one in found]

    assert lines() == [world.reference]
    freeze(world)
    assert lines() == []
