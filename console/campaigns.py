"""Campaigns for supervisors: whom they would call, how far people came, what it costs, and whether
they ring at all."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.campaign_limits import MICROS, micros_of
from config.campaign_rules import MachineDetection
from console import wording
from console.blueprint import bp
from console.gate import STARTERS, only, visitor
from console.visitor import Visitor
from console.wording import Said
from storage.house import house, reading, transaction, utc_now
from storage.situations import smallest_group
from storage.states import CampaignState
from storage.tables import Campaign, Organisation
from survey import funnel, line_probes, preview_words, spending
from survey.campaigns import set_state
from survey.funnel import Funnel
from survey.permission_facts import rules_of
from survey.preview import Preview, preview
from survey.start_checks import CannotStartError

log = logging.getLogger(__name__)

# A page must be quick, so of a great many people only the first that are due are looked at.
LOOKED_AT: Final = 500
VERBS: Final = {
    "start": CampaignState.RUNNING,
    "pause": CampaignState.PAUSED,
    "stop": CampaignState.STOPPED,
}


@dataclass(frozen=True, slots=True)
class Head:
    """A campaign by name, with its state and since when it is so."""

    id: UUID
    key: str
    organisation: str
    state: CampaignState
    said: Said
    reason: str | None
    since: datetime | None
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Purse:
    """What was spent of what may be, in words; `part` of a hundred, None without a ceiling."""

    name: str
    spent: str
    ceiling: str | None
    part: float | None


@bp.get("/campaigns")
@only(STARTERS)
def campaigns() -> ResponseReturnValue:
    """Every campaign the visitor may start, with its state."""
    with reading() as session:
        found = [
            _head(campaign, organisation)
            for campaign, organisation in session.execute(
                select(Campaign, Organisation)
                .join(Organisation, Campaign.organisation_id == Organisation.id)
                .where(visitor().sees(Campaign))
                .order_by(Organisation.name, Campaign.key)
            )
        ]
    return render_template("console/campaigns.html", campaigns=found)


@bp.get("/campaigns/<uuid:campaign_id>")
@only(STARTERS)
def campaign(campaign_id: UUID) -> ResponseReturnValue:
    """One campaign with all of it."""
    return render_template("console/campaign.html", problems=(), **_content(campaign_id))


@bp.post("/campaigns/<uuid:campaign_id>/<verb>")
@only(STARTERS)
def change_campaign(campaign_id: UUID, verb: str) -> ResponseReturnValue:
    """Start, pause or stop it; whatever forbids the start is shown, and nothing changes then.

    :raise 404: the campaign is not there or not yours, or there is no such verb.
    """
    to, who = VERBS.get(verb), visitor()
    if to is None:
        abort(404)
    try:
        with transaction() as session:
            found = who.find(session, Campaign, campaign_id)
            owner = session.get_one(Organisation, found.organisation_id)
            set_state(session, organisation=owner.key, campaign=found.key, to=to, now=utc_now())
    except CannotStartError as error:
        page = render_template(
            "console/campaign.html", problems=error.problems, **_content(campaign_id)
        )
        return page, 409
    log.info("campaign.changed", extra={"user_id": who.user_id, "campaign_id": campaign_id})
    return redirect(url_for("console.campaign", campaign_id=campaign_id), 303)


def _content(campaign_id: UUID) -> dict[str, Any]:
    who, now = visitor(), utc_now()
    with reading() as session:
        found, owner = _find(session, who, campaign_id)
        smallest = smallest_group(owner.document)
        counted = funnel.of_campaign(session, found).in_groups(smallest)
        purses = _purses(session, found, now=now)
        not_probed = line_probes.not_probed(session, found)
        listens = rules_of(found).answering_machine_detection is not MachineDetection.OFF
    ahead = preview(
        house(),
        organisation=owner.key,
        campaign=found.key,
        at=now,
        first=LOOKED_AT,
        frozen_too=False,
    )
    return {
        "head": _head(found, owner),
        "people": _people(ahead),
        "rules": [
            (_begun(preview_words.RULE[one.rule]), one.earliest, one.people)
            for one in ahead.held_back
        ],
        "ahead": ahead,
        "whole": ahead.looked_at == ahead.waiting,
        "how_long": _begun(preview_words.how_long(ahead.outlook, ahead.zone)),
        "how_much": _begun(preview_words.how_much(ahead.outlook)),
        "assumptions": [_begun(one) for one in preview_words.assumptions(ahead)],
        "purses": purses,
        "funnel": counted,
        "listens": listens,
        "not_probed": None if not_probed is None else _begun(not_probed),
        "hours": _hours(counted),
        "most_attempts": funnel.MOST_ATTEMPTS,
        "smallest": smallest,
    }


def _find(session: Session, who: Visitor, campaign_id: UUID) -> tuple[Campaign, Organisation]:
    found = who.find(session, Campaign, campaign_id)
    return found, session.get_one(Organisation, found.organisation_id)


def _head(found: Campaign, owner: Organisation) -> Head:
    return Head(
        id=found.id,
        key=found.key,
        organisation=owner.name,
        state=found.state,
        said=wording.CAMPAIGN[found.state],
        reason=wording.campaign_reason(found.state_reason),
        since=found.state_changed_at,
        zone=ZoneInfo(owner.timezone),
    )


def _people(ahead: Preview) -> list[tuple[str, int]]:
    return [
        (_begun(preview_words.PROSPECT[prospect]), people)
        for prospect, people in preview_words.counted(ahead)
    ]


def _begun(words: str) -> str:
    """The words as they begin a line."""
    return words[:1].upper() + words[1:]


def _purses(session: Session, found: Campaign, *, now: datetime) -> list[Purse]:
    rules = rules_of(found)
    if rules.price is None:
        return []
    spent = spending.of_campaign(session, found, now=now)
    ceiling = rules.ceiling
    limits = (None, None) if ceiling is None else (ceiling.per_day, ceiling.whole)
    return [
        _purse(name, micros, None if limit is None else micros_of(limit), rules.price.currency)
        for name, micros, limit in (
            ("Today", spent.today, limits[0]),
            ("In all", spent.whole, limits[1]),
        )
    ]


def _purse(name: str, spent: int, limit: int | None, currency: str) -> Purse:
    if not limit:
        return Purse(name, preview_words.amount(spent, currency), None, None)
    return Purse(
        name,
        f"{spent / MICROS:,.2f}",
        preview_words.amount(limit, currency),
        min(100.0, spent * 100 / limit),
    )


def _hours(counted: Funnel) -> list[tuple[int, int, int, float, float]]:
    """Each hour with tries and reached, and both as parts of the busiest hour's tries."""
    most = max((row.tried for row in counted.by_hour.values()), default=0) or 1
    return [
        (hour, row.tried, row.reached, row.tried * 100 / most, row.reached * 100 / most)
        for hour, row in counted.by_hour.items()
    ]
