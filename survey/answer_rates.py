"""How many people pick up when a line rings, and whether that has collapsed against its own past.

A number that networks block or mark as spam rings on in silence: nobody tells, and people stop
answering. So a line's last day is held against the four weeks before it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from storage import alarms
from storage.states import CALL_OVER
from storage.tables import Call, Line

ALARM: Final = "line.answer_rate_collapsed"
LATELY: Final = timedelta(days=1)
BEFORE: Final = timedelta(days=28)
# Fewer calls than these say nothing.
_ENOUGH_LATELY: Final = 40
_ENOUGH_BEFORE: Final = 200
# Collapsed: below this part of what is usual, and further below it than chance brings.
_PART: Final = 0.5
_DEVIATIONS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Rate:
    """How many calls rang on a line and how many of them were answered."""

    answered: int = 0
    rung: int = 0


def has_collapsed(lately: Rate, before: Rate) -> bool | None:
    """Whether far fewer answer than did before; None when there are too few calls to tell."""
    if lately.rung < _ENOUGH_LATELY or before.rung < _ENOUGH_BEFORE:
        return None
    usual = before.answered / before.rung
    expected = usual * lately.rung
    by_chance = _DEVIATIONS * math.sqrt(expected * (1 - usual))
    return lately.answered < min(_PART * expected, expected - by_chance)


def look(session: Session, *, now: datetime) -> int:
    """Raise an alarm for each line whose answers have collapsed, end it for one that recovered.

    How many are new.
    """
    lately, before = _rates(session, now=now)
    new = 0
    for line in session.scalars(select(Line).where(Line.id.in_(sorted(lately)))):
        collapsed = has_collapsed(lately[line.id], before.get(line.id, Rate()))
        subject = str(line.id)
        if collapsed is False:
            alarms.clear(session, ALARM, subject=subject, at=now)
        elif collapsed:
            owner = line.organisation_id
            new += alarms.sound(session, ALARM, subject=subject, organisation_id=owner, at=now)
    return new


def _rates(session: Session, *, now: datetime) -> tuple[Mapping[UUID, Rate], Mapping[UUID, Rate]]:
    """By line, of the calls that we placed: those of the last day, and those before."""
    begun = case((Call.started_at > now - LATELY, 1), else_=0)
    rows = session.execute(
        select(Call.line_id, begun, func.count(Call.answered_at), func.count())
        .where(
            Call.state.in_(CALL_OVER),
            Call.started_at > now - LATELY - BEFORE,
            Call.started_at <= now,
            # Placed by us: of whoever calls us the shown number is known.
            Call.attempt_id.is_not(None),
            Call.caller_hash.is_(None),
            # One that the provider never took rang nowhere.
            Call.provider_sid.is_not(None),
        )
        .group_by(Call.line_id, begun)
    )
    lately, before = dict[UUID, Rate](), dict[UUID, Rate]()
    for line_id, is_new, answered, rung in rows:
        if line_id is not None:
            (lately if is_new else before)[line_id] = Rate(answered, rung)
    return lately, before
