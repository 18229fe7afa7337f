"""`flask rights package`: everything that is kept of a person, as a file to hand to them."""

from pathlib import Path

import click

from privacy import access_package, request_steps, requests
from privacy.request_steps import WrongStepError
from storage.export_words import ExportKind, ExportReason
from storage.house import house, reading, transaction, utc_now
from storage.request_states import Outcome, RequestKind, RequestState
from storage.tables import RightsRequest
from survey import permission_told
from survey.command_errors import plain_errors
from survey.export_book import Errand, written
from survey.places import find_organisation
from survey.wish_commands import organisation_option
from transcription.masking import mask_text

_KINDS = (RequestKind.ACCESS, RequestKind.PORTABILITY)
_READY = (RequestState.DECIDED, RequestState.DONE)


@click.command("package")
@click.argument("reference")
@organisation_option
@click.option(
    "--to",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip to write; without it, into the folder of exports, from which it goes in time.",
)
def package_command(reference: str, organisation: str, out: Path | None) -> None:
    """Write what is kept of the person who asks; only once it is proven and granted.

    Whoever can read the file can read everything.
    """
    now = utc_now()
    with plain_errors():
        with reading() as session:
            owner = find_organisation(session, organisation)
            request = _granted(requests.look(session, owner.id, reference))
            made = access_package.prepare(
                session,
                request,
                keyring=house().keyring,
                mask=masked,
                why=permission_told.in_language(request.language),
                now=now,
            )
        errand = Errand(owner, ExportKind.PACKAGE, ExportReason.REQUEST, ".zip", out)
        with written(house(), errand, now=now) as draft, draft.path.open("wb") as file:
            for part in access_package.parts(made, keyring=house().keyring, blobs=house().blobs):
                file.write(part)
            draft.lines = made.cases
        with transaction() as session:
            found = requests.find(session, owner.id, reference)
            if found is not None and found.state is RequestState.DECIDED:
                request_steps.finish(found, at=now)
    click.echo(f"{made.cases} cases and {len(made.sounds)} recordings in {draft.place}")
    click.echo(draft.until(), err=True)


def masked(text: str, language: str) -> str:
    """The text without the numbers of people."""
    return mask_text(text, language=language.split("-")[0] or None)


def _granted(request: RightsRequest | None) -> RightsRequest:
    if request is None:
        raise WrongStepError("there is no such request")
    if request.kind not in _KINDS:
        raise WrongStepError(f"the request is about {request.kind}, which has no package")
    if request.state not in _READY or request.outcome is Outcome.REFUSED:
        raise WrongStepError(
            f"the request is {request.state}; a package is written once it is proven and granted"
        )
    return request
