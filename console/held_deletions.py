"""Deletions that wait because the clock may have leapt, and an operator's word that it is right.

The word is noted with who gave it; the next run of the purge, rung at once, believes it. Nothing is
deleted inside the request.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from config import spans
from console import dates
from console.blueprint import bp
from console.gate import OPERATORS, only, visitor
from console.visitor import Visitor
from privacy import clock_brake
from storage.house import house, reading, transaction, utc_now
from storage.queue import JobName

_LOOKED_AT: Final = timedelta(minutes=15)
"""How long what the page showed is what somebody has seen."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the clock says and when a purge last began, in words; who may say that it is right."""

    clock: str
    last: str
    ago: str
    shown: str
    may_vouch: bool


def found(session: Session, who: Visitor, *, now: datetime) -> Held | None:
    """What is told of deletions that wait; None when none do."""
    known = clock_brake.last_known(session, now=now)
    if known is None:
        return None
    locale = dates.reader_locale()
    return Held(
        clock=dates.full_moment(now, who.zone, locale=locale),
        last=dates.full_moment(known, who.zone, locale=locale),
        ago=spans.age(now - known),
        shown=now.isoformat(),
        may_vouch=_may_vouch(who),
    )


@bp.get("/system/clock")
@only(OPERATORS)
def held_deletions() -> ResponseReturnValue:
    """The question once more, with what follows from a yes."""
    return _page()


@bp.post("/system/clock")
@only(OPERATORS)
def vouch_for_clock() -> ResponseReturnValue:
    """Note that the clock is right; refused when it shows anything else than what was looked at."""
    now, who = utc_now(), visitor()
    if not _may_vouch(who):
        abort(404)
    if not _was_seen(request.form.get("shown", ""), now=now):
        return _page(moved=True)
    with transaction() as session:
        vouched = clock_brake.vouch(session, by=who.user_id, now=now)
    if vouched:
        # Where nobody hears it, the schedule rings within a quarter of an hour.
        house().bell.ring(JobName.PURGE)
    return redirect(url_for("console.system"), 303)


def _page(*, moved: bool = False) -> ResponseReturnValue:
    who = visitor()
    with reading() as session:
        held = found(session, who, now=utc_now())
    if held is None:
        return redirect(url_for("console.system"), 303)
    if not held.may_vouch:
        abort(404)
    status = 409 if moved else 200
    return render_template("console/held_deletions.html", held=held, moved=moved), status


def _may_vouch(who: Visitor) -> bool:
    """Whether the machine is theirs: one that keeps several organisations is of none of them."""
    return who.role in OPERATORS and who.organisation_id is None


def _was_seen(shown: str, *, now: datetime) -> bool:
    try:
        return timedelta(0) <= now - datetime.fromisoformat(shown) <= _LOOKED_AT
    except (ValueError, TypeError):
        return False
