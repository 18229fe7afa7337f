"""The jobs of text messages, and of what people ask about their data."""

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from messaging import (
    answer_mail,
    carrying_out,
    code_mail,
    code_text,
    extension_mail,
    guess_limits,
    lapsing,
    package_mail,
    receipt_text,
    sweep,
    text_reconcile,
    texting,
)
from privacy import answer_erasure, clock_brake, emptied_logs, request_alarms, request_ends
from privacy.erasing import hands_of
from privacy.identity_codes import TooManyCodesError
from storage.faults import GiveUp, TryAgain
from storage.house import house, reading, transaction, utc_now
from storage.jobs import job
from storage.periodic import last_done, mark_done
from storage.queue import JobName
from storage.request_states import RequestState
from storage.tables import RightsRequest

log = logging.getLogger(__name__)

# What a job sends before it lets the mails have their turn; the next one comes soon.
_MOST_TEXTS: Final = 100


@job
def send_texts() -> None:
    """Text the codes that were promised, and those whose next attempt is a text, who may be."""
    provider, most = house().provider, _MOST_TEXTS
    # Whoever has answered was told that their code comes in a moment: they do not wait for others.
    sent = texting.send_due(provider=provider, clock=utc_now, most=most, claim=receipt_text.claim)
    sent += texting.send_due(provider=provider, clock=utc_now, most=most)
    with transaction() as session:
        mark_done(session, JobName.SEND_TEXTS, now=utc_now())
    if sent:
        log.info("texts.sent", extra={"count": sent})


@job
def sweep_texts() -> None:
    """Settle texts of ours in doubt; hear what reached the provider alone, and remove it there."""
    now = utc_now()
    text_reconcile.reconcile(provider=house().provider, now=now)
    with reading() as session:
        before = last_done(session, JobName.SWEEP_TEXTS)
    try:
        swept = sweep.sweep(provider=house().provider, now=now, swept_at=before)
    except GiveUp as fault:
        # Not every provider lists messages; what it brings us is heard all the same.
        log.warning("texts.not_listed", extra={"code": fault.code})
        swept = 0
    with transaction() as session:
        mark_done(session, JobName.SWEEP_TEXTS, now=now)
    if swept:
        log.info("texts.swept", extra={"count": swept})


@job
def carry_out_request(request_id: UUID) -> None:
    """Do what was decided about one person's request, and tell them."""
    _go_on(request_id, now=utc_now())


@job
def sweep_requests() -> None:
    """Warn of requests that are due, do what was decided and is not done, and mail the answers.

    What nobody proved, fetched or answered in time ends first: it is neither warned of nor mailed.
    Not under a clock that leapt ahead.
    """
    now = utc_now()
    if not clock_brake.holds_back(now=now):
        request_ends.end_unproven(house=house(), now=now)
        request_ends.end_unfetched(house=house(), now=now)
        lapsing.end_unanswered(house=house(), now=now)
    with transaction() as session:
        request_alarms.sound(session, now=now)
    with reading() as session:
        waiting = select(RightsRequest.id).where(RightsRequest.state != RequestState.TOLD)
        left = session.scalars(waiting.order_by(RightsRequest.due_at)).all()
    for request_id in left:
        try:
            _go_on(request_id, now=now)
        except (TryAgain, GiveUp) as fault:
            log.warning("rights.not_done", extra={"request_id": request_id, "code": fault.code})
    _erase_answers(now=now)
    guess_limits.calm_down(house(), now=now)
    with transaction() as session:
        mark_done(session, JobName.SWEEP_REQUESTS, now=now)
    # What answers and deletions leave behind, and what a reader was in the way of before.
    emptied_logs.empty(house(), now=now)


@job
def send_identity_code(request_id: UUID) -> None:
    """Send a person the code that proves their request, if anything of theirs is known to go to."""
    now = utc_now()
    try:
        if code_mail.send(request_id, house=house(), now=now):
            return
        if not code_text.send(request_id, house=house(), now=now):
            house().bell.ring(JobName.CALL_WITH_CODE, request_id)
    except TooManyCodesError as fault:  # a limit that anybody may reach is no failure
        log.info("rights.no_more_codes", extra={"request_id": request_id, "code": fault.code})


def _erase_answers(*, now: datetime) -> None:
    """Finish what whoever answered asked to be deleted, and what was cut off."""
    for code_id in answer_erasure.waiting():
        try:
            answer_erasure.carry_out(code_id, hands=hands_of(house()), now=now)
        except (TryAgain, GiveUp) as fault:
            log.warning("answer.not_erased", extra={"code": fault.code})


def _go_on(request_id: UUID, *, now: datetime) -> None:
    try:
        carrying_out.carry_out(request_id, house=house(), now=now)
    finally:  # what stands in the way of an answer is why it takes longer
        extension_mail.send(request_id, house=house(), now=now)
    answer_mail.send(request_id, house=house(), now=now)
    package_mail.offer(request_id, house=house(), now=now)
