"""The page of figures: for supervisors and analysts, of their organisation, about nobody."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from storage import statistic_cells
from storage.tables import Organisation, Role
from tests.console.browsers import Browser
from tests.console.worlds import World
from tests.rows import NOON
from tests.survey.answered import Given, answered

SignIn = Callable[..., Browser]


@pytest.fixture
def counted(world: World) -> Organisation:
    given = [
        *[Given(9)] * 6,
        *[Given(0, team="Syd", at=NOON + timedelta(days=30))] * 5,
        *[Given(8, team=f"Team of one {n}") for n in range(5)],
        *[Given(4, team=None, question="satisfaction", kind="csat")] * 7,
    ]
    answered(world.campaign, given)
    statistic_cells.count_all(now=NOON + timedelta(days=60))
    return world.organisation


def cells(text: str) -> list[str]:
    """What stands in the tables, without the marks."""
    found = text.split("<table", 1)[1].rsplit("</table>", 1)[0]
    for mark in ("<", ">"):
        found = found.replace(mark, f"\n{mark}\n")
    parts = found.split("\n")
    return [
        parts[n + 1].strip() for n, part in enumerate(parts) if part == ">" and parts[n + 1].strip()
    ]


def test_figures_stand_with_n_and_the_interval_and_by_what_was_asked_for(
    sign_in: SignIn, counted: Organisation
) -> None:
    browser = sign_in(Role.SUPERVISOR, counted)

    by_month = cells(browser.get("/console/statistics").text)
    by_team = cells(browser.get("/console/statistics?by=team").text)

    assert by_month[:2] == ["NPS", "promoters minus detractors"]
    assert by_month[by_month.index("In all") + 1 :][:3] == ["6", "−31 to 42", "16"]
    assert {"2026-03", "2026-04"} <= set(by_month)
    assert {"Nord", "Syd", "Too few to tell apart", "Not told"} <= set(by_team)
    assert not any("Team of one" in one for one in by_team)


def test_months_can_be_chosen_and_nonsense_asks_for_nothing(
    sign_in: SignIn, counted: Organisation
) -> None:
    browser = sign_in(Role.SUPERVISOR, counted)

    text = browser.get("/console/statistics?since=2026-04&until=2026-04").text
    assert ("2026-04" in cells(text), "2026-03" in cells(text)) == (True, False)
    assert browser.get("/console/statistics?by=name&since=soon").status_code == 200
    assert "Nothing to show" in browser.get("/console/statistics?since=2031-01").text


def test_an_analyst_sees_figures_and_no_person(sign_in: SignIn, counted: Organisation) -> None:
    browser = sign_in(Role.ANALYST, counted)

    assert browser.get("/console/").headers["Location"].endswith("/console/statistics")
    assert "In all" in browser.get("/console/statistics").text
    for room in ("responses", "comments", "messages", "requests", "system", "new-case"):
        assert browser.get(f"/console/{room}").status_code == 403, room


def test_another_organisations_figures_are_not_shown(
    sign_in: SignIn, counted: Organisation, other_world: World
) -> None:
    text = sign_in(Role.ANALYST, other_world.organisation).get("/console/statistics").text

    assert "Nothing to show" in text
    assert "In all" not in text


@pytest.mark.parametrize("role", [Role.STAFF, Role.CLIENT, Role.OPERATOR])
def test_nobody_else_may_open_it(sign_in: SignIn, counted: Organisation, role: Role) -> None:
    assert sign_in(role, counted).get("/console/statistics").status_code == 403
