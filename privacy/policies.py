"""Changing what is kept how long: what a proposed schedule would do, and who may put it in force.

What would let anything go sooner cannot be undone, so a second person confirms it: a privacy
officer who did not propose it. What keeps longer is confirmed by one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from config.retention_changes import RULES, Change, Turn, changes, goes_sooner
from config.retention_rules import TOLD_TO_CALLERS
from privacy import forecast, retelling
from privacy.keepers import Keeper
from privacy.schedules import Schedule, schedule_of, schedule_under
from storage import alarms, policies
from storage.policies import PolicyError
from storage.policy_states import PolicyState
from storage.tables import Organisation, PolicyVersion, Role, User


@dataclass(frozen=True, slots=True)
class Effect:
    """What a schedule would do with one class of things that are there now."""

    counted_as: str
    # Past its time and free to go: by the version in force, and by the proposed one.
    goes: int
    would_go: int
    # Past its time by the proposed one, and kept all the same, by what.
    kept: Mapping[Keeper, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a version would change if it were confirmed now."""

    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    needs_another: bool
    # What the person who confirms it should know besides.
    remarks: tuple[str, ...]


def waiting(session: Session, organisation: Organisation) -> PolicyVersion:
    """The version that waits to be confirmed; raises PolicyError when none does."""
    found = policies.proposal(session, organisation)
    if found is None:
        raise PolicyError(f"nothing is proposed for {organisation.key}; change its file and apply")
    return found


def preview(
    session: Session, organisation: Organisation, version: PolicyVersion, *, now: datetime
) -> Preview:
    """What would go at `now` by a version and what stands in the way; raises NoRuleError."""
    found = differences(organisation, version)
    present = schedule_of(organisation)
    proposed = schedule_under(organisation, version.rules, version=version.number)
    return Preview(
        changes=found,
        effects=tuple(_effects(session, present, proposed, now=now)),
        needs_another=goes_sooner(found),
        remarks=tuple(_remarks(found)),
    )


def differences(organisation: Organisation, version: PolicyVersion) -> tuple[Change, ...]:
    """What a version would change of what is in force."""
    return changes(policies.rules_of(organisation), RULES.validate_python(version.rules))


def confirm(
    session: Session, organisation: Organisation, number: int, *, by: User | None, now: datetime
) -> PolicyVersion:
    """Put the proposed version in force.

    Raises PolicyError when that version does not wait, or when this person may not confirm it:
    what lets anything go sooner needs a privacy officer, and somebody else who proposed it.
    """
    version = _the_waiting_one(session, organisation, number)
    found = differences(organisation, version)
    if goes_sooner(found):
        _look_at(by, organisation, version)
    before = policies.rules_of(organisation)
    policies.put_in_force(session, organisation, version, by=None if by is None else by.id, at=now)
    after = policies.rules_of(organisation)
    if not retelling.retell(session, organisation, before=before, after=after, at=now):
        alarms.sound(
            session,
            policies.NOT_TOLD,
            subject=str(organisation.id),
            organisation_id=organisation.id,
            at=now,
        )
    return version


def adopt(session: Session, organisation: Organisation, number: int, *, by: User | None) -> None:
    """Have somebody stand for a proposal of which nobody is known: another may then confirm it.

    Raises PolicyError when that version does not wait, when this is no privacy officer of the
    organisation, or when somebody proposed it already.
    """
    version = _the_waiting_one(session, organisation, number)
    by = _officer(by, organisation, version)
    if version.proposed_by is not None:
        raise PolicyError(
            f"somebody proposed version {version.number} of {organisation.key} already: it is to "
            "be confirmed or refused",
            code="has_proposer",
        )
    version.proposed_by = by.id


def refuse(
    session: Session, organisation: Organisation, number: int, *, by: User, now: datetime
) -> PolicyVersion:
    """Do not confirm the proposed version; the one in force stays. Raises PolicyError."""
    version = _the_waiting_one(session, organisation, number)
    policies.close(session, version, PolicyState.REFUSED, by=by.id, at=now)
    return version


def withdraw(
    session: Session, organisation: Organisation, *, by: User | None, now: datetime
) -> PolicyVersion:
    """Take the proposal back; the version in force stays. Raises PolicyError."""
    policies.locked(session, organisation)
    version = waiting(session, organisation)
    policies.close(
        session, version, PolicyState.WITHDRAWN, by=None if by is None else by.id, at=now
    )
    return version


def _the_waiting_one(session: Session, organisation: Organisation, number: int) -> PolicyVersion:
    # The number says what was looked at: another proposal may have come meanwhile.
    policies.locked(session, organisation)
    version = waiting(session, organisation)
    if version.number != number:
        raise PolicyError(
            f"version {number} of {organisation.key} does not wait; version {version.number} does. "
            "Look at its preview first"
        )
    return version


def _officer(by: User | None, organisation: Organisation, version: PolicyVersion) -> User:
    mine = by is not None and by.organisation_id in (None, organisation.id)
    if by is None or by.role is not Role.OFFICER or by.disabled_at is not None or not mine:
        raise PolicyError(
            f"version {version.number} of {organisation.key} lets something go sooner, so a "
            "privacy officer of the organisation confirms it",
            code="needs_officer",
        )
    return by


def _look_at(by: User | None, organisation: Organisation, version: PolicyVersion) -> None:
    by = _officer(by, organisation, version)
    if version.proposed_by is None:
        raise PolicyError(
            f"nobody is known to have proposed version {version.number} of {organisation.key}, "
            "which lets something go sooner: one privacy officer proposes it in their own name, "
            "in the console or with 'flask privacy policy adopt', and another confirms it",
            code="needs_proposer",
        )
    if by.id == version.proposed_by:
        raise PolicyError(
            f"version {version.number} of {organisation.key} lets something go sooner, so somebody "
            "else than who proposed it confirms it",
            code="needs_another",
        )


def _effects(
    session: Session, present: Schedule, proposed: Schedule, *, now: datetime
) -> Iterator[Effect]:
    goes = forecast.foretell(session, present, now=now, until=now).totals
    would_go = forecast.foretell(session, proposed, now=now, until=now).totals
    kept = forecast.in_the_way(session, proposed, now=now)
    for name in dict.fromkeys([*would_go, *goes, *(one for by in kept.values() for one in by)]):
        held = Counter({keeper: counts[name] for keeper, counts in kept.items()})
        if goes.get(name) or would_go.get(name) or +held:
            yield Effect(name, goes.get(name, 0), would_go.get(name, 0), +held)


def _remarks(found: Sequence[Change]) -> Iterator[str]:
    told = [one for one in found if one.data_class in TOLD_TO_CALLERS]
    if any(one.turn is Turn.LONGER for one in told):
        yield (
            "People who gave answers or messages so far were told the shorter period, and what "
            "they gave is kept by the longer one too."
        )
    if any(one.turn is not Turn.REWORDED for one in told):
        yield (
            "Callers hear the new period as soon as it is confirmed; a call that has begun goes on "
            "with the words it began with."
        )
    if goes_sooner(found):
        yield "What goes by it cannot be brought back."
