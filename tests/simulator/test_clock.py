"""Time that is only counted, and real time: the same calls, with people really waited for."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

import pytest

from simulator.handset import Answer, Ended, Heard, Pickup, Pressed
from simulator.settings import ClockKind, Settings

PERSON, OURS = "+46701740605", "+46846500400"


@pytest.fixture
def network_settings():
    return Settings(cps=1000, clock=ClockKind.REAL)


class Waiting:
    """Takes half a second for everything and presses 5; lets go as soon as the line is cut."""

    def __init__(self):
        self.line = None
        self.ended = threading.Event()

    def _wait(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.line.cut():
            time.sleep(0.02)

    def ring(self, line):
        self.line = line
        self._wait(0.3)
        return Pickup(Answer.HUMAN, 0.3)

    def connected(self, line):
        self.line = line

    def hear(self, utterance):
        self._wait(min(utterance.seconds, 0.5) if utterance.seconds < 60 else 60)
        return Heard(Ended.PLAYED, 0.5)

    def press(self, window):
        self._wait(0.2)
        return Pressed(Ended.KEY, 0.2, "5")

    def call_ended(self, ending):
        self.ended.set()


@pytest.fixture
def waiting(bench):
    handset = Waiting()
    bench.network.exchange.directory.add(lambda number: handset if number == PERSON else None)
    return handset


def test_a_scripted_person_takes_real_time(bench):
    bench.person({"ring_seconds": 0.5, "does": [{"hang_up": True, "after_seconds": 0.5}]})
    url = bench.service.says("/answer", '<Response><Gather action="/keys"/></Response>')
    before = time.monotonic()

    sid = bench.ring(url)
    bench.over(sid)

    assert time.monotonic() - before >= 1.9  # a second of routing, the ringing, the hang-up
    assert int(bench.client.calls(sid).fetch().duration) < 30


def test_somebody_who_was_waited_for_is_not_waited_for_again(bench, waiting):
    bench.service.says("/keys", "<Response><Hangup/></Response>")
    url = bench.service.says(
        "/answer",
        '<Response><Gather action="/keys" numDigits="1"><Say>Press five</Say></Gather></Response>',
    )
    before = time.monotonic()

    log = bench.over(bench.ring(url))

    # One second of routing, 0.3 of ringing, 0.5 of hearing, 0.2 until the key.
    assert 1.9 <= time.monotonic() - before < 20
    assert bench.service.at("/keys")[0].form["Digits"] == "5"
    assert log["status"] == "completed"
    assert waiting.ended.is_set()


@pytest.mark.conformance("C-CALL-5")
def test_a_person_is_interrupted_when_the_call_is_ended_from_the_other_side(bench, waiting):
    url = bench.service.says("/answer", '<Response><Pause length="60"/></Response>')
    sid = bench.ring(url, status_callback=bench.service.origin + "/status")
    bench.until(lambda: bench.service.at("/answer"))

    before = time.monotonic()
    bench.client.calls(sid).update(status="completed")
    bench.over(sid)

    assert time.monotonic() - before < 30
    assert [one.form["CallStatus"] for one in bench.service.at("/status")] == ["completed"]


def test_a_time_limit_interrupts_a_person(bench, waiting):
    url = bench.service.says("/answer", '<Response><Pause length="60"/></Response>')
    before = time.monotonic()

    sid = bench.ring(url, time_limit=1)
    bench.over(sid)

    assert time.monotonic() - before < 30
    assert 1 <= int(bench.client.calls(sid).fetch().duration) < 30


def test_releasing_a_call_that_is_not_held_does_not_hurry_it(bench):
    bench.person({"ring_seconds": 0})
    url = bench.service.says("/answer", '<Response><Pause length="2"/></Response>')
    sid = bench.ring(url)
    bench.until(lambda: bench.service.at("/answer"))

    bench.control("release", {})
    bench.over(sid)

    assert int(bench.client.calls(sid).fetch().duration) >= 2


def test_a_live_call_is_redirected_in_the_middle_of_a_sentence(bench, waiting):
    bench.service.says("/other", "<Response><Hangup/></Response>")
    url = bench.service.says("/answer", '<Response><Pause length="60"/></Response>')
    sid = bench.ring(url)
    bench.until(lambda: bench.service.at("/answer"))
    before = time.monotonic()

    bench.client.calls(sid).update(url=bench.service.origin + "/other")
    log = bench.over(sid)

    assert time.monotonic() - before < 30
    assert log["status"] == "completed"
    assert len(bench.service.at("/other")) == 1


@contextmanager
def waits_of_calls() -> Iterator[list[str]]:
    """Every wait for a time in the threads of calls that begin within: sleeps and timed waits."""
    waits: list[str] = []

    def look(frame: FrameType, event: str, what: Any) -> None:
        if not threading.current_thread().name.startswith("call "):
            sys.setprofile(None)  # not a call's thread: look no further
            return
        if event == "c_call" and what is time.sleep:
            waits.append("sleep")
        if event == "call" and frame.f_code is threading.Event.wait.__code__:
            waits.append(f"wait {frame.f_locals['timeout']}")

    threading.setprofile(look)
    try:
        yield waits
    finally:
        threading.setprofile(None)


PAUSE = '<Response><Pause length="{}"/></Response>'


@pytest.mark.parametrize("network_settings", [Settings(cps=1000)])
def test_ten_minutes_pass_on_a_virtual_clock_without_a_single_wait(bench):
    bench.person({"ring_seconds": 4})
    url = bench.service.says("/answer", PAUSE.format(600))

    with waits_of_calls() as waits:
        sid = bench.ring(url)
        log = bench.over(sid)

    moments = [datetime.fromisoformat(entry["at"]) for entry in log["entries"]]
    call = bench.client.calls(sid).fetch()
    assert call.duration == "600"
    assert call.end_time - call.start_time == timedelta(minutes=10)
    assert max(moments) - min(moments) >= timedelta(minutes=10)
    assert waits == []


def test_on_a_real_clock_the_same_pause_is_waited_for(bench):
    bench.person({"ring_seconds": 0})
    url = bench.service.says("/answer", PAUSE.format(1))

    with waits_of_calls() as waits:
        bench.over(bench.ring(url))

    assert waits != []
