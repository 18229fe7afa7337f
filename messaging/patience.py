"""How often a public form is taken from one place, without keeping who that is.

What is counted is a keyed hash of the address, under a key that this process made for itself and
that dies with it; it is forgotten once it no longer matters. Nothing of it leaves the process.
"""

import hmac
import secrets
import threading
from collections import OrderedDict
from hashlib import sha256
from itertools import islice
from typing import Final

MOST_PLACES: Final = 10_000
_FORGOTTEN_AT_ONCE: Final = 16


class Patience:
    """So many at once, and one more in each interval: a family is heard out, a machine is not."""

    def __init__(self, *, at_once: int, seconds_each: float) -> None:
        self._at_once, self._seconds_each = at_once, seconds_each
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        # For each place the moment at which all of our patience with it is there again, in the
        # order in which they were last heard of.
        self._whole_at: OrderedDict[bytes, float] = OrderedDict()

    def allows(self, place: str, *, now: float) -> bool:
        """Whether one more is taken from this place now, by a clock that only goes forward."""
        name = hmac.new(self._key, place.encode(), sha256).digest()[:16]
        with self._lock:
            self._forget(now)
            whole_at = max(self._whole_at.get(name, now), now)
            if whole_at - now > (self._at_once - 1) * self._seconds_each:
                return False
            self._whole_at[name] = whole_at + self._seconds_each
            self._whole_at.move_to_end(name)
            return True

    def __len__(self) -> int:
        """How many places are remembered."""
        return len(self._whole_at)

    def _forget(self, now: float) -> None:
        """Drop some that no longer matter, and the longest silent ones when there are too many."""
        for name in list(islice(self._whole_at, _FORGOTTEN_AT_ONCE)):
            if self._whole_at[name] <= now or len(self._whole_at) >= MOST_PLACES:
                del self._whole_at[name]
