"""A proposed retention schedule: what it changes, what it would delete, and the officer's word."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from config.retention_changes import in_words
from console.blueprint import bp
from console.counted import counted
from console.gate import GUARDIANS, only, visitor
from console.visitor import Visitor
from privacy import policies
from privacy.keepers import Keeper
from privacy.policies import Preview
from privacy.schedules import NoRuleError
from storage import sign_in_names
from storage.house import house, reading, transaction, utc_now
from storage.policies import PolicyError
from storage.policy_states import PolicyState
from storage.tables import Organisation, PolicyVersion, User

log = logging.getLogger(__name__)

_KEEPERS: Final[Mapping[Keeper, str]] = {
    Keeper.RESTRICTION: "frozen",
    Keeper.HOLD: "held",
    Keeper.OPEN_CASE: "in an open case",
}
_STATES: Final[Mapping[PolicyState, str]] = {
    PolicyState.PROPOSED: "Waits to be confirmed",
    PolicyState.IN_FORCE: "In force",
    PolicyState.SUPERSEDED: "No longer in force",
    PolicyState.WITHDRAWN: "Taken back",
    PolicyState.REFUSED: "Not confirmed",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A version as its page shows it; `preview` only while it waits."""

    id: UUID
    number: int
    in_force: int
    organisation: str
    state: str
    waits: bool
    zone: ZoneInfo
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str
    changes: tuple[tuple[str, str, str, str], ...]
    effects: tuple[tuple[str, int, int, str], ...]
    remarks: tuple[str, ...]
    needs_another: bool
    mine: bool
    of_nobody: bool
    trouble: str = ""


@bp.get("/policies/<uuid:version_id>")
@only(GUARDIANS)
def policy(version_id: UUID) -> ResponseReturnValue:
    """One version with what it would do."""
    return _page(version_id)


@bp.post("/policies/<uuid:version_id>")
@only(GUARDIANS)
def decide_policy(version_id: UUID) -> ResponseReturnValue:
    """Confirm or refuse it, or stand for it. What may not be is said on the page."""
    word = request.form.get("word", "")
    if word not in ("adopt", "confirm", "refuse"):
        abort(400)
    who = visitor()
    try:
        with transaction() as session:
            version = who.find(session, PolicyVersion, version_id)
            organisation = session.get_one(Organisation, version.organisation_id)
            user = session.get_one(User, who.user_id)
            if word == "adopt":
                policies.adopt(session, organisation, version.number, by=user)
            else:
                decide = policies.confirm if word == "confirm" else policies.refuse
                decide(session, organisation, version.number, by=user, now=utc_now())
    except PolicyError as obstacle:
        return _page(version_id, fault=str(obstacle)), 409
    log.info("policy.decided", extra={"user_id": who.user_id})
    return redirect(url_for("console.policy", version_id=version_id), 303)


def _page(version_id: UUID, *, fault: str = "") -> str:
    who = visitor()
    with reading() as session:
        version = who.find(session, PolicyVersion, version_id)
        found = _shown(session, who, version, now=utc_now())
    return render_template("console/policy.html", one=found, fault=fault)


def _shown(session: Session, who: Visitor, version: PolicyVersion, *, now: datetime) -> Shown:
    organisation = session.get_one(Organisation, version.organisation_id)
    waits = version.state is PolicyState.PROPOSED
    preview, trouble = Preview((), (), needs_another=False, remarks=()), ""
    if waits:
        try:
            preview = policies.preview(session, organisation, version, now=now)
        except NoRuleError as error:
            trouble = f"{error}, so nothing can be foretold."
    return Shown(
        id=version.id,
        number=version.number,
        in_force=organisation.policy_number,
        organisation=organisation.name,
        state=_STATES[version.state],
        waits=waits,
        zone=ZoneInfo(organisation.timezone),
        proposed_at=version.proposed_at,
        proposed_by=_name(session, version.proposed_by),
        decided_at=version.decided_at,
        decided_by=_name(session, version.decided_by),
        changes=tuple(
            (
                counted(one.data_class, 2),
                "nothing" if one.before is None else in_words(one.before),
                in_words(one.after),
                str(one.turn),
            )
            for one in preview.changes
        ),
        effects=tuple(
            (
                counted(one.counted_as, 2),
                one.goes,
                one.would_go,
                ", ".join(f"{number} {_KEEPERS[keeper]}" for keeper, number in one.kept.items()),
            )
            for one in preview.effects
        ),
        remarks=preview.remarks,
        needs_another=preview.needs_another,
        mine=preview.needs_another and version.proposed_by == who.user_id,
        of_nobody=preview.needs_another and version.proposed_by is None,
        trouble=trouble,
    )


def _name(session: Session, user: UUID | None) -> str:
    if user is None:
        return "who runs the machine"
    return sign_in_names.name_of(house().keyring, session.get_one(User, user))
