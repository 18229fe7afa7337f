"""A dialler is killed at every line of the code that places, before a provider that misbehaves.

Nobody may be rung twice, nobody may be lost, and the money counted must be that of the calls made.
"""

import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import CodeType
from typing import Final

import pytest
from sqlalchemy import func, select

from config.settings import Settings
from ivr import reconcile
from storage.house import House, reading, utc_now
from storage.provider import open_provider
from storage.states import AttemptState, InvitationEventKind
from storage.tables import Alarm, Attempt, Call, Invitation, InvitationEvent, Spending
from tests import lines
from tests.chaos.dialling_ground import invite, prepare
from tests.chaos.pretender import Answer, Pretender, pretending
from tests.chaos.service import ROOT
from tests.conftest import environment_of_tests

PLACING: Final = ("ivr/placing.py", "ivr/orders.py", "ivr/dialling.py", "ivr/pacing.py")
# In a hundred requests.
MISBEHAVING: Final = {
    Answer.MADE: 68,
    Answer.MADE_SLOWLY: 5,
    Answer.MADE_AND_500: 8,
    Answer.MADE_AND_SILENCE: 4,
    Answer.NOT_MADE_500: 8,
    Answer.NOT_MADE_SILENCE: 3,
    Answer.TOO_MANY: 4,
}
# A line that no dialler came to by then is left. Those between the provider's answer and the commit
# must be come to, also on a machine that is busy.
SHORT_LIFE: Final = (0.4, 2.0)
LONG_LIFE: Final = (10.0, 30.0)
Target = tuple[str, int]


def every_line(files: Sequence[str]) -> list[Target]:
    """Each line within a function of these files."""
    found: set[Target] = set()
    for file in files:
        module = compile((ROOT / file).read_text("utf-8"), file, "exec")
        waiting = [one for one in module.co_consts if isinstance(one, CodeType)]
        while waiting:
            code = waiting.pop()
            waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
            inside = {line for _, _, line in code.co_lines() if line is not None}
            if code.co_name[0].isupper():  # the body of a class runs once, when it is loaded
                continue
            found |= {(file, line) for line in inside - {code.co_firstlineno}}
    return sorted(found)


class Nursery:
    """A process whose children are diallers."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def tell(self, what: str) -> str:
        """Let a dialler live so; its last words."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()
        self._log.close()


@contextmanager
def nurseries(count: int, environment: dict[str, str], folder: Path) -> Iterator[list[Nursery]]:
    """As many of them side by side."""
    opened = [Nursery(environment, folder / f"nursery-{number}.log") for number in range(count)]
    try:
        yield opened
    finally:
        for one in opened:
            one.close()


