"""How much processor time servers spend: what other work on the machine hardly disturbs."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Self

import psutil


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds of a web server's processes, and of its database's."""

    server: float
    database: float

    @classmethod
    def so_far(cls, *, server: int, database: int | None) -> Self:
        """Since those processes began; a database without processes of its own has spent none."""
        return cls(_spent(server), _spent(database) if database is not None else 0.0)

    @classmethod
    def mean(cls, several: Sequence[Self]) -> Self:
        """Of equally many requests each."""
        return cls(mean(one.server for one in several), mean(one.database for one in several))

    @property
    def whole(self) -> float:
        """Of both."""
        return self.server + self.database

    def since(self, earlier: Self) -> Self:
        """What was added."""
        return type(self)(self.server - earlier.server, self.database - earlier.database)

    def shared_by(self, requests: int) -> Self:
        """A request's part."""
        return type(self)(self.server / requests, self.database / requests)


def _spent(first: int) -> float:
    """By a process, by all that descend from it, and by those of them that ended."""
    master = psutil.Process(first)
    return sum(sum(one.cpu_times()[:4]) for one in (master, *master.children(recursive=True)))
