"""The commands `flask permissions`: stored decisions made again."""

import sys
from collections import Counter
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from config.typed_days import DAY
from storage.house import reading
from storage.tables import Organisation
from survey.command_errors import plain_errors
from survey.permission_replay import Cause, Replay, Replayed, replay_all
from survey.places import find_organisation

_SOME_NOT_REPRODUCED: Final = 1


@click.group("permissions")
def permissions_group() -> None:
    """Whether people might be contacted, and by which rule."""


@permissions_group.command("replay")
@click.option("--organisation", help="Key of the organisation; all of them if left out.")
@click.option(
    "--since",
    type=DAY,
    help="Only decisions from this day of the organisation on.",
)
@click.option(
    "--show", type=click.IntRange(min=0), default=20, show_default=True,
    help="How many decisions that differ are listed for each organisation.",
)  # fmt: skip
def replay_decisions(organisation: str | None, since: datetime | None, show: int) -> None:
    """Decide again what was decided, on the facts as stored and under today's files.

    Changes nothing. Ends with exit code 1 when a stored decision does not follow from its own
    facts: then somebody changed the row.
    """
    broken = 0
    with plain_errors(), reading() as session:
        if organisation is None:
            keys = list(session.scalars(select(Organisation.key).order_by(Organisation.key)))
        else:
            keys = [find_organisation(session, organisation).key]
    for key in keys:
        broken += _replay_one(key, since, show=show)
    if broken:
        sys.exit(_SOME_NOT_REPRODUCED)


def _replay_one(key: str, since: datetime | None, *, show: int) -> int:
    counts: Counter[Replayed] = Counter()
    with reading() as session:
        owner = find_organisation(session, key)
        zone = ZoneInfo(owner.timezone)
        start = None if since is None else since.replace(tzinfo=zone)
        listed: list[str] = []
        for one in replay_all(session, owner, since=start):
            counts[one.outcome] += 1
            if one.outcome is not Replayed.SAME and len(listed) < show:
                listed.append(f"  {_in_words(one, zone)}")
    told = ", ".join(
        (
            f"{counts[Replayed.SAME]} decided the same today",
            f"{counts[Replayed.OTHERWISE]} would be decided otherwise",
            f"{counts[Replayed.NOT_REPRODUCED]} do not follow from their own facts",
        )
    )
    click.echo(f"organisation {key}: {counts.total()} decisions, {told}")
    for line in listed:
        click.echo(line)
    left = counts.total() - counts[Replayed.SAME] - len(listed)
    if left:
        click.echo(f"  and {left} more")
    return counts[Replayed.NOT_REPRODUCED]


def _in_words(one: Replay, zone: ZoneInfo) -> str:
    when = one.decided_at.astimezone(zone)
    head = f"{one.decision_id} {when:%Y-%m-%d %H:%M} was {_said(one.allowed, one.rule)}"
    if one.again is None:
        return f"{head}; its facts cannot be read"
    again = _said(one.again.allowed, one.again.rule.value)
    if one.outcome is Replayed.NOT_REPRODUCED:
        return f"{head}; its own facts give: {again}"
    why = "" if one.cause in (None, Cause.FILES) else f" ({one.cause})"
    return f"{head}; today: {again}{why}"


def _said(allowed: bool, rule: str) -> str:
    return "allowed" if allowed else f"refused by {rule}"
