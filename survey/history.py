"""What became of an invitation, step by step, with nothing personal in it.

A step is written in the transaction in which it happens. That an invitation was planned is its own
row's `created_at`; no step repeats it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from storage.insertion import insert_all, insert_later
from storage.prepared import Prepared
from storage.prepared_lists import PreparedList
from storage.states import AttemptMethod, AttemptState, Disposition, InvitationState
from storage.states import InvitationEventKind as Kind
from storage.tables import Attempt, Invitation, InvitationEvent
from survey.standing import Standing

_ENDED = {
    Disposition.COMPLETED: Kind.COMPLETED,
    Disposition.REFUSED: Kind.REFUSED,
    Disposition.PARTIAL: Kind.BROKE_OFF,
    Disposition.UNANSWERED: Kind.BROKE_OFF,
}
_SOMEBODY_SPOKE = frozenset(_ENDED)
# Arrived, and nothing is known of whether anybody read it.
_ARRIVED = {Disposition.TEXTED: Kind.TEXTED}
_ORDER = {kind: place for place, kind in enumerate(Kind)}
_OVER = {
    InvitationState.WITHDRAWN: Kind.WITHDRAWN,
    InvitationState.EXPIRED: Kind.EXPIRED,
    InvitationState.UNREACHED: Kind.NOT_REACHED,
}
_GIVEN_UP = {Kind.NOT_REACHED: "given_up"}


# Made once: every refusal asks.
_STEPS: Final = PreparedList(
    lambda items: (
        select(
            InvitationEvent.invitation_id,
            InvitationEvent.id,
            InvitationEvent.kind,
            InvitationEvent.detail,
            InvitationEvent.facts,
        )
        .where(
            InvitationEvent.organisation_id == bindparam("owner"),
            InvitationEvent.invitation_id.in_(items),
        )
        .order_by(InvitationEvent.happened_at, InvitationEvent.id)
    ),
    of=InvitationEvent.invitation_id.type,
)
_AGAIN: Final = Prepared(
    update(InvitationEvent).where(InvitationEvent.id == bindparam("item")), sets=("facts",)
)


@dataclass(frozen=True, slots=True)
class Whose:
    """To which invitation a step belongs, and to which of its attempts, if to any."""

    organisation_id: UUID
    invitation_id: UUID
    attempt_id: UUID | None = None


def all_put_off(
    session: Session, refused: Sequence[tuple[Invitation, str]], *, at: datetime
) -> None:
    """They might not be asked now, each by that rule; the same one again is the same step."""
    last: dict[UUID, tuple[UUID, Kind, str | None, dict[str, Any]]] = {}
    for owner in {one.organisation_id for one, _ in refused}:
        items = [one.id for one, _ in refused if one.organisation_id == owner]
        for of, *step in _STEPS.rows(session, {"owner": owner}, items):
            last[of] = (step[0], step[1], step[2], step[3])
    once_more: list[dict[str, Any]] = []
    fresh: list[dict[str, Any]] = []
    for one, rule in refused:
        item, kind, detail, facts = last.get(one.id, (one.id, None, None, {}))
        if (kind, detail) == (Kind.PUT_OFF, rule):
            again = {"times": facts.get("times", 1) + 1, "last_at": at.isoformat()}
            once_more.append({"item": item, "facts": again})
        else:
            fresh.append(_row(_of(one), Kind.PUT_OFF, detail=rule, at=at))
    _AGAIN.write_all(session, once_more)
    insert_all(session, InvitationEvent, fresh)


def tried(session: Session, attempt: Attempt) -> None:
    """The provider took the call or the message; the moment is that of the order."""
    _add(
        session,
        Whose(attempt.organisation_id, attempt.invitation_id, attempt.id),
        Kind.TRIED,
        detail=attempt.method.value,
        at=attempt.placing_at,
    )


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt that the provider took."""

    attempt_id: UUID
    organisation_id: UUID
    invitation_id: UUID
    method: AttemptMethod
    placing_at: datetime


def all_tried(session: Session, attempts: Collection[Tried]) -> None:
    """`tried` for many."""
    rows = [
        _row(
            Whose(one.organisation_id, one.invitation_id, one.attempt_id),
            Kind.TRIED,
            detail=one.method.value,
            at=one.placing_at,
        )
        for one in attempts
    ]
    insert_all(session, InvitationEvent, rows)


def started(session: Session, standing: Standing, attempt_id: UUID | None, *, at: datetime) -> None:
    """The first answer came, so somebody was reached."""
    whose = Whose(standing.organisation_id, standing.invitation_id, attempt_id)
    for kind in (Kind.REACHED, Kind.STARTED):
        _add(session, whose, kind, at=at)


def ended(
    session: Session, attempt: Attempt, disposition: Disposition, *, answered_at: datetime | None
) -> None:
    """The attempt is over, or was over and turned out to have ended otherwise."""
    whose = Whose(attempt.organisation_id, attempt.invitation_id, attempt.id)
    end(
        session,
        whose,
        disposition,
        reached=disposition in _SOMEBODY_SPOKE and _has(session, whose, Kind.REACHED),
        answered_at=answered_at,
        at=attempt.ended_at or attempt.placing_at,
    )


