"""A dialler is killed at every line to which a provider in trouble, a stop or a database leads it.

One thread does everything, so each kind of trouble leads to the same lines each time: whatever it
was seen to come to, it is killed at, for certain.
"""

import itertools
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from config.settings import Settings
from ivr import reconcile
from storage.house import House, reading, utc_now
from storage.states import AttemptState, CampaignState
from storage.tables import Attempt, Call
from tests import lines
from tests.chaos.dialling_ground import campaign_is, invite, prepare
from tests.chaos.one_hand import ORDERS, Turn
from tests.chaos.pretender import Answer, Pretender, pretending
from tests.chaos.test_killed_while_placing import (
    CORE,
    Target,
    every_line,
    function_at,
    nurseries,
    with_provider,
)
from tests.conftest import environment_of_tests


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the provider does to everybody, and what else happens."""

    answer: Answer
    turn: Turn = Turn.NONE


# Whoever is killed without any trouble is the matter of another test.
CALM: Final = Trouble(Answer.MADE)
TROUBLES: Final = (
    Trouble(Answer.MADE, Turn.IS_LATE),
    Trouble(Answer.MADE, Turn.BREAKS_ONCE),
    Trouble(Answer.MADE, Turn.BREAKS_FOR_LONG),
    Trouble(Answer.MADE, Turn.STOPS_WAITING),
    Trouble(Answer.MADE, Turn.STOPS_BROKEN),
    Trouble(Answer.MADE, Turn.STOPS_READY),
    Trouble(Answer.MADE_AND_500),
    Trouble(Answer.NOT_MADE_500),
    Trouble(Answer.NOT_MADE_500, Turn.BREAKS_ONCE),
    Trouble(Answer.TOO_MANY, Turn.STOPS_ANSWERED),
    Trouble(Answer.REFUSED),
    Trouble(Answer.REFUSES_US),
)
# What a line of these waits for cannot be had here: an hour that closes meanwhile, somebody who
# says no meanwhile, a database that is away, a network that never took the request. A line of any
# other to which nothing leads makes the test red.
ELSEWHERE: Final = {"due", "_write", "_take", "_leave", "_not_now", "asked", "_Found"}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("killed in trouble")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_dialler_killed_at_any_line_of_trouble_rings_nobody_twice_and_loses_nobody(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    prepare(calls_per_second=100, simultaneous_calls=5_000)
    people = itertools.count()
    became = defaultdict[str, list[Target]](list)
    with pretending(Pretender(silent_seconds=1.2)) as p:
        environment = environment_of_tests(settings.database_url, settings.redis_url, tmp_path)
        environment |= {"TWILIO_API_BASE_URL": p.origin, "LOG_LEVEL": "error"}
        house = with_provider(house, p.origin)
        with nurseries(1, environment, tmp_path) as (place,):

            def told(what: str) -> str:
                lines.as_after_a_while()
                campaign_is(CampaignState.RUNNING)
                invite(ORDERS, first=ORDERS * next(people))
                return place.tell(what)

            def traced(trouble: Trouble) -> set[Target]:
                p.habits = {trouble.answer: 1}
                found = json.loads(told(f"trace-alone {trouble.turn} {' '.join(CORE)}"))
                return {(file, line) for file, line in found}

            known = traced(CALM)
            for trouble in TROUBLES:
                theirs = traced(trouble) - known
                known |= theirs
                for file, line in sorted(theirs):
                    said = told(f"die-alone {file} {line} {trouble.turn}")
                    became[said].append((file, line))
        at = utc_now() + timedelta(hours=2)
        while reconcile.reconcile_attempts(provider=house.provider, now=at):
            pass
    with reading() as session:
        rows = session.execute(
            select(Attempt.state, Call.provider_sid).join(Call, Call.attempt_id == Attempt.id)
        ).all()
    unknown = [(one, function_at(one)) for one in every_line(CORE) if one not in known]
    assert [one for one in unknown if one[1] not in ELSEWHERE] == []
    assert set(became) == {"struck"}, became
    assert len(became["struck"]) > 80
    assert [to for to, times in Counter(one.to for one in p.made).items() if times > 1] == []
    assert {sid for _, sid in rows if sid is not None} == {one.sid for one in p.made}
    assert all(state in (AttemptState.PLACED, AttemptState.ENDED) for state, _ in rows)
