"""`flask privacy …`: where personal data lie, and what takes them away."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

import click

from privacy import empty_house
from privacy.data_map import ELSEWHERE, Place, columns
from privacy.data_map_tables import TABLES
from storage.house import house

_SOMETHING_LEFT: Final = 1


@click.group("privacy", help="Where personal data lie, and what takes them away.")
def privacy_group() -> None:
    """The group of the privacy commands."""


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
    at rows, at what is sealed and opens, at databases' files with free pages, at files and at
    Redis; for numbers and addresses also at their keyed hashes. Shows lines by number alone. Ends
    with exit code 1 when something is found.
    """
    wanted = [line.strip() for line in texts if line.strip()]
    if not wanted:
        raise click.UsageError("TEXTS is empty; write one name, number or case on each line")
    needles = [
        one
        for number, line in enumerate(wanted, 1)
        for one in empty_house.needle(house(), f"line {number}", line)
    ]
    found = empty_house.search(
        house(), needles, folders=[house().settings.data_dir.resolve(), *folders]
    )
    for one in sorted(found):
        click.echo(f"{one.name}: {one.place}")
    if found:
        sys.exit(_SOMETHING_LEFT)
    click.echo(f"nothing is left of any of {len(wanted)}")


def table() -> Iterator[str]:
    """The data map as lines of a Markdown table; docs/forgetting.md holds the same ones."""
    yield "| Place | Class | Taken away by |"
    yield "|---|---|---|"
    places = [place for place in columns(TABLES) if isinstance(place, Place)]
    for place in sorted(places, key=lambda one: one.name):
        yield _line(f"`{place.name}`", place)
    for place in ELSEWHERE:
        yield _line(f"{place.where}: {place.name}", place)


def _line(name: str, place: Place) -> str:
    data_class = "" if place.data_class is None else f"`{place.data_class}`"
    return f"| {name} | {data_class} | {place.taken_by} |"
