"""Counting scores into the statistics: whole groups at a time, into cells that know nobody.

The answers themselves say what is not counted yet, so nothing of it costs a turn anything. A score
is counted once enough people share its situation, however often each of them answered; after a
week facts are given up to find company. What is deleted before it found any is in no figure, and
what was counted stays when people go.
"""

import dataclasses
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, literal, select, tuple_, update
from sqlalchemy.orm import Session

from storage import tallies
from storage.house import reading, transaction
from storage.identity import new_id
from storage.restrictions import may_be_used
from storage.situations import TOP, Situation, into_groups, smallest_group
from storage.tables import (
    Answer,
    Interaction,
    Invitation,
    Organisation,
    Response,
    StatisticCell,
)

log = logging.getLogger(__name__)

PATIENCE: Final = timedelta(days=7)
"""How long a score waits for others of the same team, reason, channel and language."""
BATCH: Final = 5_000
_GROUPS_AT_ONCE: Final = 20
_CHUNK: Final = 500
_KEY: Final = (
    *("campaign_id", "survey_version_id", "question_key", "month", "rung"),
    *("team", "reason", "channel", "language", "value"),
)


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """One question as it was asked in one version of one campaign's survey."""

    campaign_id: UUID
    survey_version_id: UUID
    question_key: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A score that is not counted yet."""

    id: UUID
    answered_at: datetime
    asked: Asked
    situation: Situation
    person: UUID
    # Its person was answered, so it may go at any moment.
    goes: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Scores that are counted together."""

    asked: Asked
    situation: Situation
    answers: tuple[UUID, ...]


def count_all(*, now: datetime) -> int:
    """Count what can be counted in every organisation; how many scores."""
    with reading() as session:
        organisations = session.scalars(select(Organisation.id).order_by(Organisation.id)).all()
    return sum(count_new(one, overdue_before=now - PATIENCE) for one in organisations)


def count_new(
    organisation_id: UUID,
    *,
    overdue_before: datetime,
    batch: int = BATCH,
    handled_by: datetime | None = None,
) -> int:
    """Count the scores of an organisation that have company; how many.

    Those given at `overdue_before` or earlier give up facts of their situation for it, and so do
    those whose person was answered by `handled_by`: where that ends their time, it is now or never.
    """
    with reading() as session:
        organisation = session.get_one(Organisation, organisation_id)
        smallest = smallest_group(organisation.document)
        zone = ZoneInfo(organisation.timezone)
    counted, after = 0, None
    left: list[_Waiting] = []
    while True:
        with reading() as session:
            found = _uncounted(
                session, organisation_id, zone, after=after, limit=batch, handled_by=handled_by
            )
        groups, left = _grouped([*left, *found], smallest, overdue_before=overdue_before)
        for start in range(0, len(groups), _GROUPS_AT_ONCE):
            with transaction() as session:
                for group in groups[start : start + _GROUPS_AT_ONCE]:
                    counted += _count(session, organisation_id, group)
        if len(found) < batch:
            break
        after = (found[-1].answered_at, found[-1].id)
    if counted:
        log.info("statistics.counted", extra={"count": counted})
    return counted


