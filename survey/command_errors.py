"""How a command ends that an operator got wrong: one clear line, exit code 2, nothing half-done."""

import contextlib
import sys
from collections.abc import Iterator

import click

from config.problems import ConfigurationError
from storage.faults import GiveUp
from survey.versions import MissingWordingError

NOTHING_DONE = 2


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """What an operator can mend is said without a traceback, and nothing was committed."""
    try:
        yield
    except (GiveUp, ConfigurationError, MissingWordingError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(NOTHING_DONE)
