"""`flask retention …`: what goes when, and making it go now."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.typed_days import DAY
from privacy import clock_brake, forecast, lateness, purge, receipt_age
from privacy.erasing import hands_of
from privacy.forecast import Calendar
from privacy.kinds import KINDS
from privacy.log_kinds import LOG_KINDS
from privacy.schedules import (
    NoRuleError,
    Schedule,
    schedule_of,
    schedule_of_the_house,
    usable_schedules,
)
from storage.house import house, reading, utc_now
from storage.tables import Organisation

# What is a class of the schedule by itself; of the rest nothing is said when there is none.
_ALWAYS_TOLD: Final = frozenset(
    str(kind.data_class) for kind in (*KINDS, *LOG_KINDS) if kind.counted_as == kind.data_class
) | {receipt_age.COUNTED_AS}


@click.group("retention", help="What is kept how long, and what goes.")
def retention_group() -> None:
    """The group of the retention commands."""


@retention_group.command("run")
@click.option("--clock-is-right", is_flag=True, help="The purge stood still for days; go on.")
def run_command(clock_is_right: bool) -> None:
    """Delete everything that is past its period, now; ends with 1 when something must wait.

    Refused, with 2, when the last run lies days back: what goes under a wrong clock is lost.
    """
    now = utc_now()
    with reading() as session:
        known = clock_brake.last_known(session, now=now)
    if known is not None and not clock_is_right:
        click.echo(f"Error: {clock_brake.words(known, now=now)}; nothing was deleted", err=True)
        sys.exit(2)
    totals = purge.run(hands=hands_of(house()), database=house().database, now=now)
    clock_brake.holds_back(now=now)  # not any more, and the alarm is over
    if not totals.counts:
        click.echo("Nothing was due.")
    for organisation, counts in totals.counts.items():
        for name, number in sorted(counts.items()):
            click.echo(f"{number:>8}  {name}  {organisation}")
    if totals.left:
        click.echo("Some of it could not be deleted yet; the next run tries again.")
        sys.exit(1)


@retention_group.command("preview")
@click.option("--on", "day", type=DAY, help="Until the end of that day.")
@click.option("--days", type=click.IntRange(1, 3660), help="Day by day, for so many from today.")
def preview_command(day: datetime | None, days: int | None) -> None:
    """Show how many items are due now, or will be by the end of a day on each one's own clock."""
    if day is not None and days is not None:
        raise click.UsageError("--on counts until a day, --days tells each day; give one of them")
    now = utc_now()
    with reading() as session:
        for organisation in session.scalars(select(Organisation).order_by(Organisation.key)):
            try:
                _tell(session, schedule_of(organisation), now=now, day=day, days=days)
            except NoRuleError as error:
                raise click.ClickException(str(error)) from None
        _tell(session, schedule_of_the_house(), now=now, day=day, days=days)


def _tell(
    session: Session, schedule: Schedule, *, now: datetime, day: datetime | None, days: int | None
) -> None:
    until = _until(schedule, now=now, day=day, days=days)
    calendar = forecast.foretell(session, schedule, now=now, until=until)
    for line in _by_day(calendar) if days is not None else _totals(calendar):
        click.echo(f"{line}  {schedule.organisation_key}")


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
        if number or name in _ALWAYS_TOLD:
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


@retention_group.command("status")
def status_command() -> None:
    """Show when the purge last ran and runs next, what it took, and what it leaves behind.

    Ends with 1 when it is late or held back, or when anything is overdue by more than a day.
    """
    now = utc_now()
    with reading() as session:
        last = lateness.last_run(session, now=now)
        late = lateness.is_late(session, now=now)
        after = lateness.next_run(session)
        schedules, without = usable_schedules(session)
        overdue = [one for s in schedules for one in lateness.overdue(session, s, now=now)]
        known = clock_brake.last_known(session, now=now)
    if last is None:
        click.echo("The purge has never run.")
    else:
        ended = (
            "not finished" if last.finished_at is None else f"finished {_told(last.finished_at)}"
        )
        click.echo(f"Last run: began {_told(last.started_at)}, {ended}")
        for key, counts in last.counts.items():
            for name, number in sorted(counts.items()):
                click.echo(f"{number:>8}  {name}  {key}")
    click.echo(
        f"Next run: {'unknown; is the schedule process there?' if after is None else _told(after)}"
    )
    for organisation in without:
        click.echo(f"Nothing goes by age in {organisation.key}: its retention rules cannot be read")
    for one in overdue:
        click.echo(f"Overdue by more than a day: {one.count} {one.counted_as}  {one.organisation}")
    if late:
        click.echo("LATE: no run came to its end for two periods.")
    if known is not None:
        click.echo(f"HELD BACK: {clock_brake.words(known, now=now)}.")
    if late or overdue or without or known is not None:
        sys.exit(1)


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
