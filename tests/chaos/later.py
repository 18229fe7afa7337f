"""Runs a program of ours in the future: `python -m tests.chaos.later SECONDS PROGRAM ARGUMENTS`.

Leases and waits are minutes, hours and a day long. Nobody waits that long in a test, and shorter
ones for tests alone would prove nothing: the same programs run on, with a clock that is ahead.
"""

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main() -> None:
    """Become the program: a file of ours by its name, or an installed module such as gunicorn."""
    ahead, program = timedelta(seconds=float(sys.argv[1])), sys.argv[2]
    sys.argv = sys.argv[2:]
    with time_machine.travel(datetime.now(UTC) + ahead, tick=True):
        if program.endswith(".py"):
            runpy.run_path(program, run_name="__main__")
        else:
            runpy.run_module(program, run_name="__main__")


if __name__ == "__main__":
    main()
