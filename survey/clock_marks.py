"""A mark of what the time zone data say of some zones: equal marks, equal clocks.

Summer time is made by law and changed at short notice; the data come with the system and are newer
after an upgrade. A decision keeps the mark, so that a later look can tell other clocks from a row
that was changed.
"""

import functools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

_FROM: Final = datetime(2025, 1, 1, 12, tzinfo=UTC)
_DAYS: Final = 15 * 365


def mark_of(zones: Iterable[ZoneInfo]) -> str:
    """Eight characters for these zones, in any order."""
    told = {zone.key: _offsets(zone) for zone in zones}
    return blake2b(b"".join(told[key] for key in sorted(told)), digest_size=4).hexdigest()


@functools.lru_cache(maxsize=600)
def _offsets(zone: ZoneInfo) -> bytes:
    days = (_FROM + timedelta(days=number) for number in range(_DAYS))
    told = ",".join(str(day.astimezone(zone).utcoffset()) for day in days)
    return blake2b(told.encode(), digest_size=8).digest()
