"""The dialler process: places the calls that are due, one crash-safe attempt at a time."""

import logging
import signal
import threading

from embedded.entrance import clearly_refused, enter
from ivr import dialling
from storage.house import close_house, open_house, utc_now

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
TROUBLE_SECONDS = 5.0


def main() -> None:
    """Place what is due, then look again, until told to stop."""
    with clearly_refused():
        open_house(enter(), patient=True)
    stop = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stop.set())
    wait = 0.0
    while not stop.wait(wait):
        try:
            wait = 0.0 if dialling.run_once(now=utc_now(), stop=stop) else IDLE_SECONDS
        except Exception:
            # A provider or database that is away must not end dialling for good; what was being
            # placed is looked up, never redialled.
            log.exception("dialler.round_failed")
            wait = TROUBLE_SECONDS
    close_house()


if __name__ == "__main__":
    main()
