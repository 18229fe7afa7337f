"""`flask responses review|decide|answer|reopen`: what staff did about a response, noted by command.

Each says what it does to the day on which the response goes.
"""

import logging
from datetime import datetime
from typing import Final

import click
from sqlalchemy.orm import Session

from console import kept_days
from storage.house import house, reading, transaction, utc_now
from storage.tables import Organisation, Response
from survey import handling
from survey.command_errors import plain_errors
from survey.handling import Step
from survey.places import find_organisation
from survey.wish_commands import organisation_option

log = logging.getLogger(__name__)

LOCALE: Final = "en_GB"


@click.command("review")
@click.argument("reference")
@organisation_option
def review_command(reference: str, organisation: str) -> None:
    """Note that a response was gone through; name it by its id or its case."""
    _note(reference, organisation, Step.REVIEWED)


@click.command("decide")
@click.argument("reference")
@organisation_option
def decide_command(reference: str, organisation: str) -> None:
    """Note that it is decided what follows from a response."""
    _note(reference, organisation, Step.DECIDED)


@click.command("answer")
@click.argument("reference")
@organisation_option
@click.option("--yes", is_flag=True, help="Do not ask when that lets the response be deleted.")
def answer_command(reference: str, organisation: str, yes: bool) -> None:
    """Note that the person was answered: what is kept until then is deleted."""
    with plain_errors(), reading() as session:
        owner = find_organisation(session, organisation)
        handling.find_response(session, owner, reference, keyring=house().keyring)
        deletes = kept_days.ends_when_answered(owner)
    if deletes and not yes:
        click.confirm(
            "What is kept until then is deleted within a quarter of an hour. Go on?", abort=True
        )
    _note(reference, organisation, Step.ANSWERED)


@click.command("reopen")
@click.argument("reference")
@organisation_option
def reopen_command(reference: str, organisation: str) -> None:
    """Take back the last step that was noted, while the response is still there."""
    with plain_errors(), transaction() as session:
        owner = find_organisation(session, organisation)
        response = handling.find_response(session, owner, reference, keyring=house().keyring)
        step = handling.take_back(response)
        session.flush()
        told = _goes(session, owner, response, now=utc_now())
    if step is not None:
        log.info("response.handled", extra={"response_id": response.id, "state": "back"})
    click.echo("nothing was noted" if step is None else f"no longer {step}")
    _say(told)


def _note(reference: str, organisation: str, step: Step) -> None:
    now = utc_now()
    with plain_errors(), transaction() as session:
        owner = find_organisation(session, organisation)
        response = handling.find_response(session, owner, reference, keyring=house().keyring)
        changed = handling.note(response, step, at=now)
        session.flush()
        told = _goes(session, owner, response, now=now)
    if changed:
        log.info("response.handled", extra={"response_id": response.id, "state": step})
    click.echo(step if changed else f"already {step}")
    _say(told)


def _goes(session: Session, owner: Organisation, response: Response, *, now: datetime) -> list[str]:
    return kept_days.of_response(session, owner, response, now=now, locale=LOCALE)


def _say(told: list[str]) -> None:
    for sentence in told:
        click.echo(sentence)


HANDLING_COMMANDS: Final = (review_command, decide_command, answer_command, reopen_command)
