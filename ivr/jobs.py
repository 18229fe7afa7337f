"""The jobs of the telephone: ending a call, and looking after calls that nobody speaks of."""

import logging
from uuid import UUID

from sqlalchemy import select

from ivr import code_calls, line_probing, reconcile, unheard
from ivr.conversations import pressed_keys
from ivr.events import is_machine
from privacy.identity_codes import TooManyCodesError
from storage.house import house, reading, transaction, utc_now
from storage.jobs import job
from storage.periodic import mark_done
from storage.queue import JobName
from storage.states import CALL_OVER
from storage.tables import Attempt, Call
from survey import invitations, unanswered_calls

log = logging.getLogger(__name__)


@job
def call_with_code(request_id: UUID) -> None:
    """Ring a person who wants the code that proves their request spoken to them."""
    try:
        code_calls.place(request_id, house=house(), now=utc_now())
    except TooManyCodesError as fault:  # a limit that anybody may reach is no failure
        log.info("rights.no_more_codes", extra={"request_id": request_id, "code": fault.code})


@job
def end_call(call_id: UUID) -> None:
    """Hang up on a machine, and on a telephone that rings although its owner may not be asked now.

    Somebody who pressed a key is a person and stays.
    """
    with reading() as session:
        call = session.get_one(Call, call_id)
        attempt = session.get(Attempt, call.attempt_id) if call.attempt_id else None
        machine = attempt is not None and is_machine(attempt.answered_by)
        wanted = machine and call.state not in CALL_OVER and not pressed_keys(session, call)
        wanted = wanted or unanswered_calls.is_unwanted(session, call, now=utc_now())
    if not wanted or call.provider_sid is None:
        return
    house().provider.end_call(call.provider_sid)
    log.info("call.ended_by_us", extra={"call_id": str(call_id)})
    # A call that ends before it rang brings no callback: look for ourselves.
    reconcile.look(call_id, provider=house().provider, now=utc_now())


@job
def sweep_calls() -> None:
    """Settle what is in doubt, end lost calls and stale invitations, hang up where nobody is."""
    now = utc_now()
    reconcile.reconcile_attempts(provider=house().provider, now=now)
    reconcile.end_lost_calls(provider=house().provider, now=now)
    line_probing.look_after(provider=house().provider, now=now)
    unheard.ask_for_unheard(provider=house().provider, now=now)
    with reading() as session:
        ringing = unanswered_calls.all_unwanted(session, now=now, limit=100)
    for call_id in (*_machines_on_the_line(), *ringing):
        house().bell.ring(JobName.END_CALL, call_id)
    with transaction() as session:
        invitations.expire(session, now=now)
        mark_done(session, JobName.SWEEP_CALLS, now=now)


def _machines_on_the_line() -> list[UUID]:
    with reading() as session:
        wanted = (
            select(Call.id)
            .join(Attempt, Attempt.id == Call.attempt_id)
            .where(
                Call.state.not_in(CALL_OVER),
                Attempt.answered_by.startswith("machine") | (Attempt.answered_by == "fax"),
            )
            .limit(100)
        )
        return list(session.scalars(wanted))
