"""`flask retention …`: what goes when, and making it go now."""

import sys
from datetime import datetime, time, timedelta

import click
from sqlalchemy import select

from privacy import purge, retention
from privacy.erasing import hands_of
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
def preview_command(day: datetime | None) -> None:
    """Show how many items are due now, or will be by the end of a day on each one's own clock."""
    with reading() as session:
        for organisation in session.scalars(select(Organisation).order_by(Organisation.key)):
            try:
                schedule = retention.schedule_of(organisation)
                now = utc_now()
                if day is not None:
                    next_day = day.date() + timedelta(days=1)
                    now = datetime.combine(next_day, time(), schedule.zone)
                counts = retention.count_due(session, schedule, now=now)
            except retention.NoRuleError as error:
                raise click.ClickException(str(error)) from None
            for name, number in counts.items():
                click.echo(f"{number:>8}  {name}  {organisation.key}")
