"""The commands `flask registers`: numbers out to be washed, and in again what was said of them."""

from datetime import datetime
from pathlib import Path

import click

from config.periods import Period, parse_period
from config.typed_days import DAY
from storage.faults import GiveUp
from storage.house import house, reading, utc_now
from survey import washing
from survey.command_errors import plain_errors
from survey.wish_commands import organisation_option, say_report
from survey.wish_import import import_register


@click.group("registers")
def registers_group() -> None:
    """Outside registers of people who do not want to be called, and of companies' numbers."""


@registers_group.command("export-numbers")
@organisation_option
@click.option("--campaign", required=True, help="Key of its campaign that waits to ring.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file; yours alone to read."
)
def export_numbers(organisation: str, campaign: str, out: Path) -> None:
    """Write the numbers that a register must be asked about, as CSV with one column: phone."""
    with plain_errors():
        draft = washing.write_numbers(
            house(), out, organisation=organisation, campaign=campaign, now=utc_now()
        )
    click.echo(f"{out}: {draft.lines} numbers")
    if draft.lines:
        click.echo(draft.until(), err=True)
        click.echo(
            "These are people's numbers: send them safely, and delete the file when it was washed.",
            err=True,
        )


@registers_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@organisation_option
@click.option("--register", required=True, help="Key of the register, as the campaigns name it.")
@click.option(
    "--checked-on",
    required=True,
    type=DAY,
    help="The day on which the register was asked.",
)
@click.option("--valid-for", help='How long it counts where no campaign says so, as "1 year".')
def import_answers(
    file: Path, organisation: str, register: str, checked_on: datetime, valid_for: str | None
) -> None:
    """Store a register's answers from a CSV file: phone,listed with yes or no.

    It may be imported again; a newer answer takes the place of an older one.
    """
    with plain_errors():
        now = utc_now()
        with reading() as session:
            checked_at, expires_at = washing.validity(
                session,
                organisation=organisation,
                register=register,
                checked_on=checked_on.date(),
                stated=None if valid_for is None else _period(valid_for),
            )
        if checked_at > now:
            raise GiveUp("--checked-on lies in the future")
        if expires_at <= now:
            raise GiveUp(f"answers of that day stopped counting on {expires_at:%Y-%m-%d}")
        report = import_register(
            house(),
            file,
            organisation=organisation,
            register=register,
            checked_at=checked_at,
            expires_at=expires_at,
        )
    say_report(report, "answers", f"; they count until {expires_at:%Y-%m-%d}")


def _period(text: str) -> Period:
    try:
        return parse_period(text)
    except ValueError as error:
        raise GiveUp(f"--valid-for: {error}") from None
