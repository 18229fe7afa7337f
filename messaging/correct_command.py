"""`flask rights correct`: what a person says is wrong about them, written over what was there."""

import click

from messaging import rectifying
from messaging.rectifying import Correction, RightScore
from privacy import request_steps, requests
from privacy.request_steps import WrongStepError
from storage.faults import GiveUp
from storage.house import house, transaction, utc_now
from survey.command_errors import plain_errors
from survey.places import find_organisation
from survey.wish_commands import organisation_option, prompted

_ASKED = "-"


def _asked_for(name: str) -> str:
    return f"Its {name}; without a value it is asked for."


@click.command("correct")
@click.argument("reference")
@organisation_option
@click.option("--name", is_flag=False, flag_value=_ASKED, help=_asked_for("name"))
@click.option("--phone", is_flag=False, flag_value=_ASKED, help=_asked_for("number"))
@click.option("--email", is_flag=False, flag_value=_ASKED, help=_asked_for("address"))
@click.option("--language", help="The language the person is spoken to in, such as sv.")
@click.option(
    "--score", "scores", type=(str, str, int), multiple=True, metavar="CASE QUESTION NUMBER",
    help="The score that is right; may be given several times.",
)  # fmt: skip
def correct_command(
    reference: str,
    organisation: str,
    name: str | None,
    phone: str | None,
    email: str | None,
    language: str | None,
    scores: tuple[tuple[str, str, int], ...],
) -> None:
    """Correct the person who asks; only once it is proven and granted."""
    with plain_errors():
        correction = Correction(
            name=_value("Name", name),
            phone=_value("Number", phone),
            email=_value("Address", email),
            language=language,
            scores=tuple(RightScore(*one) for one in scores),
        )
        if correction == Correction():
            raise GiveUp(
                "say what is to be corrected: --name, --phone, --email, --language or --score"
            )
        with transaction() as session:
            owner = find_organisation(session, organisation)
            found = requests.find(session, owner.id, reference)
            if found is None:
                raise WrongStepError(f"{owner.name} has no request {reference}")
            rectifying.correct(session, found, correction, keyring=house().keyring, now=utc_now())
            request_steps.finish(found, at=utc_now())
    click.echo(f"{reference}: corrected")


def _value(what: str, given: str | None) -> str | None:
    return prompted(what) if given == _ASKED else given
