"""The usual callback and the unusual one leave the same behind."""

from typing import Any

import pytest
from sqlalchemy import select

from storage.house import reading, transaction, utc_now
from storage.states import AttemptState, CallState, InvitationState, Verdict
from storage.tables import Attempt, Call, CallEvent, Customer, Invitation
from survey import objections
from survey.objections import Source
from survey.permission import Method
from tests.ivr.conftest import Handset, rows, the

Telephone = Any


@pytest.fixture
def ringing(telephone: Telephone) -> Handset:
    """A call that the provider has taken and told us of."""
    telephone.invite()
    call: Handset = telephone.ring()
    call.status("initiated", 1)
    return call


def test_a_call_moves_forward_and_never_back(ringing: Handset) -> None:
    ringing.status("in-progress", 3)
    ringing.status("ringing", 2)

    assert the(Call).state is CallState.IN_PROGRESS
    assert the(Call).answered_at is not None
    verdicts = [(one.facts["CallStatus"], one.verdict) for one in rows(CallEvent)]
    assert verdicts == [
        ("initiated", Verdict.APPLIED),
        ("in-progress", Verdict.APPLIED),
        ("ringing", Verdict.REFUSED),
    ]


def test_the_first_guess_at_who_answered_stands(ringing: Handset) -> None:
    ringing.status("in-progress", 3, AnsweredBy="human")
    ringing.status("in-progress", 4, AnsweredBy="machine_start")

    assert the(Attempt).answered_by == "human"


def test_another_call_under_the_same_token_is_still_an_alarm(ringing: Handset) -> None:
    ringing.sid = "CA" + "e" * 32

    ringing.status("ringing", 2)

    assert the(Call).state is CallState.QUEUED
    with reading() as session:
        told = session.scalars(select(CallEvent.facts).order_by(CallEvent.id)).all()
    assert len(told) == 1


def test_a_call_that_was_withdrawn_meanwhile_is_looked_at_as_before(ringing: Handset) -> None:
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        objections.record(session, customer, Method.CALLS, source=Source.WEB, at=utc_now())

    ringing.status("ringing", 2)

    assert the(Invitation).state is InvitationState.WITHDRAWN
    assert the(Call).state is CallState.RINGING


def test_the_first_word_of_a_call_proves_that_it_was_made(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring()
    assert the(Attempt).state is AttemptState.PLACING

    call.status("ringing", 2)

    assert the(Attempt).state is AttemptState.PLACED
    assert the(Call).provider_sid == call.sid
