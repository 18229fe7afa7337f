"""Placing calls against a real (simulated) network: never twice, whatever dies in between."""

import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from config.settings import PROJECT, Settings
from ivr import attempt_ends, dialling, provider_answers, reconcile, tray
from ivr.dialling import Dialler
from ivr.orders import Order, claim
from ivr.pacing import Pace
from ivr.placing import Outcome
from simulator.faults import ApiFailure, ApiOperation, ApiRule, Faults
from simulator.server import Simulator
from storage.faults import GiveUp, TryAgain
from storage.house import House, reading, transaction, utc_now
from storage.provider import CallAtProvider
from storage.provider_faults import ProviderRefusesUs, fault_of
from storage.states import (
    AttemptState,
    CallState,
    CampaignState,
    Disposition,
    InvitationState,
)
from storage.tables import (
    Alarm,
    Attempt,
    Call,
    Campaign,
    Customer,
    Invitation,
    Line,
    LinePace,
    LineProbe,
    Objection,
    PermissionDecision,
    ProviderCopy,
    User,
)
from survey import campaigns, objections
from survey.permission import Method
from survey.places import find_campaign
from tests import lines, one_hand
from tests.conftest import environment_of_tests
from tests.ivr.conftest import NOON, PERSON, rows, rung, the

Telephone = Any
CAMPAIGNS = {"consumer-credit": "after-case", "answering-service": "after-message"}


@pytest.fixture
def settings(settings: Settings, network: Simulator) -> Settings:
    """The provider is the network."""
    return settings.model_copy(update={"twilio_api_base_url": network.origin})


def invitation(item: UUID) -> Invitation:
    with reading() as session:
        return session.get_one(Invitation, item)


def placed(order: Order, provider: Any, *, now: datetime | None = None) -> Outcome:
    """Place one order by itself."""
    pace = Pace(threading.Event())
    return one_hand.place(order, provider=provider, pace=pace, clock=lambda: now or utc_now())


def campaign_of(organisation: str) -> Campaign:
    with reading() as session:
        return find_campaign(session, organisation=organisation, campaign=CAMPAIGNS[organisation])[
            1
        ]


def start(organisation: str, *, to: CampaignState = CampaignState.RUNNING) -> None:
    """What a supervisor does."""
    with transaction() as session:
        campaigns.set_state(
            session,
            organisation=organisation,
            campaign=CAMPAIGNS[organisation],
            to=to,
            now=utc_now(),
        )


def pace_of_lender() -> LinePace:
    with reading() as session:
        return session.scalars(select(LinePace)).one()


def fails(network: Simulator, how: ApiFailure, *, on: ApiOperation, times: int = 1) -> None:
    rule = ApiRule(on=on, how=how, seconds=1.0, times=times)
    network.exchange.faults.install(Faults(api=(rule,)))


def test_a_due_case_is_rung_on_the_strength_of_a_stored_decision(
    telephone: Telephone, network: Simulator
) -> None:
    telephone.invite()

    placed = dialling.run_once(now=utc_now())

    attempt, call, decision = the(Attempt), the(Call), the(PermissionDecision)
    assert placed == 1
    assert rung(network) == [call.provider_sid]
    assert (attempt.state, attempt.decision_id) == (AttemptState.PLACED, decision.id)
    assert (decision.allowed, decision.rule) == (True, "allowed")
    assert call.state is CallState.QUEUED
    assert the(ProviderCopy).provider_sid == call.provider_sid


def test_nothing_due_is_no_work(telephone: Telephone) -> None:
    assert dialling.run_once(now=utc_now()) == 0


def test_the_same_case_is_not_rung_twice_while_it_rings(
    telephone: Telephone, network: Simulator
) -> None:
    telephone.invite()

    dialling.run_once(now=utc_now())
    dialling.run_once(now=utc_now())

    assert len(rung(network)) == 1


def test_outside_calling_hours_nobody_is_rung_and_the_reason_is_stored(
    telephone: Telephone, network: Simulator
) -> None:
    item = telephone.invite()
    at_night = NOON + timedelta(hours=12)

    assert dialling.run_once(now=at_night) == 0

    assert rung(network) == []
    assert the(PermissionDecision).rule == "outside_calling_hours"
    assert invitation(item).due_at > at_night


