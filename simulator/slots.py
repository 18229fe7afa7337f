"""Calls per second: when each accepted call may start."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class Slots:
    """Moments one after another; whoever takes one moves it on. Safe to use from many threads."""

    def __init__(self) -> None:
        self._next: datetime | None = None
        self._lock = threading.Lock()

    def take(self, *, now: datetime, per_second: float) -> datetime:
        """The next free moment, `now` at the earliest."""
        with self._lock:
            slot = max(self._next or now, now)
            self._next = slot + timedelta(seconds=1 / per_second)
            return slot

    def clear(self) -> None:
        """Forget what was taken: a moment of another time would never come."""
        with self._lock:
            self._next = None
