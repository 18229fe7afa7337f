"""One telephone call while it lasts: its state, its time, its person and its callbacks."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from simulator import parameters
from simulator.dispatch import Session
from simulator.faults import Webhook
from simulator.handset import (
    Direction,
    Ended,
    Ending,
    Handset,
    Heard,
    KeyWindow,
    Line,
    Pressed,
    Sound,
    SpeakWindow,
    Spoken,
    Utterance,
)
from simulator.journal import Kind
from simulator.orders import HungUpError, Order, OrderKind, TakenError
from simulator.plant import Plant
from simulator.postman import Postman
from simulator.records import CallRecord, CallStatus
from simulator.settings import ClockKind, Stage

LONGEST_CALL: Final = timedelta(hours=4)


class Leg:
    """Its methods belong to the call's own thread, except `order`, `cancel` and `release`."""

    def __init__(
        self,
        plant: Plant,
        record: CallRecord,
        handset: Handset,
        *,
        ring_seconds: float,
        time_limit: float | None = None,
    ) -> None:
        self.plant = plant
        self.settings = plant.settings()
        self.profile = self.settings.dialect
        self.handset = handset
        self.session = Session(record.sid)
        self.finished = threading.Event()
        self._record = record
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._released = threading.Event()
        self._order: Order | None = None
        self._limit = timedelta(seconds=time_limit) if time_limit else LONGEST_CALL
        self._limit_at: datetime | None = None
        self.timeline = plant.clock.timeline(self.settings.clock)
        real = self.settings.clock is ClockKind.REAL
        self.postman = Postman(
            plant.dispatch,
            self.session,
            self.timeline,
            faults=lambda: plant.faults.now,
            racing=real or self.settings.racing,
            counts_time=real,
            stopping=plant.stopping,
        )
        self.line = Line(
            call_sid=record.sid,
            caller=record.caller,
            called=record.called,
            direction=Direction(record.direction),
            ring_seconds=ring_seconds,
            cut=self.cut,
        )

    @property
    def record(self) -> CallRecord:
        return self._record

    @property
    def answered(self) -> bool:
        return self._record.answered_at is not None

    def now(self) -> datetime:
        return self.timeline.now()

    def note(self, kind: Kind, **data: Any) -> None:
        self.plant.note(self._record.sid, kind, self.now(), **data)

    # Orders from outside ------------------------------------------------------------------

    def order(self, order: Order) -> None:
        """Take the line from the person as soon as they can be interrupted."""
        with self._lock:
            self._order = order
        self._wake.set()

    def cancel(self) -> bool:
        """End a call that nobody has answered yet; False if it is too late for that."""
        with self._lock:
            if self._record.status not in (CallStatus.QUEUED, CallStatus.RINGING):
                return False
            self.move(CallStatus.CANCELED)
            self.order(Order(OrderKind.CANCEL))
        return True

    def release(self) -> None:
        """Let a held call go on."""
        self._released.set()
        self._wake.set()

    def cut(self) -> bool:
        late = self._limit_at is not None and self.now() >= self._limit_at
        return self._order is not None or late or self.plant.stopping.is_set()

    def check(self) -> None:
        """Raises `TakenError` if the line was taken."""
        if self.plant.stopping.is_set():
            raise TakenError(Order(OrderKind.STOP))
        with self._lock:
            order, self._order = self._order, None
        if order is not None:
            raise TakenError(order)
        if self._limit_at is not None and self.now() >= self._limit_at:
            raise TakenError(Order(OrderKind.LIMIT))

    def hold(self, stage: Stage) -> None:
        """Stand still here if that is ordered, until released or taken."""
        if stage not in self.plant.settings().hold or self._released.is_set():
            return
        self.note(Kind.STATE, held=stage.value)
        while not (self._released.is_set() or self._order or self.plant.stopping.is_set()):
            self._wake.wait(0.5)
            self._wake.clear()
        self.check()

    # Time and the person ------------------------------------------------------------------

    def pass_time(self, started: datetime, seconds: float) -> None:
        """Until `seconds` after `started`; callbacks due on the way are brought."""
        target = started + timedelta(seconds=seconds)
        if self._limit_at is not None:
            target = min(target, self._limit_at)
        while (due := self.postman.next_due(target)) is not None:
            self.timeline.wait_until(due, self._wake)
            self.postman.deliver_next()
            self.check()
        while True:
            self.timeline.wait_until(target, self._wake)
            self._wake.clear()  # before the look at the orders: one given just now wakes again
            self.check()
            if self.now() >= target:
                return

    def hear(self, utterance: Utterance) -> Heard:
        self.check()
        started = self.now()
        heard = self.handset.hear(utterance)
        self.pass_time(started, heard.seconds)
        self.note(
            Kind.HEARD,
            sound=utterance.sound.value,
            text=utterance.text,
            language=utterance.language,
            voice=utterance.voice,
            seconds=round(heard.seconds, 2),
            ended=heard.ended.value,
        )
        if heard.ended is Ended.HANG_UP:
            raise HungUpError
        if heard.ended is Ended.KEY and not utterance.interruptible:
            raise ValueError("a handset pressed a key while nobody listened for keys")
        return heard

    def rest(self, seconds: float) -> None:
        """Silence on the line, in which the person may hang up."""
        self.hear(Utterance(Sound.PAUSE, seconds))

    def press(self, window: KeyWindow) -> Pressed:
        self.check()
        started = self.now()
        pressed = self.handset.press(window)
        self.pass_time(started, pressed.seconds)
        if pressed.ended is Ended.HANG_UP:
            raise HungUpError
        return pressed

    def speak(self, window: SpeakWindow) -> tuple[Spoken, TakenError | None]:
        """What was said; with the order that interrupted it, if one did."""
        self.check()
        started = self.now()
        spoken = self.handset.speak(window)
        try:
            self.pass_time(started, min(spoken.seconds, window.longest_seconds))
        except TakenError as taken:
            return spoken, taken
        return spoken, None

    # State --------------------------------------------------------------------------------

    def answer(self) -> None:
        """Both sides hear each other from now on. Costs nothing the second time."""
        if self.answered:
            return
        now = self.now()
        with self._lock:
            self._save(replace(self._record, started_at=now, answered_at=now))
            if not self.move(CallStatus.IN_PROGRESS):
                self._save(replace(self._record, answered_at=None))
        self.check()
        self._limit_at = now + self._limit
        self.handset.connected(self.line)

    def move(self, status: CallStatus, **changes: Any) -> bool:
        """Change the state and tell who asked to be told; False if the call is over already."""
        now = self.now()
        with self._lock:
            before = self._record
            if before.status.terminal:
                return False
            if status.terminal:
                changes.setdefault("ended_at", now)
            # "initiated" exists in callbacks only; the resource stays queued.
            shown = CallStatus.QUEUED if status is CallStatus.INITIATED else status
            quiet = before.status is CallStatus.QUEUED and status is CallStatus.CANCELED
            sequence = before.sequence
            changes |= {"status": shown, "updated_at": now, "sequence": sequence + 1}
            self._save(replace(before, **changes))
        self.note(Kind.STATE, status=status.value)
        if not quiet or before.sequence > 0:
            self._tell(status, sequence, at=now)
        return True

    def change(self, **changes: Any) -> None:
        """Correct fields of the record without changing its state."""
        with self._lock:
            self._save(replace(self._record, **changes))

    def end(self) -> None:
        """Bring what callbacks are left and let go of the person. Exactly once."""
        status = self._record.status
        ending = Ending(status) if status.terminal else Ending.FAILED
        try:
            self.handset.call_ended(ending)
            self.postman.finish()
        finally:
            self.finished.set()

    def _save(self, record: CallRecord) -> None:
        self._record = record
        self.plant.store.calls.put(record)

    def _tell(self, status: CallStatus, sequence: int, *, at: datetime) -> None:
        record = self._record
        if record.status_callback is None:
            return
        event = "completed" if status.terminal else EVENT_OF[status]
        if self.profile.progress_events:
            if event not in record.status_events:
                return
        elif not status.terminal:
            return
        fields = parameters.call_status(
            record,
            account_sid=self.plant.account.sid,
            status=status,
            sequence=sequence if self.profile.progress_events else 0,
            at=at,
            profile=self.profile,
        )
        self.postman.post(Webhook.STATUS, record.status_callback, lambda: fields, due=at)


EVENT_OF: Final = {
    CallStatus.QUEUED: "queued",
    CallStatus.INITIATED: "initiated",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "answered",
}