def end(
    session: Session,
    whose: Whose,
    disposition: Disposition,
    *,
    reached: bool,
    answered_at: datetime | None,
    at: datetime,
) -> None:
    """`ended` of an attempt of which is known whether it says already that somebody was reached."""
    if disposition is Disposition.GIVEN_BACK:
        return  # nobody was tried
    if disposition in _SOMEBODY_SPOKE and not reached:
        _add(session, whose, Kind.REACHED, at=answered_at or at)
    kind = (_ENDED | _ARRIVED).get(disposition, Kind.NOT_REACHED)
    _add(session, whose, kind, detail=disposition.value, at=at)


def mistaken(session: Session, whose: Whose, *, at: datetime) -> None:
    """The provider took the person for a machine, and a key shows that it was none; told again
    nothing changes."""
    if not _has(session, whose, Kind.MISTAKEN):
        _add(session, whose, Kind.MISTAKEN, at=at)


def objected(session: Session, invitations: Sequence[Invitation], *, at: datetime) -> set[UUID]:
    """A person said no: one step in each campaign that asks them, however often they say it.

    It is a step of the attempt that is under way, if one is, or else of the first invitation of
    these; the ids of those that got it.
    """
    ids = [one.id for one in invitations]
    under_way = {
        row.invitation_id: row.id
        for row in session.execute(
            select(Attempt.invitation_id, Attempt.id).where(
                Attempt.invitation_id.in_(ids), Attempt.state != AttemptState.ENDED
            )
        )
    }
    known = set(
        session.scalars(
            select(Invitation.campaign_id)
            .join(InvitationEvent, InvitationEvent.invitation_id == Invitation.id)
            .where(
                InvitationEvent.kind == Kind.OBJECTED,
                Invitation.customer_id.in_({one.customer_id for one in invitations}),
            )
        )
    )
    told: set[UUID] = set()
    for one in sorted(invitations, key=lambda each: each.id not in under_way):
        if one.campaign_id not in known:
            known.add(one.campaign_id)
            told.add(one.id)
            _add(session, _of(one, under_way.get(one.id)), Kind.OBJECTED, at=at)
    return told


def over(session: Session, invitation: Invitation, *, why: str | None = None, at: datetime) -> None:
    """The invitation ended without a last word, by that rule; a last word is its attempt's step."""
    over_as(session, _of(invitation), invitation.state, why=why, at=at)


def over_as(
    session: Session,
    whose: Whose,
    state: InvitationState,
    *,
    why: str | None = None,
    at: datetime,
) -> None:
    """`over` of an invitation that ended in that state."""
    kind = _OVER.get(state)
    if kind is not None:
        _add(session, whose, kind, detail=why or _GIVEN_UP.get(kind), at=at)


def all_over(
    session: Session, ended: Sequence[tuple[Invitation, str | None]], *, at: datetime
) -> None:
    """`over` for many, each with the rule by which it ended."""
    rows = [
        _row(_of(one), kind, detail=why or _GIVEN_UP.get(kind), at=at)
        for one, why in ended
        if (kind := _OVER.get(one.state)) is not None
    ]
    insert_all(session, InvitationEvent, rows)


def steps(session: Session, invitation: Invitation) -> list[InvitationEvent]:
    """Every step in the order in which it happened, from its planning on."""
    planned = InvitationEvent(
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.id,
        kind=Kind.PLANNED,
        facts={},
        happened_at=invitation.created_at,
    )
    found = session.scalars(
        select(InvitationEvent).where(
            InvitationEvent.organisation_id == invitation.organisation_id,
            InvitationEvent.invitation_id == invitation.id,
        )
    )
    # Of one moment, an attempt's steps before its invitation's.
    return [
        planned,
        *sorted(
            found,
            key=lambda one: (one.happened_at, _ORDER[one.kind], one.attempt_id is None),
        ),
    ]


def _has(session: Session, whose: Whose, kind: Kind) -> bool:
    there = exists().where(
        InvitationEvent.invitation_id == whose.invitation_id,
        InvitationEvent.attempt_id == whose.attempt_id,
        InvitationEvent.kind == kind,
    )
    return bool(session.scalar(select(there)))


def _of(invitation: Invitation, attempt_id: UUID | None = None) -> Whose:
    return Whose(invitation.organisation_id, invitation.id, attempt_id)


def _add(
    session: Session, whose: Whose, kind: Kind, *, detail: str | None = None, at: datetime
) -> None:
    # Past the session: nobody holds a step that was just written.
    insert_later(session, InvitationEvent, _row(whose, kind, detail=detail, at=at), apart="id")


def _row(whose: Whose, kind: Kind, *, detail: str | None, at: datetime) -> dict[str, Any]:
    return {
        "organisation_id": whose.organisation_id,
        "invitation_id": whose.invitation_id,
        "attempt_id": whose.attempt_id,
        "kind": kind,
        "detail": detail,
        "facts": {},
        "happened_at": at,
    }
