"""Walls around one job: a poison recording ends its own process and nothing beside it.

A worker forks a child for each job. The child calls `wall_in` before it opens anything; whatever
the recording does to a decoder then, the child fails alone and the next job starts fresh. Time is
bounded twice: by the queue's job limit, which bites between chunks, and by the processor time here,
which bites even inside the decoder.
"""

import resource
from pathlib import Path

MEMORY_FOR_A_JOB = 512 << 20
"""Bytes beyond what the worker had when it forked; a 10-minute recording needs some 60 MB."""


def wall_in(*, extra_memory: int = MEMORY_FOR_A_JOB, cpu_seconds: int) -> None:
    """Limit this process for good: address space now in use plus `extra_memory`, and CPU time.

    Counting from the present use lets large models, loaded before the fork, stay outside the
    limit. Python code that runs into the wall gets MemoryError. The decoder's own code cannot
    unwind and aborts the process, so this must only be called in a child made for one job.
    At the CPU limit the kernel sends SIGXCPU, which ends the process, and SIGKILL ten seconds on.
    """
    address_space = _address_space() + extra_memory
    _lower(resource.RLIMIT_AS, soft=address_space, hard=address_space)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + cpu_seconds
    _lower(resource.RLIMIT_CPU, soft=seconds, hard=seconds + 10)


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _lower(kind: int, *, soft: int, hard: int) -> None:
    """Never above a limit the operator has set already."""
    _, highest = resource.getrlimit(kind)
    if highest != resource.RLIM_INFINITY:
        soft, hard = min(soft, highest), min(hard, highest)
    resource.setrlimit(kind, (soft, hard))
