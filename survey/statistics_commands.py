"""The command `flask statistics show`: the measures by month, team, reason, channel or language."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

import click

from config.typed_days import MONTH
from storage.house import reading
from storage.situations import Fact, smallest_group
from survey import anonymous, statistics
from survey.command_errors import plain_errors
from survey.places import find_campaign, find_organisation
from survey.scores import Figure
from survey.script import QuestionKind
from survey.statistics import By, Line, Measured, Wanted


class Shape(StrEnum):
    """How the figures are written."""

    TEXT = "text"
    JSON = "json"


@click.group("statistics")
def statistics_group() -> None:
    """How it went, in figures with nobody in them."""


@statistics_group.command("show")
@click.option("--organisation", required=True, help="Key of the organisation.")
@click.option("--campaign", help="Key of its campaign; all of them if left out.")
@click.option(
    "--by", type=click.Choice([one.value for one in By]), default=By.MONTH.value,
    show_default=True, help="What the lines tell apart.",
)  # fmt: skip
@click.option("--since", type=MONTH, help="Only from this month on, written 2026-01.")
@click.option("--until", type=MONTH, help="Only up to the end of this month.")
@click.option("--team", help="Only contacts with this team.")
@click.option("--reason", help="Only contacts about this.")
@click.option("--channel", help="Only contacts by this channel.")
@click.option("--language", help="Only calls in this language.")
@click.option(
    "--format", "as_format", type=click.Choice([one.value for one in Shape]),
    default=Shape.TEXT.value, show_default=True,
)  # fmt: skip
def show_statistics(
    organisation: str,
    campaign: str | None,
    by: str,
    since: datetime | None,
    until: datetime | None,
    as_format: str,
    **facts: str | None,
) -> None:
    """Show NPS, CSAT and CES with how many scores there are and where each probably lies.

    They stay as they are when people are deleted. What fewer people share than the organisation's
    smallest group is in no line of its own.
    """
    wanted = Wanted(
        by=By(by),
        since=None if since is None else since.date(),
        until=None if until is None else until.date(),
        campaign=campaign,
        only={fact: told for fact in Fact if (told := facts[fact.value]) is not None},
    )
    with plain_errors(), reading() as session:
        owner = find_organisation(session, organisation)
        if campaign is not None:
            find_campaign(session, organisation=organisation, campaign=campaign)
        found = statistics.report(session, owner, wanted)
        smallest = smallest_group(owner.document)
    if Shape(as_format) is Shape.JSON:
        document = {
            "organisation": organisation,
            "by": by,
            "smallest_group": smallest,
            "questions": [_document(one) for one in found],
        }
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    if not found:
        click.echo(f"nothing to show: no situation has the answers of {smallest} people yet")
    for one in found:
        _table(one)


@statistics_group.command("anonymous")
@click.option("--organisation", required=True, help="Key of the organisation.")
def show_anonymous(organisation: str) -> None:
    """Print the answers that were made anonymous, a JSON line for each response.

    A month is told when nobody's own answers of it are left.
    """
    with plain_errors(), reading() as session:
        owner = find_organisation(session, organisation)
        for line in anonymous.lines(session, owner):
            click.echo(json.dumps(line, ensure_ascii=False))


def line_name(line: Line) -> str:
    """What a line is of, in words."""
    if line.name is None:
        return "(too few to tell apart)"
    return line.name or "(not told)"


def _table(measured: Measured) -> None:
    scale = f"{measured.lowest} to {measured.highest}"
    click.echo(f"{measured.campaign}, {measured.question}: {measured.kind.upper()} ({scale})")
    click.echo(f"  {'':<32}{'n':>9}{'value':>9}{'from':>9}{'to':>9}")
    _line("in all", measured.kind, measured.whole)
    for line in measured.lines:
        _line(line_name(line), measured.kind, line.figure)
    click.echo("")


def _line(name: str, kind: QuestionKind, figure: Figure) -> None:
    digits = 2 if kind is QuestionKind.CES else 0
    cells = (figure.value, figure.low, figure.high)
    shown = "".join(f"{'-' if one is None else f'{one:.{digits}f}':>9}" for one in cells)
    click.echo(f"  {name:<32}{figure.n:>9}{shown}")


def _document(measured: Measured) -> dict[str, Any]:
    return {
        "campaign": measured.campaign,
        "question": measured.question,
        "measure": measured.kind.value,
        "lowest": measured.lowest,
        "highest": measured.highest,
        "direction": measured.direction.value,
        "whole": _figure(measured.whole),
        # A name of null: too few to tell apart; an empty one: never told.
        "lines": [{"name": one.name, **_figure(one.figure)} for one in measured.lines],
    }


def _figure(figure: Figure) -> dict[str, float | int | None]:
    return {"n": figure.n, "value": figure.value, "low": figure.low, "high": figure.high}