def kill_at(targets: Sequence[Target], places: Sequence[Nursery]) -> dict[Target, str]:
    """Let a dialler die at each of these lines, two at a time; what became of each."""
    waiting: queue.SimpleQueue[Target] = queue.SimpleQueue()
    for target in targets:
        waiting.put(target)
    said: dict[Target, str] = {}

    def work(place: Nursery) -> None:
        while True:
            try:
                target = waiting.get_nowait()
            except queue.Empty:
                return
            # What the dead took with them, and the provider's wish for patience, would take long.
            lines.as_after_a_while()
            busy, life = LONG_LIFE if target in lines_of("_placed") else SHORT_LIFE
            said[target] = place.tell(f"die {target[0]} {target[1]} {busy} {life}")

    threads = [threading.Thread(target=work, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def settle(house: House, pretender: Pretender, place: Nursery) -> None:
    """Let the sweep and a dialler work until everybody has been rung; hours pass.

    The calls never end here, so each keeps its highest price, and the day's ceiling may be reached.
    """
    pretender.habits = {Answer.MADE: 100}
    at = utc_now()
    for _ in range(2 * 30):
        at += timedelta(minutes=30)
        while reconcile.reconcile_attempts(provider=house.provider, now=at):
            pass
        lines.as_after_a_while()
        place.tell(f"dial {at.isoformat()}")
        if everybody_is_rung():
            return
    raise AssertionError("somebody was never rung")


def everybody_is_rung() -> bool:
    with reading() as session:
        people = session.scalar(select(func.count()).select_from(Invitation))
        rung = session.scalar(select(func.count()).where(Attempt.state == AttemptState.PLACED))
    return people == rung


def check(pretender: Pretender, *, people: int) -> None:
    """Everybody once, every call known, and the money that of the calls."""
    calls_of_token = Counter(one.token for one in pretender.made)
    calls_of_person = Counter(one.to for one in pretender.made)
    with reading() as session:
        rows = session.execute(
            select(Attempt, Call).join(Call, Call.attempt_id == Attempt.id)
        ).all()
        alarmed = session.scalars(select(Alarm.kind)).all()
        spent = session.scalar(select(func.sum(Spending.micros)))
        tried = session.scalars(
            select(InvitationEvent.invitation_id).where(
                InvitationEvent.kind == InvitationEventKind.TRIED
            )
        ).all()
    placed = [(attempt, call) for attempt, call in rows if attempt.state is AttemptState.PLACED]
    assert {token: n for token, n in calls_of_token.items() if n > 1} == {}
    assert {person: n for person, n in calls_of_person.items() if n > 1} == {}
    assert len(calls_of_person) == people
    assert len({attempt.invitation_id for attempt, _ in placed}) == len(placed) == people
    assert {call.provider_sid for _, call in placed} == {one.sid for one in pretender.made}
    assert all(attempt.state in (AttemptState.PLACED, AttemptState.ENDED) for attempt, _ in rows)
    assert alarmed == []
    assert spent == sum(attempt.cost_micros for attempt, _ in placed)
    assert sorted(tried) == sorted(attempt.invitation_id for attempt, _ in placed)


def run(
    house: House, settings: Settings, folder: Path, *, people: int, targets: Sequence[Target]
) -> dict[Target, str]:
    """Kill at each target, settle, check; what became of each."""
    prepare(calls_per_second=100, simultaneous_calls=5_000)
    invite(people)
    with pretending(Pretender(habits=MISBEHAVING, slow_seconds=0.1, silent_seconds=1.5)) as p:
        environment = environment_of_tests(settings.database_url, settings.redis_url, folder)
        environment |= {
            "TWILIO_API_BASE_URL": p.origin,
            "PROVIDER_TIMEOUT_SECONDS": "1",
            "LOG_LEVEL": "error",
        }
        house = with_provider(house, p.origin)
        with nurseries(2, environment, folder) as places:
            said = kill_at(targets, places)
            settle(house, p, places[0])
        check(p, people=people)
        print(f"{Counter(said.values())}, {dict(p.answered)}")
    return said


def with_provider(house: House, origin: str) -> House:
    """The same house with the pretender as its provider."""
    settings = house.settings.model_copy(update={"twilio_api_base_url": origin})
    return replace(house, settings=settings, provider=open_provider(settings))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("killed diallers, SQLite")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_dialler_killed_at_any_line_rings_nobody_twice_and_loses_nobody(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    placing = [one for one in every_line(PLACING) if one[0] == "ivr/placing.py"]
    targets = first_placed({*placing, *every_line(PLACING)[::8]})

    said = run(house, settings, tmp_path, people=1_000, targets=targets)

    struck = {target for target, words in said.items() if words == "struck"}
    assert set(said.values()) <= {"struck", "late"}
    # How many of the others are come to in a short life is a matter of the machine and of luck.
    assert lines_of("_placed") <= struck


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("killed diallers, PostgreSQL")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_dialler_killed_at_some_lines_rings_nobody_twice_on_postgresql(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    targets = first_placed({*every_line(PLACING)[::12], *lines_of("_placed")})

    said = run(house, settings, tmp_path, people=150, targets=targets)

    assert lines_of("_placed") <= {target for target, words in said.items() if words == "struck"}


def first_placed(targets: set[Target]) -> list[Target]:
    """Those between answer and commit first, while there are people left to ring."""
    must = lines_of("_placed")
    return sorted(targets, key=lambda one: (one not in must, one))


def lines_of(function: str) -> set[Target]:
    """The lines of that function of ivr/placing.py."""
    module = compile((ROOT / "ivr/placing.py").read_text("utf-8"), "ivr/placing.py", "exec")
    waiting = [one for one in module.co_consts if isinstance(one, CodeType)]
    while waiting:
        code = waiting.pop()
        waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
        if code.co_name == function:
            inside = {line for _, _, line in code.co_lines() if line is not None}
            return {("ivr/placing.py", line) for line in inside - {code.co_firstlineno}}
    raise LookupError(function)
