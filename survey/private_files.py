"""Files that hold people's data outside the house: whole or not there, and read by one alone."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from storage.faults import GiveUp


@contextlib.contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """A file to write that takes the place of `out` once it is whole; read by its owner alone.

    Raises GiveUp when it cannot be written.
    """
    unfinished = out.with_name(out.name + ".unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise GiveUp(f"{out} cannot be written: {error.strerror}") from None
    try:
        yield unfinished
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
