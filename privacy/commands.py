"""`flask retention …`: what goes when, and making it go now."""

import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from privacy import forecast, purge
from privacy.erasing import hands_of
from privacy.forecast import Calendar
from privacy.schedules import NoRuleError, Schedule, schedule_of
from storage.house import house, reading, utc_now
from storage.tables import Organisation


@click.group("retention", help="What is kept how long, and what goes.")
def retention_group() -> None:
    """The group of the retention commands."""


@retention_group.command("run")
def run_command() -> None:
    """Delete everything that is past its period, now; ends with 1 when something must wait."""
    totals = purge.run(hands=hands_of(house()), database=house().database, now=utc_now())
    if not totals.counts:
        click.echo("Nothing was due.")
    for organisation, counts in totals.counts.items():
        for name, number in sorted(counts.items()):
            click.echo(f"{number:>8}  {name}  {organisation}")
    if totals.left:
        click.echo("Some of it could not be deleted yet; the next run tries again.")
        sys.exit(1)


@retention_group.command("preview")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Until the end of that day.")
@click.option("--days", type=click.IntRange(1, 3660), help="Day by day, for so many from today.")
def preview_command(day: datetime | None, days: int | None) -> None:
    """Show how many items are due now, or will be by the end of a day on each one's own clock."""
    if day is not None and days is not None:
        raise click.UsageError("--on counts until a day, --days tells each day; give one of them")
    now = utc_now()
    with reading() as session:
        for organisation in session.scalars(select(Organisation).order_by(Organisation.key)):
            try:
                schedule = schedule_of(organisation)
                until = _until(schedule, now=now, day=day, days=days)
                calendar = forecast.foretell(session, schedule, now=now, until=until)
            except NoRuleError as error:
                raise click.ClickException(str(error)) from None
            for line in _by_day(calendar) if days is not None else _totals(calendar):
                click.echo(f"{line}  {organisation.key}")


def _until(
    schedule: Schedule, *, now: datetime, day: datetime | None, days: int | None
) -> datetime:
    if day is not None:
        return end_of_day(day.date(), schedule.zone)
    if days is not None:
        today = now.astimezone(schedule.zone).date()
        return end_of_day(today + timedelta(days=days - 1), schedule.zone)
    return now


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first moment that is no longer of that day on a zone's clock."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _totals(calendar: Calendar) -> Iterator[str]:
    for name, number in calendar.totals.items():
        yield f"{number:>8}  {name}"
    for name, number in calendar.kept_back.items():
        if number:
            yield f"{number:>8}  {name} kept back"


def _by_day(calendar: Calendar) -> Iterator[str]:
    for day, counts in forecast.by_class(calendar).items():
        for name, number in counts.items():
            yield f"{day}  {number:>8}  {name}"
    for name, number in calendar.kept_back.items():
        if number:
            yield f"kept back   {number:>8}  {name}"
