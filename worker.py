"""The worker processes: one child per queue, each an RQ worker that forks per job.

`python worker.py` reads recordings, deliveries and default; `python worker.py transcription` reads
the transcription queue with as many children as cores, after loading the speech models once, so
that all of them share the models' memory.
"""

import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from rq import Worker

from config.settings import Settings
from embedded.entrance import REFUSED, clearly_refused, enter
from embedded.parents import die_with_parent
from storage.database import DatabaseAwayError
from storage.house import close_house, open_house
from storage.queue import QUEUE_OF, SERIALIZER, TIMEOUT, Bell, JobName, QueueName, redis_client

log = logging.getLogger(__name__)

# Short enough that a job whose worker was killed is taken up again in about a minute; the sweeps
# are quicker still.
WORKER_TTL, MONITORING_SECONDS, MAINTENANCE_SECONDS = 30, 5, 15
RESTART_SECONDS = 1.0


class WalledWorker(Worker):  # type: ignore[misc] # the library has no types
    """Forks a child per job whose memory and processor time are limited, for speech."""

    def main_work_horse(self, *arguments: Any) -> None:
        """Wall the child in, then do the job; a poison recording ends this child alone."""
        from transcription.limits import wall_in

        wall_in(cpu_seconds=TIMEOUT[JobName.TRANSCRIBE])
        super().main_work_horse(*arguments)


def read_queue(name: QueueName, settings: Settings) -> None:
    """Work on one queue until told to stop. Never two queues in one worker: a job could be lost
    between them when the worker is killed.

    Ends the process with REFUSED when a person must mend something first; raises
    DatabaseAwayError when only time must pass.
    """
    with clearly_refused(unless=DatabaseAwayError):
        open_house(settings, patient=True)
    bell = Bell(redis_client(settings.redis_url, patient=True))
    kind = WalledWorker if name is QueueName.TRANSCRIPTION else Worker
    kind(
        [bell.queue(name)],
        connection=bell.redis,
        serializer=SERIALIZER,
        worker_ttl=WORKER_TTL,
        job_monitoring_interval=MONITORING_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        log_job_description=False,
    ).work(logging_level="WARNING")


def keep_running(children: Sequence[Callable[[], None]]) -> int:
    """Fork a process per child, start again what dies, and end all when told to stop.

    Ends all too when one is refused, which would be so each time again; returns the exit code.
    """
    stopping, ends = False, 0
    running: dict[int, Callable[[], None]] = {}
    parent = os.getpid()

    def start(child: Callable[[], None]) -> None:
        pid = os.fork()
        if pid == 0:
            die_with_parent(parent)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _run(child)
        running[pid] = child

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for pid in running:
            os.kill(pid, signal.SIGTERM)

    for child in children:
        start(child)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while running:
        pid, status = os.wait()
        if pid not in running:
            continue
        child = running.pop(pid)
        if os.waitstatus_to_exitcode(status) == REFUSED and not stopping:
            ends = REFUSED
            stop(signal.SIGTERM, None)
        if not stopping:
            log.warning("worker.died", extra={"pid": pid, "code": status})
            time.sleep(RESTART_SECONDS)
            start(child)
    return ends


def _run(child: Callable[[], None]) -> None:
    try:
        child()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 0)
    except DatabaseAwayError as away:
        log.warning("worker.waits", extra={"reason": str(away)})
        os._exit(1)
    except BaseException:
        log.exception("worker.broke")
        os._exit(1)
    os._exit(0)


def main(arguments: Sequence[str]) -> int:
    """Read the named queues, or all but transcription; returns the exit code."""
    with clearly_refused():
        settings = enter()
        # Once, before there are children: what is wrong is then said once, and nothing has begun.
        open_house(settings, patient=True)
        close_house()
    names = [QueueName(name) for name in arguments] or [
        QueueName.RECORDINGS,
        QueueName.DELIVERIES,
        QueueName.DEFAULT,
    ]
    children: list[Callable[[], None]] = []
    for name in names:
        copies = 1
        if name is QueueName.TRANSCRIPTION:
            # One decoder uses one core; more threads inside a maths library would only quarrel.
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
            from transcription import jobs

            jobs.preload(settings)
            copies = os.cpu_count() or 1
        for job in (job for job, queue in QUEUE_OF.items() if queue is name):
            # Before anything is forked, or each job would load its libraries anew.
            importlib.import_module(job.value.rpartition(".")[0])
        children += [lambda name=name: read_queue(name, settings)] * copies  # type: ignore[misc]
    return keep_running(children)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
