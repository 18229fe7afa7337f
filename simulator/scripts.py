"""The people of the scenarios in force: their n-th call follows their n-th script."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from simulator.exchange import Exchange
from simulator.handset import Handset, Line, Pickup
from simulator.journal import Kind
from simulator.person import ScriptedPerson
from simulator.records import MessageRecord
from simulator.scenario import CallScript, Reply, Scenario, Way


@dataclass(slots=True)
class _Person:
    outbound: deque[CallScript] = field(default_factory=deque)
    inbound: deque[CallScript] = field(default_factory=deque)
    replies: list[Reply] = field(default_factory=list)
    beside: Path | None = None


class _Reporting(ScriptedPerson):
    """Reports into the journal under the sid of its call."""

    def __init__(self, script: CallScript, exchange: Exchange, beside: Path | None) -> None:
        super().__init__(script, report=self._tell, beside=beside)
        self._exchange = exchange
        self._sid = ""

    def ring(self, line: Line) -> Pickup:
        self._sid = line.call_sid
        return super().ring(line)

    def connected(self, line: Line) -> None:
        self._sid = line.call_sid

    def _tell(self, message: str) -> None:
        self._exchange.journal.add(
            self._sid, Kind.SCRIPT, self._exchange.clock.now(), message=message
        )


class Scripts:
    """One per network; puts itself into the directory."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._people: dict[str, _Person] = {}
        self._lock = threading.Lock()
        exchange.directory.add(self._lookup)
        exchange.on_message(self._write_back)

    def install(self, scenario: Scenario, *, beside: Path | None = None) -> None:
        """Set the network's switches and let the person answer; replaces an earlier script."""
        if scenario.network is not None:
            self._exchange.change_settings(scenario.network.settings(self._exchange.settings))
            self._exchange.faults.install(scenario.network.faults())
        person = _Person(beside=beside, replies=list(scenario.replies))
        for call in scenario.calls:
            (person.inbound if call.direction is Way.INBOUND else person.outbound).append(call)
        with self._lock:
            self._people[scenario.customer.phone] = person

    def caller(self, number: str, script: CallScript | None, *, beside: Path | None) -> Handset:
        """Somebody who calls in: by the given script, or by the next inbound one of a scenario.

        Raises `LookupError` if there is neither.
        """
        if script is None:
            with self._lock:
                person = self._people.get(number)
                if person is None or not person.inbound:
                    raise LookupError(f"no inbound call is scripted for {number}")
                script, beside = person.inbound.popleft(), person.beside
        return _Reporting(script, self._exchange, beside)

    def clear(self) -> None:
        with self._lock:
            self._people.clear()

    def _lookup(self, number: str) -> Handset | None:
        with self._lock:
            person = self._people.get(number)
            if person is None or not person.outbound:
                return None
            script = person.outbound.popleft()
        return _Reporting(script, self._exchange, person.beside)

    def _write_back(self, message: MessageRecord) -> None:
        """Answer a message as the scenario says; any other is only read."""
        with self._lock:
            person = self._people.get(message.recipient)
            replies = [] if person is None else person.replies
            body = message.body.lower()
            reply = next((one for one in replies if one.on.lower() in body), None)
            if reply is None or message.sender is None:
                return
            replies.remove(reply)
        self._exchange.text_in(message.recipient, message.sender, reply.text)
