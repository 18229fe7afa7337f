"""`make run`: the whole service on this machine, with a telephone network to try it with.

python run.py                 start everything; Ctrl-C ends it
python run.py --quiet-town    the same, but nobody is rung until you register a case
python run.py --demo-data     let the simulated town have new closed cases, while it runs
"""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from dotenv import dotenv_values

from config.keys import ensure_secrets
from config.setting_defaults import DEFAULT_PORT
from config.setting_rules import is_port
from config.settings import Settings, SettingsError, Switch, load_settings
from embedded import entrance, setup
from embedded.plan import Ports, environment, outside, service
from embedded.processes import DidNotStartError, Supervisor
from storage.faults import GiveUp, TryAgain
from storage.house import close_house, open_house

log = logging.getLogger(__name__)

ROOT = Path(__file__).parent
EXPECTED = (*entrance.EXPECTED, DidNotStartError, setup.StepFailedError, GiveUp, TryAgain)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--demo-data", action="store_true", help="new closed cases for the simulated town"
    )
    parser.add_argument(
        "--quiet-town", action="store_true", help="nobody is rung until you register a case"
    )
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    os.environ.setdefault("FLASK_APP", "wsgi:for_commands")
    try:
        settings, ports = _prepare()
        if given.demo_data:
            return _more_cases(settings, ports)
        return _run(settings, ports, quiet=given.quiet_town)
    except EXPECTED as error:
        print(f"Genklang does not start: {error}", file=sys.stderr)
        return 1


def _prepare() -> tuple[Settings, Ports]:
    given = {k: v for k, v in dotenv_values(".env").items() if v} | dict(os.environ)
    data_dir = Path(given.get("DATA_DIR") or "var").expanduser().resolve()
    port = given.get("PORT") or str(DEFAULT_PORT)
    if not is_port(port):
        raise SettingsError([f"PORT {port[:20]!r} is not a port; 1 to 65532 would be right"])
    ports = Ports(int(port))
    ensure_secrets(data_dir)
    os.environ.update(environment(data_dir, ports, given))
    return load_settings(), ports


def _more_cases(settings: Settings, ports: Ports) -> int:
    if ports.web not in ports.taken():
        print(
            f"Genklang does not run on port {ports.web}. Start it with 'make run' in another "
            "terminal, and give this command the same PORT and DATA_DIR.",
            file=sys.stderr,
        )
        return 1
    open_house(settings)
    try:
        invited = setup.invite_the_town(settings, again=True)
    finally:
        close_house()
    print(f"{invited} people have a newly closed case.")
    return 0


def _run(settings: Settings, ports: Ports, *, quiet: bool) -> int:
    taken = ports.taken()
    if taken:
        print(
            f"Genklang does not start: port {taken[0]} is in use, perhaps by another Genklang. "
            f"Stop that, or set PORT (it takes that port and the three after it), "
            f"for example: PORT={ports.web + 100} make run",
            file=sys.stderr,
        )
        return 1
    stop = threading.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, lambda *_: stop.set())
    supervisor = Supervisor(settings.data_dir / "logs")
    try:
        _start(supervisor, settings, ports, stop, quiet=quiet)
        while not stop.wait(1.0):
            for name in supervisor.tend():
                print(f"  {name} had ended and was started again", flush=True)
    finally:
        print("\nStopping…", flush=True)
        killed = supervisor.stop()
        close_house()
    print("Stopped. Everything is kept in", settings.data_dir, flush=True)
    for name in killed:
        print(f"  {name} did not end by itself and was killed", file=sys.stderr)
    return 0


def _start(
    supervisor: Supervisor, settings: Settings, ports: Ports, stop: threading.Event, *, quiet: bool
) -> None:
    print("Starting Genklang…", flush=True)
    setup.migrate(settings)
    for program in outside(settings, ports):
        supervisor.start(program)
    open_house(settings)
    setup.apply_organisations(demo=settings.simulator is Switch.ON)
    name, password = setup.sign_in(settings)
    setup.own_numbers(settings)
    for program in service(settings, ports):
        if stop.is_set():
            return
        supervisor.start(program)
    if stop.is_set():
        return
    setup.point_numbers(settings)
    invited = 0 if quiet else setup.invite_the_town(settings)
    _say(settings, ports, name, password, invited)


def _say(settings: Settings, ports: Ports, name: str, password: str, invited: int) -> None:
    shown = password or f"(not kept here; 'flask users password {name}' gives a new one)"
    print(f"\n  Console      {settings.public_base_url}/console/")
    print(f"  Sign in as   {name}   {shown}")
    if settings.simulator is Switch.ON:
        network = f"http://127.0.0.1:{ports.simulator}"
        print(f"  Phone lab    {network}/lab        a telephone in your browser (simulated)")
        print(f"  Mail         {network}/mail       what the service has mailed (caught here)")
    print(f"  Data, logs   {settings.data_dir}")
    if invited:
        print(f"\n  {invited} simulated customers are being rung; their comments arrive")
        print("  in the console while you watch.")
    print("\n  Ctrl-C ends everything.\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
