"""The command `flask mailboxes export`: a client's register of staff, handed back to the client."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from storage.export_words import ExportKind, ExportReason
from storage.house import house, reading, utc_now
from survey import mailbox_staff
from survey.command_errors import plain_errors
from survey.export_book import Errand, reason_option, written
from survey.export_formats import csv_cell
from survey.mailbox_staff import Notified
from survey.places import find_organisation
from survey.wish_commands import organisation_option

_COLUMNS: Final = ("mailbox", "name", "number", "language", "notify")


@click.group("mailboxes")
def mailboxes_group() -> None:
    """Where callers leave messages, and who is told of them."""


@mailboxes_group.command("export")
@organisation_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="A file; else one in the folder of exports."
)
@reason_option
def export(organisation: str, out: Path | None, reason: str) -> None:
    """Write who is told of the messages in which mailbox, as CSV with one line per address.

    A mailbox that tells nobody has a line without an address.
    """
    opened = house()
    with plain_errors():
        with reading() as session:
            owner = find_organisation(session, organisation)
            found = mailbox_staff.register(session, owner, keyring=opened.keyring)
        errand = Errand(owner, ExportKind.STAFF, ExportReason(reason), ".csv", out)
        with (
            written(opened, errand, now=utc_now()) as draft,
            draft.path.open("w", encoding="utf-8", newline="") as file,
        ):
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(_COLUMNS)
            for cells in _cells(found):
                rows.writerow([csv_cell(cell) for cell in cells])
                draft.lines += 1
    click.echo(f"{draft.place}: {draft.lines} lines")
    click.echo(draft.until(), err=True)


def _cells(found: list[Notified]) -> Iterator[tuple[str, ...]]:
    for one in found:
        for address in one.addresses or ("",):
            yield one.mailbox, one.name, one.number, one.language, address
