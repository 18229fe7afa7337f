"""The commands `flask restrictions`: freezing what is known of one person, and lifting it again."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.typed_days import DAY
from storage.faults import GiveUp
from storage.house import reading, transaction, utc_now
from storage.tables import Message, Organisation, Restriction
from survey import restrictions, subjects
from survey.command_errors import plain_errors
from survey.places import find_organisation
from survey.restrictions import Cause
from survey.wish_commands import email_option, organisation_option, person, phone_option

_message_option: Final = click.option(
    "--message",
    type=click.UUID,
    help="Of whom nothing is known but this telephone message: its id, from its page's address.",
)
_CAUSES: Final = click.Choice([cause.value for cause in Cause])


class _Whose(TypedDict, total=False):
    subject_hash: bytes
    call_id: UUID


class NobodyKnownError(GiveUp):
    """The organisation knows nobody by that number, address or message."""


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
    type=DAY,
    required=True,
    help="The day on which somebody looks whether it still holds.",
)
@_message_option
def add_restriction(
    organisation: str,
    phone: str | None,
    email: str | None,
    message: UUID | None,
    cause: str,
    review_on: datetime,
) -> None:
    """Freeze what is known of somebody: not contacted, shown, counted, exported or purged.

    Whoever is no customer and only called is frozen by number, or by a telephone message.
    """
    with plain_errors():
        owner, hashes = _named(organisation, phone, email, message)
        day = review_on.date()
        review_at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(owner.timezone))
        if review_at <= utc_now():
            raise GiveUp("--review-on is a day still to come")
        with transaction() as session:
            people = subjects.customers_known_by(session, owner.id, hashes)
            for customer in people:
                restrictions.restrict(
                    session, customer, cause=Cause(cause), at=utc_now(), review_at=review_at
                )
            for whose in () if people else _callers(session, owner, hashes, message):
                restrictions.restrict_caller(
                    session,
                    owner.id,
                    cause=Cause(cause),
                    at=utc_now(),
                    review_at=review_at,
                    **whose,
                )
    click.echo(f"frozen ({cause}); to be reviewed on {day}")


@restrictions_group.command("lift")
@organisation_option
@phone_option
@email_option
@_message_option
@click.option("--call", type=click.UUID, help="One call to us, by its id in 'restrictions list'.")
@click.option("--cause", type=_CAUSES, help="Only what was frozen for this cause.")
def lift_restriction(
    organisation: str,
    phone: str | None,
    email: str | None,
    message: UUID | None,
    call: UUID | None,
    cause: str | None,
) -> None:
    """Use what is known of somebody again; by number also single calls that were frozen alone."""
    with plain_errors():
        owner, hashes = _named(organisation, phone, email, message or call)
        with transaction() as session:
            wanted = None if cause is None else Cause(cause)
            people = subjects.customers_known_by(session, owner.id, hashes)
            # Also of whoever called before they became a customer.
            callers: list[_Whose] = [{"call_id": call}] if call is not None else []
            if call is None:
                callers += _callers(session, owner, hashes, message, known=bool(people))
            found = {
                one.id: one for who in people for one in restrictions.of_customer(session, who)
            }
            for whose in callers:
                theirs = restrictions.of_caller(session, owner.id, **whose)
                found |= {one.id: one for one in theirs}
            # And what was frozen of them alone: single calls to us.
            calls = restrictions.of_calls_from(session, owner.id, hashes)
            found |= {one.id: one for one in calls}
            count = restrictions.end(session, found.values(), at=utc_now(), cause=wanted)
            left = len(found) - count
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


def _named(
    organisation: str, phone: str | None, email: str | None, message: UUID | None
) -> tuple[Organisation, tuple[bytes, ...]]:
    if message is None:
        return person(organisation, phone, email)
    if phone or email:
        raise GiveUp("give --message or --call, or a number or address, and not both")
    with reading() as session:
        return find_organisation(session, organisation), ()


def _callers(
    session: Session,
    owner: Organisation,
    hashes: tuple[bytes, ...],
    message_id: UUID | None,
    *,
    known: bool = False,
) -> Iterator[_Whose]:
    """By what a caller is frozen; raises NobodyKnownError when nothing is kept of one."""
    if message_id is not None:
        message = session.scalars(
            select(Message).where(Message.organisation_id == owner.id, Message.id == message_id)
        ).one_or_none()
        if message is None:
            raise NobodyKnownError(f"{owner.name} has no telephone message {message_id}")
        yield {"call_id": message.call_id}
        return
    if not known and not restrictions.called_us(session, owner.id, hashes):
        raise NobodyKnownError(
            f"{owner.name} has no customer with that number or address, and no call from it"
        )
    for one in hashes:
        yield {"subject_hash": one}


def _line(one: Restriction, owner: Organisation) -> str:
    review = _day(one.review_at, owner) if one.review_at else "never"
    whose = one.customer_id or (f"call {one.call_id}" if one.call_id else f"caller {one.id}")
    return f"{whose} {one.cause}, since {_day(one.made_at, owner)}, review {review}"


def _day(at: datetime, owner: Organisation) -> date:
    return at.astimezone(ZoneInfo(owner.timezone)).date()
