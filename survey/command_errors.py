"""How a command ends that an operator got wrong: one clear line, exit code 2, nothing half-done."""

import contextlib
import sys
from collections.abc import Iterator
from typing import NoReturn

import click

from config.problems import ConfigurationError
from storage.faults import GiveUp
from survey.interaction_file import NotAnImportFileError
from survey.versions import MissingWordingError

NOTHING_DONE = 2


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """What an operator can mend is said without a traceback, and nothing was committed."""
    try:
        yield
    except NotAnImportFileError as error:
        _refuse(f"the file {error}")
    except (GiveUp, ConfigurationError, MissingWordingError) as error:
        _refuse(str(error))


def _refuse(why: str) -> NoReturn:
    click.echo(f"Error: {why}", err=True)
    sys.exit(NOTHING_DONE)
