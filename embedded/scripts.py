"""Plays a scenario file against the running service and simulator, and tells it line by line."""

import dataclasses
import json
import time
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import requests
from sqlalchemy import select, update

from config.settings import Switch
from storage import case_references
from storage.house import house, reading, transaction, utc_now
from storage.states import CampaignState, InvitationState
from storage.tables import Attempt, Call, Interaction, Invitation, PermissionDecision
from survey.exports import response_lines
from survey.interactions import ToldInteraction, register
from survey.numbers import to_e164
from survey.permission import Rule
from survey.places import find_campaign, find_organisation
from transcription.masking import mask_text

PATIENCE_SECONDS: Final = 90.0
LOOK_SECONDS: Final = 0.3
HTTP_SECONDS: Final = 10.0


class ScriptError(Exception):
    """The scenario cannot be played; the text says what is missing."""


def play(file: Path) -> Iterator[str]:
    """What happens, a line at a time; raises ScriptError."""
    document = _read(file)
    if house().settings.simulator is Switch.OFF:
        raise ScriptError("SIMULATOR is off; scenarios are played on the simulator only")
    yield f"{document.get('title', file.stem)}"
    _api("scenario", {"scenario": document, "beside": str(file.parent.resolve())})
    customer, case = document["customer"], None
    for number, call in enumerate(document.get("calls", []), start=1):
        inbound = call.get("direction") == "inbound"
        yield f"\ncall {number}, {'from' if inbound else 'to'} {customer['phone']}"
        if inbound:
            shown = call.get("from", customer["phone"])
            called = {"from": shown, "to": call["to"], "person": customer["phone"]}
            sid = _api("inbound", called)["sid"]
        else:
            since = utc_now()
            case = case or _invite(customer)
            sid = _wait_for_call(case, since=since)
        yield from _tell(sid)
    if case is not None:
        yield from _stored(customer["organisation"], case)


