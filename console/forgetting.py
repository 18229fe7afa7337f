"""What goes when: the officer's calendar of coming deletions, and what is kept back from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from babel.dates import format_skeleton
from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from console import dates, hold_words
from console.blueprint import bp
from console.counted import counted
from console.gate import GUARDIANS, only, visitor
from console.visitor import Visitor
from privacy import conflicts, export_care, forecast, holds
from privacy.commands import end_of_day
from privacy.schedules import NoRuleError, schedule_of
from storage import policies, sign_in_names
from storage.export_words import ExportKind
from storage.house import house, reading, utc_now
from storage.policy_states import PolicyState
from storage.tables import Organisation, User

DAYS: Final = 30
_FILES: Final[Mapping[ExportKind, str]] = {
    ExportKind.RESPONSES: "Responses",
    ExportKind.NUMBERS: "Numbers for a register",
    ExportKind.PREVIEW: "Cases that a campaign would call",
    ExportKind.STAFF: "Staff of the mailboxes",
    ExportKind.PACKAGE: "Everything kept of one person",
}


@dataclass(frozen=True, slots=True)
class Day:
    """One day on which something goes."""

    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One hold in force."""

    what: str
    reason: str
    owner: str
    review: str
    late: bool


@dataclass(frozen=True, slots=True)
class File:
    """One export that is still there; where it lies is told on the machine alone."""

    what: str
    until: str
    late: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the schedule other than the first, newest first."""

    id: UUID
    number: int
    waits: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What goes in one organisation; `trouble` says why nothing can be told."""

    organisation: str
    days: tuple[Day, ...] = ()
    kept_back: str = ""
    holds: tuple[Standing, ...] = ()
    settled: tuple[str, ...] = ()
    version: int = 0
    versions: tuple[Version, ...] = ()
    files: tuple[File, ...] = ()
    trouble: str = ""


@bp.get("/forgetting")
@only(GUARDIANS)
def forgetting() -> ResponseReturnValue:
    """The next days, organisation by organisation."""
    now, who = utc_now(), visitor()
    with reading() as session:
        mine = select(Organisation).where(who.sees(Organisation)).order_by(Organisation.name)
        found = [_outlook(session, who, one, now=now) for one in session.scalars(mine)]
    return render_template("console/forgetting.html", outlooks=found, days=DAYS)


def _outlook(
    session: Session, who: Visitor, organisation: Organisation, *, now: datetime
) -> Outlook:
    try:
        schedule = schedule_of(organisation)
        today = now.astimezone(schedule.zone).date()
        until = end_of_day(today + timedelta(days=DAYS - 1), schedule.zone)
        calendar = forecast.foretell(session, schedule, now=now, until=until)
    except NoRuleError as error:
        return Outlook(organisation.name, trouble=f"{error}, so nothing is deleted by age there.")
    locale = dates.reader_locale()
    standing = [
        Standing(
            what=hold_words.kept_by(hold),
            reason=holds.reason_of(house().keyring, hold),
            owner=sign_in_names.name_of(house().keyring, session.get_one(User, hold.owner_id)),
            review=_name(hold.review_at.astimezone(schedule.zone).date(), today, locale=locale),
            late=hold.review_at <= now,
        )
        for hold in holds.in_force(session, organisation, now=now)
    ]
    return Outlook(
        organisation=organisation.name,
        days=tuple(
            Day(_name(day, today, locale=locale), _in_words(counts))
            for day, counts in forecast.by_class(calendar).items()
        ),
        kept_back=_in_words(calendar.kept_back),
        holds=tuple(standing),
        settled=tuple(conflicts.in_words(schedule)),
        version=schedule.version,
        versions=tuple(
            Version(one.id, one.number, one.state is PolicyState.PROPOSED)
            for one in reversed(policies.history(session, organisation))
        ),
        files=tuple(
            File(
                what=_FILES[export.kind],
                until=_name(
                    export.expires_at.astimezone(schedule.zone).date(), today, locale=locale
                ),
                late=export.expires_at <= now,
            )
            for export in export_care.still_there(session, organisation)
        ),
    )


def _name(day: date, today: date, *, locale: str) -> str:
    if day == today:
        return "Today"
    skeleton = "MMMEd" if day.year == today.year else "yMMMEd"
    return str(format_skeleton(skeleton, day, locale=locale))


def _in_words(counts: Mapping[str, int]) -> str:
    told = []
    for name, number in counts.items():
        if number:
            told.append(f"{number} {counted(name, number)}")
    return ", ".join(told)
