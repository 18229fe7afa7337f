"""`make bench`: how fast we are, as ratios to something bare in the same run.

python -m tests.load.bench            measure all, print it, write docs/benchmarks.md
python -m tests.load.bench --quick    a short look at everything; nothing is written
python -m tests.load.bench --only turns --only memory     measure these and print them
python -m tests.load.bench --only turns --write           put them in the place of older figures
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.load import (
    bench_import,
    bench_transcription,
    bench_week,
    claim_memory,
    contention,
    erasure,
    figures,
    memory,
    permissions,
    placed,
    preview_memory,
    purging,
    turns,
)
from tests.load.ground import Kind
from tests.load.page import measured, renewed
from tests.load.report import (
    contention_part,
    dialling_part,
    erasure_part,
    figures_part,
    import_part,
    memory_part,
    permissions_part,
    preview_part,
    purge_part,
    speech_part,
    turns_part,
    week_part,
)

FILE: Final = Path(__file__).resolve().parents[2] / "docs/benchmarks.md"


def turns_now(*, quick: bool) -> str:
    """Turns per second against the bare view, on both databases."""
    rounds, calls = (1, 24) if quick else (24, 150)
    return turns_part([turns.measure(kind, rounds=rounds, calls=calls) for kind in Kind])


def speech_now(*, quick: bool) -> str:
    """Transcription against bare Vosk."""
    return speech_part(bench_transcription.measure(**({"rounds": 1, "each": 1} if quick else {})))


def contention_now(*, quick: bool) -> str:
    """A turn while every core transcribes."""
    return contention_part(contention.measure(calls=16 if quick else 200))


def memory_now(*, quick: bool) -> str:
    """Memory over many calls."""
    calls = 40 if quick else 2_000
    return memory_part(memory.measure(calls=calls), calls=calls)


def import_now(*, quick: bool) -> str:
    """Importing cases against the bulk load of the same rows, and memory over a million lines."""
    rounds, rows = (1, 300) if quick else (3, 30_000)
    sizes = (300, 600) if quick else (bench_import.FEW, bench_import.MANY)
    figures = [bench_import.measure(kind, rounds=rounds, rows=rows) for kind in Kind]
    return import_part(figures, bench_import.memory(sizes))


def permissions_now(*, quick: bool) -> str:
    """Permission decisions per second: the rule alone, and with its facts to a stored row."""
    rounds, people = (1, 200) if quick else (5, 4_000)
    return permissions_part(
        [permissions.measure(kind, rounds=rounds, people=people) for kind in Kind]
    )


def preview_now(*, quick: bool) -> str:
    """What a preview holds of ten thousand people and of a million."""
    return preview_part(preview_memory.measure((200, 400) if quick else preview_memory.SIZES))


def erasure_now(*, quick: bool) -> str:
    """One person of whom a thousand items are kept, erased."""
    items = 80 if quick else 1_000
    return erasure_part([erasure.measure(kind, items=items) for kind in Kind])


def figures_now(*, quick: bool) -> str:
    """Counting scores, and reports over ten thousand and over ten million."""
    few = 1_200 if quick else figures.FEW
    return figures_part([figures.measure(kind, few=few) for kind in Kind])


def dialling_now(*, quick: bool) -> str:
    """Calls placed against the client alone, and a claim's memory."""
    rounds, calls = (1, 24) if quick else (5, 300)
    sizes = (400, 800) if quick else (claim_memory.FEW, claim_memory.MANY)
    return dialling_part(
        [placed.measure(kind, rounds=rounds, calls=calls) for kind in Kind],
        claim_memory.measure(sizes),
    )


def week_now(*, quick: bool) -> str:
    """A campaign's week under a clock that jumps, with everything checked that it must keep to."""
    return week_part(bench_week.measure(100 if quick else bench_week.PEOPLE))


def purge_now(*, quick: bool) -> str:
    """A million answers and a hundred thousand typed comments purged, against bare deletes."""
    sizes = {"answers": 400 if quick else 1_000_000, "comments": 200 if quick else 100_000}
    return purge_part(
        [
            purging.measure(kind, what=what, items=items, rounds=1)
            for kind in Kind
            for what, items in sizes.items()
        ]
    )


PARTS: Final[Mapping[str, Callable[..., str]]] = {
    "turns": turns_now,
    "speech": speech_now,
    "contention": contention_now,
    "memory": memory_now,
    "import": import_now,
    "permissions": permissions_now,
    "preview": preview_now,
    "erasure": erasure_now,
    "figures": figures_now,
    "dialling": dialling_now,
    "week": week_now,
    "purge": purge_now,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts one after the other; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure speed as ratios in one run.")
    parser.add_argument("--quick", action="store_true", help="a short look; nothing is written")
    parser.add_argument("--only", action="append", choices=sorted(PARTS), help="only this part")
    parser.add_argument("--write", action="store_true", help="write it although it is not all")
    given = parser.parse_args(arguments)
    if given.quick and given.write:
        parser.error("--quick measures too little to be written; leave one of the two out")
    parts: dict[str, str] = {}
    for name in given.only or PARTS:
        sys.stderr.write(f"measuring {name}…\n")
        load, started = os.getloadavg()[0], time.monotonic()
        text = PARTS[name](quick=given.quick)
        took = time.monotonic() - started
        parts[name] = measured(text, at=datetime.now(UTC), took=took, load=load)
        sys.stdout.write(f"\n{parts[name]}")
        sys.stdout.flush()
    if given.write or not (given.quick or given.only):
        FILE.write_text(renewed(FILE.read_text("utf-8"), parts, order=list(PARTS)), "utf-8")
        sys.stdout.write(f"\nwritten to {FILE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
