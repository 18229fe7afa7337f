"""How it went by month, team, reason, channel or language: figures that are about nobody."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console import figures
from console.blueprint import bp
from console.gate import ANALYSTS, only, visitor
from storage.house import reading
from storage.situations import smallest_group
from storage.tables import Organisation
from survey import statistics
from survey.scores import Figure
from survey.script import QuestionKind
from survey.statistics import By, Line, Measured, Wanted

NAMES: Final = {
    By.MONTH: "Month",
    By.TEAM: "Team",
    By.REASON: "Reason",
    By.CHANNEL: "Channel",
    By.LANGUAGE: "Language",
}
_WRITTEN: Final = {
    QuestionKind.NPS: figures.points,
    QuestionKind.CSAT: figures.per_cent,
    QuestionKind.CES: figures.mean,
}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as it stands in the table; `low` and `high` bound the 95 per cent interval."""

    name: str
    n: int
    value: str
    low: str
    high: str
    told: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """One question's table."""

    campaign: str
    question: str
    measure: str
    explained: str
    whole: ShownLine
    lines: tuple[ShownLine, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of one organisation."""

    organisation: str
    smallest: int
    tables: tuple[Shown, ...]


@bp.get("/statistics")
@only(ANALYSTS)
def statistics_page() -> ResponseReturnValue:
    """The figures of each organisation the visitor may see."""
    wanted = _wanted()
    with reading() as session:
        owners = session.scalars(
            select(Organisation).where(visitor().sees(Organisation)).order_by(Organisation.name)
        )
        parts = [
            Part(
                organisation=owner.name,
                smallest=smallest_group(owner.document),
                tables=tuple(_shown(one) for one in statistics.report(session, owner, wanted)),
            )
            for owner in owners
        ]
    return render_template(
        "console/statistics.html", parts=parts, wanted=wanted, names=NAMES, column=NAMES[wanted.by]
    )


def _wanted() -> Wanted:
    by = request.args.get("by", "")
    return Wanted(
        by=By(by) if by in tuple(By) else By.MONTH,
        since=_month(request.args.get("since", "")),
        until=_month(request.args.get("until", "")),
    )


def _month(text: str) -> date | None:
    """The first day of a month written 2026-03; what is none asks for nothing in particular."""
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        return None


def _shown(measured: Measured) -> Shown:
    name, explained = figures.NAMES[measured.kind]
    return Shown(
        campaign=measured.campaign,
        question=measured.question,
        measure=name,
        explained=explained,
        whole=_line(measured, "In all", measured.whole),
        lines=tuple(_named(measured, one) for one in measured.lines),
    )


def _named(measured: Measured, line: Line) -> ShownLine:
    if line.name is None:
        return _line(measured, "Too few to tell apart", line.figure, told=False)
    return _line(measured, line.name or "Not told", line.figure, told=bool(line.name))


def _line(measured: Measured, name: str, figure: Figure, *, told: bool = True) -> ShownLine:
    write = _WRITTEN[measured.kind]
    value, low, high = (
        "" if one is None else write(one) for one in (figure.value, figure.low, figure.high)
    )
    return ShownLine(name, figure.n, value, low, high, told)
