"""The web server's settings: two processes with four threads each fit two cores."""

import os

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
