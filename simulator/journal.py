"""The network's log: everything that was said, pressed, fetched and told, in order.

It is kept in memory only and forgets its oldest entries; it is a window for tests and the phone
lab, not something the provider would keep.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    STATE = "state"
    TWIML = "twiml"
    HEARD = "heard"
    KEYS = "keys"
    RECORDED = "recorded"
    WEBHOOK = "webhook"
    ERROR = "error"
    WARNING = "warning"
    SCRIPT = "script"
    MESSAGE = "message"
    API = "api"


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    at: datetime
    sid: str
    kind: Kind
    data: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "sid": self.sid,
            "kind": self.kind.value,
            **self.data,
        }


class Journal:
    def __init__(self, *, longest: int = 50_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=longest)
        self._number = 0
        self._lock = threading.Lock()

    def add(self, sid: str, kind: Kind, at: datetime, **data: Any) -> None:
        with self._lock:
            self._number += 1
            self._entries.append(Entry(self._number, at, sid, kind, data))

    def of(self, sid: str) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries if entry.sid == sid]

    def after(self, number: int) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries if entry.number > number]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
