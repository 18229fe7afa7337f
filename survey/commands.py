"""The commands `flask organisations`, `interactions`, `campaigns` and `responses`.

Each expects an open house. What an operator got wrong is said in one line on standard error, with
exit code 2; an import that left lines out ends with exit code 1.
"""

import contextlib
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from storage.export_words import ExportKind, ExportReason
from storage.faults import GiveUp
from storage.house import house, reading, transaction, utc_now
from storage.states import CampaignState
from survey import (
    campaigns,
    export_book,
    export_columns,
    exports,
    line_probes,
    preview_words,
    restored_contacts,
)
from survey.apply_command import make_apply_command
from survey.command_errors import plain_errors
from survey.export_book import reason_option
from survey.export_formats import ExportFormat, write_csv, write_jsonl, write_xlsx
from survey.interaction_file import checked_source
from survey.interaction_import import ImportReport, import_file
from survey.interactions import Outcome
from survey.places import find_campaign, find_organisation

_SOME_LINES_LEFT_OUT = 1


@click.group("organisations")
def organisations_group() -> None:
    """Organisations as the operator's files describe them."""


organisations_group.add_command(make_apply_command())


@click.group("interactions")
def interactions_group() -> None:
    """Closed cases that customers are asked about."""


@interactions_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--organisation", required=True, help="Key of the organisation.")
@click.option("--campaign", required=True, help="Key of its campaign that asks.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--source", help="Where the numbers came from, of lines that do not say it.")
def import_interactions(
    file: Path, organisation: str, campaign: str, dry_run: bool, source: str | None
) -> None:
    """Register the closed cases of a CSV file and invite their customers.

    The same file may be imported again: a case is known by its reference. Lines that cannot be
    used are left out and listed in FILE.errors.csv.
    """
    with plain_errors(), progress_bar(file.name) as bar:
        report = import_file(
            house(),
            file,
            organisation=organisation,
            campaign=campaign,
            now=utc_now(),
            dry_run=dry_run,
            source=None if source is None else checked_source(source),
            tell=lambda at: bar.update(bar.task_ids[0], completed=at.done, total=at.total),
        )
    _say_report(report, dry_run=dry_run)
    if report.faulty:
        sys.exit(_SOME_LINES_LEFT_OUT)


@click.group("campaigns")
def campaigns_group() -> None:
    """Whether campaigns ring."""


def _campaign_command(name: str, to: CampaignState, help_text: str) -> None:
    @campaigns_group.command(name, help=help_text)
    @click.option("--organisation", required=True, help="Key of the organisation.")
    @click.option("--campaign", required=True, help="Key of its campaign.")
    def set_state(organisation: str, campaign: str) -> None:
        with plain_errors():
            if to is CampaignState.RUNNING:
                _say_contacted(restored_contacts.ask(house(), organisation, now=utc_now()))
            with transaction() as session:
                changed = campaigns.set_state(
                    session, organisation=organisation, campaign=campaign, to=to, now=utc_now()
                )
            with reading() as session:
                _, found = find_campaign(session, organisation=organisation, campaign=campaign)
                rings = found.state is CampaignState.RUNNING
                note = line_probes.not_probed(session, found) if rings else None
        click.echo(f"campaign {campaign} of {organisation}: {'' if changed else 'already '}{to}")
        if note is not None:
            click.echo(f"note: {note}", err=True)


def _say_contacted(found: restored_contacts.Found | None) -> None:
    if found is not None:
        click.echo(
            f"the provider contacted {found.contacts} people of whom this database did not know; "
            f"{found.withdrawn} invitations are withdrawn, nobody is asked twice"
        )


_campaign_command(
    "start",
    CampaignState.RUNNING,
    "Let a campaign ring, at first or again; what forbids it is told.",
)
_campaign_command("pause", CampaignState.PAUSED, "Place no new calls until it is started again.")
_campaign_command(
    "stop",
    CampaignState.STOPPED,
    "Place no new calls, and ask nobody who calls back, until it is started again.",
)


