"""A telephone network without a telephone in it: people with habits, and a clock that jumps.

It speaks `storage.provider.Provider` as far as placing goes, and its callbacks and conversations
enter where the webhooks do: the same forms, the same functions, a transaction for each.
"""

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Final

from ivr import calls_status, turns
from ivr.events import DocumentAsked, KeysPressed, StatusTold, scrubbed
from ivr.steps import Gather, Waiting
from ivr.turns import Spoken
from storage import permits
from storage.faults import GiveUp
from storage.house import transaction
from storage.permits import Permit
from storage.provider import CallAtProvider, CallOrder, PlacedCall
from storage.provider_faults import ProviderAway, ProviderBusy
from storage.states import AttemptMethod

BASE: Final = "https://genklang.example"


class Clock:
    """The only clock of the week, and what is to happen when."""

    def __init__(self, at: datetime) -> None:
        self.now = at
        self._begun = at
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._number = count()

    def __call__(self) -> datetime:
        """The moment."""
        return self.now

    def ticks(self) -> float:
        """The same as seconds since the week began."""
        return (self.now - self._begun).total_seconds()

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Have that done so many seconds from now."""
        at = self.now + timedelta(seconds=seconds)
        heapq.heappush(self._coming, (at, next(self._number), work))

    @property
    def next_at(self) -> datetime | None:
        """When the next thing happens."""
        return self._coming[0][0] if self._coming else None

    def go_to(self, at: datetime) -> None:
        """Let the time pass until then, with everything that happens meanwhile."""
        while self._coming and self._coming[0][0] <= at:
            self.now, _, work = heapq.heappop(self._coming)
            work()
        self.now = max(self.now, at)


class NeverStop:
    """What a dialler waits on: nobody stops it, and waiting lets the time pass."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def is_set(self) -> bool:
        """Never."""
        return False

    def wait(self, seconds: float) -> bool:
        """Let so long pass."""
        self._clock.go_to(self._clock.now + timedelta(seconds=seconds))
        return False


class Answered(StrEnum):
    """What becomes of a call that the network made."""

    TO_THE_END = "to the end"
    CUT = "cut between the questions"
    AT_ONCE = "hung up at once"
    OBJECTED = "objected"
    MACHINE = "machine"
    NO_ANSWER = "no answer"
    BUSY = "busy"
    FAILED = "failed"


# In a hundred calls.
HABITS: Final[Mapping[Answered, int]] = {
    Answered.TO_THE_END: 17,
    Answered.CUT: 3,
    Answered.AT_ONCE: 8,
    Answered.OBJECTED: 2,
    Answered.MACHINE: 22,
    Answered.NO_ANSWER: 38,
    Answered.BUSY: 8,
    Answered.FAILED: 2,
}
_ENDS: Final = {
    Answered.NO_ANSWER: "no-answer",
    Answered.BUSY: "busy",
    Answered.FAILED: "failed",
}


@dataclass(slots=True)
class Rung:
    """One call that the network made: what the person at the other end remembers of it."""

    sid: str
    number: str
    caller: str
    token: str
    asked_at: datetime
    answered: Answered
    state: str = "queued"
    # Answers that were given, and whether the first of all was among them.
    given: int = 0
    began: bool = False
    # How long they talked, and when the call was over.
    seconds: int = 0
    ended_at: datetime | None = None


