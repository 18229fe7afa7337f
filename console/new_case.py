"""Registering one closed case by hand, and watching what becomes of it."""

import logging
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from config.campaign_grounds import grounds_of
from config.campaign_rules import CallsAllowedBy
from console import scores, timelines, wording
from console.blueprint import bp
from console.case_forms import CaseForm, read
from console.comments import campaign_choices, chosen_campaign
from console.gate import STARTERS, only, visitor
from console.visitor import Visitor
from storage import case_references
from storage.house import house, reading, transaction, utc_now
from storage.states import AttemptState, InvitationState
from storage.tables import Attempt, Campaign, Interaction, Invitation, Organisation, Response
from survey import interactions, invitations
from survey.anonymity import may_tell_who
from survey.interactions import Outcome, Registered
from survey.invitations import OPEN
from survey.permission_facts import rules_of

log = logging.getLogger(__name__)

_REFUSED = {
    Outcome.OBJECTED: "This person objected to being called for surveys. Nothing was stored.",
    Outcome.TOO_OLD: "The campaign does not ask about cases as old as this. Nothing was stored.",
}


@bp.get("/new-case")
@only(STARTERS)
def new_case() -> ResponseReturnValue:
    """The empty form, with a case reference to try it with."""
    with reading() as session:
        return _form(session, CaseForm({"case_reference": _suggestion(utc_now())}))


@bp.post("/new-case")
@only(STARTERS)
def register_case() -> ResponseReturnValue:
    """Register the case and plan a call at once; calling hours and objections still hold.

    :raise 404: the campaign is not there or not yours.
    """
    now, who = utc_now(), visitor()
    campaign_id = _wanted_campaign()
    with reading() as session:
        campaign = who.find(session, Campaign, campaign_id)
        organisation = session.get_one(Organisation, campaign.organisation_id)
        script = scores.scripts(session, [campaign.survey_version_id])
        languages = script[campaign.survey_version_id].languages
        form = read(request.form, country=organisation.country, languages=languages, now=now)
        if form.told is None:
            return _form(session, form), 422
    told = form.told
    with transaction() as session:
        campaign = who.find(session, Campaign, campaign_id)
        registered = interactions.register(
            session, told, campaign=campaign, keyring=house().keyring, now=now
        )
        _call_now(session, registered, by=who.user_id, now=now)
    if registered.invitation_id is None:
        with reading() as session:
            mended = CaseForm(form.values, {"": _REFUSED[registered.outcome]})
            return _form(session, mended), 409
    log.info("case.registered", extra={"user_id": who.user_id})
    return redirect(url_for("console.case", invitation_id=registered.invitation_id), 303)


@bp.get("/cases/<uuid:invitation_id>")
@only(STARTERS)
def case(invitation_id: UUID) -> ResponseReturnValue:
    """What has become of a registered case so far."""
    return render_template("console/case.html", **_case(visitor(), invitation_id))


@bp.get("/cases/<uuid:invitation_id>/live")
@only(STARTERS, live=True)
def case_live(invitation_id: UUID) -> ResponseReturnValue:
    """The same on its own, for a page that refreshes itself."""
    return render_template("console/case_live.html", **_case(visitor(), invitation_id))


@bp.post("/cases/<uuid:invitation_id>/start")
@only(STARTERS)
def start_call(invitation_id: UUID) -> ResponseReturnValue:
    """Order the next call of a campaign in which a person must start each one.

    :raise 404: the case is not there or not yours.
    :raise 409: the matter is over, or the campaign's calls are not started by people.
    """
    who = visitor()
    with transaction() as session:
        invitation = who.find(session, Invitation, invitation_id)
        if not _started_by_people(session, invitation) or not invitations.start(
            invitation, by=who.user_id, now=utc_now()
        ):
            abort(409)
    log.info("call.ordered", extra={"user_id": who.user_id, "invitation_id": invitation_id})
    return redirect(url_for("console.case", invitation_id=invitation_id), 303)


def _started_by_people(session: Session, invitation: Invitation) -> bool:
    rules = rules_of(session.get_one(Campaign, invitation.campaign_id))
    return any(one.by is CallsAllowedBy.HANDED_OVER for one in grounds_of(rules))


def _call_now(session: Session, registered: Registered, *, by: UUID, now: datetime) -> None:
    """Whoever registers a case by hand wants to hear it ring, not wait for the campaign's delay."""
    if registered.outcome is Outcome.INVITED and registered.invitation_id is not None:
        invitation = session.get_one(Invitation, registered.invitation_id)
        if invitation.state is InvitationState.PLANNED:
            invitations.start(invitation, by=by, now=now)


def _case(who: Visitor, invitation_id: UUID) -> dict[str, Any]:
    with reading() as session:
        invitation = who.find(session, Invitation, invitation_id)
        interaction = session.get_one(Interaction, invitation.interaction_id)
        organisation = session.get_one(Organisation, invitation.organisation_id)
        response = session.scalar(select(Response).where(Response.invitation_id == invitation.id))
        campaign = session.get_one(Campaign, invitation.campaign_id)
        said = None if response is None else response.follow_up
        # In research nobody is told who answered, so neither what became of a call.
        known = may_tell_who(campaign, said)
        return {
            "invitation_id": invitation.id,
            "case_reference": case_references.reference_of(house().keyring, interaction),
            "organisation": organisation.name,
            **_standing(session, invitation, now=utc_now()),
            "may_start": invitation.state in OPEN and _started_by_people(session, invitation),
            "response_id": response.id if response is not None and known else None,
            "moments": timelines.of(session, invitation, interaction) if known else [],
            "anonymous": not known,
            "zone": ZoneInfo(organisation.timezone),
        }


def _standing(session: Session, invitation: Invitation, *, now: datetime) -> dict[str, Any]:
    """Where the case stands in words, and from when on the person is called, if later."""
    state = wording.INVITATION[invitation.state]
    alive = session.scalar(
        select(
            exists().where(
                Attempt.invitation_id == invitation.id,
                Attempt.organisation_id == invitation.organisation_id,
                Attempt.state != AttemptState.ENDED,
            )
        )
    )
    if invitation.state not in OPEN or alive:
        return {"state": state, "not_before": None}
    if invitation.state is InvitationState.TRYING:
        state = "To be called again"
    return {"state": state, "not_before": invitation.due_at if invitation.due_at > now else None}


def _form(session: Session, form: CaseForm) -> str:
    who = visitor()
    campaigns = campaign_choices(session, who)
    versions = session.scalars(select(Campaign.survey_version_id).where(who.sees(Campaign)))
    scripts = scores.scripts(session, versions)
    languages = sorted({tag for script in scripts.values() for tag in script.languages})
    return render_template(
        "console/new_case.html",
        form=form,
        campaigns=campaigns,
        chosen=str(_wanted_campaign()),
        languages=languages,
    )


def _wanted_campaign() -> UUID:
    try:
        return UUID(request.form.get("campaign", ""))
    except ValueError:
        return chosen_campaign() or UUID(int=0)


def _suggestion(now: datetime) -> str:
    return f"TRY-{now:%y%m%d}-{secrets.token_hex(2).upper()}"
