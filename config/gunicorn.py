"""The web server's settings: two processes with four threads each fit two cores."""

import ctypes
import os
import signal
import sys
from typing import Any

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# The heartbeat file must lie in memory: a busy disk would look like a dead worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - a folder, not a file name
# Newer versions open a control socket in the user's home.
control_socket_disable = True
# Paths of webhooks bear tokens: no access log.
accesslog = None
errorlog = "-"
loglevel = "warning"
keepalive = 5
graceful_timeout = 20


def post_fork(_arbiter: Any, worker: Any) -> None:
    """Tell a worker its number, and let it finish its requests and go when its master was killed.

    Otherwise it keeps the port for many seconds in which the next master cannot start and callers
    who come in are answered by nobody. Linux only.
    """
    os.environ["WEB_WORKER_NUMBER"] = str(worker.age)
    if sys.platform.startswith("linux"):
        parent_death_signal = 1
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGQUIT)


def post_worker_init(worker: Any) -> None:
    """Go at once if the master was killed before the worker could hear of it."""
    if os.getppid() != worker.ppid:
        os._exit(0)
