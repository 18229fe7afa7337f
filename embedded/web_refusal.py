"""How the web's workers are refused: one of them tells the master, the others wait for its word.

Gunicorn's master ends when a worker ends with a certain code, and prints a traceback of its own
when a second one does so while it is ending.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from embedded.entrance import clearly_refused

# With another code the master would begin anew for ever.
WEB_REFUSED: Final = 4
# The number of this worker since the master began, as config/gunicorn.py tells it.
WORKER_NUMBER: Final = "WEB_WORKER_NUMBER"
_MASTERS_WORD: Final = frozenset({signal.SIGTERM, signal.SIGQUIT, signal.SIGINT})
# So long, in seconds, a later worker waits. When the first was not refused, nobody else ends it.
_PATIENCE: Final = 10.0


@contextmanager
def refused_once() -> Iterator[None]:
    """End the process with one line when an operator's mistake shows itself, and with it the web.

    The first worker ends with WEB_REFUSED; a later one ends in order once the master says so.
    """
    if int(os.environ.get(WORKER_NUMBER, "1")) == 1:
        with clearly_refused(code=WEB_REFUSED):
            yield
        return
    # Held back from here on: a word that comes before the refusal would be missed.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _MASTERS_WORD)
    try:
        with clearly_refused(code=WEB_REFUSED):
            yield
    except SystemExit:
        if signal.sigtimedwait(_MASTERS_WORD, _PATIENCE) is not None:
            sys.exit(0)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
