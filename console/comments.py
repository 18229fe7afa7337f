"""The list of comments, newest first."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from console import comment_cards, dates, opening
from console.blueprint import bp
from console.gate import READERS, only, visitor
from console.visitor import Visitor
from storage.house import house, reading, utc_now
from storage.tables import Campaign, Organisation, Response


@bp.get("/comments")
@only(READERS)
def comments() -> ResponseReturnValue:
    """A page of comments, all of them, of one campaign, or those nobody has listened to."""
    return render_template("console/comments.html", **_content(visitor()))


@bp.get("/comments/live")
@only(READERS, live=True)
def comments_live() -> ResponseReturnValue:
    """The same list on its own, for a page that refreshes itself."""
    return render_template("console/comments_live.html", **_content(visitor()))


def campaign_choices(session: Session, who: Visitor) -> list[tuple[UUID, str]]:
    """The campaigns the visitor may choose from, by name."""
    rows = session.execute(
        select(Campaign.id, Campaign.key, Organisation.name)
        .join(Organisation, Campaign.organisation_id == Organisation.id)
        .where(who.sees(Campaign))
        .order_by(Organisation.name, Campaign.key)
    ).all()
    several = len({name for _, _, name in rows}) > 1
    return [(row, f"{name}: {key}" if several else key) for row, key, name in rows]


def chosen_campaign() -> UUID | None:
    """The campaign that the page's address asks for."""
    try:
        return UUID(request.args.get("campaign", ""))
    except ValueError:
        return None


def _content(who: Visitor) -> dict[str, Any]:
    campaign, heard = chosen_campaign(), request.args.get("heard")
    where: list[ColumnElement[bool]] = []
    if campaign is not None:
        where.append(Response.campaign_id == campaign)
    if heard == "no":
        where.append(comment_cards.unheard())
    with reading() as session:
        page = comment_cards.newest(session, who, key=request.args.get("before"), where=where)
        cards = comment_cards.cards(
            session, who, house().keyring, page.rows, locale=dates.reader_locale()
        )
        campaigns = campaign_choices(session, who)
    opening.note_reading(who, [one.read for one in cards], at=utc_now())
    chosen = {"campaign": str(campaign) if campaign else None, "heard": heard}
    return {
        "cards": cards,
        "page": page,
        "campaigns": campaigns,
        "chosen": {name: value for name, value in chosen.items() if value},
    }
