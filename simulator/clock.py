"""Two kinds of time: one that passes, and one that is only counted.

On a virtual clock each call lives on a timeline of its own that starts at the moment the call
was made and jumps forward; a call of ten minutes is over at once and says it took ten minutes.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Protocol

from simulator.settings import ClockKind


class Timeline(Protocol):
    """The time of one call."""

    def now(self) -> datetime:
        """Aware UTC."""

    def wait_until(self, moment: datetime, wake: threading.Event) -> None:
        """Come back at `moment`, or earlier once `wake` is set. A past moment costs nothing."""


class VirtualTimeline:
    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def wait_until(self, moment: datetime, wake: threading.Event) -> None:
        self._now = max(self._now, moment)


class RealTimeline:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait_until(self, moment: datetime, wake: threading.Event) -> None:
        left = (moment - datetime.now(UTC)).total_seconds()
        if left > 0:
            wake.wait(left)


class Clock:
    """The network's own time, which REST answers use; may be set ahead or back as a whole."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def set_to(self, moment: datetime) -> None:
        """From now on it is `moment`, and time goes on from there."""
        self._ahead = moment - datetime.now(UTC)

    def timeline(self, kind: ClockKind) -> Timeline:
        return VirtualTimeline(self.now()) if kind is ClockKind.VIRTUAL else RealTimeline()


def rfc2822(moment: datetime) -> str:
    """`Tue, 31 Aug 2010 20:36:28 +0000`, as the provider writes every date."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))
