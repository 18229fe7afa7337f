"""Unguessable names for media, for the providers that keep it elsewhere and redirect there."""

from __future__ import annotations

import secrets
import threading


class ObjectStore:
    """Names are valid until the network stops. Safe to use from many threads."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    def put(self, sid: str) -> str:
        """A new name for the recording."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._names[name] = sid
        return name

    def sid(self, name: str) -> str | None:
        """The recording of that name, if there is one."""
        with self._lock:
            return self._names.get(name)
