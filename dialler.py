"""The dialler process: places the calls that are due. Run as many as wanted: they share a pace."""

import logging
import signal
import threading

from embedded.entrance import clearly_refused, enter
from ivr.dialling import Dialler
from storage.house import close_house, open_house, utc_now

log = logging.getLogger(__name__)

TROUBLE_SECONDS = 5.0


def main() -> None:
    """Place what is due, then look again, until told to stop."""
    with clearly_refused():
        open_house(enter(), patient=True)
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    dialler = Dialler(stop=stop, clock=utc_now)
    log.info("dialler.started")
    while not stop.is_set():
        try:
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
