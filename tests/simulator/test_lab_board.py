"""The board shows who is talking to whom, and forgets soon."""

import time

from simulator.handset import (
    Direction,
    Ended,
    Ending,
    Heard,
    KeyWindow,
    Line,
    Pickup,
    Sound,
    SpeakWindow,
    Utterance,
)
from simulator.lab_board import Board
from simulator.population import Population

TOWN = Population(40, seed=1)
NUMBER = "+46701740610"
OURS = "+46846500400"


def line(direction: Direction = Direction.OUTBOUND, sid: str = "CA1") -> Line:
    ends = (OURS, NUMBER) if direction is Direction.OUTBOUND else (NUMBER, OURS)
    return Line(sid, *ends, direction, 30.0, cut=lambda: False)


def test_a_call_is_followed_from_the_first_ring_to_its_end() -> None:
    board = Board()
    handset = board.watched(TOWN.handset, lambda number: "Johan")(NUMBER)
    assert handset is not None
    seen = []

    def look() -> None:
        seen.append(board.lines()[0].doing)

    handset.ring(line())
    look()
    handset.connected(line())
    look()
    handset.press(KeyWindow(5.0, wanted=1))
    look()
    handset.speak(SpeakWindow(60.0, 4.0, "#"))
    look()
    handset.hear(Utterance(Sound.SAY, 1.0, "Tack"))
    look()
    handset.call_ended(Ending.COMPLETED)
    look()

    assert seen == ["ringing", "listening", "choosing", "speaking", "listening", "finished"]
    (shown,) = board.lines()
    assert (shown.person, shown.number, shown.service) == ("Johan", NUMBER, OURS)
    assert not shown.outgoing


def test_somebody_who_rings_the_service_is_shown_the_other_way_round() -> None:
    board = Board()
    handset = board.watched(TOWN.handset, lambda number: "Johan")(NUMBER)
    assert handset is not None

    handset.connected(line(Direction.INBOUND))

    (shown,) = board.lines()
    assert shown.outgoing
    assert (shown.number, shown.service) == (NUMBER, OURS)


def test_what_the_person_does_is_not_changed_by_being_shown() -> None:
    watched = Board().watched(TOWN.handset, str)(NUMBER)
    plain = TOWN.handset(NUMBER)
    assert watched is not None
    assert plain is not None

    assert watched.ring(line()) == plain.ring(line())
    prompt = Utterance(Sound.SAY, 3.0, "Tryck 1 till 5", "sv-SE", interruptible=True)
    assert watched.hear(prompt) == plain.hear(prompt)
    assert watched.speak(SpeakWindow(9.0, 4.0, "#")) == plain.speak(SpeakWindow(9.0, 4.0, "#"))


def test_a_number_of_nobody_stays_unanswered() -> None:
    assert Board().watched(TOWN.handset, str)("+46999") is None


def test_an_ended_call_goes_after_some_seconds_and_a_living_one_stays() -> None:
    board = Board()
    for sid in ("CA1", "CA2"):
        handset = board.watched(TOWN.handset, str)(NUMBER)
        assert handset is not None
        handset.ring(line(sid=sid))
        if sid == "CA1":
            handset.call_ended(Ending.NO_ANSWER)

    assert len(board.lines()) == 2
    assert [left.call for left in board.lines(now=time.time() + 60)] == ["CA2"]


def test_very_many_calls_do_not_fill_the_memory() -> None:
    class Nobody:
        def ring(self, line: Line) -> Pickup:
            raise AssertionError("the call was connected, nobody rings")

        def connected(self, line: Line) -> None:
            return None

        def hear(self, utterance: Utterance) -> Heard:
            return Heard(Ended.PLAYED, 0)

        press = speak = hear  # type: ignore[assignment]

        def call_ended(self, ending: Ending) -> None:
            return None

    board = Board()
    for number in range(2000):
        board.watching(Nobody(), name="x").connected(line(sid=f"CA{number}"))

    assert len(board.lines()) <= 500
    assert board.lines()[0].call == "CA1999"
