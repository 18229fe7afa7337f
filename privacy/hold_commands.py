"""`flask holds …`: stopping a deletion for a stated reason, and letting it go on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass, Extension, may_extend
from config.typed_days import DAY
from privacy import holds
from privacy.holds import Held, NoHoldError
from privacy.schedules import NoRuleError
from storage import sign_in_names, users
from storage.faults import GiveUp
from storage.house import house, reading, transaction, utc_now
from storage.tables import Hold, Invitation, Organisation, User

NOTHING_DONE: Final = 2
_HELD_AS_A_CLASS: Final = [one.value for one in DataClass if may_extend(one, Extension.LEGAL_HOLD)]
organisation_option = click.option("--organisation", required=True, help="Key of the organisation.")


@contextmanager
def plainly() -> Iterator[None]:
    """What an operator can mend is said in one line, with nothing done."""
    try:
        yield
    except (GiveUp, NoRuleError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(NOTHING_DONE)


@click.group("holds", help="Deletions that are stopped for a stated reason.")
def holds_group() -> None:
    """The group of the hold commands."""


@holds_group.command("add")
@organisation_option
@click.option("--item", type=click.UUID, help="A comment, response, invitation, message or call.")
@click.option("--customer-of", "of", type=click.UUID, help="The person whose item that is.")
@click.option("--customer", type=click.UUID, help="A person.")
@click.option("--case", type=click.UUID, help="A case with all it needs.")
@click.option(
    "--class",
    "data_class",
    type=click.Choice(_HELD_AS_A_CLASS),
    help="A whole class, if the schedule lets it be held.",
)
@click.option("--reason", required=True, help="What the data are needed for.")
@click.option("--owner", required=True, help="The user who answers for it.")
@click.option("--review-on", required=True, type=DAY, help="When somebody looks at it again.")
@click.option("--ends-on", type=DAY, help="The last day; without one it ends when released.")
def add_command(
    organisation: str,
    item: UUID | None,
    of: UUID | None,
    customer: UUID | None,
    case: UUID | None,
    data_class: str | None,
    reason: str,
    owner: str,
    review_on: datetime,
    ends_on: datetime | None,
) -> None:
    """Stop the deletion of one thing; name exactly one."""
    with plainly(), transaction() as session:
        controller = find_organisation(session, organisation)
        wanted = [
            holds.of_item(session, controller, item) if item else None,
            _customer_of(session, controller, of) if of else None,
            holds.of_customer(session, controller, customer) if customer else None,
            holds.of_case(session, controller, case) if case else None,
            holds.of_class(DataClass(data_class)) if data_class else None,
        ]
        named = [one for one in wanted if one is not None]
        if len(named) != 1:
            raise NoHoldError("name one of --item, --customer-of, --customer, --case and --class")
        zone = ZoneInfo(controller.timezone)
        hold = holds.add(
            session,
            controller,
            named[0],
            reason=reason,
            owner=find_user(session, owner, controller),
            review_at=review_on.replace(tzinfo=zone),
            # The last day is kept whole.
            ends_at=None if ends_on is None else (ends_on + timedelta(days=1)).replace(tzinfo=zone),
            keyring=house().keyring,
            now=utc_now(),
        )
    click.echo(f"held: {hold.id}; to be reviewed on {review_on.date()}")


@holds_group.command("release")
@organisation_option
@click.argument("hold", type=click.UUID)
def release_command(organisation: str, hold: UUID) -> None:
    """Let the deletion go on; what is overdue goes with the next run of the purge."""
    with plainly(), transaction() as session:
        holds.release(session, find_organisation(session, organisation), hold, now=utc_now())
    click.echo("released; what is overdue goes with the next run")


@holds_group.command("list")
@organisation_option
def list_command(organisation: str) -> None:
    """The holds in force, the next one to review first."""
    now = utc_now()
    with plainly(), reading() as session:
        controller = find_organisation(session, organisation)
        found = holds.in_force(session, controller, now=now)
        for hold in found:
            click.echo(line_of(session, controller, hold, now=now))
    if not found:
        click.echo("Nothing is held.")


def line_of(session: Session, controller: Organisation, hold: Hold, *, now: datetime) -> str:
    """A hold in a line: what it keeps, until when, who answers for it, and why."""
    zone = ZoneInfo(controller.timezone)
    what = hold.data_class or hold.case_id or hold.customer_id or hold.comment_id
    what = what or hold.invitation_id or hold.call_id
    review = hold.review_at.astimezone(zone).date()
    late = " (overdue)" if hold.review_at <= now else ""
    until = ""
    if hold.ends_at is not None:
        last = hold.ends_at.astimezone(zone) - timedelta(days=1)
        until = f", until {last.date()}"
    keyring = house().keyring
    owner = sign_in_names.name_of(keyring, session.get_one(User, hold.owner_id))
    reason = holds.reason_of(keyring, hold)
    return f"{hold.id}  {hold.scope} {what}  review {review}{late}{until}  {owner}: {reason}"


def find_organisation(session: Session, key: str) -> Organisation:
    """The organisation of that key; raises NoHoldError, which names those that exist."""
    found = session.scalars(select(Organisation).where(Organisation.key == key)).first()
    if found is None:
        known = session.scalars(select(Organisation.key).order_by(Organisation.key)).all()
        raise NoHoldError(f"there is no organisation {key}; there are: {', '.join(known)}")
    return found


def find_user(session: Session, name: str, organisation: Organisation) -> User:
    """The user of that name who may act for the organisation; raises NoHoldError."""
    found = users.find(session, house().keyring, name)
    if found is None or found.disabled_at or found.organisation_id not in (None, organisation.id):
        raise NoHoldError(f"{name} is no user of {organisation.key}")
    return found


def _customer_of(session: Session, organisation: Organisation, item: UUID) -> Held:
    """The person of an item; raises NoHoldError, also for somebody who is no customer."""
    invitation = holds.of_item(session, organisation, item).columns.get("invitation_id")
    if invitation is None:
        raise NoHoldError("a telephone message belongs to no customer; hold it with --item")
    return holds.of_customer(
        session, organisation, session.get_one(Invitation, invitation).customer_id
    )
