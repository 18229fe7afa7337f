"""`flask privacy …`: where personal data lie, and what takes them away."""

from collections.abc import Iterator

import click

from privacy.data_map import ELSEWHERE, Place, columns
from privacy.data_map_tables import TABLES


@click.group("privacy", help="Where personal data lie, and what takes them away.")
def privacy_group() -> None:
    """The group of the privacy commands."""


@privacy_group.command("data-map")
def data_map_command() -> None:
    """Print every place that holds something of a person, as a table."""
    for line in table():
        click.echo(line)


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
