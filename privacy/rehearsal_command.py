"""`flask privacy rehearse DAY`: what would be gone on a day, for whoever answers for it."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from config.typed_days import DAY
from privacy import rehearsal
from privacy.rehearsal import NotCopiedError, Outcome, Rehearsed
from privacy.rehearsal_folder import RehearsingError
from storage.house import house, utc_now

_UNFINISHED: Final = 1


@click.command("rehearse")
@click.argument("day", type=DAY)
def rehearse_command(day: datetime) -> None:
    """Copy the house, wind the copy's clock to the end of DAY (UTC), purge there, and tell.

    For each organisation and class: how many would be gone, how many stay, and why. Nothing of the
    living house is changed, and nothing in the copy can be opened; it is removed at the end, and
    that of a killed run by the next purge. One at a time. On SQLite alone: for PostgreSQL it says
    what to do instead. Ends with exit code 1 when something could not be deleted there.
    """
    at = day.replace(tzinfo=UTC) + timedelta(days=1)
    if at <= utc_now():
        raise click.UsageError("DAY is over; name today or a later one, such as 2027-06-01")
    try:
        done = rehearsal.rehearse(house(), at=at)
    except (NotCopiedError, RehearsingError) as fault:
        raise click.UsageError(str(fault)) from None
    for line in _lines(done):
        click.echo(line)
    if done.unfinished:
        sys.exit(_UNFINISHED)


def _lines(done: Rehearsed) -> Iterator[str]:
    for organisation, outcomes in sorted(done.outcomes.items()):
        for name, one in sorted(outcomes.items()):
            yield f"{one.gone:>8} gone {one.left:>8} left  {name}  {organisation}{_why(one)}"
    yield f"{done.exports:>8} files of exports would be removed"
    yield f"{done.files - done.files_left:>8} gone {done.files_left:>8} left  sealed recordings"
    if done.unfinished:
        yield "Some of it could not be deleted."


def _why(one: Outcome) -> str:
    if one.note is not None:
        return f": {one.note}"
    if not one.left:
        return ""
    kept = [f"{number} kept by a {keeper.value}" for keeper, number in one.kept.items()]
    return (
        f": {', '.join([*kept, 'the others not past their time'])}"
        if kept
        else (": not past their time")
    )
