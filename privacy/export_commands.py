"""`flask exports …`: which files of people's data were written, until when, and removing them."""

import sys
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select

from privacy import export_care
from privacy.export_care import Sight
from privacy.hold_commands import find_organisation, organisation_option, plainly
from storage import export_files
from storage.export_words import ExportPlace
from storage.house import house, reading, utc_now
from storage.tables import Export, Organisation

_STILL_THERE: Final = 1


@click.group("exports", help="Files of people's data that commands wrote.")
def exports_group() -> None:
    """The group of the export commands."""


@exports_group.command("list")
@organisation_option
@click.option("--all", "every", is_flag=True, help="Also those that are gone.")
def list_command(organisation: str, every: bool) -> None:
    """The files that are still there, the oldest first: what, why, until when, where."""
    with plainly(), reading() as session:
        owner = find_organisation(session, organisation)
        where = [] if every else [Export.closed_at.is_(None)]
        found = session.scalars(
            select(Export)
            .where(Export.organisation_id == owner.id, *where)
            .order_by(Export.made_at, Export.id)
        ).all()
        for export in found:
            click.echo(_line(owner, export, now=utc_now()))
    if not found:
        click.echo("There is no export." if every else "No export is still there.")


@exports_group.command("tidy")
def tidy_command() -> None:
    """Remove what is past its time from this machine's folder; the schedule does it too.

    Ends with 1 when something past its time is still there.
    """
    now = utc_now()
    removed = export_care.remove_due(
        data_dir=house().settings.data_dir, keyring=house().keyring, now=now
    )
    click.echo(f"{removed.total()} removed")
    with reading() as session:
        left = export_care.due(session, now=now)
    for export in left:
        click.echo(f"still there: {export.id}, {export.place}")
    if left:
        sys.exit(_STILL_THERE)


@exports_group.command("remove")
@organisation_option
@click.argument("export", type=click.UUID)
@click.option("--gone", is_flag=True, help="It is gone already, everywhere.")
def remove_command(organisation: str, export: UUID, gone: bool) -> None:
    """Remove a file that was written where somebody said, if it is still what was written."""
    with plainly():
        with reading() as session:
            owner = find_organisation(session, organisation)
        ended = export_care.remove_elsewhere(
            owner, export, gone=gone, keyring=house().keyring, now=utc_now()
        )
    click.echo(ended)


def _line(owner: Organisation, export: Export, *, now: datetime) -> str:
    zone = ZoneInfo(owner.timezone)
    made, until = (at.astimezone(zone).date() for at in (export.made_at, export.expires_at))
    number = "" if export.lines is None else f" {export.lines} lines"
    told = f"{export.id}  {made}  {export.kind}{number}  {export.reason}"
    if export.closed_at is not None:
        return f"{told}  {export.ended}"
    late = " (overdue)" if export.expires_at <= now else ""
    data_dir = house().settings.data_dir
    if export.place is ExportPlace.ELSEWHERE:
        path = export_care.path_elsewhere(export, house().keyring)
        where = str(path)
        here = export.folder == export_files.mark_of(data_dir)
        if here and path is not None and export_care.sight(path) is Sight.OUT_OF_SIGHT:
            where += " (its folder is not there)"
    elif export.folder == export_files.mark_of(data_dir):
        where = str(export_files.path_of(data_dir, export))
    else:
        where = "in the folder of another machine"
    return f"{told}  until {until}{late}  {where}"
