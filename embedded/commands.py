"""Commands that need several rooms at once: point numbers, play a scenario."""

import sys
from pathlib import Path

import click

from config.settings import Switch
from embedded.scripts import ScriptError, play
from embedded.setup import point_numbers
from storage.faults import GiveUp, TryAgain
from storage.house import house

calls_group = click.Group("calls", help="Telephone calls.")
numbers_group = click.Group("numbers", help="Our telephone numbers.")


@numbers_group.command("point")
def point() -> None:
    """Have calls and texts to every line and mailbox come to our webhooks."""
    try:
        numbers = point_numbers(house().settings)
    except (GiveUp, TryAgain) as fault:
        click.echo(f"Error: {fault}{_where()}", err=True)
        sys.exit(2)
    for number in numbers:
        base = house().settings.public_base_url
        click.echo(f"{number} → {base}/voice/inbound, {base}/sms/inbound")
    if house().settings.fallback_base_url is None:
        click.echo(
            "Warning: FALLBACK_BASE_URL is not set: while the web is down, callers hear the "
            "provider's own words for an error instead of an apology in their language.",
            err=True,
        )


def _where() -> str:
    settings = house().settings
    if settings.simulator is Switch.OFF:
        return ""
    return (
        f" at {settings.twilio_api_base_url}; while 'make run' runs, give this command the same "
        "PORT and DATA_DIR"
    )


@calls_group.command("script")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def script(file: Path) -> None:
    """Play a scenario in the terminal: every sentence, key and recording, then what was stored.

    Needs a running service with the simulator (`make run`).
    """
    try:
        for line in play(file):
            click.echo(line)
    except (ScriptError, GiveUp, TryAgain) as fault:
        click.echo(f"Error: {fault}", err=True)
        sys.exit(2)