def _uncounted(
    session: Session,
    organisation_id: UUID,
    zone: ZoneInfo,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
    handled_by: datetime | None,
) -> list[_Waiting]:
    """Scores that no cell holds, the oldest first; of nobody whose data are frozen."""
    wanted = (
        select(
            *(Answer.id, Answer.answered_at, Answer.question_key),
            *(Response.campaign_id, Response.survey_version_id, Response.language),
            *(Response.handled_at, Invitation.customer_id),
            *(Interaction.team, Interaction.reason, Interaction.channel),
        )
        .join(Response, Response.id == Answer.response_id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Interaction, Interaction.id == Invitation.interaction_id)
        .where(
            Answer.organisation_id == organisation_id,
            Answer.counted_in.is_(None),
            Answer.number.is_not(None),
            may_be_used(Invitation),
        )
        .order_by(Answer.answered_at, Answer.id)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(tuple_(Answer.answered_at, Answer.id) > tuple_(*after))
    return [
        _Waiting(
            id=row.id,
            answered_at=row.answered_at,
            asked=Asked(row.campaign_id, row.survey_version_id, row.question_key),
            situation=Situation(
                month=row.answered_at.astimezone(zone).date().replace(day=1),
                team=row.team or "",
                reason=row.reason or "",
                channel=row.channel or "",
                language=row.language,
            ),
            person=row.customer_id,
            goes=None not in (handled_by, row.handled_at) and row.handled_at <= handled_by,
        )
        for row in session.execute(wanted)
    ]


def _grouped(
    waiting: Iterable[_Waiting], smallest: int, *, overdue_before: datetime
) -> tuple[list[_Group], list[_Waiting]]:
    """What can be counted now, and which overdue scores found nobody."""
    by_question: defaultdict[Asked, defaultdict[Situation, list[_Waiting]]]
    by_question = defaultdict(lambda: defaultdict(list))
    for one in waiting:
        by_question[one.asked][one.situation].append(one)
    groups: list[_Group] = []
    left: list[_Waiting] = []
    for asked, situations in sorted(by_question.items()):
        patient = {
            situation
            for situation, scores in situations.items()
            if all(one.answered_at > overdue_before and not one.goes for one in scores)
        }
        people = {situation: _people(scores) for situation, scores in situations.items()}
        places = into_groups(people, smallest=smallest, patient=patient)
        members: defaultdict[Situation, list[UUID]] = defaultdict(list)
        alone: list[_Waiting] = []
        for situation, scores in situations.items():
            if situation in places:
                members[places[situation]] += [one.id for one in scores]
            elif situation not in patient:
                alone += scores
        if len(_people(alone)) >= smallest:
            # Of several months; they are counted with the last.
            month = max(one.situation.month for one in alone)
            members[Situation(month, rung=TOP)] += [one.id for one in alone]
        else:
            left += alone
        groups += [_Group(asked, place, tuple(ids)) for place, ids in sorted(members.items())]
    return groups, left


def _people(scores: Iterable[_Waiting]) -> set[UUID]:
    """Who gave them; one person alone fills no group, however often they answered."""
    return {one.person for one in scores}


def _count(session: Session, organisation_id: UUID, group: _Group) -> int:
    """Add a group to its cells if all of it is still there to be counted; how many scores."""
    scores: dict[UUID, int] = {}
    for part in _chunks(group.answers):
        rows = session.execute(
            select(Answer.id, Answer.number)
            .where(
                Answer.organisation_id == organisation_id,
                Answer.id.in_(part),
                Answer.counted_in.is_(None),
            )
            .order_by(Answer.id)
            .with_for_update()
        )
        scores |= {row.id: row.number for row in rows if row.number is not None}
    if len(scores) < len(group.answers):
        return 0  # somebody was erased, or counted elsewhere: the rest waits for the next round
    cells: dict[int, UUID] = {}
    for value, count in sorted(Counter(scores.values()).items()):
        row = _row(organisation_id, group.asked, group.situation, value=value, count=count)
        cells[value] = tallies.add_one(session, StatisticCell, row, key=_KEY)
    held_by = case(
        {value: literal(cell, Answer.counted_in.type) for value, cell in cells.items()},
        value=Answer.number,
    )
    for part in _chunks(group.answers):
        session.execute(update(Answer).where(Answer.id.in_(part)).values(counted_in=held_by))
    return len(scores)


def correct(session: Session, answer: Answer, *, number: int) -> None:
    """Give an answer another score; a figure that counts it already stays as it was given.

    One score that moved alone would be two reports that differ by one person.
    """
    session.refresh(answer, with_for_update=True)
    answer.number = number


def _row(
    organisation_id: UUID, asked: Asked, situation: Situation, *, value: int, count: int
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "organisation_id": organisation_id,
        "value": value,
        "count": count,
        **dataclasses.asdict(asked),
        **dataclasses.asdict(situation),
    }


def _chunks(items: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
