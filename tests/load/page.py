"""docs/benchmarks.md: each part with when and where it was measured, and how quiet it was."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("Flask", "gunicorn", "SQLAlchemy", "psycopg", "rq", "vosk", "twilio")
_PART: Final = re.compile(r"^<!-- part: (\S+) -->\n", re.MULTILINE)


def measured(text: str, *, at: datetime, took: float, load: float) -> str:
    """A part with its date and machine; `took` in seconds, `load` the average before it began."""
    return (
        f"{text}\n*Measured on {at:%Y-%m-%d} in {took:.0f} s on {_processor()}, "
        f"{len(os.sched_getaffinity(0))} cores, {_memory():.0f} GB, by Python "
        f"{platform.python_version()}; load average before it: {load:.1f}.*\n"
    )


def renewed(page: str, parts: Mapping[str, str], *, order: Sequence[str]) -> str:
    """The page with these parts in place of older ones, each where `order` says; others stay."""
    pieces = _PART.split(page)[1:]
    known = dict(zip(pieces[::2], pieces[1::2], strict=True)) | parts
    shown = [f"<!-- part: {name} -->\n{known[name].strip()}\n" for name in order if name in known]
    return f"{_head()}\n" + "\n".join(shown)


def _head() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`; do not edit by hand. Every comparison is made within one run, in "
        "turns, so that the ratio holds on other machines although the figures beside it do not. "
        "Figures are medians over the rounds; so is a ratio, of what each round gave, and not the "
        "quotient of the medians beside it.\n\n"
        f"- {platform.system()} {platform.release().split('-')[0]}; the machine stands with each "
        "part; what drives the load runs on the same cores\n"
        f"- {packages}\n"
        "- Repeat it: `make bench`; one part: `python -m tests.load.bench --only turns --write`; a "
        "short look that writes nothing: `python -m tests.load.bench --quick`\n"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