def test_a_whole_batch_is_placed_at_the_pace_of_its_line(
    telephone: Telephone, network: Simulator
) -> None:
    with transaction() as session:
        for campaign in session.scalars(select(Campaign)):
            campaign.rings_at_any_hour = True
        session.execute(
            Call.__table__.metadata.tables["lines"].update().values(calls_per_second=50.0)
        )
    for number in range(8):
        telephone.invite(f"case-{number}", phone=f"+467017406{number:02d}")

    assert dialling.run_once(now=utc_now()) == 8

    assert len(rung(network)) == len(set(rung(network))) == 8


@pytest.mark.conformance("C-CALL-3")
@pytest.mark.parametrize(
    "how", [ApiFailure.SERVER_ERROR_AFTER, ApiFailure.TIMEOUT_AFTER, ApiFailure.GATEWAY_PAGE]
)
def test_c_call_3_an_answer_that_never_came_leaves_a_doubt_and_no_second_call(
    telephone: Telephone, network: Simulator, how: ApiFailure
) -> None:
    telephone.invite()
    fails(network, how, on=ApiOperation.CREATE_CALL)

    dialling.run_once(now=utc_now())
    assert the(Attempt).state is AttemptState.UNCERTAIN
    dialling.run_once(now=utc_now())

    assert len(rung(network)) <= 1


