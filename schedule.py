"""The schedule process: rings periodic jobs when they are due. Run two; one acts at a time."""

import logging
import os
import signal
import socket
import threading
from datetime import datetime

from embedded.entrance import clearly_refused, enter
from privacy import lateness
from storage import periodic
from storage.house import close_house, house, open_house, transaction, utc_now
from storage.identity import new_token

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


def tick(*, holder: str, now: datetime) -> int:
    """Ring what is due if this process holds the lease; how many jobs were rung."""
    with transaction() as session:
        if not periodic.hold_lease(session, holder=holder, now=now):
            return 0
        due = periodic.claim_due(session, now=now)
        # Here and not in the purge, nor when it is rung: what has stopped tells nobody that it has.
        lateness.look(session, now=now)
    for job in due:
        house().bell.ring(job)
    return len(due)


def main() -> None:
    """Tick once a second until told to stop."""
    with clearly_refused():
        open_house(enter())
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    holder = f"{socket.gethostname()}-{os.getpid()}-{new_token()[:8]}"
    while not stop.wait(LOOK_SECONDS):
        try:
            tick(holder=holder, now=utc_now())
        except Exception:
            # A database that is away for a moment must not end the purge for good.
            log.exception("schedule.tick_failed")
    with transaction() as session:
        periodic.release_lease(session, holder=holder, now=utc_now())
    close_house()


if __name__ == "__main__":
    main()
