"""The command `flask campaigns funnel`: how far the people of a campaign came, and what it cost."""

import dataclasses
import json
from enum import StrEnum

import click

from config.campaign_limits import MICROS
from storage.house import reading, utc_now
from storage.situations import smallest_group
from survey import funnel, spending
from survey.command_errors import plain_errors
from survey.commands import campaigns_group
from survey.funnel import Funnel, Row
from survey.permission_facts import rules_of
from survey.places import find_campaign

_COLUMNS = tuple(one.name for one in dataclasses.fields(Row))


class Shape(StrEnum):
    """How the figures are written."""

    TEXT = "text"
    JSON = "json"


@campaigns_group.command("funnel")
@click.option("--organisation", required=True, help="Key of the organisation.")
@click.option("--campaign", required=True, help="Key of its campaign.")
@click.option(
    "--format", "as_format", type=click.Choice([one.value for one in Shape]),
    default=Shape.TEXT.value, show_default=True,
)  # fmt: skip
def show_funnel(organisation: str, campaign: str, as_format: str) -> None:
    """Say how many were tried, reached, started, completed, refused and objected.

    In all, by the hour of the day on the organisation's clock, and by attempt; hours and attempts
    in whole groups of the organisation's smallest one, rounded down.
    """
    with plain_errors(), reading() as session:
        owner, found = find_campaign(session, organisation=organisation, campaign=campaign)
        smallest = smallest_group(owner.document)
        counted = funnel.of_campaign(session, found).in_groups(smallest)
        spent = spending.of_campaign(session, found, now=utc_now())
        price = rules_of(found).price
        currency = None if price is None else price.currency
        state, reason = found.state.value, found.state_reason
    if Shape(as_format) is Shape.JSON:
        document = {
            "organisation": organisation,
            "campaign": campaign,
            "state": state,
            "state_reason": reason,
            "smallest_group": smallest,
            **_document(counted),
            "currency": currency,
            "spent_today": spent.today / MICROS,
            "spent_whole": spent.whole / MICROS,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    click.echo(f"campaign {campaign} of {organisation}: {state}{f' ({reason})' if reason else ''}")
    _table(counted)
    click.echo(f"hours and attempts in whole groups of {smallest}, rounded down")
    if currency is not None:
        click.echo(
            f"\nspent today {spent.today / MICROS:.2f} {currency}, "
            f"in all {spent.whole / MICROS:.2f} {currency}"
        )


def _document(counted: Funnel) -> dict[str, object]:
    return {
        "funnel": dataclasses.asdict(counted.whole),
        "by_hour": {
            f"{hour:02d}": dataclasses.asdict(row) for hour, row in counted.by_hour.items()
        },
        "by_attempt": {
            str(number): dataclasses.asdict(row) for number, row in counted.by_attempt.items()
        },
    }


def _table(counted: Funnel) -> None:
    _line("", _COLUMNS)
    _line("in all", dataclasses.astuple(counted.whole))
    for number, row in counted.by_attempt.items():
        more = " and later" if number == funnel.MOST_ATTEMPTS else ""
        _line(f"attempt {number}{more}", dataclasses.astuple(row))
    for hour, row in counted.by_hour.items():
        _line(f"{hour:02d} to {hour + 1:02d}", dataclasses.astuple(row))


def _line(name: str, cells: tuple[object, ...]) -> None:
    click.echo(f"{name:<20}" + "".join(f"{cell!s:>11}" for cell in cells))
