"""Connection rules that an address carries in its fragment: `#rc=2&rp=5xx,ct&tt=15000`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from simulator.profiles import Profile


@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """Seconds to connect, to read and in all; how often and after what to try again."""

    connect: float
    read: float
    total: float
    retries: int
    policy: frozenset[str]

    def again(self, failure: str, *, attempt: int, until: float) -> bool:
        """Is a request that failed like this (`4xx`, `5xx`, `ct`, `rt`) sent once more?"""
        wanted = "all" in self.policy or failure in self.policy
        return wanted and attempt < self.retries and time.monotonic() < until


def rules_of(url: str, *, profile: Profile, deadline: float) -> ConnectionRules:
    """What the fragment says, within the profile's limits; the usual rules without one."""
    given = dict(parse_qsl(url.partition("#")[2]))

    def milliseconds(key: str, usual: float) -> float:
        value = given.get(key, "")
        return min(int(value) / 1000, usual) if value.isdigit() else usual

    retries = given.get("rc", "1")
    return ConnectionRules(
        connect=milliseconds("ct", min(profile.connect_seconds, deadline)),
        read=milliseconds("rt", deadline),
        total=milliseconds("tt", deadline),
        retries=min(int(retries), 5) if retries.isdigit() else 1,
        policy=frozenset(given.get("rp", "ct").split(",")),
    )
