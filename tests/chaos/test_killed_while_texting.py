"""What sends texts is killed at the lines of that code, before a provider that misbehaves.

Nobody may be texted twice, nobody may be lost, and the money counted must be that of the texts.
"""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from config.settings import Settings
from messaging import text_reconcile
from storage.house import House, reading, utc_now
from storage.states import AttemptMethod, AttemptState, TextState
from storage.tables import Alarm, Attempt, Invitation, SentText, Spending
from tests import lines
from tests.chaos.dialling_ground import number_of, prepare
from tests.chaos.pretender import Answer, Pretender, pretending
from tests.chaos.test_killed_while_placing import Nursery, Target, nurseries, with_provider
from tests.conftest import environment_of_tests
from tests.messaging.exchange import a_machine_answered, rules

TEXTING: Final = ("messaging/texting.py", "messaging/text_orders.py", "messaging/text_ends.py")
# The provider may have misbehaved before the line was reached.
TRIES: Final = 4
# In a hundred requests.
MISBEHAVING: Final = {
    Answer.MADE: 76,
    Answer.MADE_AND_500: 8,
    Answer.MADE_AND_SILENCE: 4,
    Answer.NOT_MADE_500: 8,
    Answer.NOT_MADE_SILENCE: 4,
}


def somebody_is_due(people: Iterator[int]) -> None:
    """A machine answered for somebody an hour ago, and nothing of the line is held."""
    lines.as_after_a_while()
    index = next(people)
    a_machine_answered(reference=f"case-{index}", phone=number_of(index), now=utc_now())


def healthy(place: Nursery, people: Iterator[int]) -> set[Target]:
    """The lines to which it comes when nobody kills it and no provider disturbs it."""
    somebody_is_due(people)
    told = json.loads(place.tell(f"trace-texting {' '.join(TEXTING)}"))
    return {(file, line) for file, line in told}


def kill_at(target: Target, place: Nursery, people: Iterator[int]) -> str:
    """Let it die at that line; what became of it."""
    said = ""
    for _ in range(TRIES):
        somebody_is_due(people)
        said = place.tell(f"die-texting {target[0]} {target[1]}")
        if said == "struck":
            break
    return said


def settle(house: House, pretender: Pretender, place: Nursery) -> None:
    """Let the sweep and what sends work until everybody has been texted; hours pass."""
    pretender.habits = {Answer.MADE: 100}
    at = utc_now()
    for _ in range(20):
        at += timedelta(minutes=10)
        text_reconcile.reconcile(provider=house.provider, now=at)
        lines.as_after_a_while()
        place.tell(f"text {at.isoformat()}")
        with reading() as session:
            people = session.scalar(select(func.count()).select_from(Invitation))
            texted = session.scalar(
                select(func.count()).where(SentText.state.in_((TextState.TAKEN, TextState.UNTOLD)))
            )
        if people == texted:
            return
    raise AssertionError("somebody was never texted")


def check(pretender: Pretender, *, people: int) -> None:
    """Everybody once, every text known, and the money that of the texts."""
    texts_of_person = Counter(one.to for one in pretender.made)
    with reading() as session:
        texts = session.scalars(select(SentText)).all()
        attempts = session.scalars(select(Attempt).where(Attempt.method == AttemptMethod.SMS)).all()
        alarmed = session.scalars(select(Alarm.kind)).all()
        spent = session.scalar(select(func.sum(Spending.micros))) or 0
        paid = session.scalar(select(func.sum(Attempt.cost_micros))) or 0
    sent = [one for one in texts if one.provider_sid is not None]
    assert {person: n for person, n in texts_of_person.items() if n > 1} == {}
    assert len(texts_of_person) == people
    assert {one.provider_sid for one in sent} == {one.sid for one in pretender.made}
    assert {one.token for one in sent} == {one.token for one in pretender.made}
    alive = {one.invitation_id for one in attempts if one.cost_micros}
    assert len(alive) == people
    assert all(one.state is not AttemptState.PLACING for one in attempts)
    assert alarmed == []
    assert spent == paid


def run(house: House, settings: Settings, folder: Path, *, every: int) -> dict[Target, str]:
    """Kill at each so manieth line, settle, check: what became of each."""
    prepare(calls_per_second=100, simultaneous_calls=5_000)
    rules()
    people = itertools.count()
    with pretending(Pretender(silent_seconds=1.2)) as p:
        environment = environment_of_tests(settings.database_url, settings.redis_url, folder)
        environment |= {
            "TWILIO_API_BASE_URL": p.origin,
            "PROVIDER_TIMEOUT_SECONDS": "1",
            "LOG_LEVEL": "error",
        }
        house = with_provider(house, p.origin)
        with nurseries(1, environment, folder) as (place,):
            targets = sorted(healthy(place, people))[::every]
            p.habits = MISBEHAVING
            said = {target: kill_at(target, place, people) for target in targets}
            settle(house, p, place)
        check(p, people=next(people))
        print(f"{Counter(said.values())}, {dict(p.answered)}")
    return said


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("killed texting")
@pytest.mark.parametrize(
    ("database_url", "every"), [("sqlite", 3), ("postgresql", 8)], indirect=["database_url"]
)
def test_what_sends_texts_killed_at_its_lines_texts_nobody_twice_and_loses_nobody(
    house: House, settings: Settings, tmp_path: Path, every: int
) -> None:
    said = run(house, settings, tmp_path, every=every)

    assert set(said.values()) == {"struck"}
    assert len(said) > 10
