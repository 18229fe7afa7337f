"""The commands `flask restrictions`: freezing what is known of one person, and lifting it again."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from storage.faults import GiveUp
from storage.house import reading, transaction, utc_now
from storage.tables import Customer, Organisation, Restriction
from survey import restrictions, subjects
from survey.command_errors import plain_errors
from survey.places import find_organisation
from survey.restrictions import Cause
from survey.wish_commands import email_option, organisation_option, person, phone_option

_CAUSES: Final = click.Choice([cause.value for cause in Cause])


class NobodyKnownError(GiveUp):
    """The organisation has no customer with that number or address."""


@click.group("restrictions")
def restrictions_group() -> None:
    """People whose data are frozen: kept, but not used."""


@restrictions_group.command("add")
@organisation_option
@phone_option
@email_option
@click.option("--cause", required=True, type=_CAUSES, help="Why the data are frozen.")
@click.option(
    "--review-on",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The day on which somebody looks whether it still holds.",
)
def add_restriction(
    organisation: str, phone: str | None, email: str | None, cause: str, review_on: datetime
) -> None:
    """Freeze what is known of somebody: not contacted, shown, counted, exported or purged."""
    with plain_errors():
        owner, hashes = person(organisation, phone, email)
        day = review_on.date()
        review_at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(owner.timezone))
        if review_at <= utc_now():
            raise GiveUp("--review-on is a day still to come")
        with transaction() as session:
            for customer in _customers(session, owner, hashes):
                restrictions.restrict(
                    session, customer, cause=Cause(cause), at=utc_now(), review_at=review_at
                )
    click.echo(f"frozen ({cause}); to be reviewed on {day}")


@restrictions_group.command("lift")
@organisation_option
@phone_option
@email_option
@click.option("--cause", type=_CAUSES, help="Only what was frozen for this cause.")
def lift_restriction(
    organisation: str, phone: str | None, email: str | None, cause: str | None
) -> None:
    """Use what is known of somebody again."""
    with plain_errors():
        owner, hashes = person(organisation, phone, email)
        with transaction() as session:
            people = _customers(session, owner, hashes)
            wanted = None if cause is None else Cause(cause)
            count = sum(
                restrictions.lift(session, one, at=utc_now(), cause=wanted) for one in people
            )
            left = sum(len(restrictions.of_customer(session, one)) for one in people)
    if not count:
        click.echo("there was no such restriction")
    else:
        click.echo(f"{count} restrictions lifted" + (f", {left} left" if left else ""))


@restrictions_group.command("list")
@organisation_option
def list_restrictions(organisation: str) -> None:
    """Say what is frozen, the next to review first; people by the ids of their rows."""
    with plain_errors(), reading() as session:
        owner = find_organisation(session, organisation)
        found = restrictions.in_force(session, owner.id)
        for one in found:
            click.echo(_line(one, owner))
        if not found:
            click.echo("nothing is frozen")


def _customers(session: Session, owner: Organisation, hashes: tuple[bytes, ...]) -> list[Customer]:
    found = subjects.customers_known_by(session, owner.id, hashes)
    if not found:
        raise NobodyKnownError(f"{owner.name} has no customer with that number or address")
    return found


def _line(one: Restriction, owner: Organisation) -> str:
    review = _day(one.review_at, owner) if one.review_at else "never"
    return f"{one.customer_id} {one.cause}, since {_day(one.made_at, owner)}, review {review}"


def _day(at: datetime, owner: Organisation) -> date:
    return at.astimezone(ZoneInfo(owner.timezone)).date()
