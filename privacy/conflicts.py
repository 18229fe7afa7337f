"""How an organisation's schedule settles what pulls both ways, in sentences for people.

Erasure against an open case, a restriction against a promised period, months against days, and a
case that is still open when its comment's time is over.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.periods import Period
from config.retention_rules import DataClass, Extension
from privacy import keepers
from privacy.schedules import Schedule
from storage.tables import Case, Hold, Invitation

_WORDS: Final = {
    DataClass.ANSWERS: "answers",
    DataClass.FREE_COMMENTS: "comments",
    DataClass.TELEPHONE_MESSAGES: "telephone messages",
    DataClass.CONTACT_LOG: "contacts",
    DataClass.COMPLAINTS: "complaints",
    DataClass.CASE_NOTES: "case notes",
}


def in_words(schedule: Schedule) -> Iterator[str]:
    """One sentence for each conflict, as this schedule settles it."""
    needed = _extended(schedule, Extension.OPEN_MATTER)
    if needed:
        yield (
            f"Erasure against an open case: {_list(needed)} are kept until the case is closed, and "
            "a request for erasure is refused with that ground until then."
        )
    else:
        yield "Erasure against an open case: the person is erased, the case with them."
    promised = schedule.periods.get(DataClass.TELEPHONE_MESSAGES)
    than = "any period" if promised is None else f"the {promised} promised for telephone messages"
    yield (
        f"Restriction against a promised period: the restriction wins, also over {than}; what is "
        "overdue goes with the first run after it is lifted."
    )
    yield (
        "Months against days: a month is a calendar month and a day a calendar day, on the clock "
        f"of {schedule.zone.key}; {_periods(schedule)}."
    )
    note, sound = DataClass.CASE_NOTES, DataClass.FREE_COMMENTS
    period = schedule.periods.get(sound)
    if sound in needed:
        yield "A case still open when its comment's time is over: the comment stays with the case."
    elif note in needed:
        yield (
            f"A case still open when its comment's time is over: the case note stays, the comment "
            f"goes after {period} unless it is held."
        )
    else:
        yield (
            f"A case still open when its comment's time is over: neither is kept for the case; the "
            f"comment goes after {period}."
        )


def against_erasure(
    session: Session, schedule: Schedule, customer_id: UUID, *, now: datetime
) -> list[str]:
    """Why a person may not be erased now, besides restrictions; empty when nothing stands in it."""
    reasons = []
    asked = select(Invitation.id).where(Invitation.customer_id == customer_id)
    cases = select(Case.id).where(
        Case.organisation_id == schedule.organisation_id, Case.customer_id == customer_id
    )
    held = select(Hold.id).where(
        Hold.organisation_id == schedule.organisation_id,
        keepers.holds_at(now),
        or_(
            Hold.customer_id == customer_id,
            Hold.invitation_id.in_(asked),
            Hold.case_id.in_(cases),
        ),
    )
    for hold in session.scalars(held.order_by(Hold.id)):
        reasons.append(f"hold {hold} stands; release it with 'flask holds release' first")
    needed = _extended(schedule, Extension.OPEN_MATTER)
    if needed:
        still = cases.where(Case.closed_at.is_(None)).order_by(Case.id)
        reasons += [
            f"case {case} is open, and {_list(needed)} are kept until it is closed"
            for case in session.scalars(still)
        ]
    return reasons


def _extended(schedule: Schedule, by: Extension) -> list[DataClass]:
    return [one for one in _WORDS if by in schedule.extended_by.get(one, ())]


def _list(classes: list[DataClass]) -> str:
    words = [_WORDS[one] for one in classes]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _periods(schedule: Schedule) -> str:
    told: list[tuple[str, Period]] = []
    for one, words in _WORDS.items():
        period = schedule.periods.get(one)
        if period is not None:
            told.append((words, period))
    return ", ".join(f"{words} {period}" for words, period in told) or "no class has a period"
