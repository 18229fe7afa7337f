"""A day that is typed wrongly is answered with what is wrong with it, by every command."""

from collections.abc import Iterator
from datetime import datetime

import click
import pytest
from click.testing import CliRunner

import wsgi
from config.typed_days import DAY, MONTH, Typed


@pytest.mark.parametrize(
    ("kind", "typed", "told"),
    [
        (DAY, "2026-02-30", "there is no such day as 2026-02-30"),
        (DAY, "2027-13-01", "there is no such day as 2027-13-01"),
        (DAY, "30.2.2026", "'30.2.2026' is no day; write it as 2026-02-28"),
        (DAY, "2026-02", "'2026-02' is no day; write it as 2026-02-28"),
        (DAY, "tomorrow", "'tomorrow' is no day; write it as 2026-02-28"),
        (MONTH, "2026-13", "there is no such month as 2026-13"),
        (MONTH, "2026-02-01", "'2026-02-01' is no month; write it as 2026-02"),
    ],
)
def test_what_is_no_day_is_told_from_what_is_written_otherwise(
    kind: Typed, typed: str, told: str
) -> None:
    with pytest.raises(click.BadParameter) as refused:
        kind.convert(typed, None, None)

    assert refused.value.message == told


def test_a_day_of_the_calendar_is_its_first_moment() -> None:
    assert DAY.convert("2028-02-29", None, None).isoformat() == "2028-02-29T00:00:00"
    assert DAY.convert("2026-2-3", None, None).isoformat() == "2026-02-03T00:00:00"
    assert MONTH.convert("2026-12", None, None).isoformat() == "2026-12-01T00:00:00"


def test_the_help_says_how_a_day_is_written() -> None:
    @click.command()
    @click.option("--on", type=DAY)
    @click.argument("until", type=DAY)
    def count(on: datetime | None, until: datetime) -> None:
        """Count the days."""

    told = CliRunner().invoke(count, ["--help"]).stdout

    assert "--on YYYY-MM-DD" in told
    assert "count [OPTIONS] UNTIL\n" in told


def _parameters(command: click.Command) -> Iterator[click.Parameter]:
    yield from command.params
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        yield from _parameters(one)


def test_no_command_takes_a_day_in_another_way() -> None:
    days = [
        one
        for group in wsgi.for_commands().cli.commands.values()
        for one in _parameters(group)
        if isinstance(one.type, click.DateTime)
    ]

    assert len(days) > 5
    assert {type(one.type) for one in days} == {Typed}
