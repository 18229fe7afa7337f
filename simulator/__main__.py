"""`python -m simulator`: a telephone network in a box, until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from simulator.profiles import ProfileName
from simulator.server import BANNER, OWN_NUMBER, start
from simulator.settings import ClockKind, Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 0 after an orderly end."""
    given = _parser().parse_args(arguments)
    settings = Settings(
        profile=given.profile, clock=given.clock, cps=given.cps, strict=not given.lenient
    )
    simulator = start(
        given.data,
        account_sid=given.account_sid,
        auth_token=given.auth_token,
        host=given.host,
        port=given.port,
        settings=settings,
        webhook_base=given.webhook_base,
        numbers=given.number or [OWN_NUMBER],
    )
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    sys.stdout.write(f"{BANNER}\nlistening on {simulator.origin}\n")
    sys.stdout.flush()
    ended.wait()
    simulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=BANNER)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps its state")
    parser.add_argument("--account-sid", required=True)
    parser.add_argument("--auth-token", required=True)
    parser.add_argument("--profile", type=ProfileName, default=ProfileName.TWILIO)
    parser.add_argument("--clock", type=ClockKind, default=ClockKind.REAL)
    parser.add_argument("--cps", type=float, default=1.0, help="calls started per second")
    parser.add_argument("--lenient", action="store_true", help="mistakes in TwiML are warnings")
    parser.add_argument("--webhook-base", help="origin that stands in for the public address")
    parser.add_argument("--number", action="append", help="a number of the service (repeatable)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
