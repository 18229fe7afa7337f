"""An operator says in the console that the clock is right, and only then deletions go on."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from privacy import clock_brake
from privacy.jobs import purge
from storage.house import House, reading, utc_now
from storage.queue import JobName, QueueName
from storage.tables import Alarm, Answer, PurgeRun, Role, User
from tests import rows
from tests.console.browsers import Browser
from tests.console.worlds import World
from tests.privacy.traces import leave_traces

SignIn = Callable[..., Browser]
DAY = timedelta(days=1)


@pytest.fixture
def held(house: House) -> House:
    """A house in which no purge began for five days, with answers that are long over."""
    now = utc_now()
    leave_traces(house, at=now - 3_000 * DAY)
    rows.add(PurgeRun(started_at=now - 5 * DAY, finished_at=now - 5 * DAY, counts={}))
    return house


def answers() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Answer)) or 0


def words() -> list[Alarm]:
    """The alarms about the clock that ended in somebody's name."""
    with reading() as session:
        found = select(Alarm).where(Alarm.kind == clock_brake.LEAPT, Alarm.seen_by.is_not(None))
        return list(session.scalars(found))


def shown(page: str) -> str:
    """What the form repeats of the clock that the page shows."""
    (moment,) = re.findall(r'name="shown" value="([^"]+)"', page)
    return str(moment)


def rung(house: House) -> list[str]:
    return [job.func_name for job in house.bell.queue(QueueName.DEFAULT).jobs]


def test_an_operator_is_asked_twice_is_noted_and_the_next_run_takes_what_is_due(
    sign_in: SignIn, held: House
) -> None:
    browser = sign_in(Role.OPERATOR)
    purge()
    before = answers()

    first = browser.get("/console/system").text
    asked = browser.get("/console/system/clock").text

    assert before > 0
    year = utc_now().year
    for page in (first, asked):
        assert "no deletions began for more than three days" in page
        assert "5 days before" in page
        assert f"{year}" in page.split("Clock now</dt>")[1].split("</dd>")[0]
        assert "If the clock is wrong" in page
    assert "does not come back" in asked
    assert words() == []
    assert rung(held) == []

    done = browser.post("/console/system/clock", {"shown": shown(asked)})

    assert (done.status_code, done.location) == (303, "/console/system")
    assert answers() == before  # nothing goes inside the request
    assert rung(held) == [JobName.PURGE.value]
    with reading() as session:
        (word,) = words()
        assert session.get_one(User, word.seen_by).role is Role.OPERATOR
    assert "Deletions wait" not in browser.get("/console/system").text
    purge()
    assert answers() == 0
    again = browser.post("/console/system/clock", {"shown": shown(asked)})
    assert (again.status_code, len(words())) == (303, 1)


@pytest.mark.parametrize(
    ("role", "status"),
    [(role, 403) for role in Role if role is not Role.OPERATOR] + [(Role.OPERATOR, 404)],
)
def test_nobody_says_so_but_an_operator_who_sees_all_organisations(
    sign_in: SignIn, held: House, world: World, role: Role, status: int
) -> None:
    browser = sign_in(role, world.organisation)

    looked = browser.get("/console/system/clock")
    done = browser.post("/console/system/clock", {"shown": utc_now().isoformat()})

    assert (looked.status_code, done.status_code) == (status, status)
    assert words() == []
    assert rung(held) == []


def test_who_may_not_say_so_sees_that_deletions_wait_and_no_button(
    sign_in: SignIn, held: House, world: World
) -> None:
    for browser in (sign_in(Role.SUPERVISOR), sign_in(Role.OPERATOR, world.organisation)):
        page = browser.get("/console/system").text

        assert "Deletions wait" in page
        assert "/console/system/clock" not in page


def test_without_the_forms_token_nothing_is_noted(sign_in: SignIn, held: House) -> None:
    browser = sign_in(Role.OPERATOR)

    answer = browser.client.post(
        "/console/system/clock", base_url="https://genklang.example",
        data={"shown": utc_now().isoformat()},
    )  # fmt: skip

    assert (answer.status_code, words()) == (400, [])


@pytest.mark.parametrize("past", [timedelta(minutes=16), timedelta(days=-1), None])
def test_a_clock_that_shows_anything_else_than_what_was_looked_at_is_looked_at_again(
    sign_in: SignIn, held: House, past: timedelta | None
) -> None:
    told = "soon" if past is None else (utc_now() - past).isoformat()

    answer = sign_in(Role.OPERATOR).post("/console/system/clock", {"shown": told})

    assert answer.status_code == 409
    assert "Nothing was done" in answer.text
    assert words() == []
    assert rung(held) == []


def test_where_the_clock_is_believed_there_is_nothing_to_say(sign_in: SignIn, house: House) -> None:
    browser = sign_in(Role.OPERATOR)

    page, form = browser.get("/console/system"), browser.get("/console/system/clock")
    done = browser.post("/console/system/clock", {"shown": utc_now().isoformat()})

    assert "Deletions wait" not in page.text
    assert (form.status_code, done.status_code) == (303, 303)
    assert words() == []
