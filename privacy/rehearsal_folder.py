"""The folder of a rehearsal below DATA_DIR: one run at a time, and nothing left of one that died.

A run holds a lock that the system takes from a dead process, which tells a copy in use from one
that was left behind.
"""

import fcntl
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

FOLDER: Final = "rehearsal"
"""Below DATA_DIR, while it lasts."""
NOT_REMOVED: Final = "rehearsal.not_removed"
"""The copy of a rehearsal that was killed is still there, and cannot be removed."""
_LOCK: Final = "rehearsal.lock"


class RehearsingError(Exception):
    """There is no room for a rehearsal now; the text says why."""


@contextmanager
def of_its_own(data_dir: Path) -> Iterator[Path]:
    """An empty folder for the time of the block.

    Raises RehearsingError while another run has it, or when a copy that lies there stays.
    """
    with _locked(data_dir) as ours:
        if not ours:
            raise RehearsingError(
                "another rehearsal runs on this machine; run this one when that has ended"
            )
        folder = data_dir.resolve() / FOLDER
        if not _removed(folder):
            raise RehearsingError(f"{folder} cannot be removed; remove it yourself, then try again")
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def remove_left(data_dir: Path) -> bool:
    """Remove the copy of a rehearsal that was killed; False when it is there and cannot be.

    One in use is left alone.
    """
    folder = data_dir / FOLDER
    if not _lies_there(folder):
        return True
    with _locked(data_dir) as ours:
        return not ours or _removed(folder)


def _removed(folder: Path) -> bool:
    if not _lies_there(folder):
        return True
    try:
        shutil.rmtree(folder)
    except OSError as error:
        log.warning("rehearsal.not_removed", extra={"error": type(error).__name__})
        return False
    return True


def _lies_there(folder: Path) -> bool:
    return folder.is_symlink() or folder.exists()


@contextmanager
def _locked(data_dir: Path) -> Iterator[bool]:
    """Whether the lock is ours for the time of the block; it is not waited for."""
    with (data_dir / _LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
