"""Cases: opened on a response's page, worked on, closed, and what that does to what they keep."""

from collections.abc import Callable
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from console.case_commands import cases_group
from storage.house import House, house, reading, transaction
from storage.matters import CaseKind, CaseState
from storage.tables import Case, Organisation, Restriction, Role
from survey import cases
from tests.console.browsers import Browser
from tests.console.worlds import World
from tests.privacy.test_logs_by_age import schedule
from tests.rows import NOON, add

SignIn = Callable[..., Browser]


def the_case() -> Case:
    with reading() as session:
        return session.scalars(select(Case)).one()


def note() -> str:
    return cases.note_of(house().keyring, the_case())


def opened(browser: Browser, world: World, *, kind: str = "complaint", text: str = "") -> str:
    form = {"kind": kind, "note": text}
    answer = browser.post(f"/console/responses/{world.response.id}/case", form)
    assert answer.status_code == 303
    return str(answer.location)


def test_a_case_is_opened_noted_closed_and_opened_again(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    page = opened(browser, world, text="She waits for a <letter>.")
    browser.post(f"{page}/note", {"note": "Letter sent."})

    shown = browser.get(page).text
    assert "She waits for a &lt;letter&gt;." in shown
    assert shown.index("She waits") < shown.index("Letter sent.")
    assert world.reference in browser.get("/console/matters").text
    assert "Complaint" in browser.get(f"/console/responses/{world.response.id}").text
    case = the_case()
    assert (case.kind, case.state) == (CaseKind.COMPLAINT, CaseState.OPEN)
    assert b"letter" not in (case.note_sealed or b"")

    browser.post(f"{page}/step", {"step": "decided"})
    browser.post(f"{page}/step", {"step": "closed"})
    closed = browser.get(page).text
    assert "Add a note" not in closed
    assert world.reference not in browser.get("/console/matters").text
    assert world.reference in browser.get("/console/matters?state=all").text
    assert the_case().closed_at is not None

    browser.post(f"{page}/step", {"step": "reopen"})
    again = the_case()
    assert (again.state, again.closed_at) == (CaseState.DECIDED, None)


def test_the_page_says_until_when_the_case_is_kept(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    page = opened(browser, world, kind="follow_up")

    assert "goes 18 months after it is closed" in browser.get(page).text
    browser.post(f"{page}/step", {"step": "closed"})
    assert "18 months after it was closed." in browser.get(page).text


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"keep": "3 years"}, "3 years after the answer it is about was given."),
        (
            {"keep": "until handled", "ceiling": "3 years"},
            "goes once it is closed, and on ",
        ),
    ],
)
def test_the_page_says_so_where_a_case_goes_by_its_answer(
    sign_in: SignIn, world: World, rule: dict[str, str], words: str
) -> None:
    with transaction() as session:
        owner = session.get_one(Organisation, world.organisation.id)
        rules = schedule(case_notes=rule | {"from": "collected"})
        owner.document = owner.document | {"retention": rules}
    browser = sign_in(Role.STAFF, world.organisation)
    page = opened(browser, world, kind="follow_up")

    shown = browser.get(page).text
    assert words in shown
    assert "3 years after the answer it is about was given." in shown
    assert "after it is closed" not in shown
    browser.post(f"{page}/step", {"step": "closed"})
    closed = browser.get(page).text
    assert ("3 years after the answer" in closed) == (rule["keep"] == "3 years")
    assert "after it was closed" not in closed


def test_an_empty_or_endless_note_is_refused_and_said(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    page = opened(browser, world)

    for text, words in ((" ", "A note needs words"), ("x" * 4_001, "up to 4000 characters")):
        refused = browser.post(f"{page}/note", {"note": text})
        assert refused.status_code == 409
        assert words in refused.text
    assert note() == ""


def test_nobody_else_meets_a_case(sign_in: SignIn, world: World, other_world: World) -> None:
    page = opened(sign_in(Role.STAFF, world.organisation), world, text="A secret of theirs.")
    stranger = sign_in(Role.STAFF, other_world.organisation)

    assert stranger.get(page).status_code == 404
    assert stranger.post(f"{page}/note", {"note": "x"}).status_code == 404
    assert stranger.post(f"{page}/step", {"step": "closed"}).status_code == 404
    path = f"/console/responses/{world.response.id}/case"
    assert stranger.post(path, {"kind": "complaint"}).status_code == 404
    assert world.reference not in stranger.get("/console/matters?state=all").text
    assert sign_in(Role.ANALYST, world.organisation).get(page).status_code == 403
    assert the_case().closed_at is None


def test_a_frozen_persons_case_is_neither_shown_nor_changed(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    page = opened(browser, world)
    add(
        Restriction(
            organisation_id=world.organisation.id, customer_id=the_case().customer_id,
            cause="own_wish", made_at=NOON,
        )
    )  # fmt: skip

    assert browser.get(page).status_code == 404
    assert world.reference not in browser.get("/console/matters").text
    assert command(world, "close", str(the_case().id)).exit_code == 2
    assert the_case().closed_at is None


def command(world: World, name: str, *arguments: str, text: str = "") -> Result:
    told = [name, *arguments, "--organisation", world.organisation.key]
    return CliRunner().invoke(cases_group, told, input=text, catch_exceptions=False)


def test_the_commands_open_note_close_and_list(house: House, world: World) -> None:
    made = command(world, "open", world.reference, "--note-stdin", text="Wants a call.\n")
    case = UUID(made.stdout.split()[1])
    added = command(world, "note", str(case), text="Called.")

    assert (added.stdout, added.exit_code) == ("noted\n", 0)
    assert [line for line in note().splitlines() if line[:2] != "20"] == [
        "Wants a call.", "", "Called.",
    ]  # fmt: skip
    assert str(case) in command(world, "list").stdout
    closed = command(world, "close", str(case))
    assert closed.stdout.splitlines()[0] == "closed"
    assert "18 months after it was closed." in closed.stdout
    assert command(world, "close", str(case)).stdout.splitlines()[0] == "already closed"
    assert command(world, "list").stdout == "No case is open.\n"
    assert str(case) in command(world, "list", "--all").stdout
    assert command(world, "reopen", str(case)).stdout == "open again\n"
    assert command(world, "reopen", str(case)).stdout == "it is open\n"


def test_a_case_that_is_not_there_is_said_in_one_line(
    house: House, world: World, other_world: World
) -> None:
    command(other_world, "open", other_world.reference)

    refused = command(world, "close", str(the_case().id))

    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"Error: {world.organisation.key} has no case ")
