"""The measures by situation, team, channel and period, from cells that know nobody.

A report adds up whole groups and nothing else (storage.situations), so it takes as long for ten
million answers as for ten thousand, and no two reports tell a small group by their difference.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, case, cast, func, null, select
from sqlalchemy.orm import Session

from storage.situations import LEFT_OUT, Fact, smallest_group
from storage.tables import Campaign, Organisation, StatisticCell, SurveyVersion
from survey.scores import Counts, Figure, ces, csat, nps
from survey.script import Direction, Question, QuestionKind
from survey.script_document import from_document

SCORES: Final = (QuestionKind.NPS, QuestionKind.CSAT, QuestionKind.CES)
_GROUP: Final = (
    *(StatisticCell.campaign_id, StatisticCell.survey_version_id, StatisticCell.question_key),
    *(StatisticCell.month, StatisticCell.rung, StatisticCell.team, StatisticCell.reason),
    *(StatisticCell.channel, StatisticCell.language),
)


class By(StrEnum):
    """What a report tells apart."""

    MONTH = "month"
    TEAM = "team"
    REASON = "reason"
    CHANNEL = "channel"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures: told apart by what, of which months, of which campaign and situation.

    Months are named by any of their days; `only` names facts as they were told.
    """

    by: By = By.MONTH
    since: date | None = None
    until: date | None = None
    campaign: str | None = None
    only: Mapping[Fact, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """The figure of one month, team, reason, channel or language.

    An empty name is of those for whom it was never told; None of those who are too few to be shown
    by it, all together.
    """

    name: str | None
    figure: Figure


@dataclass(frozen=True, slots=True)
class Measured:
    """One question of one campaign: all who answered it, and line by line."""

    campaign: str
    question: str
    kind: QuestionKind
    lowest: int
    highest: int
    direction: Direction
    whole: Figure
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Scale:
    campaign: str
    question: str
    kind: QuestionKind
    lowest: int
    highest: int
    direction: Direction

    def figure(self, counts: Counts) -> Figure:
        if self.kind is QuestionKind.NPS:
            return nps(counts)
        measure = csat if self.kind is QuestionKind.CSAT else ces
        return measure(counts, lowest=self.lowest, highest=self.highest, direction=self.direction)


def report(session: Session, organisation: Organisation, wanted: Wanted) -> tuple[Measured, ...]:
    """The figures of an organisation, of its campaigns in the order of their keys.

    What too few share is in no line of its own; what is not yet counted is in none at all.
    """
    scales = _Scales(session, organisation)
    found: defaultdict[_Scale, defaultdict[str | None, Counter[int]]]
    found = defaultdict(lambda: defaultdict(Counter))
    for campaign, version, question, name, value, count in session.execute(
        _query(organisation, wanted)
    ):
        scale = scales.of(campaign, version, question)
        if scale is not None and wanted.campaign in (None, scale.campaign):
            found[scale][name][value] += int(count)
    return tuple(_measured(scale, found[scale]) for scale in sorted(found))


def _query(organisation: Organisation, wanted: Wanted) -> Any:
    """Counts by question, name of the line and score; whole groups of enough people only."""
    chosen = [StatisticCell.organisation_id == organisation.id]
    if wanted.since is not None:
        chosen.append(StatisticCell.month >= wanted.since.replace(day=1))
    if wanted.until is not None:
        chosen.append(StatisticCell.month <= wanted.until.replace(day=1))
    for fact, told in wanted.only.items():
        column: ColumnElement[str] = getattr(StatisticCell, fact.value)
        chosen.append(and_(column == told, ~_is_left_out(fact)))
    # A group counted when a smaller one was allowed is in no figure now.
    together = func.sum(StatisticCell.count).over(partition_by=_GROUP)
    cells = (
        select(
            *(StatisticCell.campaign_id, StatisticCell.survey_version_id),
            *(StatisticCell.question_key, StatisticCell.value, StatisticCell.count),
            _name(wanted.by).label("name"),
            together.label("together"),
        )
        .where(*chosen)
        .subquery()
    )
    line = (cells.c.campaign_id, cells.c.survey_version_id, cells.c.question_key, cells.c.name)
    return (
        select(*line, cells.c.value, func.sum(cells.c.count))
        .where(cells.c.together >= smallest_group(organisation.document))
        .group_by(*line, cells.c.value)
    )


def _name(by: By) -> ColumnElement[Any]:
    if by is By.MONTH:
        return func.substr(cast(StatisticCell.month, String), 1, 7)
    fact = Fact(by.value)
    return case((_is_left_out(fact), null()), else_=getattr(StatisticCell, fact.value))


def _is_left_out(fact: Fact) -> ColumnElement[bool]:
    return StatisticCell.rung > LEFT_OUT.index(fact)


def _measured(scale: _Scale, counts: Mapping[str | None, Counter[int]]) -> Measured:
    whole: Counter[int] = Counter()
    for of_line in counts.values():
        whole.update(of_line)
    # What is not told apart comes last.
    names = sorted(counts, key=lambda name: (name is None, name == "", name or ""))
    return Measured(
        campaign=scale.campaign,
        question=scale.question,
        kind=scale.kind,
        lowest=scale.lowest,
        highest=scale.highest,
        direction=scale.direction,
        whole=scale.figure(whole),
        lines=tuple(Line(name, scale.figure(counts[name])) for name in names),
    )


class _Scales:
    """Which scale a question had in a version; versions that only differ in words share one."""

    def __init__(self, session: Session, organisation: Organisation) -> None:
        self._session = session
        campaigns = select(Campaign.id, Campaign.key).where(
            Campaign.organisation_id == organisation.id
        )
        self._campaigns: dict[UUID, str] = {row.id: row.key for row in session.execute(campaigns)}
        self._questions: dict[UUID, dict[str, Question]] = {}

    def of(self, campaign: UUID, version: UUID, question_key: str) -> _Scale | None:
        """The scale, or None for what is no score in that version."""
        if version not in self._questions:
            script = from_document(self._session.get_one(SurveyVersion, version).document)
            self._questions[version] = {one.key: one for one in script.questions}
        question = self._questions[version].get(question_key)
        if question is None or question.kind not in SCORES:
            return None
        lowest = 0 if question.lowest is None else question.lowest
        highest = 10 if question.highest is None else question.highest
        return _Scale(
            campaign=self._campaigns[campaign],
            question=question_key,
            kind=question.kind,
            lowest=lowest,
            highest=highest,
            direction=question.direction or Direction.HIGH_IS_GOOD,
        )
