"""Making answers anonymous: what stays of a response when its person goes, and no way back.

What is kept together is a person's answers and the month. Gone are ids, case, day, language, team,
reason, channel, comments and whether anybody wished to be contacted. Only scores that are in the
statistics are kept, and of each question and month at least the smallest group is not: so neither
the rows nor the published figures less the rows are ever about a few.
"""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.situations import smallest_group
from storage.tables import (
    AnonymousAnswer,
    AnonymousResponse,
    Answer,
    Organisation,
    Response,
    StatisticCell,
)

_CHUNK: Final = 500
_Place = tuple[UUID, UUID, str, date]
"""Campaign, survey version, question and month."""


@dataclass(slots=True)
class _Given:
    """What one person answered; scores with the month in which they are counted."""

    campaign_id: UUID
    survey_version_id: UUID
    scores: dict[str, tuple[date, int]] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)

    def place(self, question: str) -> _Place:
        return self.campaign_id, self.survey_version_id, question, self.scores[question][0]


def keep(session: Session, organisation_id: UUID, responses: Collection[UUID]) -> int:
    """Keep what these responses answered, of nobody; call it as their rows are deleted.

    How many were kept.
    """
    # One at a time in each organisation, because each counts what the others have kept.
    organisation = session.get_one(
        Organisation, organisation_id, with_for_update={"key_share": True}
    )
    room = _Room(session, smallest_group(organisation.document))
    given = list(_given(session, organisation_id, sorted(responses)))
    # In no order, so that none tells of the one before.
    secrets.SystemRandom().shuffle(given)
    return sum(_keep_one(session, organisation_id, one, room) for one in given)


def _keep_one(session: Session, organisation_id: UUID, given: _Given, room: "_Room") -> bool:
    if not given.scores:
        return False
    month = max(counted_in for counted_in, _ in given.scores.values())
    scores = {
        question: number
        for question, (counted_in, number) in given.scores.items()
        if counted_in == month and room.take(given.place(question))
    }
    if not scores:
        return False
    response = AnonymousResponse(
        id=uuid4(),
        organisation_id=organisation_id,
        campaign_id=given.campaign_id,
        survey_version_id=given.survey_version_id,
        month=month,
    )
    session.add(response)
    session.flush()
    for question, value in {**scores, **given.choices}.items():
        session.add(
            AnonymousAnswer(
                response_id=response.id,
                organisation_id=organisation_id,
                question_key=question,
                number=value if isinstance(value, int) else None,
                choice=value if isinstance(value, str) else None,
            )
        )
    session.flush()
    return True


def _given(session: Session, organisation_id: UUID, responses: list[UUID]) -> Iterator[_Given]:
    for start in range(0, len(responses), _CHUNK):
        lines = session.execute(
            select(
                *(Response.id, Response.campaign_id, Response.survey_version_id),
                *(Answer.question_key, Answer.choice, StatisticCell.month),
                # As it was counted: a corrected one would tell of somebody that they corrected.
                StatisticCell.value.label("number"),
            )
            .join(Answer, Answer.response_id == Response.id)
            .outerjoin(StatisticCell, StatisticCell.id == Answer.counted_in)
            .where(
                Response.organisation_id == organisation_id,
                Response.id.in_(responses[start : start + _CHUNK]),
            )
        )
        people: dict[UUID, _Given] = {}
        for line in lines:
            known = _Given(line.campaign_id, line.survey_version_id)
            _add(people.setdefault(line.id, known), line)
        yield from people.values()


def _add(given: _Given, line: Any) -> None:
    if line.choice is not None:
        given.choices[line.question_key] = line.choice
    # A score that is in no figure had no company: it is dropped.
    elif line.number is not None and line.month is not None:
        given.scores[line.question_key] = (line.month, line.number)


class _Room:
    """How many more of a question and month may be kept, so that enough are not."""

    def __init__(self, session: Session, smallest: int) -> None:
        self._session = session
        self._smallest = smallest
        self._left: dict[_Place, int] = {}

    def take(self, place: _Place) -> bool:
        """Whether one more may be kept; if so, it is counted."""
        if place not in self._left:
            self._left[place] = self._counted(*place) - self._kept(*place) - self._smallest
        if self._left[place] <= 0:
            return False
        self._left[place] -= 1
        return True

    def _counted(self, campaign: UUID, version: UUID, question: str, month: date) -> int:
        counted = select(func.sum(StatisticCell.count)).where(
            StatisticCell.campaign_id == campaign,
            StatisticCell.survey_version_id == version,
            StatisticCell.question_key == question,
            StatisticCell.month == month,
        )
        return int(self._session.scalar(counted) or 0)

    def _kept(self, campaign: UUID, version: UUID, question: str, month: date) -> int:
        kept = (
            select(func.count())
            .select_from(AnonymousAnswer)
            .join(AnonymousResponse, AnonymousResponse.id == AnonymousAnswer.response_id)
            .where(
                AnonymousResponse.campaign_id == campaign,
                AnonymousResponse.survey_version_id == version,
                AnonymousResponse.month == month,
                AnonymousAnswer.question_key == question,
            )
        )
        return self._session.scalar(kept) or 0
