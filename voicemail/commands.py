"""`flask storage …`: what an operator asks of everything that is kept."""

import sys

import click

from storage.house import house, utc_now
from voicemail.reconcile import Report, reconcile


@click.group("storage", help="What is kept: files, keys and rows.")
def storage_group() -> None:
    """The group that other rooms may add commands to."""


@storage_group.command("reconcile")
@click.option("--repair", is_flag=True, help="Remove files and keys that no row wants.")
@click.option("--many", is_flag=True, help="Remove them even when they are suspiciously many.")
def reconcile_command(repair: bool, many: bool) -> None:
    """Compare files, keys and rows with each other; ends with 1 when something is missing."""
    report = reconcile(
        blobs=house().blobs, keyring=house().keyring, now=utc_now(), repair=repair, many=many
    )
    _print(report)
    if report.held_back:
        click.echo(
            "Too many to be leavings, so nothing was removed. Is this the right database? "
            "If it is, run again with --repair --many."
        )
    if report.missing_files or report.missing_keys:
        sys.exit(1)


def _print(report: Report) -> None:
    click.echo(f"{report.files} files and {report.keys} keys compared with the rows")
    for words, items in (
        ("files that no row wants", report.orphan_files),
        ("keys that no row wants", report.orphan_keys),
        ("recordings whose file is missing", report.missing_files),
        ("rows whose key is missing", report.missing_keys),
    ):
        click.echo(f"{len(items):>8}  {words}")
        for item in items[:20]:
            click.echo(f"          {item}")
    click.echo(f"{report.stray_pieces:>8}  pieces of files whose writing was cut")
    click.echo(f"{report.repaired:>8}  removed")
