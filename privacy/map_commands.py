"""`flask privacy …`: where personal data lie, and what takes them away."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, TextIO

import click

from config.retention_rules import DataClass
from privacy import empty_house, unmapped
from privacy.data_map import Place, columns
from privacy.data_map_outside import OUTSIDE, Outside
from privacy.data_map_tables import TABLES
from privacy.needles import needle
from privacy.rehearsal_command import rehearse_command
from storage.house import house

_SOMETHING_LEFT: Final = 1
_NOT_ALL_SEEN: Final = 3


@click.group("privacy", help="Where personal data lie, and what takes them away.")
def privacy_group() -> None:
    """The group of the privacy commands."""


privacy_group.add_command(rehearse_command)


@privacy_group.command("data-map")
def data_map_command() -> None:
    """Print every place that holds something of a person, as a table."""
    for line in table():
        click.echo(line)


@privacy_group.command("empty-house")
@click.argument("texts", type=click.File("r", encoding="utf-8"))
@click.option(
    "--folder", "folders", type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True, help="Look through this folder too: logs, exports, a mail spool.",
)  # fmt: skip
def empty_house_command(texts: TextIO, folders: tuple[Path, ...]) -> None:
    """Look for each line of TEXTS in every place the house has, and say where it lies.

    TEXTS is a file with a name, number, address or case on each line, or - to type them. Looks
    at rows, at what is sealed and opens, at databases' files with free pages, at PostgreSQL's
    statistics and write-ahead log, at files and what is packed in them, and at Redis; in small and
    capital letters, for numbers in every form, and for numbers, addresses and cases at their keyed
    hashes. Shows lines by number alone. Ends with exit code 1 when something is found, and with 3
    when nothing is found where not everything could be looked through: what could not is named.
    """
    wanted = [line.strip() for line in texts if line.strip()]
    if not wanted:
        raise click.UsageError("TEXTS is empty; write one name, number or case on each line")
    needles = [
        one
        for number, line in enumerate(wanted, 1)
        for one in needle(house(), f"line {number}", line)
    ]
    searched = empty_house.search(
        house(), needles, folders=[house().settings.data_dir.resolve(), *folders]
    )
    for one in sorted(searched.found):
        click.echo(f"{one.name}: {one.place}")
    for place in sorted(searched.unseen):
        click.echo(f"not looked through: {place}")
    if searched.found:
        sys.exit(_SOMETHING_LEFT)
    if searched.unseen:
        click.echo(f"nothing is left of any of {len(wanted)} where it was looked")
        sys.exit(_NOT_ALL_SEEN)
    click.echo(f"nothing is left of any of {len(wanted)}")


@privacy_group.command("unmapped")
def unmapped_command() -> None:
    """Print the files below DATA_DIR and the keys in Redis that the data map does not name.

    Databases, recordings and backups of the keyring are known where the settings have them alone.
    Ends with exit code 1 when there are any.
    """
    found = [f"file {one}" for one in unmapped.files(house().settings)]
    keys = unmapped.keys_of(house().bell.redis)
    found += [f"Redis key {one}" for one in unmapped.keys(keys)]
    for one in found:
        click.echo(one)
    if found:
        sys.exit(_SOMETHING_LEFT)
    click.echo("all that lies there is on the data map")


def table() -> Iterator[str]:
    """The data map as lines of two Markdown tables; docs/forgetting.md holds the same ones."""
    yield "| Place | Class | Emptied by | Row deleted by |"
    yield "|---|---|---|---|"
    places = [place for place in columns(TABLES) if isinstance(place, Place)]
    for place in sorted(places, key=lambda one: one.name):
        yield _line(f"`{place.name}`", place)
    yield ""
    yield "| Outside of the rows | Class | One of it | Begins | Stays at most | Taken away by |"
    yield "|---|---|---|---|---|---|"
    for one in OUTSIDE:
        yield (
            f"| {one.where}: {one.name} | {_classes(one)} | {one.unit} | {one.begins} "
            f"| {_lives(one.lives)} | {one.taken_by} |"
        )


def _classes(one: Outside) -> str:
    if one.classes == frozenset(DataClass):
        return "all"
    return ", ".join(f"`{name}`" for name in sorted(one.classes)) or "none"


def _lives(lives: timedelta | None) -> str:
    if lives is None:
        return "the period of its class"
    if not lives:
        return "not kept"
    return f"{lives.days} days" if lives.days else f"{lives.seconds} seconds"


def _line(name: str, place: Place) -> str:
    data_class = "" if place.data_class is None else f"`{place.data_class}`"
    return f"| {name} | {data_class} | {place.emptied_by} | {place.taken_by} |"
