"""How many calls the dialler places in a second, against the provider's client alone.

The same simulated network takes both; every call stands still in its queue, so that nothing but the
placing is measured. The bare side asks for as many calls from as many threads and writes nothing.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, update

from ivr.dialling import HANDS, Dialler
from ivr.orders import Order, claim
from storage.house import house, reading, transaction, utc_now
from storage.states import AttemptState
from storage.tables import Attempt, Campaign, Line
from survey import interactions
from survey.interactions import ToldInteraction
from survey.places import find_campaign
from tests.load.bench_import import CAMPAIGN, ORGANISATION
from tests.load.ground import ROOT, Ground, Kind, ground, until_it_answers

# More than any machine places, so that the pace is taken and never waited for.
PER_SECOND: Final = 1_000.0


@dataclass(frozen=True, slots=True)
class PlacedFigures:
    """Calls per second on both sides; `ratio` is the median of the rounds' own."""

    kind: Kind
    bare_per_second: float
    placed_per_second: float
    ratio: float


def measure(kind: Kind, *, rounds: int, calls: int) -> PlacedFigures:
    """Both sides in turns, on one database and one network."""
    bare, ours = [], []
    with ground(kind) as here, _network(here):
        let_loose()
        _invite(2)
        example = _claim_one()
        for number in range(rounds):
            bare.append(calls / _ask_only(example, calls=calls))
            _invite(calls, first=2 + number * calls)
            ours.append(calls / _dial(calls))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    return PlacedFigures(
        kind, statistics.median(bare), statistics.median(ours), statistics.median(ratios)
    )


def _ask_only(example: Order, *, calls: int) -> float:
    """Seconds in which the client alone places as many, each hand one after the other."""
    provider = house().provider
    with ThreadPoolExecutor(max_workers=HANDS) as pool:
        started = time.perf_counter()
        asked = [
            pool.submit(provider.place_call, example.wanted, example.permit) for _ in range(calls)
        ]
        for one in asked:
            one.result()
        return time.perf_counter() - started


def _dial(calls: int) -> float:
    """Seconds in which a dialler places everything that is due."""
    stop = threading.Event()
    dialler = Dialler(stop=stop, clock=utc_now)
    wanted = _placed() + calls
    started = time.perf_counter()
    while _placed() < wanted:
        dialler.rest(min(dialler.tend(now=utc_now()), 0.05))
    took = time.perf_counter() - started
    stop.set()
    dialler.close()
    return took


def _placed() -> int:
    with reading() as session:
        counted = select(func.count()).where(Attempt.state == AttemptState.PLACED)
        return session.scalar(counted) or 0


def _claim_one() -> Order:
    """An order that stays out of the count: what the bare side asks for again and again."""
    with transaction() as session:
        (order,) = claim(session, now=utc_now(), limit=1).orders
    return order


def let_loose() -> None:
    """No ceiling of money and no limit of calls at a time: calls never end here."""
    with transaction() as session:
        _, campaign = find_campaign(session, organisation=ORGANISATION, campaign=CAMPAIGN)
        without = {name: value for name, value in campaign.rules.items() if name != "ceiling"}
        session.execute(update(Campaign).where(Campaign.id == campaign.id).values(rules=without))
        session.execute(
            update(Line)
            .where(Line.id == campaign.line_id)
            .values(calls_per_second=PER_SECOND, simultaneous_calls=1_000_000)
        )


def _invite(count: int, *, first: int = 0) -> None:
    now = utc_now()
    told = [
        ToldInteraction(f"case-{index}", number, number, now - timedelta(hours=3))
        for index in range(first, first + count)
        for number in [f"+4670{index:07d}"]
    ]
    with transaction() as session:
        _, campaign = find_campaign(session, organisation=ORGANISATION, campaign=CAMPAIGN)
        interactions.register_many(
            session, told, campaign=campaign, keyring=house().keyring, now=now
        )


@contextmanager
def _network(here: Ground) -> Iterator[None]:
    """A simulated network in a process of its own, whose calls all wait in the queue."""
    port = here.environment["TWILIO_API_BASE_URL"].rpartition(":")[2]
    environment = {
        "SIMULATOR_ACCOUNT_SID": here.environment["TWILIO_ACCOUNT_SID"],
        "SIMULATOR_AUTH_TOKEN": here.environment["TWILIO_AUTH_TOKEN"],
    }
    line: Sequence[str] = (
        *(sys.executable, "-m", "tests.load.brisk_people", "--port", port),
        *("--data", str(here.folder / "network"), "--held"),
    )
    network = subprocess.Popen(line, cwd=ROOT, env={**os.environ, **environment})
    try:
        until_it_answers(int(port), network)
        yield
    finally:
        network.terminate()
        network.wait(30)
