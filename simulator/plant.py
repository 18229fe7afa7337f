"""The equipment that every call and message of one network shares."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.clock import Clock
from simulator.dispatch import Dispatch
from simulator.faults import FaultBook
from simulator.journal import Journal, Kind
from simulator.records import API_VERSION
from simulator.settings import Account, Settings
from simulator.sids import new_sid
from simulator.store import Store


@dataclass(frozen=True, slots=True)
class Plant:
    account: Account
    origin: str
    """Where this network's API answers, without a trailing slash; media addresses begin so."""
    clock: Clock
    store: Store
    journal: Journal
    faults: FaultBook
    dispatch: Dispatch
    settings: Callable[[], Settings]
    stopping: threading.Event

    def sid(self, prefix: str) -> str:
        return new_sid(prefix, as_uuid=self.settings().dialect.uuid_sids)

    def media_url(self, recording_sid: str) -> str:
        return f"{self.origin}/{API_VERSION}/Accounts/{self.account.sid}/Recordings/{recording_sid}"

    def note(self, sid: str, kind: Kind, at: datetime, **data: Any) -> None:
        self.journal.add(sid, kind, at, **data)
