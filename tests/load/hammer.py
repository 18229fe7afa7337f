"""Many kept-alive connections at once against one server, from a few processes.

Requests are made ready before the clock runs, so that signing them costs the measured server
nothing. One process follows its connections in one thread: the machine under test is this one.
"""

import multiprocessing
import re
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD_ENDS: Final = b"\r\n\r\n"
SILENT_SECONDS: Final = 60.0


class WrongAnswerError(Exception):
    """The server answered something else than wanted, or nothing at all."""


@dataclass(frozen=True, slots=True)
class Hammered:
    """What a run took: whole seconds on the clock, and each answer's own seconds."""

    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that `share` (0 to 1) of the answers did not exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def hammer(
    port: int,
    scripts: Sequence[Sequence[bytes]],
    *,
    wanted: bytes,
    processes: int = 2,
    pause: float = 0.0,
) -> Hammered:
    """Send each script over a connection of its own, one request after the other's answer.

    Every answer must be a 200 with `wanted` in its body, or WrongAnswerError is raised. `pause`
    is how many seconds a connection waits before its next request.
    """
    shares = [scripts[n::processes] for n in range(processes)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        pool.map(_ready, range(processes), chunksize=1)
        started = time.perf_counter()
        found = pool.starmap(
            _drive, [(port, share, wanted, pause) for share in shares if share], chunksize=1
        )
        seconds = time.perf_counter() - started
    return Hammered(seconds, tuple(latency for share in found for latency in share))


def _ready(_number: int) -> None:
    """Nothing: the process is there now."""


class _Connection:
    def __init__(self, port: int, script: Sequence[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SILENT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.script = iter(script)
        self.due: float | None = 0.0
        self._sent_at = 0.0
        self._read = bytearray()

    def send(self) -> bool:
        """False when the script is at its end."""
        request = next(self.script, None)
        if request is None:
            return False
        self.due, self._sent_at = None, time.perf_counter()
        self.socket.sendall(request)
        return True

    def take(self, wanted: bytes) -> float | None:
        """The latency once the answer is complete."""
        part = self.socket.recv(65_536)
        if not part:
            raise WrongAnswerError("the server closed the connection")
        self._read += part
        head_ends = self._read.find(_HEAD_ENDS)
        if head_ends < 0:
            return None
        length = _LENGTH.search(self._read, 0, head_ends)
        body_at = head_ends + len(_HEAD_ENDS)
        if length is None or len(self._read) < body_at + int(length[1]):
            return None
        latency = time.perf_counter() - self._sent_at
        if not self._read.startswith(b"HTTP/1.1 200") or self._read.find(wanted, body_at) < 0:
            raise WrongAnswerError(self._read.decode("utf-8", "replace")[:600])
        self._read.clear()
        return latency


def _drive(
    port: int, scripts: Sequence[Sequence[bytes]], wanted: bytes, pause: float
) -> list[float]:
    latencies: list[float] = []
    waiting = [_Connection(port, script) for script in scripts]
    busy = 0
    with selectors.DefaultSelector() as selector:
        for number, one in enumerate(waiting):
            one.due = time.perf_counter() + pause * number / len(waiting)
            selector.register(one.socket, selectors.EVENT_READ, one)
        while waiting or busy:
            now = time.perf_counter()
            for one in [each for each in waiting if each.due is not None and each.due <= now]:
                waiting.remove(one)
                if one.send():
                    busy += 1
                else:
                    selector.unregister(one.socket)
                    one.socket.close()
            soonest = min((one.due or 0.0 for one in waiting), default=now + SILENT_SECONDS)
            if not (waiting or busy):
                break
            events = selector.select(max(0.0, soonest - time.perf_counter()))
            if not events and not waiting:
                raise WrongAnswerError(f"the server was silent for {SILENT_SECONDS:.0f} seconds")
            for key, _ in events:
                one = key.data
                latency = one.take(wanted)
                if latency is None:
                    continue
                latencies.append(latency)
                busy -= 1
                one.due = time.perf_counter() + pause
                waiting.append(one)
    return latencies
