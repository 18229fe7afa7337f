"""A dialler is killed at every line of the code that places, before a provider that misbehaves.

Nobody may be rung twice, nobody may be lost, and the money counted must be that of the calls made.
"""

import itertools
import json
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

PLACING: Final = (
    "ivr/placing.py",
    "ivr/tray.py",
    "ivr/provider_answers.py",
    "ivr/orders.py",
    "ivr/last_look.py",
    "ivr/dialling.py",
    "ivr/pacing.py",
)
# Whatever a dialler that works undisturbed comes to in these is struck.
CORE: Final = PLACING[:3]
# What each dialler finds to do, and how often another one is sent to a line that must be struck:
# the provider may have misbehaved towards all of them.
WORK: Final = 4
TRIES: Final = 6
# So many people there are in all where each line is struck; those whom no dialler was born for come
# as a crowd, in which some more are killed.
TOWN: Final = 1_000
IN_THE_CROWD: Final = 15
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
# A line that no dialler came to by then is left, unless it must be struck.
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


def kill_at(
    targets: Sequence[Target], must: set[Target], places: Sequence[Nursery], people: Iterator[int]
) -> dict[Target, str]:
    """Let a dialler die at each of these lines, two at a time; what became of each."""
    waiting: queue.SimpleQueue[Target] = queue.SimpleQueue()
    for target in targets:
        waiting.put(target)
    said: dict[Target, str] = {}
    guard = threading.Lock()

    def work(place: Nursery) -> None:
        while True:
            try:
                target = waiting.get_nowait()
            except queue.Empty:
                return
            busy, life = LONG_LIFE if target in must else SHORT_LIFE
            for _ in range(TRIES if target in must else 1):
                # What the dead took with them, and the provider's wish for patience, would take
                # long.
                lines.as_after_a_while()
                with guard:
                    invite(WORK, first=WORK * next(people))
                said[target] = place.tell(f"die {target[0]} {target[1]} {busy} {life}")
                if said[target] == "struck":
                    break

    threads = [threading.Thread(target=work, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def healthy(place: Nursery, people: Iterator[int]) -> set[Target]:
    """The lines of CORE to which a dialler comes that nobody kills and no provider disturbs."""
    runs = []
    for _ in range(2):
        lines.as_after_a_while()
        invite(WORK, first=WORK * next(people))
        told = json.loads(place.tell(f"trace {' '.join(CORE)}"))
        runs.append({(file, line) for file, line in told})
    # What only one of them came to was a matter of the moment.
    return runs[0] & runs[1]


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
    house: House, settings: Settings, folder: Path, *, every: int, core: int, town: int = 0
) -> tuple[set[Target], dict[Target, str], int]:
    """Kill at each so manieth line, settle, check: the lines that must be struck, what became of
    each that was tried, and how many people there were, `town` of them at least."""
    prepare(calls_per_second=100, simultaneous_calls=5_000)
    people = itertools.count()
    with pretending(
        Pretender(habits={Answer.MADE: 100}, slow_seconds=0.1, silent_seconds=1.5)
    ) as p:
        environment = environment_of_tests(settings.database_url, settings.redis_url, folder)
        environment |= {
            "TWILIO_API_BASE_URL": p.origin,
            "PROVIDER_TIMEOUT_SECONDS": "1",
            "LOG_LEVEL": "error",
        }
        house = with_provider(house, p.origin)
        with nurseries(2, environment, folder) as places:
            must = set(sorted(healthy(places[0], people))[::core])
            p.habits = MISBEHAVING
            targets = sorted({*must, *every_line(PLACING)[::every]})
            said = kill_at(targets, must, places, people)
            block = next(people)
            crowd = max(town - WORK * block, 0) // WORK * WORK + WORK
            lines.as_after_a_while()
            invite(crowd, first=WORK * block)
            people = itertools.count(block + crowd // WORK)
            if town:
                kill_at(sorted(must)[:: len(must) // IN_THE_CROWD], set(), places, people)
            settle(house, p, places[0])
        there = WORK * next(people)
        check(p, people=there)
        print(f"{there} people, {Counter(said.values())}, {dict(p.answered)}")
        # In whatever way it may misbehave, it did so towards a whole town.
        assert not town or set(MISBEHAVING) == {one for one, count in p.answered.items() if count}
    return must, said, there


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
    must, said, people = run(house, settings, tmp_path, every=16, core=1, town=TOWN)

    struck = {target for target, words in said.items() if words == "struck"}
    assert set(said.values()) <= {"struck", "late"}
    assert must <= struck
    assert len(struck) >= 100
    assert people >= TOWN
    # Between the provider's answer and our commit, and on the way there.
    assert {function_at(one) for one in must} >= {"ask", "placed", "_write", "_take", "round"}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("killed diallers, PostgreSQL")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_dialler_killed_at_some_lines_rings_nobody_twice_on_postgresql(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    must, said, _ = run(house, settings, tmp_path, every=16, core=6)

    assert must <= {target for target, words in said.items() if words == "struck"}


def function_at(target: Target) -> str:
    """The function in which that line lies."""
    file, line = target
    waiting = [compile((ROOT / file).read_text("utf-8"), file, "exec")]
    found = ""
    while waiting:
        code = waiting.pop()
        if any(at == line for _, _, at in code.co_lines()) and not code.co_name.startswith("<"):
            found = code.co_name
        waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
    return found
