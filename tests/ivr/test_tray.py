"""The tray: what many calls have in common is done once, and one that breaks breaks no other."""

import threading
from typing import Any

import pytest
from sqlalchemy import event, select, update

from ivr import placing
from ivr import tray as trays
from ivr.orders import Order, claim
from ivr.pacing import Pace
from ivr.placing import Ask, Outcome
from ivr.tray import Tray
from storage.house import House, reading, transaction, utc_now
from storage.provider import CallOrder, PlacedCall
from storage.provider_faults import fault_of
from storage.states import AttemptState, CallState, CampaignState, Disposition, InvitationEventKind
from storage.tables import (
    Alarm,
    Attempt,
    Call,
    Campaign,
    InvitationEvent,
    Line,
    LineSlot,
    ProviderCopy,
)
from tests import one_hand
from tests.ivr.conftest import rows

Telephone = Any


class Takes:
    """A provider that takes every call; `sids` are the names that it gives."""

    def __init__(self, sids: list[str] | None = None) -> None:
        self.sids = sids
        self.asked: list[CallOrder] = []

    def place_call(self, order: CallOrder, _permit: object) -> PlacedCall:
        self.asked.append(order)
        sid = f"CA{len(self.asked):032x}" if self.sids is None else self.sids.pop(0)
        return PlacedCall(sid=sid, status="queued")


@pytest.fixture
def orders(telephone: Telephone) -> list[Order]:
    """Eight of them, of a line that begins as many calls in one moment as one wants."""
    with transaction() as session:
        session.execute(update(Campaign).values(rings_at_any_hour=True))
        session.execute(update(Line).values(calls_per_second=1_000.0, simultaneous_calls=100))
    for number in range(8):
        telephone.invite(f"case-{number}", phone=f"+467017406{number:02d}")
    with transaction() as session:
        found = claim(session, now=utc_now(), limit=8).orders
    assert len(found) == 8
    return list(found)


def placed(
    orders: list[Order], provider: object, *, stop: threading.Event | None = None
) -> list[Outcome | Exception]:
    """What becomes of each."""
    pace = Pace(stop or threading.Event())
    return one_hand.place_all(orders, provider=provider, pace=pace, clock=utc_now)


def test_calls_that_are_answered_together_are_written_down_together(
    orders: list[Order], house: House
) -> None:
    commits = []
    event.listen(house.database.engine, "commit", lambda _: commits.append(1))

    outcomes = placed(orders, Takes())

    assert outcomes == [Outcome.PLACED] * 8
    assert {one.state for one in rows(Attempt)} == {AttemptState.PLACED}
    assert {one.state for one in rows(Call)} == {CallState.QUEUED}
    sids = {one.provider_sid for one in rows(Call)}
    assert sids == {one.provider_sid for one in rows(ProviderCopy)}
    assert len(sids) == 8
    tried = [one for one in rows(InvitationEvent) if one.kind is InvitationEventKind.TRIED]
    assert {one.attempt_id for one in tried} == {one.id for one in rows(Attempt)}
    # The slots are made and taken, taken once more perhaps, and given back with the answers.
    assert len(commits) <= 5


def test_a_webhook_that_was_quicker_than_the_answer_knows_more(orders: list[Order]) -> None:
    class Quick(Takes):
        def place_call(self, order: CallOrder, permit: object) -> PlacedCall:
            made = super().place_call(order, permit)
            with transaction() as session:
                token = order.answer_url.rpartition("/")[2]
                call = session.scalars(select(Call).where(Call.token == token)).one()
                call.provider_sid, call.state = made.sid, CallState.RINGING
                session.get_one(Attempt, call.attempt_id).state = AttemptState.PLACED
            return made

    assert placed(orders, Quick()) == [Outcome.PLACED] * 8

    assert {one.state for one in rows(Call)} == {CallState.RINGING}
    # It is the webhook's to note both.
    assert [one for one in rows(InvitationEvent) if one.kind is InvitationEventKind.TRIED] == []
    assert rows(ProviderCopy) == []


def test_one_answer_that_cannot_be_written_keeps_no_other_from_it(orders: list[Order]) -> None:
    """A provider gives the name of a call twice."""
    names = [f"CA{number:032x}" for number in range(7)]

    outcomes = placed(orders, Takes([*names, names[0]]))

    assert outcomes[:7] == [Outcome.PLACED] * 7
    assert isinstance(outcomes[7], Exception)
    states = {one.id: one.state for one in rows(Attempt)}
    assert [states[one.attempt_id] for one in orders] == [
        *[AttemptState.PLACED] * 7,
        AttemptState.PLACING,  # what became of it is for the sweep to ask
    ]


