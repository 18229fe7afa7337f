"""`flask privacy disclosures …`: noting what was handed out of a person's data, and to whom.

A number or an address is asked for or read from standard input, like with the requests.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import click

from config.retention_rules import DataClass
from config.typed_days import DAY
from privacy import disclosures
from privacy.disclosures import Told
from storage.disclosure_words import DisclosureGround
from storage.house import house, reading, transaction, utc_now
from survey import subjects
from survey.command_errors import plain_errors
from survey.places import find_organisation
from survey.wish_commands import email_option, organisation_option, person, phone_option


@click.group("disclosures")
def disclosures_group() -> None:
    """What was handed out of people's data, to whom and on which ground."""


@disclosures_group.command("add")
@organisation_option
@phone_option
@email_option
@click.option("--to", "receiver", required=True, help="Who got it.")
@click.option(
    "--what",
    "classes",
    type=click.Choice([one.value for one in DataClass]),
    multiple=True,
    required=True,
    help="Which class of data; more than once for several.",
)
@click.option(
    "--ground",
    type=click.Choice([one.value for one in DisclosureGround]),
    required=True,
    help="Why it was handed out.",
)
@click.option("--on", "day", type=DAY, help="The day; today without one.")
def add_command(
    organisation: str,
    phone: str | None,
    email: str | None,
    receiver: str,
    classes: tuple[str, ...],
    ground: str,
    day: datetime | None,
) -> None:
    """Note that something of a person was handed out; the person is told when they ask."""
    now = utc_now()
    with plain_errors():
        owner, hashes = person(organisation, phone, email)
        at = now if day is None else day.replace(tzinfo=ZoneInfo(owner.timezone))
        with transaction() as session:
            known = subjects.customers_known_by(session, owner.id, hashes)
            named = subjects.named_by(hashes, known)
            row = disclosures.note(
                session,
                owner,
                hashes,
                named[0].id if len(named) == 1 else None,
                receiver=receiver,
                classes=[DataClass(one) for one in classes],
                ground=DisclosureGround(ground),
                disclosed_at=at,
                keyring=house().keyring,
                now=now,
            )
    click.echo(f"noted: {row.id}")


@disclosures_group.command("list")
@organisation_option
def list_command(organisation: str) -> None:
    """What was handed out, the oldest first, without the person."""
    with plain_errors(), reading() as session:
        owner = find_organisation(session, organisation)
        found = disclosures.of_organisation(session, owner, keyring=house().keyring)
        for one in found:
            click.echo(_line(one, ZoneInfo(owner.timezone)))
    if not found:
        click.echo("nothing was noted")


def _line(one: Told, zone: ZoneInfo) -> str:
    day = f"{one.row.disclosed_at.astimezone(zone):%Y-%m-%d}"
    what = ", ".join(one.row.classes)
    return f"{day}  {one.receiver or 'erased'}  {what}  ({one.row.ground})  {one.row.id}"
