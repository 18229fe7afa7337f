"""Jobs that only the worker's own tests enqueue."""

import os
from pathlib import Path


def eat_memory(report: str) -> None:
    """Ask for two gigabytes and report what became of it."""
    try:
        bytearray(2 << 30)
    except MemoryError:
        Path(report).write_text("MemoryError")
    else:
        Path(report).write_text("no wall")


def tell_pid(report: str) -> None:
    """Report which process works, and whose child it is."""
    Path(report).write_text(f"{os.getpid()} {os.getppid()}")
