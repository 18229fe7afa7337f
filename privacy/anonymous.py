"""Making answers anonymous: what stays of a response when its person goes, and no way back.

What is kept together is a person's answers and the month. Gone are ids, case, day, language, team,
reason, channel, comments and whether anybody wished to be contacted. Only scores that are in the
statistics are kept. A line is a person: of a campaign and month nobody has two, and of each
question at least the smallest group of people is in none. So neither the rows nor the published
figures less the rows are ever about a few.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import anonymous_months
from storage.situations import smallest_group
from storage.tables import (
    AnonymousAnswer,
    AnonymousResponse,
    Answer,
    Invitation,
    Organisation,
    Response,
    StatisticCell,
)

_CHUNK: Final = 500
_Place = tuple[UUID, UUID, str, date]
"""Campaign, survey version, question and month."""
_Line = tuple[UUID, UUID, date | None]
"""Person, campaign and month, of which there is one line at most; None: it is not counted yet."""


@dataclass(slots=True)
class _Given:
    """What one person answered once; scores with the month in which they are counted."""

    person: UUID
    campaign_id: UUID
    survey_version_id: UUID
    scores: dict[str, tuple[date, int]] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)

    @property
    def month(self) -> date:
        return max(counted_in for counted_in, _ in self.scores.values())

    @property
    def line(self) -> _Line:
        return self.person, self.campaign_id, self.month

    def place(self, question: str) -> _Place:
        return self.campaign_id, self.survey_version_id, question, self.scores[question][0]


def keep(session: Session, organisation_id: UUID, responses: Collection[UUID]) -> int:
    """Keep what these responses answered, of nobody; call it as their rows are deleted.

    How many were kept.
    """
    # One at a time in each organisation, because each counts whom the others have left.
    organisation = session.get_one(
        Organisation, organisation_id, with_for_update={"key_share": True}
    )
    going = frozenset(responses)
    # A score that is in no figure had no company, and what has no score is dropped.
    given = [one for one in _given(session, organisation_id, sorted(going)) if one.scores]
    # In no order, so that none tells of the one before.
    secrets.SystemRandom().shuffle(given)
    room = _Room(session, organisation, given, going=going)
    lines = {one.line: one for one in given}
    answers_still = _answers_still(session, organisation_id, given, going=going)
    return sum(
        _keep_one(session, organisation_id, one, room)
        for (person, campaign, month), one in lines.items()
        # Somebody's last answer of the month is kept, so that nobody need be remembered.
        if answers_still.isdisjoint({(person, campaign, month), (person, campaign, None)})
    )


def _keep_one(session: Session, organisation_id: UUID, given: _Given, room: "_Room") -> bool:
    scores = {
        question: number
        for question, (counted_in, number) in given.scores.items()
        if counted_in == given.month and room.take(given.place(question), given.person)
    }
    if not scores:
        return False
    response = AnonymousResponse(
        id=uuid4(),
        organisation_id=organisation_id,
        campaign_id=given.campaign_id,
        survey_version_id=given.survey_version_id,
        month=given.month,
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
    for part in _chunks(responses):
        lines = session.execute(
            select(
                *(Response.id, Response.campaign_id, Response.survey_version_id),
                Invitation.customer_id,
                *(Answer.question_key, Answer.choice, StatisticCell.month),
                # As it was counted: a corrected one would tell of somebody that they corrected.
                StatisticCell.value.label("number"),
            )
            .join(Invitation, Invitation.id == Response.invitation_id)
            .join(Answer, Answer.response_id == Response.id)
            .outerjoin(StatisticCell, StatisticCell.id == Answer.counted_in)
            .where(
                Response.organisation_id == organisation_id,
                Response.id.in_(part),
            )
        )
        people: dict[UUID, _Given] = {}
        for line in lines:
            known = _Given(line.customer_id, line.campaign_id, line.survey_version_id)
            _add(people.setdefault(line.id, known), line)
        yield from people.values()


def _add(given: _Given, line: Any) -> None:
    if line.choice is not None:
        given.choices[line.question_key] = line.choice
    elif line.number is not None and line.month is not None:
        given.scores[line.question_key] = (line.month, line.number)


def _answers_still(
    session: Session, organisation_id: UUID, given: Iterable[_Given], *, going: Collection[UUID]
) -> set[_Line]:
    """Of which campaigns and months these people's answers stay for now; None: not counted yet."""
    found: set[_Line] = set()
    for part in _chunks(sorted({one.person for one in given})):
        theirs = session.execute(
            select(
                *(Response.id, Response.campaign_id, Invitation.customer_id),
                StatisticCell.month,
            )
            .join(Invitation, Invitation.id == Response.invitation_id)
            .join(Answer, Answer.response_id == Response.id)
            .outerjoin(StatisticCell, StatisticCell.id == Answer.counted_in)
            .where(
                Invitation.organisation_id == organisation_id,
                Invitation.customer_id.in_(part),
                Answer.number.is_not(None),
            )
        )
        found |= {
            (one.customer_id, one.campaign_id, one.month) for one in theirs if one.id not in going
        }
    return found


def _chunks(items: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


class _Room:
    """Whether enough people answered a question in a month who are in none of its lines.

    They are looked for among those who are there. The last who is ever kept leaves so many, and
    they are never kept; whoever was erased before comes on top.
    """

    def __init__(
        self,
        session: Session,
        organisation: Organisation,
        given: Iterable[_Given],
        *,
        going: Collection[UUID],
    ) -> None:
        self._session = session
        self._organisation = organisation
        self._smallest = smallest_group(organisation.document)
        self._going = going
        self._here: defaultdict[_Place, set[UUID]] = defaultdict(set)
        for one in given:
            for question in one.scores:
                self._here[one.place(question)].add(one.person)
        self._not_kept: dict[_Place, set[UUID]] = {}

    def take(self, place: _Place, person: UUID) -> bool:
        """Whether this person's answer may be kept; if so, it is counted as kept."""
        if place not in self._not_kept:
            self._not_kept[place] = self._here[place] | self._staying(*place)
        others = self._not_kept[place] - {person}
        if len(others) < self._smallest:
            return False
        self._not_kept[place] = others
        return True

    def _staying(self, campaign: UUID, version: UUID, question: str, month: date) -> set[UUID]:
        """People who answered it and do not go now, as many as matter."""
        begins, ends = anonymous_months.bounds(self._organisation, month)
        wanted = (
            select(Response.id, Invitation.customer_id)
            .join(Invitation, Invitation.id == Response.invitation_id)
            .join(Answer, Answer.response_id == Response.id)
            .join(StatisticCell, StatisticCell.id == Answer.counted_in)
            .where(
                Answer.organisation_id == self._organisation.id,
                Answer.question_key == question,
                # So the answers of that time alone are looked through; nearly all are counted so.
                Answer.answered_at >= begins,
                Answer.answered_at < ends,
                Response.campaign_id == campaign,
                Response.survey_version_id == version,
                StatisticCell.month == month,
            )
        )
        # Those who go now are found first, being the oldest.
        most = len(self._going) + _CHUNK
        while True:
            rows = self._session.execute(wanted.limit(most)).all()
            found = {person for response, person in rows if response not in self._going}
            if len(found) >= self._smallest or len(rows) < most:
                return found
            most *= 2