def test_a_call_that_was_made_although_the_answer_failed_is_found_and_adopted(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    telephone.invite()
    fails(network, ApiFailure.SERVER_ERROR_AFTER, on=ApiOperation.CREATE_CALL)
    dialling.run_once(now=utc_now())

    reconcile.reconcile_attempts(
        provider=house.provider, now=utc_now() + reconcile.UNCERTAIN_PATIENCE
    )

    assert the(Attempt).state is AttemptState.PLACED
    assert [the(Call).provider_sid] == rung(network)


def test_the_call_of_a_probe_is_adopted_by_no_attempt(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    telephone.invite()
    fails(network, ApiFailure.SERVER_ERROR_AFTER, on=ApiOperation.CREATE_CALL)
    dialling.run_once(now=utc_now())
    attempt = the(Attempt)
    (sid,) = rung(network)
    with transaction() as session:
        user = User(password_hash="none", created_at=utc_now())
        session.add(user)
        session.flush()
        session.add(
            LineProbe(
                organisation_id=attempt.organisation_id, line_id=attempt.line_id,
                started_by=user.id, allowed=True, rule="allowed", facts={}, token="t",
                provider_sid=sid, asked_at=utc_now(),
            )
        )  # fmt: skip

    reconcile.reconcile_attempts(
        provider=house.provider, now=utc_now() + reconcile.UNCERTAIN_PATIENCE
    )

    assert the(Attempt).state is AttemptState.UNCERTAIN
    assert the(Call).provider_sid is None


def test_a_call_that_was_never_made_is_tried_again_only_after_a_clean_not_found(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    item = telephone.invite()
    fails(network, ApiFailure.SERVER_ERROR, on=ApiOperation.CREATE_CALL)
    dialling.run_once(now=utc_now())
    soon = utc_now() + reconcile.UNCERTAIN_PATIENCE
    later = utc_now() + reconcile.NOT_FOUND_PATIENCE

    reconcile.reconcile_attempts(provider=house.provider, now=soon)
    assert the(Attempt).state is AttemptState.UNCERTAIN
    reconcile.reconcile_attempts(provider=house.provider, now=later)

    attempt = the(Attempt)
    assert (attempt.state, attempt.disposition) == (AttemptState.ENDED, Disposition.PROVIDER_ERROR)
    lines.as_after_a_while()
    assert dialling.run_once(now=invitation(item).due_at) == 1
    assert len(rung(network)) == 1


def test_a_look_that_fails_decides_nothing(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    telephone.invite()
    fails(network, ApiFailure.SERVER_ERROR_AFTER, on=ApiOperation.CREATE_CALL)
    dialling.run_once(now=utc_now())
    fails(network, ApiFailure.UNAVAILABLE, on=ApiOperation.READ)

    reconcile.reconcile_attempts(
        provider=house.provider, now=utc_now() + reconcile.NOT_FOUND_PATIENCE
    )

    assert the(Attempt).state is AttemptState.UNCERTAIN


@pytest.mark.conformance("C-HTTP-1")
def test_c_http_1_a_busy_provider_is_asked_again_at_the_next_moment(
    telephone: Telephone, network: Simulator
) -> None:
    telephone.invite()
    fails(network, ApiFailure.TOO_MANY, on=ApiOperation.CREATE_CALL)

    assert dialling.run_once(now=utc_now()) == 1

    assert the(Attempt).state is AttemptState.PLACED
    assert len(rung(network)) == 1
    assert pace_of_lender().refusals == 0  # forgotten with the call that went through


@pytest.mark.conformance("C-HTTP-1")
def test_c_http_1_a_provider_that_stays_busy_is_a_failed_attempt_and_the_line_is_held(
    telephone: Telephone, network: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = telephone.invite()
    monkeypatch.setattr(tray, "ORDER_PATIENCE", 0.5)
    fails(network, ApiFailure.TOO_MANY, on=ApiOperation.CREATE_CALL)

    with pytest.raises(TryAgain):
        dialling.run_once(now=utc_now())

    attempt = the(Attempt)
    assert (attempt.disposition, attempt.error_code) == (Disposition.PROVIDER_ERROR, "20429")
    assert invitation(item).due_at == attempt.ended_at + timedelta(minutes=5)
    assert dialling.run_once(now=invitation(item).due_at) == 0  # nobody takes from a held line
    lines.as_after_a_while()
    assert dialling.run_once(now=invitation(item).due_at) == 1
    assert len(rung(network)) == 1


def test_a_provider_that_cannot_be_reached_is_the_same_and_nobody_is_in_doubt(
    telephone: Telephone, network: Simulator
) -> None:
    telephone.invite()
    network.stop()

    with pytest.raises(TryAgain):
        dialling.run_once(now=utc_now())

    attempt = the(Attempt)
    assert (attempt.state, attempt.disposition) == (AttemptState.ENDED, Disposition.PROVIDER_ERROR)
    assert pace_of_lender().held_until is not None


def test_a_provider_that_refuses_us_stops_the_campaigns_until_a_person_starts_them(
    telephone: Telephone, network: Simulator
) -> None:
    item = telephone.invite()
    right = network.exchange.account
    network.exchange.account = type(right)(right.sid, "another token")

    with pytest.raises(ProviderRefusesUs):
        dialling.run_once(now=utc_now())

    campaign = campaign_of("consumer-credit")
    assert (campaign.state, campaign.state_reason) == (CampaignState.PAUSED, "provider_refuses_us")
    assert campaign_of("answering-service").state is CampaignState.RUNNING
    assert (the(Alarm).kind, the(Alarm).organisation_id) == (
        "provider.refuses_us",
        campaign.organisation_id,
    )
    assert the(Attempt).disposition is Disposition.GIVEN_BACK
    assert dialling.run_once(now=invitation(item).due_at) == 0

    network.exchange.account = right
    start("consumer-credit")
    assert dialling.run_once(now=utc_now()) == 1
    assert campaign_of("consumer-credit").state_reason is None
    assert the(Alarm).cleared_at is not None


class Refuses:
    """Answers every order in one way."""

    def __init__(self, status: int, code: str | None) -> None:
        self.asked, self._answer = 0, (status, code)

    def place_call(self, *_: Any) -> Any:
        self.asked += 1
        raise fault_of(*self._answer, creating=True)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "20003"), (401, None), (401, "20005"), (401, "20006"), (403, "20003"),
        (403, "20005"), (403, "20006"), (400, "20005"),
    ],
)  # fmt: skip
def test_an_account_that_is_suspended_or_refused_stops_the_campaign_with_an_alarm(
    telephone: Telephone, status: int, code: str | None
) -> None:
    item = telephone.invite()
    telephone.invite("case-2", phone="+46701740606")
    provider = Refuses(status, code)

    with pytest.raises(ProviderRefusesUs):
        placed(telephone.claim(), provider)

    campaign = campaign_of("consumer-credit")
    assert (campaign.state, campaign.state_reason) == (CampaignState.PAUSED, "provider_refuses_us")
    assert (the(Alarm).kind, the(Alarm).cleared_at) == ("provider.refuses_us", None)
    # It was no attempt of anybody's, and nobody else is tried.
    assert the(Attempt).disposition is Disposition.GIVEN_BACK
    assert invitation(item).state in (InvitationState.PLANNED, InvitationState.TRYING)
    with transaction() as session:
        assert claim(session, now=utc_now(), limit=8).orders == ()
    assert provider.asked == 1


@pytest.mark.parametrize(("status", "code"), [(400, "21211"), (403, "21215"), (404, "20404")])
def test_a_refusal_of_one_call_stops_no_campaign(
    telephone: Telephone, status: int, code: str
) -> None:
    telephone.invite()

    assert placed(telephone.claim(), Refuses(status, code)) is Outcome.NOT_PLACED

    assert campaign_of("consumer-credit").state is CampaignState.RUNNING
    assert rows(Alarm) == []


def test_an_objection_between_decision_and_call_stops_the_call(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    item = telephone.invite()
    order = telephone.claim()
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        objections.record(
            session, customer, Method.CALLS, source=objections.Source.SMS, at=utc_now()
        )

    outcome = placed(order, house.provider)

    assert outcome is Outcome.NOT_PLACED
    assert rung(network) == []
    assert invitation(item).state is InvitationState.WITHDRAWN
    assert len(rows(Objection)) == 1


@pytest.mark.parametrize("to", [CampaignState.PAUSED, CampaignState.STOPPED])
def test_an_order_of_a_campaign_that_is_paused_or_stopped_is_given_back_and_due_again(
    telephone: Telephone, network: Simulator, house: House, to: CampaignState
) -> None:
    item = telephone.invite()
    order = telephone.claim()
    start("consumer-credit", to=to)

    assert placed(order, house.provider) is Outcome.NOT_PLACED

    attempt = the(Attempt)
    assert rung(network) == []
    assert (attempt.disposition, attempt.error_code) == (
        Disposition.GIVEN_BACK,
        "campaign_not_running",
    )
    assert dialling.run_once(now=utc_now()) == 0
    start("consumer-credit")
    assert dialling.run_once(now=utc_now()) == 1
    assert invitation(item).state is InvitationState.TRYING


def test_orders_given_back_use_up_no_attempt(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    telephone.invite()
    for _ in range(25):
        provider_answers.give_back(telephone.claim(), code="x", now=utc_now())

    assert dialling.run_once(now=utc_now()) == 1


def test_an_order_whose_window_closed_while_it_waited_is_given_back(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    telephone.invite()
    order = telephone.claim()

    outcome = placed(order, house.provider, now=NOON + timedelta(hours=12))

    assert outcome is Outcome.NOT_PLACED
    assert rung(network) == []
    assert the(Attempt).error_code == "outside_calling_hours"


def test_a_dialler_told_to_stop_gives_back_what_it_has_not_placed(
    telephone: Telephone, network: Simulator
) -> None:
    telephone.invite()
    order = telephone.claim()
    stop = threading.Event()
    dialler = Dialler(stop=stop, clock=utc_now)
    stop.set()

    dialler.hand_out(order)
    dialler.close()

    assert rung(network) == []
    assert (the(Attempt).disposition, the(Attempt).error_code) == (
        Disposition.GIVEN_BACK,
        "dialler_stopped",
    )


def test_a_dialler_takes_no_more_for_a_line_than_it_can_place_soon(
    telephone: Telephone, network: Simulator
) -> None:
    """Orders of a slow line would only keep the hands from those of other lines."""
    for number in range(4):
        telephone.invite(f"case-{number}", phone=f"+467017406{number:02d}")
    stop = threading.Event()
    dialler = Dialler(stop=stop, clock=utc_now)

    dialler.tend(now=utc_now())
    dialler.tend(now=utc_now())

    assert len(rows(Attempt)) <= 2  # the line may begin one call a second
    stop.set()
    dialler.close()


def test_a_dialler_looks_again_at_once_only_where_more_may_be_due_than_it_could_take(
    telephone: Telephone, network: Simulator
) -> None:
    """People come due one by one: a look for each of them would cost as much as for many."""
    for number in range(2):
        telephone.invite(f"case-{number}", phone=f"+467017406{number:02d}")
    stop = threading.Event()
    dialler = Dialler(stop=stop, clock=utc_now)

    first = dialler.tend(now=utc_now())
    with transaction() as session:
        session.execute(update(Line).values(calls_per_second=50))
    second = dialler.tend(now=utc_now())

    assert (first, second, len(rows(Attempt))) == (0.0, dialling.IDLE_SECONDS, 2)
    stop.set()
    dialler.close()


def test_a_webhook_of_an_attempt_that_was_written_off_takes_it_back(
    telephone: Telephone, network: Simulator
) -> None:
    item = telephone.invite()
    call = telephone.ring()
    with transaction() as session:
        row, attempt = session.scalars(select(Call)).one(), session.scalars(select(Attempt)).one()
        attempt_ends.write_off(
            session, row, attempt, Disposition.NEVER_PLACED, code="x", at=utc_now()
        )

    call.answer().press("4")

    assert the(Attempt).state is AttemptState.PLACED
    assert the(Call).state is CallState.IN_PROGRESS
    assert dialling.run_once(now=invitation(item).due_at + timedelta(minutes=1)) == 0
    call.status("completed", 3)
    assert the(Attempt).disposition is Disposition.PARTIAL


def test_a_call_written_off_and_rung_again_says_goodbye(
    telephone: Telephone, network: Simulator
) -> None:
    item = telephone.invite()
    call = telephone.ring()
    with transaction() as session:
        row, attempt = session.scalars(select(Call)).one(), session.scalars(select(Attempt)).one()
        attempt_ends.write_off(
            session, row, attempt, Disposition.NEVER_PLACED, code="x", at=utc_now()
        )
    dialling.run_once(now=invitation(item).due_at)

    call.answer()

    assert call.document.verbs == ["Say", "Hangup"]


def test_a_call_whose_end_nobody_told_is_ended_by_asking(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    telephone.invite()
    dialling.run_once(now=utc_now())
    sid = the(Call).provider_sid
    assert sid is not None
    house.provider.end_call(sid)
    network.exchange.wait_for_all(timeout=10)

    now = utc_now() + reconcile.RINGING_PATIENCE
    reconcile.end_lost_calls(provider=house.provider, now=now)

    assert the(Call).state is CallState.CANCELED
    assert the(Attempt).disposition is Disposition.CANCELED


def test_a_call_that_rings_for_ever_is_hung_up_and_its_place_on_the_line_is_free(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    telephone.invite()
    dialling.run_once(now=utc_now())
    early = utc_now() + reconcile.LONGEST_RINGING - timedelta(minutes=1)
    late = utc_now() + reconcile.LONGEST_RINGING

    reconcile.end_lost_calls(provider=house.provider, now=early)
    assert the(Call).state is CallState.QUEUED
    reconcile.end_lost_calls(provider=house.provider, now=late)  # hangs up
    network.exchange.wait_for_all(timeout=10)
    reconcile.end_lost_calls(provider=house.provider, now=late)

    assert the(Call).state is CallState.CANCELED
    assert the(Attempt).state is AttemptState.ENDED


def test_a_talk_is_asked_about_after_minutes_and_hung_up_when_it_outlasts_every_call(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    asked = AskedAbout("in-progress")
    telephone.invite()
    telephone.ring().answer()
    begun = the(Call).answered_at
    assert begun is not None

    for minutes, ended in ((4, 0), (6, 0), (21, 1)):
        reconcile.end_lost_calls(provider=asked, now=begun + timedelta(minutes=minutes))
        assert asked.ended == ended, minutes

    assert asked.asked == 2  # not in its first minutes
    assert the(Call).state is CallState.IN_PROGRESS


def test_a_call_that_the_provider_never_ends_is_given_up_with_an_alarm(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    telephone.ring().answer()

    reconcile.end_lost_calls(
        provider=AskedAbout("in-progress"), now=utc_now() + timedelta(minutes=31)
    )

    assert (the(Call).state, the(Alarm).kind) == (CallState.FAILED, "call.never_ends")
    assert the(Attempt).state is AttemptState.ENDED


def test_a_call_without_a_name_at_the_provider_does_not_keep_its_place(
    telephone: Telephone, house: House
) -> None:
    """Its attempt counts as placed, and nobody can be asked about it."""
    telephone.invite()
    telephone.claim()
    with transaction() as session:
        session.scalars(select(Attempt)).one().state = AttemptState.PLACED

    now = utc_now() + reconcile.RINGING_PATIENCE
    reconcile.end_lost_calls(provider=AskedAbout("queued"), now=now)

    assert the(Call).state is CallState.FAILED
    assert the(Attempt).disposition is Disposition.FAILED


class AskedAbout:
    """A provider that always says the same of every call, and counts what is asked."""

    def __init__(self, status: str) -> None:
        self.status, self.asked, self.ended = status, 0, 0

    def fetch_call(self, sid: str) -> CallAtProvider:
        self.asked += 1
        nothing: Any = None
        return CallAtProvider(sid, self.status, "outbound-api", *[nothing] * 5)

    def end_call(self, _sid: str) -> None:
        self.ended += 1


def test_a_refused_number_is_a_failed_attempt_that_costs_nothing(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    class Refuses:
        def place_call(self, *_: Any) -> Any:
            raise GiveUp("no such number", code="21211")

    telephone.invite()
    order = telephone.claim()
    reserved = the(Attempt).cost_micros

    outcome = placed(order, Refuses())

    attempt = the(Attempt)
    assert outcome is Outcome.NOT_PLACED
    assert reserved > 0 == attempt.cost_micros
    assert (attempt.disposition, attempt.error_code) == (Disposition.FAILED, "21211")


DYING = """
import dataclasses, os, sys
from datetime import datetime
import storage.house as houses
from config.settings import load_settings
from ivr import dialling

opened = houses.open_house(load_settings(), patient=True)


class Dying:
    def place_call(self, order, permit):
        if sys.argv[1] == "before":
            os._exit(9)
        opened.provider.place_call(order, permit)
        os._exit(9)


houses._open[:] = [dataclasses.replace(opened, provider=Dying())]
dialling.run_once(now=datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_dialler_killed_around_the_providers_answer_never_doubles_a_call(
    telephone: Telephone,
    network: Simulator,
    house: House,
    tmp_path: Path,
    moment: str,
) -> None:
    item = telephone.invite()
    environment = environment_of_tests(
        house.settings.database_url, house.settings.redis_url, tmp_path
    ) | {"TWILIO_API_BASE_URL": network.origin, "PYTHONPATH": str(PROJECT)}
    now = utc_now()

    killed = subprocess.run(
        [sys.executable, "-c", DYING, moment, now.isoformat()],
        env=environment,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert killed.returncode == 9
    assert the(Attempt).state is AttemptState.PLACING
    dialling.run_once(now=now + timedelta(minutes=1))
    assert len(rung(network)) == (1 if moment == "after" else 0)
    reconcile.reconcile_attempts(provider=house.provider, now=now + reconcile.PLACING_PATIENCE)
    lines.as_after_a_while()  # the slot of the one that died
    dialling.run_once(now=invitation(item).due_at + timedelta(hours=1))

    assert len(rung(network)) == 1
    alive = [one for one in rows(Attempt) if one.state is AttemptState.PLACED]
    assert len(alive) == 1
    assert len(rows(Attempt)) == (1 if moment == "after" else 2)


def test_the_number_lives_in_no_row_and_no_log(
    telephone: Telephone, network: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    telephone.invite()

    dialling.run_once(now=utc_now())

    digits = PERSON.removeprefix("+")
    written = "".join(str(record.__dict__) for record in caplog.records)
    kept = "".join(str(row.__dict__) for table in (Call, Attempt, PermissionDecision)
                   for row in rows(table))  # fmt: skip
    assert digits not in written
    assert digits not in kept


def test_of_two_cases_of_one_person_the_second_is_decided_after_the_first(
    telephone: Telephone, network: Simulator
) -> None:
    telephone.invite("case-1")
    second = telephone.invite("case-2")

    dialling.run_once(now=utc_now())
    dialling.run_once(now=utc_now())

    assert len(rung(network)) == 1
    with reading() as session:
        decided = select(PermissionDecision).where(PermissionDecision.invitation_id == second)
        assert session.scalars(decided).one().rule == "on_the_line"
