"""Invitations: planned, put off, tried again by cause, ended, withdrawn.

None of these commits. An invitation's row is locked by whoever moves it, and on PostgreSQL two
diallers never hold the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from config.campaign_rules import Campaign as CampaignRules
from config.campaign_rules import RetryBy
from storage.prepared import Prepared
from storage.restrictions import restricted_among
from storage.states import NOBODY_RANG, AttemptMethod, Disposition, InvitationState
from storage.tables import Campaign, Customer, Interaction, Invitation
from survey import history, throttling
from survey.attempts import nobody_rings
from survey.history import Whose
from survey.permission import Method, Refusal, Rule
from survey.permission_facts import rules_of
from survey.permission_rules import BY_AN_ACT, UNREACHABLE
from survey.permission_sources import past_of
from survey.retries import FINAL, PastAttempt, next_attempt_at, next_attempt_by

OPEN: Final = (InvitationState.PLANNED, InvitationState.TRYING)

# Ends an invitation because nobody is to be asked, not because nobody was reached.
_NEVER_ASKED: Final = frozenset(
    {Rule.OBJECTION, Rule.NOT_SAMPLED, Rule.QUOTA_FULL, Rule.BLOCKED_BY_REGISTER, Rule.THROTTLED}
)
# How an invitation ends by what its last call brought.
_SPOKE: Final = {
    Disposition.COMPLETED: InvitationState.COMPLETED,
    Disposition.PARTIAL: InvitationState.PARTIAL,
    Disposition.REFUSED: InvitationState.REFUSED,
}
# By which rule it is moved, and what becomes of its columns.
_Moved = tuple[Invitation, str, dict[str, Any]]
# Made once: every call ends.
_THIS: Final = update(Invitation).where(
    Invitation.organisation_id == bindparam("owner"), Invitation.id == bindparam("item")
)
_TRY: Final = Prepared(_THIS, sets=("state", "due_at", "next_by"))
_END: Final = Prepared(_THIS, sets=("state", "ended_at"))
_MOVE: Final = Prepared(_THIS, sets=("due_at", "waits_for"))


@dataclass(frozen=True, slots=True)
class Plan:
    """When an interaction is asked about: not before `due_at`, not from `expires_at` on."""

    due_at: datetime
    expires_at: datetime
    too_old: bool


def plan(happened_at: datetime, *, delay: timedelta, stale_after: timedelta, now: datetime) -> Plan:
    """When to ask about something that happened then; `too_old` when it is stale already."""
    due_at = max(happened_at + delay, now)
    expires_at = happened_at + stale_after
    return Plan(due_at, expires_at, too_old=due_at >= expires_at)


def start(invitation: Invitation, *, by: UUID, now: datetime) -> bool:
    """Have the next call placed at once because a signed-in person ordered it; False when over.

    It counts for one call, and only `permission` says whether that may be placed.
    """
    if invitation.state not in OPEN:
        return False
    invitation.started_by, invitation.started_at, invitation.due_at = by, now, now
    return True


def put_off(session: Session, invitation: Invitation, refusal: Refusal, *, now: datetime) -> None:
    """Move an invitation that may not be rung now to its next moment, or end it if there is none;
    one that is over already stays as it is."""
    put_off_all(session, [(invitation, refusal)], now=now)


def put_off_all(
    session: Session, refused: Sequence[tuple[Invitation, Refusal]], *, now: datetime
) -> None:
    """`put_off` for many: what is usual is written together."""
    later, over = list[_Moved](), list[_Moved]()
    ended = {"state": InvitationState.WITHDRAWN, "ended_at": now}
    for invitation, refusal in refused:
        if refusal.rule is Rule.OTHER_METHOD_NEXT:
            # The rules were changed since: whoever contacts people that way takes it from here.
            invitation.next_by = AttemptMethod.SMS if invitation.next_by is None else None
            invitation.due_at, invitation.waits_for = now, None
        elif refusal.next_allowed_at is not None:
            # Behind a no that time ends too: whoever does the act need not wait for that.
            acts = (one.value for one in (refusal.rule, *refusal.also) if one in BY_AN_ACT)
            moves = {"due_at": refusal.next_allowed_at, "waits_for": next(acts, None)}
            later.append((invitation, refusal.rule.value, moves))
        elif refusal.rule in _NEVER_ASKED:
            over.append((invitation, refusal.rule.value, ended))
        elif refusal.rule is not Rule.INVITATION_OVER:
            by_then = now if refusal.rule in UNREACHABLE else invitation.expires_at
            how = _unfinished(session, invitation, now=by_then)
            _end(session, invitation, how, now=now, why=refusal.rule)
    session.flush()
    for statement, moved in ((_MOVE, later), (_END, over)):
        whole = [{"owner": o.organisation_id, "item": o.id, **values} for o, _, values in moved]
        statement.write_all(session, whole)
        for invitation, _, values in moved:
            for name, value in values.items():
                set_committed_value(invitation, name, value)
    history.all_put_off(session, [(one, rule) for one, rule, _ in later], at=now)
    history.all_over(session, [(one, rule) for one, rule, _ in over], at=now)


def after_attempt(
    session: Session, invitation: Invitation, disposition: Disposition, *, now: datetime
) -> None:
    """Plan the next attempt after one that is over, or end the invitation.

    The attempt itself is already ENDED, with that disposition and its `ended_at`. Told twice, or
    about an invitation that ended otherwise meanwhile, this changes nothing; only one withdrawn
    during its last call still ends as that call did.
    """
    if disposition in throttling.NOBODY:
        throttling.give_back(session, invitation)
    if invitation.state is InvitationState.WITHDRAWN:
        invitation.state = _SPOKE.get(disposition, invitation.state)
        return
    if invitation.state not in OPEN:
        return
    if disposition is Disposition.GIVEN_BACK or _called_off(session, invitation, disposition):
        invitation.due_at = now  # it was its turn
        return
    if disposition is Disposition.TEXTED:
        # The person's turn: they may call back until the matter is too old.
        invitation.state, invitation.due_at = InvitationState.TRYING, invitation.expires_at
        return
    rules = rules_of(session.get_one(Campaign, invitation.campaign_id))
    past = past_of(session, invitation.organisation_id, [invitation.id]).get(invitation.id, [])
    then = follows(disposition, past, rules, expires_at=invitation.expires_at, now=now)
    if then.due_at is None:
        _end(session, invitation, then.state, now=now)
        return
    invitation.state, invitation.due_at, invitation.next_by = then.state, then.due_at, then.next_by


@dataclass(frozen=True, slots=True)
class Follows:
    """Where an invitation stands after an attempt; it is over when nothing is due."""

    state: InvitationState
    due_at: datetime | None = None
    next_by: AttemptMethod | None = None


def follows(
    disposition: Disposition,
    past: Sequence[PastAttempt],
    rules: CampaignRules,
    *,
    expires_at: datetime,
    now: datetime,
) -> Follows:
    """What follows for an open invitation from an attempt that was placed and ended so, the last of
    its `past`."""
    if disposition in FINAL:
        return Follows(_SPOKE[disposition])
    again = next_attempt_at(past, rules.retry, most_calls=rules.most_calls) if past else None
    if again is None or again >= expires_at:
        return Follows(_without_last_word(past, expires_at=expires_at, now=now))
    by_text = next_attempt_by(past, rules.retry) is RetryBy.SMS
    return Follows(InvitationState.TRYING, again, AttemptMethod.SMS if by_text else None)


def follow(session: Session, whose: Whose, then: Follows, *, now: datetime) -> None:
    """Have that follow for an open invitation whose row the caller holds, and not as an object."""
    named = {"owner": whose.organisation_id, "item": whose.invitation_id, "state": then.state}
    if then.due_at is not None:
        _TRY.write(session, named | {"due_at": then.due_at, "next_by": then.next_by})
        return
    _END.write(session, named | {"ended_at": now})
    history.over_as(session, Whose(whose.organisation_id, whose.invitation_id), then.state, at=now)


def _called_off(session: Session, invitation: Invitation, disposition: Disposition) -> bool:
    """Whether the telephone was stopped because the data are frozen: no try that failed.

    What is not too old is asked once that is lifted.
    """
    return disposition is Disposition.CANCELED and bool(
        restricted_among(session, invitation.organisation_id, [invitation.customer_id])
    )


def expire(session: Session, *, now: datetime, limit: int = 500) -> int:
    """End up to `limit` open invitations that became too old and have no call alive; how many."""
    stale = session.scalars(
        select(Invitation)
        .where(Invitation.state.in_(OPEN), Invitation.expires_at <= now, nobody_rings())
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for invitation in stale:
        _end(session, invitation, _unfinished(session, invitation, now=now), now=now)
    return len(stale)


def withdraw(session: Session, customer: Customer, method: Method, *, now: datetime) -> int:
    """Withdraw whatever is open for this person and would be asked by that method; how many.

    One whose telephone rings at this moment is withdrawn too: no second attempt follows. A no to
    text messages withdraws those that a text would ask next.
    """
    if method is Method.EMAIL:
        return 0
    open_ones = session.scalars(
        select(Invitation)
        .where(
            Invitation.organisation_id == customer.organisation_id,
            Invitation.customer_id == customer.id,
            Invitation.state.in_(OPEN),
        )
        .order_by(Invitation.id)
        .with_for_update(key_share=True)
    ).all()
    # A dialer passes this person over from now on, or has its attempt committed before we see it.
    session.scalars(
        select(Customer.id).where(Customer.id == customer.id).with_for_update(key_share=True)
    ).one()
    meant = [one for one in open_ones if method is not Method.SMS or _texted_next(one)]
    told = history.objected(session, [*meant, *open_ones], at=now)
    for invitation in meant:
        # That somebody said no is a step of one of them; the others say why they ended.
        why = None if invitation.id in told else Rule.OBJECTION
        _end(session, invitation, InvitationState.WITHDRAWN, now=now, why=why)
    return len(meant)


def _texted_next(invitation: Invitation) -> bool:
    """Whether a text is to go out; one that arrived leaves it to the person to call back."""
    return invitation.next_by is AttemptMethod.SMS and invitation.due_at < invitation.expires_at


def contacted_unknown(
    session: Session, customer: Customer, *, until: datetime, now: datetime
) -> int:
    """Withdraw what is open for a person who was contacted then and nobody here knows of it.

    Only what had happened by then: of a later matter they were not asked. How many were withdrawn.
    """
    open_ones = session.scalars(
        select(Invitation)
        .join(Interaction, Interaction.id == Invitation.interaction_id)
        .where(
            Invitation.organisation_id == customer.organisation_id,
            Invitation.customer_id == customer.id,
            Invitation.state.in_(OPEN),
            Interaction.happened_at <= until,
        )
        .order_by(Invitation.id)
        .with_for_update(of=Invitation, key_share=True)
    ).all()
    for invitation in open_ones:
        _end(session, invitation, InvitationState.WITHDRAWN, now=now)
    return len(open_ones)


def _end(
    session: Session,
    invitation: Invitation,
    state: InvitationState,
    *,
    now: datetime,
    why: Rule | None = None,
) -> None:
    invitation.state, invitation.ended_at = state, now
    history.over(session, invitation, why=None if why is None else why.value, at=now)


def _unfinished(session: Session, invitation: Invitation, *, now: datetime) -> InvitationState:
    """What an invitation is that ends without a last word: it depends on how far it came."""
    past = past_of(session, invitation.organisation_id, [invitation.id]).get(invitation.id, [])
    return _without_last_word(past, expires_at=invitation.expires_at, now=now)


def _without_last_word(
    past: Sequence[PastAttempt], *, expires_at: datetime, now: datetime
) -> InvitationState:
    if any(one.disposition is Disposition.PARTIAL for one in past):
        return InvitationState.PARTIAL
    if any(one.disposition not in NOBODY_RANG for one in past):
        return InvitationState.UNREACHED
    return InvitationState.EXPIRED if expires_at <= now else InvitationState.UNREACHED
