"""`flask rights correct`: what a person says is wrong about them, written over what was there."""

import click

from messaging import rectifying, request_lines
from messaging.rectifying import Correction, RightChoice, RightScore, RightWords
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
@click.option(
    "--choice",
    "choices",
    type=(str, str, str),
    multiple=True,
    metavar="CASE QUESTION VALUE",
    help="The answer that is right where there is no scale; may be given several times.",
)
@click.option(
    "--words", type=(str, str), metavar="CASE QUESTION",
    help="A comment or transcript; what was really said is asked for.",
)  # fmt: skip
def correct_command(
    reference: str,
    organisation: str,
    name: str | None,
    phone: str | None,
    email: str | None,
    language: str | None,
    scores: tuple[tuple[str, str, int], ...],
    choices: tuple[tuple[str, str, str], ...],
    words: tuple[str, str] | None,
) -> None:
    """Correct the person who asks; only once it is proven and granted."""
    with plain_errors():
        correction = Correction(
            name=_value("Name", name),
            phone=_value("Number", phone),
            email=_value("Address", email),
            language=language,
            scores=tuple(RightScore(*one) for one in scores),
            choices=tuple(RightChoice(*one) for one in choices),
            words=() if words is None else (RightWords(*words, prompted("What was said")),),
        )
        if correction == Correction():
            raise GiveUp(
                "say what is to be corrected: --name, --phone, --email, --language, --score, "
                "--choice or --words"
            )
        with transaction() as session:
            owner = find_organisation(session, organisation)
            found = requests.find(session, owner.id, reference)
            if found is None:
                raise WrongStepError(f"{owner.name} has no request {reference}")
            rectifying.correct(session, found, correction, keyring=house().keyring, now=utc_now())
            request_steps.finish(found, at=utc_now())
            told = request_lines.receivers(found)
    click.echo(f"{reference}: corrected")
    for line in told:
        click.echo(line)


def _value(what: str, given: str | None) -> str | None:
    return prompted(what) if given == _ASKED else given
