"""Moments that lie ahead: a clock that ran ahead wrote them, and was set right since."""

from datetime import datetime, timedelta
from typing import Final

WENT_BACK: Final = "clock.went_back"
"""The alarm that tells of it, until somebody has seen it."""
SKEW: Final = timedelta(minutes=1)
"""The clocks of several machines differ by less."""


def lies_ahead(moment: datetime, *, now: datetime) -> bool:
    """Whether something that has happened would have happened only after now."""
    return moment > now + SKEW
