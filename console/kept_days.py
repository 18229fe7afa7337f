"""Until which day something is kept, in a sentence, and what staff can do about it."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from console import dates
from privacy import item_ends
from privacy.item_ends import Ending, Why
from privacy.schedules import NoRuleError, schedule_of
from storage.tables import Case, Message, Organisation, Response

# What it is called, whether that is one thing, and what its time begins with.
_CALLED: Final[Mapping[DataClass, tuple[str, bool, str]]] = {
    DataClass.ANSWERS: ("The answers", False, "after they were given"),
    DataClass.FREE_COMMENTS: ("The comment", True, "after it was made"),
    DataClass.TELEPHONE_MESSAGES: ("The message", True, "after it was received"),
    DataClass.COMPLAINTS: ("The case", True, "after it was opened"),
    DataClass.CASE_NOTES: ("The case", True, "after it was opened"),
}
_HANDLED: Final[Mapping[DataClass, str]] = {
    DataClass.ANSWERS: "the person has been answered",
    DataClass.FREE_COMMENTS: "the person has been answered",
    DataClass.COMPLAINTS: "it is closed",
    DataClass.CASE_NOTES: "it is closed",
}
NEXT_RUN: Final = "with the next run of the deletions, within a quarter of an hour"
_UNKNOWN: Final = "How long it is kept cannot be told: the schedule has no rule for it."


def of_response(
    session: Session, organisation: Organisation, response: Response, *, now: datetime, locale: str
) -> list[str]:
    """When the answers and the comments of a response go."""
    try:
        schedule = schedule_of(organisation)
        endings = item_ends.of_response(session, schedule, response, now=now)
    except NoRuleError:
        return [_UNKNOWN]
    return [sentence(one, schedule.zone, now=now, locale=locale) for one in endings]


def ends_when_answered(organisation: Organisation) -> bool:
    """Whether answering a person ends the time of what they said, so that it is deleted."""
    try:
        schedule = schedule_of(organisation)
    except NoRuleError:
        return False
    return bool({DataClass.ANSWERS, DataClass.FREE_COMMENTS} & schedule.until_handled)


def of_message(
    session: Session, organisation: Organisation, message: Message, *, now: datetime, locale: str
) -> str:
    """When a telephone message goes."""
    try:
        schedule = schedule_of(organisation)
        ending = item_ends.of_message(session, schedule, message, now=now)
    except NoRuleError:
        return _UNKNOWN
    return sentence(ending, schedule.zone, now=now, locale=locale)


def of_case(
    session: Session, organisation: Organisation, case: Case, *, now: datetime, locale: str
) -> str:
    """When a case goes with its notes."""
    try:
        schedule = schedule_of(organisation)
        ending = item_ends.of_case(session, schedule, case, now=now)
    except NoRuleError:
        return _UNKNOWN
    if ending.what in schedule.from_collection:
        since = "after the answer it is about was given"
        return sentence(ending, schedule.zone, now=now, locale=locale, since=since)
    if case.closed_at is not None:
        since = "after it was closed"
        return sentence(ending, schedule.zone, now=now, locale=locale, since=since)
    if ending.why is Why.PERIOD:
        return _open_case(ending, schedule.zone, now=now, locale=locale)
    return sentence(ending, schedule.zone, now=now, locale=locale)


def sentence(
    ending: Ending, zone: tzinfo, *, now: datetime, locale: str, since: str | None = None
) -> str:
    """One sentence: what goes, on which day, and why on that one."""
    called, single, begins = _CALLED[ending.what]
    since = since or begins
    go, are = ("goes", "is") if single else ("go", "are")
    handled = _HANDLED.get(ending.what, "it is handled")
    day = _day(ending.at, zone, now=now, locale=locale)
    told = {
        Why.PERIOD: f"{called} {go} {day}, {ending.period} {since}.",
        Why.CEILING: (
            f"{called} {go} once {handled}, and {day} at the latest, {ending.period} {since}."
        ),
        Why.HANDLED: f"{called} {go} {day}: {handled}.",
        Why.SENSITIVE: f"{called} {go} {day}: it was marked as sensitive.",
        Why.OPEN: f"{called} {are} kept until {handled}.",
        Why.NEVER: f"Nothing deletes {called.lower()} by age.",
    }[ending.why]
    if ending.kept:
        them = "it" if single else "them"
        told += f" A hold, an open case or a restriction keeps {them} longer."
    return told


def _open_case(ending: Ending, zone: tzinfo, *, now: datetime, locale: str) -> str:
    if ending.kept:
        return f"The case is kept while it is open, and goes {ending.period} after it is closed."
    day = _day(ending.at, zone, now=now, locale=locale)
    return (
        f"The case goes {ending.period} after it is closed; if nobody closes it, {day}, "
        f"{ending.period} after it was opened."
    )


def _day(at: datetime | None, zone: tzinfo, *, now: datetime, locale: str) -> str:
    if at is None:
        return "on no day"
    if at <= now:
        return NEXT_RUN
    return f"on {dates.day(at, zone, locale=locale)}"
