"""The first page: what waits to be done, the campaigns' figures, and the newest comments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from console import comment_cards, dates, figures, opening
from console.blueprint import bp
from console.gate import ANYBODY_SIGNED_IN, READERS, only, visitor
from console.menu import rooms_of
from console.visitor import Visitor
from storage.house import house, reading, utc_now
from storage.states import FollowUp, MessageState
from storage.tables import Comment, Message, Response, Row

PERIOD: Final = timedelta(days=30)
SHOWN_AT_MOST: Final = 99
NEWEST: Final = 6


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many things wait for somebody; counted up to a hundred, more is "many"."""

    unheard: int
    wishes: int
    messages: int


@bp.get("/")
@only(ANYBODY_SIGNED_IN)
def overview() -> ResponseReturnValue:
    """The overview; who may not open it goes to the first room that is theirs."""
    who = visitor()
    if who.role not in READERS:
        return redirect(url_for(rooms_of(who.role)[0].endpoint), 303)
    return render_template("console/overview.html", **_content(who))


@bp.get("/overview/live")
@only(READERS, live=True)
def overview_live() -> ResponseReturnValue:
    """The parts of the overview that change by themselves."""
    return render_template("console/overview_live.html", **_content(visitor()))


def waiting(session: Session, who: Visitor, *, since: datetime) -> Waiting:
    """What waits for the visitor's eyes and ears."""
    wish = (Response.follow_up == FollowUp.YES, Response.started_at >= since)
    return Waiting(
        unheard=_count(session, who, Comment, comment_cards.unheard()),
        wishes=_count(session, who, Response, *wish),
        messages=_count(session, who, Message, Message.state == MessageState.NEW),
    )


def _content(who: Visitor) -> dict[str, Any]:
    since = utc_now() - PERIOD
    with reading() as session:
        newest = comment_cards.newest(session, who, key=None)
        cards = comment_cards.cards(
            session, who, house().keyring, newest.rows[:NEWEST], locale=dates.reader_locale()
        )
        content = {
            "waiting": waiting(session, who, since=since),
            "campaigns": figures.campaigns(session, who, since=since),
            "cards": cards,
            "days": PERIOD.days,
            "many": SHOWN_AT_MOST,
        }
    opening.note_reading(who, [one.read for one in cards], at=utc_now())
    return content


def _count(session: Session, who: Visitor, table: type[Row], *where: ColumnElement[bool]) -> int:
    """How many rows, without looking at more than can be shown."""
    some = select(table.id).where(who.sees(table), *where).limit(SHOWN_AT_MOST + 1)  # type: ignore[attr-defined]
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0
