"""The telephone network as a whole: it starts calls, lets people call and text, and stops."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from simulator.clock import Clock
from simulator.courier import Courier
from simulator.directory import Directory
from simulator.dispatch import Dispatch
from simulator.faults import FaultBook
from simulator.handset import Direction, Handset
from simulator.inbound import arrive
from simulator.journal import Journal, Kind
from simulator.leg import Leg
from simulator.object_store import ObjectStore
from simulator.orders import TakenError
from simulator.outbound import Ordered, dial
from simulator.plant import Plant
from simulator.records import (
    Address,
    CallRecord,
    CallStatus,
    MessageRecord,
    MessageStatus,
    NumberRecord,
)
from simulator.recovery import finish_recordings, unfinished_calls
from simulator.settings import Account, Settings
from simulator.slots import Slots
from simulator.store import Store
from simulator.texting import Texting, segments

log = logging.getLogger(__name__)

LONGEST_QUEUE: Final = timedelta(hours=24)


class QueueFullError(Exception):
    """More calls wait than can be started within a day."""


class Exchange:
    """One network. Every method may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        *,
        account: Account,
        origin: str,
        settings: Settings | None = None,
        webhook_base: str | None = None,
        numbers: tuple[str, ...] = (),
    ) -> None:
        self._settings = settings or Settings()
        self._lock = threading.Lock()
        self._legs: dict[str, Leg] = {}
        self._threads: set[threading.Thread] = set()
        self._slots = Slots()
        self._stopping = threading.Event()
        self._courier = Courier(auth_token=account.auth_token, base=webhook_base)
        self._phones: list[Callable[[MessageRecord], None]] = []
        self.account = account
        self.clock = Clock()
        self.journal = Journal()
        self.faults = FaultBook()
        self.directory = Directory()
        self.object_store = ObjectStore()
        self.store = Store(folder)
        self.plant = Plant(
            account=account,
            origin=origin,
            clock=self.clock,
            store=self.store,
            journal=self.journal,
            faults=self.faults,
            dispatch=Dispatch(
                self._courier,
                faults=self.faults,
                journal=self.journal,
                settings=lambda: self._settings,
                stopping=self._stopping,
            ),
            settings=lambda: self._settings,
            stopping=self._stopping,
        )
        self.texting = Texting(self.plant, delivered=self._ring_phones)
        for number in numbers:
            self.own(number)
        for leg, over in unfinished_calls(self.plant):
            self._start(leg, partial(leg.move, over))
        finish_recordings(self.store)

    @property
    def settings(self) -> Settings:
        return self._settings

    def change_settings(self, settings: Settings) -> None:
        """Takes effect for new calls; `hold` also for those under way."""
        self._settings = settings

    def set_clock(self, moment: datetime) -> None:
        """From now on it is `moment` for the network; calls under way keep their own time."""
        self.clock.set_to(moment)
        self._slots.clear()

    # Numbers ------------------------------------------------------------------------------

    def own(self, number: str) -> NumberRecord:
        """The service's number, bought now if it was not owned already."""
        known = self.number(number)
        if known is not None:
            return known
        now = self.clock.now()
        record = NumberRecord(self.plant.sid("PN"), number, number, now, now)
        self.store.numbers.put(record)
        return record

    def number(self, number: str) -> NumberRecord | None:
        return next(self.store.numbers.newest_first(sender=number), None)

    # Calls --------------------------------------------------------------------------------

    def place(
        self, record: CallRecord, ordered: Ordered, *, ring_seconds: float, time_limit: float | None
    ) -> CallRecord:
        """Accept a call of the service and dial it on a thread of its own.

        Raises `QueueFullError` if it could not start within a day.
        """
        slot = self._slots.take(now=record.created_at, per_second=self._settings.cps)
        if slot - self.clock.now() > LONGEST_QUEUE:
            raise QueueFullError
        leg = Leg(
            self.plant,
            record,
            self.directory.handset_for(record.called),
            ring_seconds=ring_seconds,
            time_limit=time_limit,
        )
        self.store.calls.put(record)
        leg.note(Kind.STATE, status=record.status.value)
        self._start(leg, lambda: dial(leg, ordered, slot=slot))
        return record

    def call_in(self, caller: str, called: str, handset: Handset) -> str:
        """A person calls one of the service's numbers; the answer is the sid of the call.

        Raises `LookupError` if `called` is not a number of the service.
        """
        number = self._own_number(called)
        now = self.clock.now()
        status = Address(number.status_callback, number.status_callback_method)
        fallback = Address(number.voice_fallback_url, number.voice_fallback_method)
        record = CallRecord(
            sid=self.plant.sid("CA"),
            caller=caller,
            called=called,
            direction=Direction.INBOUND,
            status=CallStatus.RINGING,
            created_at=now,
            updated_at=now,
            started_at=now,
            number_sid=number.sid,
            status_callback=status if number.status_callback else None,
            status_events=("completed",),
            fallback=fallback if number.voice_fallback_url else None,
        )
        leg = Leg(self.plant, record, handset, ring_seconds=60)
        self.store.calls.put(record)
        self._start(leg, lambda: arrive(leg, number))
        return record.sid

    def leg(self, sid: str) -> Leg | None:
        """The call if it is still under way, its callbacks included."""
        with self._lock:
            return self._legs.get(sid)

    def wait(self, sid: str, *, timeout: float) -> bool:
        """True once the call is over and all its callbacks have been brought."""
        leg = self.leg(sid)
        return leg is None or leg.finished.wait(timeout)

    def wait_for_all(self, *, timeout: float) -> bool:
        """True once nothing is under way any more."""
        with self._lock:
            legs = list(self._legs.values())
        done = [leg.finished.wait(timeout) for leg in legs]
        return all(done) and self.texting.wait(timeout)

    def release(self, sid: str | None = None) -> int:
        """Let held calls (one or all) and messages go on; how many calls were let go."""
        with self._lock:
            legs = [leg for leg in self._legs.values() if sid in (None, leg.record.sid)]
        for leg in legs:
            leg.release()
        if sid is None:
            self.texting.released.set()
        return len(legs)

    # Messages -----------------------------------------------------------------------------

    def text_in(self, sender: str, recipient: str, body: str) -> str:
        """A person texts one of the service's numbers; the answer is the sid of the message.

        Raises `LookupError` if `recipient` is not a number of the service.
        """
        number = self._own_number(recipient)
        now = self.clock.now()
        message = MessageRecord(
            sid=self.plant.sid("SM"),
            sender=sender,
            recipient=recipient,
            body=body,
            direction="inbound",
            status=MessageStatus.RECEIVED,
            created_at=now,
            updated_at=now,
            sent_at=now,
            segments=segments(body),
        )
        return self.texting.receive(message, number).sid

    def on_message(self, ring: Callable[[MessageRecord], None]) -> None:
        """Have `ring` called with every message that reaches a person's phone."""
        self._phones.append(ring)

    # The end ------------------------------------------------------------------------------

    def reset(self) -> None:
        """End what is under way and forget all but the numbers and settings."""
        self._stopping.set()
        self._join()
        self._stopping.clear()
        with self._lock:
            self._legs.clear()
        self._slots.clear()
        self.store.clear()
        self.journal.clear()

    def stop(self) -> None:
        """Stop at once, like a power cut: calls under way are ended at the next start."""
        self._stopping.set()
        self._join()
        self._courier.close()
        self.store.close()

    def _join(self) -> None:
        with self._lock:
            legs, threads = list(self._legs.values()), list(self._threads)
        for leg in legs:
            leg.release()
        for thread in threads:
            thread.join(self._settings.deadline + 5)
        self.texting.wait(self._settings.deadline + 5)

    def _own_number(self, number: str) -> NumberRecord:
        record = self.number(number)
        if record is None:
            known = ", ".join(record.number for record in self.store.numbers.newest_first())
            raise LookupError(f"{number} is not a number of the service; it has: {known or 'none'}")
        return record

    def _start(self, leg: Leg, live: Callable[[], object]) -> None:
        def run() -> None:
            try:
                live()
            except TakenError:
                pass  # the network stops: the next start ends this call
            except Exception as fault:
                # A fault of the simulator must not leave a call that never ends.
                log.exception("call.broke_down")
                leg.note(Kind.ERROR, code=12400, message=f"{type(fault).__name__}: {fault}")
                leg.move(CallStatus.COMPLETED if leg.answered else CallStatus.FAILED)
            finally:
                leg.end()
                with self._lock:
                    self._legs.pop(leg.record.sid, None)
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=f"call {leg.record.sid}", daemon=True)
        with self._lock:
            self._legs[leg.record.sid] = leg
            self._threads.add(thread)
        thread.start()

    def _ring_phones(self, message: MessageRecord) -> None:
        for ring in self._phones:
            ring(message)
