"""`flask alarms …`: what a person must look at, and saying that somebody has."""

import sys
from typing import Final
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from console import alarm_words
from console.gate import WATCHERS
from storage import alarms, users
from storage.faults import GiveUp
from storage.house import house, reading, transaction, utc_now
from storage.tables import Alarm, Organisation, User

_NOTHING_DONE: Final = 2


class NotEndedError(GiveUp):
    """The alarm cannot be ended that way; the text says what would be right."""


@click.group("alarms", help="What a person must look at.")
def alarms_group() -> None:
    """The group of the alarm commands."""


@alarms_group.command("list")
@click.option("--organisation", help="Key of one organisation; else of all, and of the house.")
@click.option("--over", is_flag=True, help="Those that are over too, with who has seen them.")
def list_command(organisation: str | None, over: bool) -> None:
    """One line for each, the newest first: id, when, organisation, kind, what it is about."""
    wanted = select(Alarm, Organisation.key, User.role).outerjoin(
        Organisation, Organisation.id == Alarm.organisation_id
    )
    wanted = wanted.outerjoin(User, User.id == Alarm.seen_by)
    if organisation is not None:
        wanted = wanted.where(Organisation.key == organisation)
    if not over:
        wanted = wanted.where(Alarm.cleared_at.is_(None))
    with reading() as session:
        wanted = wanted.order_by(Alarm.raised_at.desc(), Alarm.id)
        for alarm, key, role in session.execute(wanted.execution_options(yield_per=500)):
            parts = [str(alarm.id), f"{alarm.raised_at:%Y-%m-%dT%H:%MZ}", key or "-", alarm.kind]
            parts += [alarm.subject] if alarm.subject else []
            if alarm.cleared_at is not None:
                ended = f"over {alarm.cleared_at:%Y-%m-%dT%H:%MZ}"
                seen = "" if alarm.seen_by is None else f", seen by {role} {alarm.seen_by}"
                parts.append(f"({ended}{seen})")
            click.echo("  ".join(parts))


@alarms_group.command("clear")
@click.argument("alarm", type=click.UUID)
@click.option("--by", "name", required=True, help="Who has seen it: a name to sign in with.")
def clear_command(alarm: UUID, name: str) -> None:
    """End an alarm that somebody has seen; what finds the same fault again sounds another."""
    try:
        with transaction() as session:
            found = session.get(Alarm, alarm)
            if found is None:
                raise NotEndedError(f"there is no alarm {alarm}; 'flask alarms list' tells them")
            if not alarm_words.may_be_seen(found.kind):
                raise NotEndedError(
                    f"{found.kind} waits for an act and ends with it; the System page says which"
                )
            alarms.see(found, by=_seer(session, name, found).id, at=utc_now())
    except NotEndedError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(_NOTHING_DONE)
    click.echo(f"{alarm}: seen")


def _seer(session: Session, name: str, alarm: Alarm) -> User:
    """The account of that name, if it sees the alarm; raises NotEndedError."""
    user = users.find(session, house().keyring, name)
    if user is None or user.disabled_at is not None:
        raise NotEndedError(f"{name} is no user; 'flask users add' makes one")
    if user.role not in WATCHERS or user.organisation_id not in (None, alarm.organisation_id):
        raise NotEndedError(f"{name} does not see that alarm on the System page")
    return user