@dataclass(frozen=True, slots=True)
class Target:
    """How answers are written, where to, and what for."""

    as_format: ExportFormat
    out: Path | None
    stored: bool
    reason: ExportReason

    @property
    def is_stream(self) -> bool:
        """Whether it goes to standard output."""
        return self.out is None and not self.stored


def responses_group(mask: exports.Mask) -> click.Group:
    """The group `responses`; transcripts pass through `mask` before they leave."""

    group = click.Group("responses", help="Answers for other programs.")

    @group.command("export")
    @click.option("--organisation", required=True, help="Key of the organisation.")
    @click.option(
        "--format",
        "as_format",
        type=click.Choice([one.value for one in ExportFormat]),
        default=ExportFormat.JSONL.value,
        show_default=True,
    )
    @click.option("--out", type=click.Path(path_type=Path), help="A file; else standard output.")
    @click.option(
        "--stored", is_flag=True, help="Into the folder of exports, from which it goes in time."
    )
    @reason_option
    def export(
        organisation: str, as_format: str, out: Path | None, stored: bool, reason: str
    ) -> None:
        """Write one line for each invitation that is over or brought something back."""
        if stored and out is not None:
            raise click.UsageError("--out names a file, --stored the folder of exports; give one")
        target = Target(ExportFormat(as_format), out, stored, ExportReason(reason))
        with plain_errors():
            _export(organisation, target, mask=mask)

    return group


def _export(key: str, target: Target, *, mask: exports.Mask) -> None:
    opened, now = house(), utc_now()
    if target.as_format is ExportFormat.XLSX and target.is_stream:
        raise GiveUp("a workbook cannot be written to standard output; give it a file with --out")
    with opened.database.reading() as session:
        organisation = find_organisation(session, key)
        columns = export_columns.question_columns(session, organisation)
    lines = exports.response_lines(
        opened.database, organisation=organisation, keyring=opened.keyring, mask=mask
    )
    if target.is_stream:
        # Whatever the terminal's own encoding: other programs read this.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        count = _write_text(target.as_format, lines, sys.stdout, columns=columns)
        export_book.handed_out(
            opened, organisation, kind=ExportKind.RESPONSES, reason=target.reason, lines=count,
            now=now,
        )  # fmt: skip
        return
    errand = export_book.Errand(
        organisation, ExportKind.RESPONSES, target.reason, f".{target.as_format}", target.out
    )
    with export_book.written(opened, errand, now=now) as draft:
        if target.as_format is ExportFormat.XLSX:
            draft.lines = write_xlsx(lines, draft.path, columns=columns)
        else:
            with draft.path.open("w", encoding="utf-8", newline="") as file:
                draft.lines = _write_text(target.as_format, lines, file, columns=columns)
    click.echo(f"{draft.place}: {draft.lines} lines", err=True)
    click.echo(draft.until(), err=True)


def _write_text(
    as_format: ExportFormat,
    lines: Iterable[exports.ResponseLine],
    file: IO[str],
    *,
    columns: export_columns.QuestionColumns,
) -> int:
    if as_format is ExportFormat.JSONL:
        return write_jsonl(lines, file)
    return write_csv(lines, file, columns=columns)


@contextlib.contextmanager
def progress_bar(name: str) -> Iterator[Progress]:
    """A bar on the terminal with one task; nothing where there is none."""
    columns = (TextColumn(f"{name}  "), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        bar.add_task(name, total=None)
        yield bar


def _say_report(report: ImportReport, *, dry_run: bool) -> None:
    counts = ", ".join(f"{report.outcomes[outcome]} {outcome}" for outcome in Outcome)
    would = "would be: " if dry_run else ""
    click.echo(f"{report.lines} lines, {would}{counts}, {report.faulty} left out")
    if report.ahead is not None:
        for line in preview_words.lines(report.ahead):
            click.echo(line)
    if report.errors is not None:
        click.echo(f"what was left out and why: {report.errors}", err=True)
