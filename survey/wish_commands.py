"""The commands `flask objections` and `flask consents`: what people said about being contacted.

A number or an address is asked for or read from standard input, so that it does not stay in the
history of a shell; the options take it too, for scripts that know what they do.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from storage.faults import GiveUp
from storage.house import house, reading, transaction, utc_now
from storage.tables import Consent, Objection, Organisation
from survey import consents, objections, subjects
from survey.command_errors import plain_errors
from survey.objections import Source
from survey.permission import Method
from survey.places import find_organisation
from survey.subjects import Subject
from survey.wish_import import WishReport, import_consents, import_objections

SOME_LINES_LEFT_OUT: Final = 1
_ASKED: Final = "-"

organisation_option = click.option("--organisation", required=True, help="Key of the organisation.")
phone_option = click.option(
    "--phone", is_flag=False, flag_value=_ASKED, help="Its number; without one it is asked for."
)
email_option = click.option(
    "--email", is_flag=False, flag_value=_ASKED, help="Its address; without one it is asked for."
)
_method = click.option(
    "--method",
    type=click.Choice([one.value for one in Method]),
    default=Method.ALL.value,
    show_default=True,
    help="The way of being contacted.",
)


@click.group("objections")
def objections_group() -> None:
    """People who do not want to be contacted."""


@objections_group.command("add")
@organisation_option
@phone_option
@email_option
@_method
@click.option(
    "--source",
    type=click.Choice([one.value for one in Source]),
    default=Source.COMMAND.value,
    show_default=True,
    help="Where it was said.",
)
def add_objection(
    organisation: str, phone: str | None, email: str | None, method: str, source: str
) -> None:
    """Note that somebody does not want to be contacted; it holds from this moment on."""
    with plain_errors():
        owner, hashes = person(organisation, phone, email)
        with transaction() as session:
            noted = objections.record_hashes(
                session,
                owner.id,
                hashes,
                method=Method(method),
                source=Source(source),
                at=utc_now(),
            )
    click.echo(
        f"{'noted' if noted.new else 'noted before'}: no contact ({method}); "
        f"{noted.withdrawn} open invitations withdrawn"
    )


@objections_group.command("withdraw")
@organisation_option
@phone_option
@email_option
@_method
def withdraw_objection(
    organisation: str, phone: str | None, email: str | None, method: str
) -> None:
    """Note that somebody may be contacted again; with --method, in that one way only."""
    with plain_errors():
        owner, hashes = person(organisation, phone, email)
        with transaction() as session:
            count = objections.take_back(
                session,
                owner.id,
                hashes,
                method=Method(method),
                source=Source.COMMAND,
                at=utc_now(),
            )
    click.echo(f"{count} objections withdrawn" if count else "there was no such objection")


@objections_group.command("check")
@organisation_option
@phone_option
@email_option
def check_objection(organisation: str, phone: str | None, email: str | None) -> None:
    """Say what somebody objected to, and what was taken back."""
    with plain_errors():
        owner, hashes = person(organisation, phone, email)
        with reading() as session:
            rows = objections.history(session, owner.id, hashes)
    _say(rows, owner, [_objection_line(row, owner) for row in rows], nothing="no objection")


@objections_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@organisation_option
def objections_from_file(file: Path, organisation: str) -> None:
    """Store the objections of a CSV file: phone,email,method,made_at.

    It may be imported again. Lines with a fault are listed in FILE.errors.csv; a no whose method or
    moment cannot be read is stored for every way, or as of now.
    """
    with plain_errors():
        report = import_objections(house(), file, organisation=organisation, now=utc_now())
    say_report(report, "objections", f", {report.withdrawn} open invitations withdrawn")


@click.group("consents")
def consents_group() -> None:
    """People who said yes to being contacted."""


@consents_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@organisation_option
def consents_from_file(file: Path, organisation: str) -> None:
    """Store the consents of a CSV file: phone,email,method,given_at,source,expires_at.

    It may be imported again. Lines that cannot be used are listed in FILE.errors.csv.
    """
    with plain_errors():
        report = import_consents(house(), file, organisation=organisation, now=utc_now())
    say_report(report, "consents")


@consents_group.command("withdraw")
@organisation_option
@phone_option
@email_option
@_method
def withdraw_consent(organisation: str, phone: str | None, email: str | None, method: str) -> None:
    """Note that somebody took a yes back; it ends now."""
    with plain_errors():
        owner, hashes = person(organisation, phone, email)
        with transaction() as session:
            count = consents.withdraw(
                session,
                owner.id,
                hashes,
                method=Method(method),
                source=Source.COMMAND,
                at=utc_now(),
            )
    click.echo(f"{count} consents withdrawn" if count else "there was no such consent")


@consents_group.command("check")
@organisation_option
@phone_option
@email_option
def check_consent(organisation: str, phone: str | None, email: str | None) -> None:
    """Say what somebody said yes to, and what ended."""
    with plain_errors():
        owner, hashes = person(organisation, phone, email)
        with reading() as session:
            rows = consents.history(session, owner.id, hashes)
    _say(rows, owner, [_consent_line(row, owner) for row in rows], nothing="no consent")


def say_report(report: WishReport, what: str, more: str = "") -> None:
    """What an import did, in one line; ends with exit code 1 when lines had a fault."""
    click.echo(
        f"{report.lines} lines: {report.new} new {what}, {report.known} known already, "
        f"{report.left_out} left out{more}"
    )
    if report.heeded:
        click.echo(
            f"faults in lines that were stored all the same, as a no: {report.heeded}", err=True
        )
    if report.errors is not None:
        click.echo(f"which lines have what fault: {report.errors}", err=True)
        sys.exit(SOME_LINES_LEFT_OUT)


def _subject(owner: Organisation, phone: str | None, email: str | None) -> Subject:
    if phone is None and email is None:
        value = prompted("Number or address")
        return subjects.guessed(value, country=owner.country)
    number = prompted("Number") if phone == _ASKED else phone or ""
    address = prompted("Address") if email == _ASKED else email or ""
    return subjects.subject_of(number, address, country=owner.country)


def person(
    organisation: str, phone: str | None, email: str | None
) -> tuple[Organisation, tuple[bytes, ...]]:
    """The organisation, and the hashes of the person that the options name.

    What they leave open is asked for, or read from a pipe. Raises UnknownPlaceError,
    BadNumberError, BadAddressError, or GiveUp when nothing was said.
    """
    owner, subject = subject_named(organisation, phone, email)
    (hashes,) = subjects.hashes_of([subject], organisation_id=owner.id, keyring=house().keyring)
    return owner, hashes


def subject_named(
    organisation: str, phone: str | None, email: str | None
) -> tuple[Organisation, Subject]:
    """The organisation and the person that the options name; asks and raises as `person` does."""
    with reading() as session:
        owner = find_organisation(session, organisation)
    return owner, _subject(owner, phone, email)


def prompted(what: str) -> str:
    """What is typed or piped, asked for by that name; raises GiveUp when it is nothing."""
    value = str(click.prompt(what, err=True)) if sys.stdin.isatty() else sys.stdin.readline()
    if not value.strip():
        raise GiveUp(f"nothing was given; {what.lower()} is read from standard input")
    return value.strip()


def _say(rows: Sequence[Any], owner: Organisation, lines: Sequence[str], *, nothing: str) -> None:
    for line in dict.fromkeys(lines):
        click.echo(line)
    if not rows:
        click.echo(f"{nothing} to {owner.name} is known")


def _objection_line(row: Objection, owner: Organisation) -> str:
    line = f"{row.method}: objected {_day(row.made_at, owner)} ({row.source})"
    if row.withdrawn_at is not None:
        line += f", taken back {_day(row.withdrawn_at, owner)} ({row.withdrawn_source or '?'})"
    return line


def _consent_line(row: Consent, owner: Organisation) -> str:
    line = f"{row.method}: consented {_day(row.given_at, owner)} ({row.source})"
    if row.expires_at is not None:
        line += f", until {_day(row.expires_at, owner)}"
    if row.withdrawn_at is not None:
        line += f", withdrawn {_day(row.withdrawn_at, owner)} ({row.withdrawn_source or '?'})"
    return line


def _day(at: Any, owner: Organisation) -> str:
    return f"{at.astimezone(ZoneInfo(owner.timezone)):%Y-%m-%d %H:%M}"
