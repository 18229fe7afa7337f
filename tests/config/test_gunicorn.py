"""What the web server's settings promise, tried on a real server."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def master(tmp_path: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A master with two workers of an application that says ok."""
    (tmp_path / "says_ok.py").write_text(APP)
    process = subprocess.Popen(
        [Path(sys.executable).parent / "gunicorn", "--config", ROOT / "config/gunicorn.py",
         "--chdir", str(tmp_path), "says_ok:app"],
        env={**os.environ, "PORT": str(port)}, start_new_session=True,
    )  # fmt: skip
    yield process
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def kept_alive(port: int) -> socket.socket:
    """A connection that was answered and stays open, as the provider's do."""
    deadline = time.monotonic() + 30
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=5)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200 OK" in connection.recv(4096)
    return connection


def talk(port: int, stop: threading.Event) -> None:
    """One call after the other, as long as somebody holds the port."""
    connection = kept_alive(port)
    while not stop.wait(0.02):
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            if connection.recv(4096):
                continue
        except OSError:
            pass
        connection.close()
        with contextlib.suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", port), timeout=1)
    connection.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a promise on Linux alone")
def test_workers_whose_master_was_killed_free_the_port_although_people_are_calling(
    master: "subprocess.Popen[bytes]", port: int
) -> None:
    stop = threading.Event()
    callers = [threading.Thread(target=talk, args=(port, stop)) for _ in range(4)]
    for caller in callers:
        caller.start()
    kept_alive(port).close()
    time.sleep(0.3)

    master.kill()

    master.wait(10)
    deadline = time.monotonic() + 5.0
    while not is_free(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    freed = is_free(port)
    stop.set()
    for caller in callers:
        caller.join()
    assert freed
