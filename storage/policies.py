"""The versions of a retention schedule as rows: begun, proposed, put in force, taken back.

What is in force is the `retention` of the organisation's document, which everything reads; these
rows say since when, and who wanted it so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.retention_changes import RULES, beyond_ceilings, changes
from config.retention_rules import RetentionRule
from storage import alarms
from storage.faults import GiveUp
from storage.identity import new_id
from storage.policy_states import PolicyState
from storage.tables import Organisation, PolicyVersion

WAITS: Final = "policy.waits"
"""A proposal waits for somebody to confirm or refuse it."""
NOT_TOLD: Final = "policy.not_told"
"""A sentence that should name a period names none that we know: callers hear it as it was, until
the files are applied again."""


class PolicyError(GiveUp):
    """The schedule cannot be changed like that; the reason says what would be right."""


def begin(
    session: Session, organisation: Organisation, *, at: datetime, by: UUID | None = None
) -> PolicyVersion:
    """The first version: what the document of a new organisation says, without ceremony."""
    first = PolicyVersion(
        id=new_id(),
        organisation_id=organisation.id,
        number=organisation.policy_number,
        state=PolicyState.IN_FORCE,
        rules=organisation.document.get("retention", []),
        proposed_at=at,
        proposed_by=by,
        decided_at=at,
        decided_by=by,
    )
    session.add(first)
    session.flush()
    return first


def rules_of(organisation: Organisation) -> tuple[RetentionRule, ...]:
    """The rules in force; none where nobody can read them, and then nothing is deleted either."""
    try:
        return RULES.validate_python(organisation.document.get("retention", []))
    except ValidationError:
        return ()


def proposal(session: Session, organisation: Organisation) -> PolicyVersion | None:
    """The version that waits to be confirmed; None when nothing is proposed."""
    return session.scalars(
        select(PolicyVersion).where(
            PolicyVersion.organisation_id == organisation.id,
            PolicyVersion.state == PolicyState.PROPOSED,
        )
    ).first()


def history(session: Session, organisation: Organisation) -> list[PolicyVersion]:
    """Every version there was, the first one first."""
    wanted = select(PolicyVersion).where(PolicyVersion.organisation_id == organisation.id)
    return list(session.scalars(wanted.order_by(PolicyVersion.number)))


def propose(
    session: Session,
    organisation: Organisation,
    rules: Sequence[Any],
    *,
    by: UUID | None,
    at: datetime,
) -> PolicyVersion | None:
    """Note other rules as a proposal; None when they are what is in force.

    The same proposal again is the one that waits; another one takes its place. Raises PolicyError
    when a class would be kept for longer than it may be.
    """
    locked(session, organisation)
    _begun(session, organisation)
    waiting = proposal(session, organisation)
    wanted = RULES.validate_python(rules)
    if waiting is not None and not changes(RULES.validate_python(waiting.rules), wanted):
        return waiting
    found = changes(rules_of(organisation), wanted)
    beyond = list(beyond_ceilings(found))
    if beyond:
        raise PolicyError(
            f"the retention of {organisation.key} stays version {organisation.policy_number}: "
            f"{'; '.join(beyond)}",
            code="beyond_ceiling",
        )
    if waiting is not None:
        close(session, waiting, PolicyState.WITHDRAWN, by=by, at=at)
    if not found:
        return None
    made = PolicyVersion(
        id=new_id(),
        organisation_id=organisation.id,
        number=history(session, organisation)[-1].number + 1,
        state=PolicyState.PROPOSED,
        rules=list(rules),
        proposed_at=at,
        proposed_by=by,
    )
    session.add(made)
    session.flush()
    alarms.sound(session, WAITS, subject=str(made.id), organisation_id=organisation.id, at=at)
    return made


def close(
    session: Session,
    version: PolicyVersion,
    state: PolicyState,
    *,
    by: UUID | None,
    at: datetime,
) -> None:
    """Decide about a proposal, and let nobody wait for it any more."""
    version.state, version.decided_by, version.decided_at = state, by, at
    alarms.clear(session, WAITS, subject=str(version.id), at=at)


def put_in_force(
    session: Session,
    organisation: Organisation,
    version: PolicyVersion,
    *,
    by: UUID | None,
    at: datetime,
) -> None:
    """Let a proposal be what is kept and deleted by from now on."""
    before = _begun(session, organisation)
    before.state, before.ended_at = PolicyState.SUPERSEDED, at
    close(session, version, PolicyState.IN_FORCE, by=by, at=at)
    organisation.document = {**organisation.document, "retention": version.rules}
    organisation.policy_number = version.number
    session.flush()


def locked(session: Session, organisation: Organisation) -> None:
    """Hold the organisation's row, so that two people do not decide at once."""
    session.get_one(Organisation, organisation.id, with_for_update=True, populate_existing=True)


def _begun(session: Session, organisation: Organisation) -> PolicyVersion:
    """The version in force; written down now where nobody has done so."""
    for version in history(session, organisation):
        if version.number == organisation.policy_number:
            return version
    return begin(session, organisation, at=organisation.applied_at)
