"""What every kind of call has in common: a state kept with the call, events in, steps out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from ivr.flow_events import Event, HungUp
from ivr.live_calls import LiveCall
from ivr.steps import Step
from storage.insertion import insert_later
from storage.prepared import Prepared
from storage.states import Verdict
from storage.tables import Call, CallEvent


class Conversation(Protocol):
    """One call within one transaction, whose row the caller of these has locked."""

    @property
    def language(self) -> str:
        """The language that is spoken now."""
        ...

    @property
    def visit(self) -> int:
        """The present visit."""
        ...

    @property
    def listens_to(self) -> int | None:
        """The visit whose recording the caller waits to hear; None when they wait for none."""
        ...

    @property
    def records_now(self) -> bool:
        """The present visit is a recording that has not been told to us yet."""
        ...

    def take(self, event: Event | HungUp, *, at: datetime) -> bool:
        """Apply an event and store what became true; False when it changed nothing."""
        ...

    def steps(self) -> tuple[Step, ...]:
        """The present document."""
        ...


_BY_TOKEN = select(Call).where(Call.token == bindparam("token")).with_for_update()


def lock_by_token(session: Session, token: str) -> Call | None:
    """The call with that webhook token, locked until the transaction ends."""
    return session.scalars(_BY_TOKEN, {"token": token}).one_or_none()


def lock_by_sid(session: Session, provider_sid: str) -> Call | None:
    """The call that the provider names so, locked until the transaction ends."""
    wanted = select(Call).where(Call.provider_sid == provider_sid).with_for_update()
    return session.scalars(wanted).one_or_none()


_KEEP = Prepared(update(Call).where(Call.id == bindparam("item")), sets=("flow",))


def keep_flow(session: Session, call: Call | LiveCall, document: dict[str, Any]) -> None:
    """Write where the conversation stands to the call's row, which the caller holds."""
    # One statement, and the object is told: to find out that this alone changed, the session's
    # flush takes as long as three statements, in every turn.
    _KEEP.write(session, {"item": call.id, "flow": document})
    if isinstance(call, Call):
        set_committed_value(call, "flow", document)


@dataclass(frozen=True, slots=True)
class CallId:
    """Which call, and whose."""

    id: UUID
    organisation_id: UUID


def note_event(
    session: Session,
    call: Call | LiveCall | CallId,
    kind: str,
    *,
    dedup_key: str,
    facts: dict[str, Any],
    verdict: Verdict,
    at: datetime,
) -> None:
    """Keep an event, also one that was refused; the same one again is kept once."""
    insert_later(
        session,
        CallEvent,
        {
            "organisation_id": call.organisation_id,
            "call_id": call.id,
            "kind": kind,
            "dedup_key": dedup_key,
            "verdict": verdict,
            "facts": facts,
            "happened_at": at,
        },
        apart="dedup_key",
    )


_KEYS = (
    select(CallEvent.id)
    .where(CallEvent.call_id == bindparam("item"), CallEvent.kind == "keys")
    .limit(1)
)


def pressed_keys(session: Session, call: Call) -> bool:
    """Whether a key was pressed in this call: then a person is there, whatever a machine says."""
    return session.scalars(_KEYS, {"item": call.id}).first() is not None
