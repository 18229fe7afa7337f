"""Deciding again what was decided: from the record alone, and under today's files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.tables import Campaign, Invitation, Organisation, PermissionDecision
from survey.permission import Decision, decide
from survey.permission_files import by_todays_files, line_of
from survey.permission_record import (
    RULES_VERSION,
    UnreadableRecordError,
    clocks_of,
    clocks_today,
    from_document,
    rules_version,
)

_PART = 1_000


class Replayed(StrEnum):
    """What became of a stored decision when it was made again."""

    SAME = "same"
    # Rules, files or clocks have changed since, and would decide otherwise about the same facts.
    OTHERWISE = "otherwise"
    # The same rules on the stored facts do not give the stored answer: the row was never made so.
    NOT_REPRODUCED = "not reproduced"


class Cause(StrEnum):
    """What has changed since a decision that would be another one today."""

    FILES = "today's files"
    RULES = "newer rules"
    CLOCKS = "other time zone data"


@dataclass(frozen=True, slots=True)
class Replay:
    """One stored decision and what it would be; `again` is None when its facts cannot be read.

    `cause` is what made the difference where that is no fault of the row.
    """

    decision_id: UUID
    decided_at: datetime
    allowed: bool
    rule: str
    outcome: Replayed
    again: Decision | None
    cause: Cause | None = None


def replay(row: PermissionDecision) -> Decision:
    """The decision made again from the row alone; raises UnreadableRecordError."""
    facts = from_document(row.facts)
    if facts.method.value != row.method:
        raise UnreadableRecordError(
            "the record is about another method than its row", code="record_changed"
        )
    return decide(facts, now=row.decided_at)


def replay_all(
    session: Session, organisation: Organisation, *, since: datetime | None = None
) -> Iterator[Replay]:
    """Every stored decision of an organisation made again, the oldest first, part by part."""
    campaigns: dict[UUID, Campaign] = {}
    wanted = (
        select(PermissionDecision, Invitation.campaign_id)
        .join(Invitation, Invitation.id == PermissionDecision.invitation_id)
        .where(PermissionDecision.organisation_id == organisation.id)
        .order_by(PermissionDecision.id)
        .limit(_PART)
    )
    if since is not None:
        wanted = wanted.where(PermissionDecision.decided_at >= since)
    after: UUID | None = None
    while True:
        part = wanted if after is None else wanted.where(PermissionDecision.id > after)
        rows = session.execute(part).all()
        for row, campaign_id in rows:
            if campaign_id not in campaigns:
                campaigns[campaign_id] = session.get_one(Campaign, campaign_id)
            yield _judged(session, row, campaigns[campaign_id], organisation)
            # Nothing may be held that grows with the number of decisions.
            session.expunge(row)
        if len(rows) < _PART:
            return
        after = rows[-1][0].id


def _judged(
    session: Session, row: PermissionDecision, campaign: Campaign, organisation: Organisation
) -> Replay:
    def told(outcome: Replayed, again: Decision | None, cause: Cause | None = None) -> Replay:
        return Replay(row.id, row.decided_at, row.allowed, row.rule, outcome, again, cause)

    try:
        again = replay(row)
    except UnreadableRecordError:
        return told(Replayed.NOT_REPRODUCED, None)
    stored = (row.allowed, row.rule, row.next_allowed_at)
    if (again.allowed, again.rule.value, again.next_allowed_at) != stored:
        cause = _since(row, again)
        return told(Replayed.OTHERWISE if cause else Replayed.NOT_REPRODUCED, again, cause)
    facts = by_todays_files(
        again.facts,
        campaign,
        organisation,
        line_of(session, organisation, campaign),
        invitation_id=row.invitation_id,
        decided_at=row.decided_at,
    )
    today = decide(facts, now=row.decided_at)
    same = (today.allowed, today.rule) == (again.allowed, again.rule)
    return told(Replayed.SAME, today) if same else told(Replayed.OTHERWISE, today, Cause.FILES)


def _since(row: PermissionDecision, again: Decision) -> Cause | None:
    """What of ours has changed since, so that the row's own facts give another answer."""
    if rules_version(row.facts) != RULES_VERSION:
        return Cause.RULES
    then = clocks_of(row.facts)
    return Cause.CLOCKS if then not in (None, clocks_today(again.facts)) else None
