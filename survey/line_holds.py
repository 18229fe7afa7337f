"""Leaving a line alone for a while because the provider asks for patience; by the database's clock.

A text message goes out on the same line as a call, so what one of them learns counts for both.
"""

import random
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from storage.database_clock import clock
from storage.insertion import insert_missing
from storage.tables import Line, LinePace

_LONGEST_HOLD: Final = 60.0


def hold(
    session: Session, line_id: UUID, *, organisation_id: UUID, after_seconds: float | None = None
) -> float:
    """Leave the line alone for a while, all processes: as long as the provider asks, or longer each
    time it asks in a row. Seconds from now."""
    insert_missing(session, LinePace, [{"line_id": line_id, "organisation_id": organisation_id}])
    pace, now = session.execute(
        select(LinePace, clock(session))
        .where(LinePace.line_id == line_id)
        .with_for_update(of=LinePace)
    ).one()
    if pace.held_until is None or pace.held_until <= now:
        # Several requests were under way when the first was refused: together they count once.
        pace.refusals += 1
    grown = min(2.0 ** (pace.refusals - 1), _LONGEST_HOLD)
    # Spread, so that what was held does not come back in step with what others hold.
    wait = max(after_seconds or 0.0, grown) * random.uniform(1.0, 1.3)  # noqa: S311 - no secret
    until = now + timedelta(seconds=wait)
    pace.held_until = max(pace.held_until or until, until)
    session.flush()
    return float((pace.held_until - now).total_seconds())


def is_held(session: Session) -> ColumnElement[bool]:
    """That the line of a statement is left alone at this moment."""
    return exists().where(LinePace.line_id == Line.id, LinePace.held_until > clock(session))
