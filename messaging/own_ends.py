"""Until which day one's own answers and words are kept, as the purge will do it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import item_ends
from privacy.schedules import NoRuleError, schedule_of
from storage.tables import Organisation, Response


@dataclass(frozen=True, slots=True)
class OwnEnds:
    """The last day of the scores and of what was said; None where no day ends it by itself."""

    answers: str | None = None
    words: str | None = None
    # A hold, an open case or a restriction keeps some of it past that day.
    longer: bool = False


def of_response(
    session: Session, organisation: Organisation, response: Response, *, now: datetime
) -> OwnEnds:
    """The days on the organisation's clock; none where no rule says so."""
    try:
        schedule = schedule_of(organisation)
        endings = item_ends.of_response(session, schedule, response, now=now)
    except NoRuleError:
        return OwnEnds()
    days = {
        one.what: f"{one.at.astimezone(schedule.zone):%Y-%m-%d}"
        for one in endings
        if one.at is not None
    }
    return OwnEnds(
        answers=days.get(DataClass.ANSWERS),
        words=days.get(DataClass.FREE_COMMENTS),
        longer=any(one.kept for one in endings),
    )
