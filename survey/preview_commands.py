"""The command `flask campaigns preview`: what would happen if the campaign ran at a moment."""

import contextlib
import csv
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click

from storage.export_words import ExportKind, ExportReason
from storage.faults import GiveUp
from storage.house import house, reading, utc_now
from survey import preview, preview_words
from survey.command_errors import plain_errors
from survey.commands import campaigns_group, progress_bar
from survey.export_book import Errand, written
from survey.export_formats import csv_cell
from survey.funnel_commands import Shape
from survey.places import find_organisation
from survey.preview import Listed

_COLUMNS: Final = ("case_reference", "becomes", "rule", "looked_at_again")


@campaigns_group.command("preview")
@click.option("--organisation", required=True, help="Key of the organisation.")
@click.option("--campaign", required=True, help="Key of its campaign.")
@click.option(
    "--at", help="Another moment than now, as 2026-03-10T11:00 on the organisation's clock."
)
@click.option(
    "--list",
    "listed",
    type=click.Path(path_type=Path),
    help="Also write every case with its rule to this file; yours alone to read.",
)
@click.option(
    "--format", "as_format", type=click.Choice([one.value for one in Shape]),
    default=Shape.TEXT.value, show_default=True,
)  # fmt: skip
def show_preview(
    organisation: str, campaign: str, at: str | None, listed: Path | None, as_format: str
) -> None:
    """Say who would be called and who not by which rule, how long it takes and what it costs.

    Decided by the very rules that the diallers ask. Nothing is written but the
    list, and its line in the book of exports.
    """
    with plain_errors(), progress_bar(campaign) as bar, _list(listed, organisation) as each:
        found = preview.preview(
            house(),
            organisation=organisation,
            campaign=campaign,
            at=_moment(at, organisation),
            each=each,
            tell=lambda done, of: bar.update(bar.task_ids[0], completed=done, total=of),
        )
    if Shape(as_format) is Shape.JSON:
        click.echo(json.dumps(preview_words.document(found), ensure_ascii=False))
        return
    for line in preview_words.lines(found):
        click.echo(line)


def _moment(given: str | None, organisation: str) -> datetime:
    if given is None:
        return utc_now()
    with reading() as session:
        zone = ZoneInfo(find_organisation(session, organisation).timezone)
    try:
        at = datetime.fromisoformat(given)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        raise GiveUp(f"--at {given[:40]!r} is no moment; 2026-03-10T11:00 would be right") from None


@contextlib.contextmanager
def _list(out: Path | None, organisation: str) -> Iterator[Callable[[Listed], None] | None]:
    """Writes each case to the file, which is there once it is whole."""
    if out is None:
        yield None
        return
    with reading() as session:
        owner = find_organisation(session, organisation)
    errand = Errand(owner, ExportKind.PREVIEW, ExportReason.NOT_STATED, ".csv", out)
    with (
        written(house(), errand, now=utc_now()) as draft,
        draft.path.open("w", encoding="utf-8", newline="") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(_COLUMNS)

        def each(one: Listed) -> None:
            decision = one.judged.decision
            if decision.facts.restricted:
                return  # whose data are frozen is in no export
            again = decision.next_allowed_at
            rows.writerow(
                (
                    csv_cell(one.case_reference),
                    one.judged.prospect.value,
                    decision.rule.value,
                    "" if again is None else again.isoformat(),
                )
            )
            draft.lines += 1

        yield each
