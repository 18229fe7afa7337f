"""Hanging up on machines, and looking after calls that nobody speaks of."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from config.settings import Settings
from ivr import dialling, jobs
from simulator.server import Simulator
from storage.house import House, reading, transaction, utc_now
from storage.periodic import claim_due
from storage.queue import JobName, QueueName
from storage.states import CallState, InvitationState
from storage.tables import Attempt, Call, Campaign, Customer, Invitation, PeriodicJob
from survey import consents, objections, restrictions, subjects
from survey.objections import Source
from survey.permission import Method
from survey.restrictions import Cause
from tests.ivr.conftest import Handset, rung, the

Telephone = Any


@pytest.fixture
def settings(settings: Settings, network: Simulator) -> Settings:
    """The provider is the network."""
    return settings.model_copy(update={"twilio_api_base_url": network.origin})


def placed(telephone: Telephone, network: Simulator) -> Call:
    telephone.invite()
    return dialled()


def dialled() -> Call:
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


def freezes() -> None:
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        restrictions.restrict(
            session, customer, cause=Cause.ACCURACY_DISPUTED, at=utc_now(), review_at=None
        )


def of_customer() -> tuple[UUID, tuple[bytes, ...]]:
    with reading() as session:
        customer = session.scalars(select(Customer)).one()
        return customer.organisation_id, subjects.hashes_of_customer(customer)


def takes_consent_back() -> None:
    owner, hashes = of_customer()
    with transaction() as session:
        consents.withdraw(
            session, owner, hashes, method=Method.CALLS, source=Source.WEB, at=utc_now()
        )


DEEDS = pytest.mark.parametrize("deed", [objects, freezes, takes_consent_back])


@pytest.fixture
def consented(telephone: Telephone) -> None:
    """A case whose campaign calls by consent alone, which there is."""
    telephone.invite()
    owner, hashes = of_customer()
    with transaction() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.organisation_id == owner)).one()
        ground = campaign.rules["classification"] | {"calls_allowed_by": "consent"}
        campaign.rules = campaign.rules | {"classification": ground}
        consents.record(
            session, owner, hashes, method=Method.CALLS, source="form",
            given_at=utc_now() - timedelta(days=1), expires_at=None,
        )  # fmt: skip


@pytest.mark.conformance("C-CALL-4")
@pytest.mark.usefixtures("consented")
@DEEDS
def test_a_telephone_stops_ringing_when_its_owner_may_not_be_asked_any_more(
    telephone: Telephone, network: Simulator, house: House, deed: Callable[[], None]
) -> None:
    call = dialled()
    deed()
    assert f"end_call-{call.id}" in house.bell.queue(QueueName.DEFAULT).job_ids

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


@pytest.mark.usefixtures("consented")
@DEEDS
def test_the_sweep_rings_for_an_unwanted_call_whose_bell_was_lost(
    telephone: Telephone, network: Simulator, house: House, deed: Callable[[], None]
) -> None:
    call = dialled()
    deed()
    house.bell.redis.flushall()

    jobs.sweep_calls()

    assert f"end_call-{call.id}" in house.bell.queue(QueueName.DEFAULT).job_ids


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.usefixtures("consented")
@DEEDS
def test_a_call_that_was_placed_meanwhile_is_ended_once_the_provider_tells_of_it(
    telephone: Telephone, house: House, deed: Callable[[], None], known: bool
) -> None:
    handset = telephone.ring()
    if known:
        handset.status("initiated", 1)
    deed()
    house.bell.redis.flushall()

    assert handset.status("ringing", 2) == 204

    assert f"end_call-{the(Call).id}" in house.bell.queue(QueueName.DEFAULT).job_ids


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.usefixtures("consented")
@DEEDS
def test_who_lifts_the_receiver_first_hears_that_it_is_over_and_is_asked_nothing(
    telephone: Telephone, deed: Callable[[], None], known: bool
) -> None:
    handset = telephone.ring()
    if known:
        handset.status("ringing", 1)
    deed()

    handset.answer()

    assert handset.document.says == ["Det finns inga fler frågor. Tack och hej då!"]
    assert handset.document.verbs[-1] == "Hangup"


@pytest.mark.usefixtures("consented")
def test_who_is_frozen_while_it_rings_is_asked_later_whatever_is_said_of_failed_calls(
    telephone: Telephone,
) -> None:
    with transaction() as session:
        campaign = session.get_one(Campaign, the(Invitation).campaign_id)
        campaign.rules = campaign.rules | {"retry": {"failed": "never"}}
    handset = telephone.ring()
    handset.status("initiated", 1)
    freezes()

    handset.status("canceled", 2)

    assert the(Invitation).state is InvitationState.TRYING
    assert the(Invitation).due_at <= utc_now()


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