def _read(file: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScriptError(f"{file}: {error}") from None
    if "phone" not in document.get("customer", {}):
        raise ScriptError(f'{file}: [customer] needs phone = "+46701740605"')
    outbound = [c for c in document.get("calls", []) if c.get("direction") != "inbound"]
    missing = {"organisation", "campaign", "case_reference"} - document["customer"].keys()
    if outbound and missing:
        raise ScriptError(f"{file}: [customer] needs {', '.join(sorted(missing))}")
    return document


def _api(path: str, body: dict[str, Any] | None = None) -> Any:
    url = f"{house().settings.twilio_api_base_url}/simulator/api/{path}"
    try:
        if body is None:
            answer = requests.get(url, timeout=HTTP_SECONDS)
        else:
            answer = requests.post(url, json=body, timeout=HTTP_SECONDS)
    except requests.ConnectionError:
        raise ScriptError(
            f"no simulator answers at {house().settings.twilio_api_base_url}; start it with "
            "'make run' in another terminal, and give this command the same PORT and DATA_DIR"
        ) from None
    if not answer.ok:
        raise ScriptError(
            answer.json().get("error", f"the simulator answered {answer.status_code}")
        )
    return answer.json() if answer.content else None


def _invite(customer: dict[str, Any]) -> UUID:
    """The invitation of a fresh case; a reference used before gets the time appended."""
    now = utc_now()
    with transaction() as session:
        organisation, campaign = find_campaign(
            session, organisation=customer["organisation"], campaign=customer["campaign"]
        )
        if campaign.state is not CampaignState.RUNNING:
            raise ScriptError(
                f"campaign {campaign.key} is {campaign.state.value}; let it ring with 'flask "
                f"campaigns start --organisation {organisation.key} --campaign {campaign.key}'"
            )
        reference = customer["case_reference"]
        used = select(Interaction.id).where(
            Interaction.organisation_id == organisation.id,
            Interaction.case_hash
            == case_references.hash_of(house().keyring, organisation.id, reference),
        )
        if session.scalars(used).first() is not None:
            reference = f"{reference}-{now:%y%m%d%H%M%S}"
        registered = register(
            session,
            ToldInteraction(
                case_reference=reference,
                phone=to_e164(customer["phone"], country=organisation.country),
                phone_as_given=customer["phone"],
                name=customer.get("name"),
                locale=customer.get("locale"),
                happened_at=now - timedelta(hours=6),
            ),
            campaign=campaign,
            keyring=house().keyring,
            now=now,
        )
    if registered.invitation_id is None:
        raise ScriptError(
            f"{customer['organisation']} may not call {customer['phone']}: "
            f"{registered.outcome.value}. Give [customer] another phone."
        )
    return registered.invitation_id


def _wait_for_call(invitation: UUID, *, since: datetime) -> str:
    """The provider's id of the invitation's first call after `since`, once it was placed."""
    with transaction() as session:
        # A retry that is planned for later is played now.
        session.execute(
            update(Invitation)
            .where(Invitation.id == invitation, Invitation.state != InvitationState.COMPLETED)
            .values(due_at=utc_now())
        )
    placed = (
        select(Call.provider_sid)
        .join(Attempt, Call.attempt_id == Attempt.id)
        .where(
            Attempt.invitation_id == invitation,
            Call.started_at >= since,
            Call.provider_sid.is_not(None),
        )
    )
    decided = (
        select(PermissionDecision)
        .where(PermissionDecision.invitation_id == invitation)
        .order_by(PermissionDecision.decided_at.desc())
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with reading() as session:
            sid = session.scalars(placed).first()
            decision = session.scalars(decided.limit(1)).first()
        if sid is not None:
            return sid
        if decision is not None and decision.rule == Rule.NOT_YET_DUE and decision.next_allowed_at:
            raise ScriptError(
                f"the campaign's retry rules ring again at {decision.next_allowed_at:%H:%M} UTC; "
                "what takes hours is played by 'make test', which winds the clock"
            )
        time.sleep(LOOK_SECONDS)
    why = "no dialler is running" if decision is None else f"the last decision was {decision.rule}"
    raise ScriptError(f"the service did not ring within {PATIENCE_SECONDS:.0f} seconds: {why}")


def _tell(sid: str) -> Iterator[str]:
    seen, deadline = 0, time.monotonic() + 10 * PATIENCE_SECONDS
    while time.monotonic() < deadline:
        log = _api(f"calls/{sid}/log")
        for entry in log["entries"][seen:]:
            told = _line(entry)
            if told:
                yield f"  {told}"
        seen = len(log["entries"])
        if log["over"]:
            return
        time.sleep(LOOK_SECONDS)


def _line(entry: dict[str, Any]) -> str:
    kind = entry["kind"]
    if kind == "heard":
        return f"hears   {entry['text']}" if entry["text"] else f"hears   ({entry['sound']})"
    if kind == "keys":
        return f"presses {entry['digits']}" if entry["digits"] else "presses nothing"
    if kind == "recorded":
        return f"speaks  {entry['seconds']} seconds"
    if kind == "state" and "status" in entry:
        return f"        [{entry['status']}]"
    if kind in ("error", "warning", "script"):
        return f"!       {entry.get('code', '')} {entry.get('message', '')}".rstrip()
    return ""


def _stored(organisation: str, invitation: UUID) -> Iterator[str]:
    """What the service keeps, once comments are home and written down."""
    with reading() as session:
        found = session.get_one(Invitation, invitation)
        case = case_references.reference_of(
            house().keyring, session.get_one(Interaction, found.interaction_id)
        )
        owner = find_organisation(session, organisation)
    line: dict[str, Any] | None = None
    deadline = time.monotonic() + PATIENCE_SECONDS / 2
    while time.monotonic() < deadline:
        line = next(
            (
                dataclasses.asdict(one)
                for one in response_lines(
                    house().database, organisation=owner, keyring=house().keyring, mask=mask_text
                )
                if one.case_reference == case
            ),
            None,
        )
        waiting = ("recorded", "at_home")
        if line is not None and not any(c["state"] in waiting for c in line["comments"]):
            break
        time.sleep(LOOK_SECONDS)
    if line is None:
        yield "\nnothing was stored: no question was heard"
        return
    yield "\nstored"
    yield "  " + json.dumps(line, ensure_ascii=False, indent=2, default=str).replace("\n", "\n  ")
