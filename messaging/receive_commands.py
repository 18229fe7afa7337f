"""The commands that write down what somebody asks about their data, one for each kind."""

from typing import Final

import click

from messaging import carrying_out
from privacy import request_steps, requests
from privacy.requests import Asker
from storage.house import house, transaction, utc_now
from storage.request_states import Outcome, RequestChannel, RequestKind, RequestState
from survey import subjects
from survey.command_errors import plain_errors
from survey.places import find_organisation
from survey.wish_commands import email_option, organisation_option, phone_option, subject_named

_CHANNELS: Final = [one.value for one in RequestChannel if one is not RequestChannel.WEB]
_RECEIVING: Final = {
    "information": (RequestKind.INFORMATION, "Somebody asks what is done with data like theirs."),
    "access": (RequestKind.ACCESS, "Somebody asks to see what is kept about them."),
    "take-along": (RequestKind.PORTABILITY, "Somebody asks for their data to take along."),
    "rectify": (RequestKind.RECTIFICATION, "Somebody asks that something is corrected."),
    "erase": (RequestKind.ERASURE, "Somebody asks that everything about them is deleted."),
    "restrict": (RequestKind.RESTRICTION, "Somebody asks that their data are frozen."),
    "object": (RequestKind.OBJECTION, "Somebody does not want to be contacted; holds at once."),
    "object-to-use": (
        RequestKind.OBJECTION_TO_USE,
        "Somebody objects to another use of their data; it is frozen from the proof on.",
    ),
}


def add_to(group: click.Group) -> None:
    """Add a command for each kind of request."""
    for name, (kind, told) in _RECEIVING.items():
        _receiving(group, name, kind, told)


def _receiving(group: click.Group, name: str, kind: RequestKind, told: str) -> None:
    @group.command(name, help=f"{told} Writes it down and prints its reference.")
    @organisation_option
    @phone_option
    @email_option
    @click.option(
        "--channel",
        type=click.Choice(_CHANNELS),
        default=RequestChannel.STAFF.value,
        show_default=True,
        help="How it reached us.",
    )
    @click.option(
        "--about",
        "has_words",
        is_flag=True,
        help="Asks for what it is about and why, in the person's words; kept sealed.",
    )
    def receive(
        organisation: str, phone: str | None, email: str | None, channel: str, has_words: bool
    ) -> None:
        with plain_errors():
            asker = asker_of(organisation, phone, email)
            about = click.prompt("What it is about", err=True).strip() if has_words else ""
            reference = _receive(kind, RequestChannel(channel), organisation, asker, about)
        click.echo(reference)


def _receive(
    kind: RequestKind,
    channel: RequestChannel,
    organisation: str,
    asker: Asker,
    about: str,
) -> str:
    keyring, now = house().keyring, utc_now()
    with transaction() as session:
        owner = find_organisation(session, organisation)
        request = requests.receive(
            session,
            owner,
            asker,
            kind=kind,
            channel=channel,
            at=now,
            keyring=keyring,
            about=about,
        )
        if kind is RequestKind.OBJECTION and request.state is RequestState.RECEIVED:
            request_steps.decide(session, request, outcome=Outcome.GRANTED, at=now)
    carrying_out.carry_out(request.id, house=house(), now=now)
    return request.reference


def asker_of(organisation: str, phone: str | None, email: str | None) -> Asker:
    """Whose number or address that is; asked for or read from standard input without one."""
    owner, subject = subject_named(organisation, phone, email)
    keyring = house().keyring
    (hashes,) = subjects.hashes_of([subject], organisation_id=owner.id, keyring=keyring)
    return Asker(subject.phone or subject.email or "", hashes[0])
