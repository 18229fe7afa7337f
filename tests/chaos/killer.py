"""SIGKILL at random moments, for masters, children and grandchildren; and Redis is emptied."""

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

import psutil
from redis import Redis, RedisError

from tests.chaos.service import Service

# The supervisor rightly gives up on what dies five times in a minute.
MOST_DEATHS: Final = 3
_MINUTE: Final = 60.0


class Killer:
    """Strikes one thing at a time, drawn from a seeded chance; `struck` counts what it hit."""

    def __init__(self, service: Service, *, seed: int) -> None:
        self.struck: Counter[str] = Counter()
        self._service = service
        self._chance = Random(seed)
        self._masters: dict[str, list[float]] = {}
        self._bag: list[str] = []
        self._blows: Mapping[str, Callable[[], bool]] = {
            "web": lambda: self._master("web"),
            "web child": lambda: self._child("web"),
            "worker": lambda: self._master("worker"),
            "worker child": lambda: self._child("worker"),
            "worker grandchild": lambda: self._grandchild("worker"),
            "transcriber": lambda: self._master("transcriber"),
            "transcriber child": lambda: self._child("transcriber"),
            "transcriber grandchild": lambda: self._grandchild("transcriber"),
            "dialler": lambda: self._master("dialler"),
            "schedule": lambda: self._master("schedule"),
            "redis": self._redis,
            "all that redis holds": self._flush,
        }

    def pause(self) -> float:
        """Seconds until the next blow."""
        return self._chance.uniform(0.8, 2.6)

    def strike(self) -> None:
        """One blow; nothing when what it was meant for is not there at this moment.

        Every kind has its turn before the first comes again.
        """
        if not self._bag:
            self._bag = sorted(self._blows)
            self._chance.shuffle(self._bag)
        name = self._bag.pop()
        if self._blows[name]():
            self.struck[name] += 1

    def _master(self, name: str) -> bool:
        return self._rarely(name, lambda: self._service.processes.pid(name))

    def _redis(self) -> bool:
        return self._rarely("redis", self._service.redis_pid)

    def _rarely(self, name: str, pid: Callable[[], int]) -> bool:
        now = time.monotonic()
        recent = [at for at in self._masters.get(name, []) if at > now - _MINUTE]
        if len(recent) >= MOST_DEATHS:
            return False
        self._masters[name] = [*recent, now]
        return _kill(pid())

    def _child(self, name: str) -> bool:
        return self._one_of(_children(self._service.processes.pid(name)))

    def _grandchild(self, name: str) -> bool:
        """A job at work: an RQ worker forks for each."""
        children = _children(self._service.processes.pid(name))
        return self._one_of([grandchild for pid in children for grandchild in _children(pid)])

    def _one_of(self, pids: list[int]) -> bool:
        return bool(pids) and _kill(self._chance.choice(sorted(pids)))

    def _flush(self) -> bool:
        with (
            contextlib.suppress(RedisError),
            Redis.from_url(self._service.settings.redis_url) as redis,
        ):
            redis.flushall()
            return True
        return False


def _children(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.NoSuchProcess:
        return []


def _kill(pid: int) -> bool:
    try:
        psutil.Process(pid).send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True
