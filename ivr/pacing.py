"""Not faster than a line allows: the moments at which its calls may be placed."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Pacer:
    """Hands out moments per line; kept by the dialler from one round to the next."""

    _free_at: dict[UUID, float] = field(default_factory=dict)

    def delay(self, line_id: UUID, calls_per_second: float, *, now: float) -> float:
        """Seconds to wait before the line's next call, which is thereby taken; `now` is a clock
        that never goes back."""
        at = max(now, self._free_at.get(line_id, now))
        self._free_at[line_id] = at + 1 / max(calls_per_second, 0.01)
        return at - now