def test_of_several_looked_at_together_only_the_unwanted_are_given_back(
    orders: list[Order],
) -> None:
    unwanted = orders[2]
    with transaction() as session:
        session.get_one(Attempt, unwanted.attempt_id).state = AttemptState.UNCERTAIN
    provider = Takes()

    outcomes = placed(orders, provider)

    assert outcomes.count(Outcome.PLACED) == 7
    assert outcomes[2] is Outcome.NOT_PLACED
    assert unwanted.wanted.to not in {one.to for one in provider.asked}
    with reading() as session:  # its moment went to nobody
        taken = select(LineSlot).where(LineSlot.taken_for.is_not(None))
        assert session.scalars(taken).all() == []


def test_a_campaign_that_is_paused_gives_all_of_them_back(orders: list[Order]) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(state=CampaignState.PAUSED))
    provider = Takes()

    assert placed(orders, provider) == [Outcome.NOT_PLACED] * 8

    assert provider.asked == []
    assert {one.disposition for one in rows(Attempt)} == {Disposition.GIVEN_BACK}


def slow_line(telephone: Telephone) -> Order:
    """The second order of a line whose only moment for minutes is gone."""
    with transaction() as session:
        session.execute(update(Line).values(calls_per_second=0.001, simultaneous_calls=100))
    telephone.invite("case-1", phone="+46701740601")
    telephone.invite("case-2", phone="+46701740602")
    first, second = telephone.claim(), telephone.claim()
    outcome = placed([first], Takes())
    assert outcome == [Outcome.PLACED], rows(Attempt)[0].error_code
    return second  # type: ignore[no-any-return]


def test_who_finds_no_moment_in_time_is_given_back(
    telephone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = slow_line(telephone)
    monkeypatch.setattr(trays, "ORDER_PATIENCE", 0.3)

    assert placed([second], Takes()) == [Outcome.NOT_PLACED]

    attempt = next(one for one in rows(Attempt) if one.id == second.attempt_id)
    assert (attempt.disposition, attempt.error_code) == (Disposition.GIVEN_BACK, "no_moment")


def test_who_waits_for_a_moment_is_let_go_when_told_to_stop(telephone: Telephone) -> None:
    second, stop = slow_line(telephone), threading.Event()
    waiting = threading.Thread(target=lambda: placed([second], Takes(), stop=stop), daemon=True)
    waiting.start()

    stop.set()
    waiting.join(10)

    assert not waiting.is_alive()
    attempt = next(one for one in rows(Attempt) if one.id == second.attempt_id)
    assert attempt.error_code == "dialler_stopped"


def test_whoever_comes_too_late_for_a_moment_takes_another_one(orders: list[Order]) -> None:
    """The machine was busy: the hand got the order and slept over its moment."""
    provider, told, ticks = Takes(), [], [0.0]
    pace = Pace(threading.Event(), ticks=lambda: ticks[0])
    tray = Tray(pace=pace, clock=utc_now, told=lambda _, outcome: told.append(outcome))
    tray.add(orders[0])
    (late,) = next_asks(tray, ticks)
    ticks[0] += 1

    nothing = placing.ask(late, provider=provider, pace=pace)
    tray.round([nothing], room=1)
    (one,) = next_asks(tray, ticks)
    tray.round([placing.ask(one, provider=provider, pace=pace)], room=1)

    assert nothing.brought is None
    assert (len(provider.asked), told) == (1, [Outcome.PLACED])
    assert one.moment.at > late.moment.at
    assert tray.is_idle


def next_asks(tray: Tray, ticks: list[float]) -> list[Ask]:
    """What is due next, by a clock of our own."""
    while not tray.has_ready:
        tray.round([], room=1)
        ticks[0] += 0.3
    return tray.due()


class RefusesSome(Takes):
    """A provider that suspends us while other requests are under way."""

    def place_call(self, order: CallOrder, permit: object) -> PlacedCall:
        made = super().place_call(order, permit)
        if len(self.asked) % 2:
            raise fault_of(401, "20003", creating=True)
        return made


def test_calls_taken_before_the_provider_refused_us_do_not_end_its_alarm(
    orders: list[Order],
) -> None:
    placed(orders, RefusesSome())

    owner = orders[0].organisation_id
    theirs = [one for one in rows(Campaign) if one.organisation_id == owner]
    assert {one.state for one in theirs} == {CampaignState.PAUSED}
    (alarm,) = rows(Alarm)
    assert (alarm.kind, alarm.cleared_at) == ("provider.refuses_us", None)
