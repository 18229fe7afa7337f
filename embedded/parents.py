"""Children that end with their parent, so a killed supervisor leaves nothing running."""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends; call it right after the fork.

    Linux only; elsewhere a killed parent leaves its children to the operator.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended in between
        os._exit(1)
