"""Noting what was done about a response: by button and by command, with the day it moves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from console.handling_commands import HANDLING_COMMANDS
from storage.house import House, reading, transaction, utc_now
from storage.tables import Organisation, Response, Role
from survey.handling import Step, steps_of
from tests.console.browsers import Browser
from tests.console.worlds import World, change
from tests.privacy.test_logs_by_age import schedule

SignIn = Callable[..., Browser]
UNTIL = {"keep": "until handled", "ceiling": "12 months"}
BRITISH = {"Accept-Language": "en-GB"}


def keep_until_handled(world: World) -> None:
    rules = schedule(answers=UNTIL, free_comments=UNTIL)
    with transaction() as session:
        organisation = session.get_one(Organisation, world.organisation.id)
        organisation.document = organisation.document | {"retention": rules}


def taken(world: World) -> set[Step]:
    with reading() as session:
        return set(steps_of(session.get_one(Response, world.response.id)))


def path(world: World) -> str:
    return f"/console/responses/{world.response.id}"


def press(browser: Browser, world: World, step: str) -> str:
    answer = browser.post(f"{path(world)}/steps", {"step": step})
    assert (answer.status_code, answer.location) == (303, path(world))
    return browser.get(path(world), headers=BRITISH).text


def test_each_button_notes_its_step_and_leads_to_the_next(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    page = browser.get(path(world)).text
    for step, button in (
        ("reviewed", "I have gone through it"),
        ("decided", "It is decided what follows"),
        ("answered", "The person has been answered"),
    ):
        assert button in page
        page = press(browser, world, step)

    assert taken(world) == set(Step)
    assert "has been answered</button>" not in page


def test_the_last_step_says_that_it_deletes_where_it_does(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    warning, at_once = "nobody can bring it back", "within a quarter of an hour"
    day = (utc_now() + timedelta(days=365)).year

    kept = press(browser, world, "decided")
    assert warning not in kept
    assert "18 months after they were given." in kept
    keep_until_handled(world)
    before = browser.get(path(world), headers=BRITISH).text
    after = press(browser, world, "answered")

    assert warning in before
    assert f"{day} at the latest, 12 months after they were given." in before
    assert "The answers go with the next run of the deletions" in after
    assert at_once in after


def test_a_step_is_taken_back_while_the_response_is_there(sign_in: SignIn, world: World) -> None:
    keep_until_handled(world)
    browser = sign_in(Role.STAFF, world.organisation)
    press(browser, world, "answered")

    page = press(browser, world, "back")

    assert taken(world) == {Step.REVIEWED, Step.DECIDED}
    assert "at the latest" in page
    assert "with the next run" not in page


def test_a_step_that_is_none_changes_nothing(sign_in: SignIn, world: World) -> None:
    browser = sign_in()

    assert browser.post(f"{path(world)}/steps", {"step": "erased"}).status_code == 400
    assert taken(world) == set()


@pytest.mark.parametrize("role", [Role.CLIENT, Role.ANALYST, Role.OPERATOR])
def test_who_may_not_read_a_response_may_not_handle_it(
    sign_in: SignIn, world: World, role: Role
) -> None:
    browser = sign_in(role, world.organisation)

    assert browser.post(f"{path(world)}/steps", {"step": "answered"}).status_code == 403
    assert taken(world) == set()


def test_another_organisations_response_is_not_handled(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    browser = sign_in(Role.STAFF, other_world.organisation)

    assert browser.post(f"{path(world)}/steps", {"step": "answered"}).status_code == 404
    assert taken(world) == set()


def test_who_did_it_is_told_by_the_log_without_the_person(
    sign_in: SignIn, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    press(sign_in(), world, "reviewed")

    (record,) = [r for r in caplog.records if r.message == "response.handled"]
    assert record.__dict__["response_id"] == world.response.id
    assert record.__dict__["state"] == "reviewed"
    assert world.reference not in str(record.__dict__)


def test_a_messages_page_says_when_it_goes(sign_in: SignIn, world: World) -> None:
    page = sign_in().get(f"/console/messages/{world.message.id}").text

    assert "6 months after it was received." in page
    change(world.message, received_at=utc_now() - timedelta(days=400))
    assert "with the next run" in sign_in().get(f"/console/messages/{world.message.id}").text


def command(name: str, world: World, *more: str, answer: str = "") -> Result:
    (wanted,) = [one for one in HANDLING_COMMANDS if one.name == name]
    arguments = [world.reference, "--organisation", world.organisation.key, *more]
    return CliRunner().invoke(wanted, arguments, input=answer, catch_exceptions=False)


def test_the_commands_do_the_same_and_say_the_day(house: House, world: World) -> None:
    keep_until_handled(world)

    first, again = command("review", world), command("review", world)
    command("decide", world)
    unsure = command("answer", world, answer="n\n")
    noted_by_then = taken(world)
    answered, back = command("answer", world, "--yes"), command("reopen", world)

    assert first.stdout.splitlines()[0] == "reviewed"
    assert again.stdout.splitlines()[0] == "already reviewed"
    assert "12 months after they were given." in first.stdout
    assert (unsure.exit_code, noted_by_then) == (1, {Step.REVIEWED, Step.DECIDED})
    assert "The answers go with the next run" in answered.stdout
    assert back.stdout.splitlines()[0] == "no longer answered"
    assert taken(world) == {Step.REVIEWED, Step.DECIDED}


def test_a_response_that_is_not_there_is_said_in_one_line(house: House, world: World) -> None:
    (review, *_) = HANDLING_COMMANDS

    result = CliRunner().invoke(review, ["X-9", "--organisation", world.organisation.key])

    assert result.exit_code == 2
    assert result.stderr == f"Error: {world.organisation.key} has no response 'X-9'\n"
