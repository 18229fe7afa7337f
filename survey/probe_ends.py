"""What becomes of a probe call: told in any order, once over counted with its real price."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import provider_copies
from storage.provider_copies import CopyKind
from storage.states import CALL_FOLLOWS, CALL_OVER, CallState, Verdict, judge
from storage.tables import Call, Campaign, Line, LineProbe, Organisation
from survey import spending
from survey.permission_files import rules_of

# The provider refuses to delete a call that it is still writing down.
_RECORD_REST: Final = timedelta(minutes=2)


def locked(session: Session, probe_id: UUID) -> LineProbe:
    """The probe's row, locked until the transaction ends."""
    wanted = select(LineProbe).where(LineProbe.id == probe_id).with_for_update()
    return session.scalars(wanted).one()


def locked_by_token(session: Session, token: str) -> LineProbe | None:
    """The probe with that webhook token, locked until the transaction ends."""
    wanted = select(LineProbe).where(LineProbe.token == token).with_for_update()
    return session.scalars(wanted).one_or_none()


def name(session: Session, probe: LineProbe, sid: str, *, at: datetime) -> None:
    """Remember what the provider calls the call, from whichever message came first."""
    if probe.provider_sid is None:
        probe.provider_sid = sid
        session.flush()
        owner = probe.organisation_id
        provider_copies.note(session, CopyKind.CALL, sid, organisation_id=owner, at=at)


def unknown_to_us(session: Session, sids: Sequence[str]) -> list[str]:
    """Those of the provider's calls that are no call or probe of ours yet, in their order."""
    known: set[str | None] = set()
    for column in (LineProbe.provider_sid, Call.provider_sid):
        known |= set(session.scalars(select(column).where(column.in_(sids))))
    return [one for one in sids if one not in known]


def told(
    session: Session,
    token: str,
    state: CallState,
    *,
    sid: str,
    seconds: int | None,
    at: datetime,
) -> None:
    """Take a status callback; an unknown token is none of ours any more."""
    probe = locked_by_token(session, token)
    if probe is not None and probe.provider_sid in (None, sid):
        name(session, probe, sid, at=at)
        arrive(session, probe, state, seconds=seconds, at=at)


def arrive(
    session: Session, probe: LineProbe, state: CallState, *, seconds: int | None, at: datetime
) -> None:
    """Move a probe whose row the caller holds; once it is over it counts with its real price."""
    if judge(probe.state, state, CALL_FOLLOWS) is not Verdict.APPLIED:
        return
    probe.state = state
    if state is CallState.IN_PROGRESS:
        probe.answered_at = at
    if state not in CALL_OVER:
        return
    probe.ended_at, probe.seconds = at, seconds
    talk = timedelta(seconds=seconds or 0) if state is CallState.COMPLETED else timedelta(0)
    count(session, probe, _price(session, probe, talk))
    if probe.provider_sid is not None:
        rest = at + _RECORD_REST
        provider_copies.let_go(session, CopyKind.CALL, probe.provider_sid, at=rest, now=at)


def refused(
    session: Session, probe: LineProbe, *, code: str | None, rang: bool, at: datetime
) -> None:
    """End a probe that the provider did not put through; if nobody rang it costs nothing."""
    if probe.state in CALL_OVER:
        return
    probe.state, probe.error_code, probe.ended_at = CallState.FAILED, code, at
    if not rang:
        count(session, probe, 0)


def last_of(
    session: Session, owner: Organisation, lines: Sequence[Line]
) -> list[tuple[Line, LineProbe | None]]:
    """Each of the organisation's lines with its last probe that was allowed, if any."""
    found: list[tuple[Line, LineProbe | None]] = []
    for line in lines:
        wanted = select(LineProbe).where(
            LineProbe.organisation_id == owner.id,
            LineProbe.line_id == line.id,
            LineProbe.allowed,
        )
        newest = wanted.order_by(LineProbe.asked_at.desc(), LineProbe.id.desc()).limit(1)
        found.append((line, session.scalars(newest).first()))
    return found


def _price(session: Session, probe: LineProbe, talk: timedelta) -> int:
    if probe.campaign_id is None:
        return 0
    rules = rules_of(session.get_one(Campaign, probe.campaign_id))
    return 0 if rules.price is None else rules.price.micros(talk)


def count(session: Session, probe: LineProbe, micros: int) -> None:
    """Have the probe count with that much instead of what it counted with, on its own day."""
    more, probe.cost_micros = micros - (probe.cost_micros or 0), micros
    if probe.campaign_id is not None:
        campaign = session.get_one(Campaign, probe.campaign_id)
        spending.count_beside(session, campaign, more, at=probe.asked_at)
