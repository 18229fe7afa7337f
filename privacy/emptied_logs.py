"""Emptying SQLite's logs: until then deleted rows and destroyed keys still lie in the files.

A deleted row is overwritten in the log at once, and in the database file when the log is moved into
it. Whoever has deleted something asks for that; where somebody's reading was in the way it is asked
for again by the next sweep or purge, and an alarm says so meanwhile. PostgreSQL needs none of it.
"""

import time
from datetime import datetime
from typing import Final

from storage import alarms
from storage.database import Database
from storage.house import House, transaction

BUSY: Final = "retention.log_not_emptied"
_PATIENCE: Final = 10
_PAUSE_SECONDS: Final = 0.2


def empty(house: House, *, now: datetime, patience: int = _PATIENCE) -> bool:
    """Whether the logs of all three databases could be emptied; an alarm sounds until they are.

    `patience` is how often a log is looked at again while readers are in the way.
    """
    databases = (house.database, house.keyring.database, house.ledger.database)
    return empty_these(*databases, now=now, patience=patience)


def empty_these(*databases: Database, now: datetime, patience: int = _PATIENCE) -> bool:
    """The same for these databases."""
    emptied = [_is_emptied(database, patience) for database in databases]
    with transaction() as session:
        tell = alarms.clear if all(emptied) else alarms.sound
        tell(session, BUSY, at=now)
    return all(emptied)


def _is_emptied(database: Database, patience: int) -> bool:
    for _ in range(patience):
        if database.checkpoint():
            return True
        time.sleep(_PAUSE_SECONDS)
    return database.checkpoint()
