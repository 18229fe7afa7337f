"""Hanging up on machines, and looking after calls that nobody speaks of."""

from typing import Any

import pytest
from sqlalchemy import select

from config.settings import Settings
from ivr import dialling, jobs
from simulator.server import Simulator
from storage.house import House, reading, transaction, utc_now
from storage.periodic import claim_due
from storage.queue import JobName, QueueName
from storage.states import CallState, InvitationState
from storage.tables import Attempt, Call, Customer, Invitation, PeriodicJob
from survey import objections
from survey.objections import Source
from survey.permission import Method
from tests.ivr.conftest import Handset, rung, the

Telephone = Any


@pytest.fixture
def settings(settings: Settings, network: Simulator) -> Settings:
    """The provider is the network."""
    return settings.model_copy(update={"twilio_api_base_url": network.origin})


def placed(telephone: Telephone, network: Simulator) -> Call:
    telephone.invite()
    dialling.run_once(now=utc_now())
    return the(Call)  # type: ignore[no-any-return]


def status_of(network: Simulator, call: Call) -> str:
    found = network.exchange.store.calls.get(call.provider_sid or "")
    assert found is not None
    return found.status.value


def guessed(answered_by: str) -> None:
    with transaction() as session:
        session.scalars(select(Attempt)).one().answered_by = answered_by


@pytest.mark.conformance("C-CALL-5")
def test_a_machine_is_hung_up_on_and_the_row_says_so_at_once(
    telephone: Telephone, network: Simulator
) -> None:
    call = placed(telephone, network)
    guessed("machine_start")

    jobs.end_call(str(call.id))  # type: ignore[arg-type] # jobs get texts

    network.exchange.wait_for_all(timeout=10)
    jobs.end_call(str(call.id))  # type: ignore[arg-type]
    assert status_of(network, call) == "canceled"
    assert the(Call).state in (CallState.CANCELED, CallState.QUEUED)


@pytest.mark.parametrize("answered_by", ["human", "unknown"])
def test_a_person_is_never_hung_up_on(
    telephone: Telephone, network: Simulator, answered_by: str
) -> None:
    call = placed(telephone, network)
    guessed(answered_by)

    jobs.end_call(str(call.id))  # type: ignore[arg-type]

    assert status_of(network, call) == "queued"


def test_a_key_pressed_after_the_guess_and_before_the_job_keeps_the_call(
    telephone: Telephone, network: Simulator
) -> None:
    call = placed(telephone, network)
    handset = Handset(telephone.client, call.token, sid=str(call.provider_sid))
    handset.answer().detected("machine_start")
    handset.press("5")

    jobs.end_call(str(call.id))  # type: ignore[arg-type]

    assert status_of(network, call) == "queued"


def test_the_sweep_rings_for_a_machine_whose_bell_was_lost(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    call = placed(telephone, network)
    guessed("machine_start")

    jobs.sweep_calls()

    assert f"end_call-{call.id}" in house.bell.queue(QueueName.DEFAULT).job_ids


def objects(*, by: Method = Method.CALLS) -> None:
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        objections.record(session, customer, by, source=Source.WEB, at=utc_now())


@pytest.mark.conformance("C-CALL-4")
def test_a_telephone_stops_ringing_when_its_owner_says_no_elsewhere(
    telephone: Telephone, network: Simulator
) -> None:
    call = placed(telephone, network)
    objects()

    jobs.end_call(str(call.id))  # type: ignore[arg-type]

    network.exchange.wait_for_all(timeout=10)
    jobs.end_call(str(call.id))  # type: ignore[arg-type]
    assert status_of(network, call) == "canceled"


def test_a_no_to_text_messages_lets_the_telephone_ring(
    telephone: Telephone, network: Simulator
) -> None:
    call = placed(telephone, network)
    objects(by=Method.SMS)

    jobs.end_call(str(call.id))  # type: ignore[arg-type]

    assert status_of(network, call) == "queued"


def test_the_sweep_rings_for_a_withdrawn_call_whose_bell_was_lost(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    call = placed(telephone, network)
    objects()
    house.bell.redis.flushall()

    jobs.sweep_calls()

    assert f"end_call-{call.id}" in house.bell.queue(QueueName.DEFAULT).job_ids


def test_a_call_that_was_placed_while_the_no_came_is_ended_once_the_provider_tells_of_it(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    handset = telephone.ring()
    objects()
    house.bell.redis.flushall()

    assert handset.status("ringing") == 204

    assert f"end_call-{the(Call).id}" in house.bell.queue(QueueName.DEFAULT).job_ids


def test_the_sweep_ends_stale_invitations_and_says_when_it_ran(
    telephone: Telephone, network: Simulator
) -> None:
    item = telephone.invite()
    with transaction() as session:
        session.get_one(Invitation, item).expires_at = utc_now()
        claim_due(session, now=utc_now())

    jobs.sweep_calls()

    with reading() as session:
        assert session.get_one(Invitation, item).state is InvitationState.EXPIRED
        assert session.get_one(PeriodicJob, JobName.SWEEP_CALLS.name).last_done_at is not None
    assert rung(network) == []