class Network:
    """Takes orders, rings people, and tells the service what becomes of it."""

    def __init__(self, clock: Clock, *, seed: int, mild: frozenset[str] = frozenset()) -> None:
        self._clock = clock
        # Numbers whose holders hang up where others object.
        self._mild = mild
        self._chance = random.Random(f"network {seed}")
        self._kinds, self._weights = list(HABITS), list(HABITS.values())
        self.made: list[Rung] = []
        self.requests: list[datetime] = []
        self.faults: dict[str, int] = {}
        self._by_number: dict[str, list[Rung]] = {}
        self._answered: set[str] = set()
        self.alive = 0
        self.most_alive = 0

    # storage.provider.Provider, as far as it is asked.

    def place_call(self, order: CallOrder, permit: Permit) -> PlacedCall:
        """Ring somebody; one request in fifty goes wrong in one of three ways."""
        permits.require(permit, AttemptMethod.CALL, order)
        self.requests.append(self._clock.now)
        drawn = self._chance.random()
        if drawn < 0.005:
            self._fault("busy")
            raise ProviderBusy("come back later", code="20429")
        if drawn < 0.012:
            self._fault("fault, nothing made")
            raise ProviderAway("a fault of its own", may_have_happened=True, code="500")
        rung = self._ring(order)
        if drawn < 0.02:
            self._fault("fault, but made")
            raise ProviderAway("a fault of its own", may_have_happened=True, code="500")
        return PlacedCall(sid=rung.sid, status="queued")

    def find_calls(self, *, to: str, from_: str, since: datetime) -> tuple[CallAtProvider, ...]:
        """The calls to a number since then, newest first."""
        found = [one for one in self._by_number.get(to, ()) if one.asked_at >= since]
        return tuple(_at_provider(one) for one in reversed(found) if one.caller == from_)

    def fetch_call(self, sid: str) -> CallAtProvider | None:
        """The call of that name."""
        return next((_at_provider(one) for one in reversed(self.made) if one.sid == sid), None)

    def end_call(self, sid: str) -> None:
        """Nobody lingers here."""
        raise GiveUp("the week's calls end by themselves", code="never")

    # The people.

    def _fault(self, name: str) -> None:
        self.faults[name] = self.faults.get(name, 0) + 1

    def _ring(self, order: CallOrder) -> Rung:
        rung = Rung(
            sid=f"CA{len(self.made):032x}",
            number=order.to,
            caller=order.from_,
            token=order.answer_url.rpartition("/")[2],
            asked_at=self._clock.now,
            answered=self._chance.choices(self._kinds, self._weights)[0],
        )
        if rung.answered is Answered.OBJECTED and rung.number in self._mild:
            rung.answered = Answered.AT_ONCE
        self.made.append(rung)
        self._by_number.setdefault(order.to, []).append(rung)
        self.alive += 1
        self.most_alive = max(self.most_alive, self.alive)
        after = self._clock.after
        if rung.answered is Answered.FAILED:
            after(0.9, lambda: self._over(rung, "failed"))
            return rung
        after(1.5, lambda: self._tell(rung, "ringing"))
        match rung.answered:
            case Answered.BUSY:
                after(2.5, lambda: self._over(rung, "busy"))
            case Answered.NO_ANSWER:
                after(26.5, lambda: self._over(rung, "no-answer"))
            case _:
                after(4 + self._chance.random() * 15, lambda: self._pick_up(rung))
        return rung

    def _pick_up(self, rung: Rung) -> None:
        machine = rung.answered is Answered.MACHINE
        who = {"AnsweredBy": "machine_start" if machine else "human"}
        self._tell(rung, "in-progress", **who)
        asked = DocumentAsked.from_form({"CallSid": rung.sid, **who})
        with transaction() as session:
            heard = turns.answer(session, rung.token, asked, base_url=BASE, at=self._clock.now)
        if machine or rung.answered is Answered.AT_ONCE:
            self._clock.after(2, lambda: self._over(rung, "completed", seconds=2))
        else:
            keys = {Answered.CUT: "4", Answered.OBJECTED: "*1"}.get(rung.answered, "45")
            self._clock.after(12, lambda: self._press(rung, heard, keys, first=True))

    def _press(self, rung: Rung, heard: Spoken | None, keys: str, *, first: bool = False) -> None:
        listening = [one for one in heard.steps if isinstance(one, Gather)] if heard else []
        if not listening and first:
            # Their no on the web page came while it rang: they hear goodbye and no question.
            rung.answered = Answered.AT_ONCE
        if not listening or not keys:
            self._over(rung, "completed", seconds=12 + 30 * rung.given)
            return
        told = KeysPressed.from_form({"CallSid": rung.sid, "Digits": keys[0]})
        with transaction() as session:
            then = turns.turn(
                session, rung.token, listening[0].visit, told, Waiting.KEYS, base_url=BASE,
                at=self._clock.now,
            )  # fmt: skip
        if rung.answered is not Answered.OBJECTED:
            rung.given += 1
            rung.began |= rung.number not in self._answered
            self._answered.add(rung.number)
        self._clock.after(9, lambda: self._press(rung, then, keys[1:]))

    def _over(self, rung: Rung, status: str, *, seconds: int = 0) -> None:
        self.alive -= 1
        rung.ended_at, rung.seconds = self._clock.now, seconds
        self._tell(rung, status, CallDuration=str(seconds))

    def _tell(self, rung: Rung, status: str, **more: str) -> None:
        rung.state = status
        form = {"CallSid": rung.sid, "CallStatus": status, "SequenceNumber": "0", **more}
        told = StatusTold.from_form(form)
        with transaction() as session:
            calls_status.told_by_token(
                session, rung.token, told, facts=scrubbed(form), at=self._clock.now
            )


def _at_provider(one: Rung) -> CallAtProvider:
    return CallAtProvider(one.sid, one.state, "outbound-api", None, None, one.asked_at, None, None)
