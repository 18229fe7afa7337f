"""The dialler process: places the calls that are due. Run as many as wanted: they share a pace."""

import logging
import signal
import threading
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from embedded.entrance import clearly_refused, enter
from ivr.dialling import Dialler
from storage import beats, restoration
from storage.house import close_house, house, open_house, transaction, utc_now
from survey import waking

log = logging.getLogger(__name__)

TROUBLE_SECONDS = 5.0


def count_when_due(counted_at: datetime | None, *, now: datetime) -> datetime:
    """Count together with the ledger once a minute, so that an older database rings nobody.

    Raises RestoredDatabaseError when the database was restored under this process.
    """
    if counted_at is not None and now - counted_at < beats.EVERY:
        return counted_at
    try:
        restoration.count(house().database, house().ledger, at=now)
    except DBAPIError:
        # Without the ledger nobody can tell; calls do not wait for that.
        log.warning("ledger.not_counted")
    return now


def wake_the_listed() -> None:
    """Have those looked at whom `ALLOWED_NUMBERS` names by now: it may be another than before."""
    try:
        with transaction() as session:
            waking.listed(session, house().settings.allowed_numbers, keyring=house().keyring)
    except DBAPIError:
        # They are looked at within a day in any case.
        log.warning("dialler.list_not_compared")


def main() -> None:
    """Place what is due, then look again, until told to stop."""
    with clearly_refused():
        open_house(enter(), patient=True)
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    wake_the_listed()
    dialler = Dialler(stop=stop, clock=utc_now)
    counted_at: datetime | None = None
    log.info("dialler.started")
    while not stop.is_set():
        try:
            counted_at = count_when_due(counted_at, now=utc_now())
            wait = dialler.tend(now=utc_now())
        except Exception:
            # A database that is away must not end dialling for good.
            log.exception("dialler.round_failed")
            wait = TROUBLE_SECONDS
        dialler.rest(wait)
    dialler.close()
    close_house()


if __name__ == "__main__":
    main()
