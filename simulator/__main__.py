"""`python -m simulator`: a telephone network in a box, until it is interrupted."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from simulator import mail_catcher
from simulator.lab_network import phone_lab
from simulator.mail_catcher_pages import mail_page
from simulator.population import Population
from simulator.profiles import ProfileName
from simulator.server import BANNER, OWN_NUMBER, start
from simulator.settings import ClockKind, Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 0 after an orderly end."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not given.account_sid or not given.auth_token:
        parser.error(
            "the account is missing: --account-sid and --auth-token, "
            "or SIMULATOR_ACCOUNT_SID and SIMULATOR_AUTH_TOKEN in the environment"
        )
    settings = Settings(
        profile=given.profile, clock=given.clock, cps=given.cps, strict=not given.lenient
    )
    try:
        town = Population(given.population, seed=given.population_seed, pace=given.population_pace)
    except ValueError as mistake:
        parser.error(str(mistake))
    installs = [phone_lab(town)]
    catcher = None
    if given.smtp_port is not None:
        catcher = mail_catcher.start(
            given.smtp_port, directory=given.data / "mail", host=given.host
        )
        installs.append(mail_page(catcher.store))
    simulator = start(
        given.data,
        account_sid=given.account_sid,
        auth_token=given.auth_token,
        host=given.host,
        port=given.port,
        settings=settings,
        webhook_base=given.webhook_base,
        numbers=given.number or [OWN_NUMBER],
        installs=installs,
    )
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    sys.stdout.write(f"{BANNER}\nlistening on {simulator.origin}\n")
    sys.stdout.write(f"phone lab at {simulator.origin}/lab/\n")
    if catcher is not None:
        sys.stdout.write(f"catching mail on smtp://{given.host}:{catcher.port}\n")
    sys.stdout.flush()
    ended.wait()
    simulator.stop()
    if catcher is not None:
        catcher.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=BANNER)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps its state")
    # Rather from the environment than on the command line, which every user here can read.
    for name, variable in (
        ("--account-sid", "SIMULATOR_ACCOUNT_SID"),
        ("--auth-token", "SIMULATOR_AUTH_TOKEN"),
    ):
        default = os.environ.get(variable)
        parser.add_argument(name, default=default, required=not default, help=f"or {variable}")
    parser.add_argument("--profile", type=ProfileName, default=ProfileName.TWILIO)
    parser.add_argument("--clock", type=ClockKind, default=ClockKind.REAL)
    parser.add_argument("--cps", type=float, default=1.0, help="calls started per second")
    parser.add_argument("--lenient", action="store_true", help="mistakes in TwiML are warnings")
    parser.add_argument("--webhook-base", help="origin that stands in for the public address")
    parser.add_argument("--number", action="append", help="a number of the service (repeatable)")
    parser.add_argument(
        "--population", type=int, default=0, metavar="COUNT", help="people who answer calls"
    )
    parser.add_argument("--population-seed", type=int, default=1, help="which people (default 1)")
    parser.add_argument(
        "--population-pace",
        type=float,
        default=6.0,
        help="how many times faster than life they hear and think (default 6)",
    )
    parser.add_argument(
        "--smtp-port", type=int, help="catch mails on this port; 0 takes a free one"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
