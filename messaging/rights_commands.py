"""The commands `flask rights`: what people ask about their data, from receipt to answer.

A number or an address is asked for or read from standard input; afterwards a request is called by
its reference, which names nobody.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from messaging import carrying_out, receive_commands, request_lines, weighing
from privacy import erasure_proof, parts, persons, request_steps, requests
from storage.faults import GiveUp
from storage.house import house, reading, transaction, utc_now
from storage.request_states import (
    DECISIONS,
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestState,
)
from storage.tables import RightsRequest
from survey.command_errors import plain_errors
from survey.places import find_organisation
from survey.wish_commands import email_option, organisation_option, phone_option

C = TypeVar("C", bound=Callable[..., Any])


class UnknownReferenceError(GiveUp):
    """The organisation has no request with that reference."""


@click.group("rights")
def rights_group() -> None:
    """What people ask about their data, until they have their answer."""


receive_commands.add_to(rights_group)


def _one(command: C) -> C:
    """The command on one request, called by its reference."""
    named = click.argument("reference")
    return organisation_option(named(command))


@contextmanager
def _request(organisation: str, reference: str) -> Iterator[tuple[Session, RightsRequest]]:
    with plain_errors(), transaction() as session:
        owner = find_organisation(session, organisation)
        found = requests.find(session, owner.id, reference)
        if found is None:
            raise UnknownReferenceError(f"{owner.name} has no request {reference}")
        yield session, found


@rights_group.command("list")
@organisation_option
def list_command(organisation: str) -> None:
    """Say which requests wait for an answer, the most urgent first."""
    with plain_errors(), reading() as session:
        owner = find_organisation(session, organisation)
        found = requests.waiting(session, owner.id)
        for one in found:
            click.echo(request_lines.line(one, owner, now=utc_now()))
        if not found:
            click.echo("no request waits for an answer")


@rights_group.command("show")
@_one
def show(reference: str, organisation: str) -> None:
    """Say how far a request has come."""
    with _request(organisation, reference) as (session, found):
        owner = find_organisation(session, organisation)
        about = requests.about_of(found, keyring=house().keyring)
        for text in request_lines.page(found, owner, now=utc_now()):
            click.echo(text)
        if about:
            click.echo(f"about: {about}")
        if said := request_lines.GIVEN[persons.given_since(session, found)]:
            click.echo(said)


@rights_group.command("parts")
@_one
def parts_command(reference: str, organisation: str) -> None:
    """List what is kept of the person in parts, any of which a decision can leave out."""
    with _request(organisation, reference) as (session, found):
        for one in parts.of_person(session, persons.of_request(session, found)):
            owner = find_organisation(session, organisation)
            day = one.at.astimezone(ZoneInfo(owner.timezone))
            click.echo(f"{one.id}  {day:%Y-%m-%d}  {request_lines.PART[one.kind]}")


_by_hand = click.option(
    "--by",
    "way",
    required=True,
    type=click.Choice([ProofWay.CALLED_BACK.value, ProofWay.SEEN_IN_PERSON.value]),
    help="How you made sure who asks.",
)


@rights_group.command("prove")
@_one
@_by_hand
def prove(reference: str, organisation: str, way: str) -> None:
    """Note that you made sure who asks, and that what was asked are their words."""
    with _request(organisation, reference) as (session, found):
        weighing.prove(session, found, way=ProofWay(way), at=utc_now())
    click.echo(f"{reference}: proven ({way})")


@rights_group.command("extend")
@_one
@click.option(
    "--reason",
    required=True,
    type=click.Choice([one.value for one in ExtensionReason]),
    help="Why a month is not enough; tell the person.",
)
def extend(reference: str, organisation: str, reason: str) -> None:
    """Take two months more, once, before the month is over."""
    with _request(organisation, reference) as (session, found):
        weighing.extend(session, found, reason=ExtensionReason(reason), at=utc_now())
        owner = find_organisation(session, organisation)
        click.echo(request_lines.line(found, owner, now=utc_now()))


@rights_group.command("decide")
@_one
@click.argument("outcome", type=click.Choice([one.value for one in DECISIONS]))
@click.option(
    "--ground",
    type=click.Choice([one.value for one in Ground]),
    help="Why not, or not all of it; the person is told.",
)
@click.option(
    "--leave-out",
    "left_out",
    multiple=True,
    type=click.UUID,
    help="Of what is granted partly: what is not; the ids are those of 'flask rights parts'.",
)
def decide(
    reference: str,
    organisation: str,
    outcome: str,
    ground: str | None,
    left_out: tuple[UUID, ...],
) -> None:
    """Decide about a request, and do at once what can be done without a person."""
    with _request(organisation, reference) as (session, found):
        carrying_out.decide(
            session,
            found,
            outcome=Outcome(outcome),
            ground=None if ground is None else Ground(ground),
            left_out=left_out,
            house=house(),
            now=utc_now(),
        )
    _carried_out(reference, found.id)


@rights_group.command("reconsider")
@_one
def reconsider(reference: str, organisation: str) -> None:
    """Take back what was decided and cannot be done, so that another decision can be made."""
    with _request(organisation, reference) as (session, found):
        carrying_out.reconsider(session, found, now=utc_now())
    click.echo(f"{reference}: to be decided again")


@rights_group.command("withdraw")
@_one
@_by_hand
def withdraw(reference: str, organisation: str, way: str) -> None:
    """Close a request that the person takes back; the log keeps that it was made."""
    with _request(organisation, reference) as (session, found):
        carrying_out.withdraw(session, found, way=ProofWay(way), house=house(), now=utc_now())
    click.echo(f"{reference}: withdrawn")


@rights_group.command("told")
@_one
@click.option("--longer", is_flag=True, help="They know that the answer takes longer; no more.")
def told(reference: str, organisation: str, longer: bool) -> None:
    """Note that the person has their answer; the number or address they gave is forgotten."""
    with _request(organisation, reference) as (session, found):
        if longer:
            request_steps.tell_longer(session, found, at=utc_now())
        else:
            weighing.tell(session, found, keyring=house().keyring, at=utc_now())
    click.echo(f"{reference}: {'told that it takes longer' if longer else 'answered'}")


@rights_group.command("proof")
@_one
def proof(reference: str, organisation: str) -> None:
    """Say what an erasure came to, and which lines of the ledger prove it."""
    with _request(organisation, reference) as (_, found):
        organisation_id = found.organisation_id
    receipts = erasure_proof.of_request(house().ledger, organisation_id, reference)
    click.echo(f"{receipts.rows:>8}  rows, with all that hung on them")
    click.echo(f"{receipts.keys:>8}  keys destroyed")
    click.echo(f"{receipts.files:>8}  files deleted")
    click.echo(f"lines {', '.join(map(str, receipts.lines)) or 'none'}")


@rights_group.command("reopen")
@_one
@phone_option
@email_option
def reopen(reference: str, organisation: str, phone: str | None, email: str | None) -> None:
    """Take an answered request up again, as a new one for which the person is proven anew.

    Whoever is no customer was forgotten with the answer: say the number or address once more.
    """
    keyring = house().keyring
    with plain_errors():
        asker = (
            None
            if phone is None and email is None
            else receive_commands.asker_of(organisation, phone, email)
        )
    with _request(organisation, reference) as (session, found):
        if found.state is not RequestState.TOLD:
            raise request_steps.WrongStepError("the request is not answered yet")
        again = requests.reopen(session, found, at=utc_now(), keyring=keyring, asker=asker)
    click.echo(again.reference)


def _carried_out(reference: str, request_id: UUID) -> None:
    with plain_errors():
        state = carrying_out.carry_out(request_id, house=house(), now=utc_now())
    click.echo(f"{reference}: {state}")
