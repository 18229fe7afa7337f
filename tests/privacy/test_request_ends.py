"""A request that nobody proves ends by itself, with the number or address that was given."""

from datetime import UTC, datetime, timedelta

import pytest

from privacy import log_kinds, request_ends, request_steps, requests
from privacy.requests import Asker
from storage.house import House, reading, transaction
from storage.request_states import (
    PACKAGES,
    Ground,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import RightsRequest
from tests.rows import make_organisation

ASKED = datetime(2026, 1, 10, 12, tzinfo=UTC)
OVER = datetime(2026, 3, 10, 12, tzinfo=UTC)  # due on 10 February, and a month more
JUST_BEFORE = OVER - timedelta(seconds=1)


def receive(house: House, *, kind: RequestKind = RequestKind.ERASURE) -> RightsRequest:
    organisation = make_organisation()
    contact = "stranger@example.org"
    asker = Asker(contact, house.keyring.lookup_hash(organisation.id, "email", contact))
    with transaction() as session:
        return requests.receive(
            session, organisation, asker, kind=kind, channel=RequestChannel.WEB, at=ASKED,
            keyring=house.keyring,
        )  # fmt: skip


def stored(request: RightsRequest) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request.id)


def test_what_nobody_proved_is_refused_a_month_after_its_day_and_then_goes_by_its_class(
    house: House,
) -> None:
    request = receive(house)

    assert request_ends.end_unproven(house=house, now=JUST_BEFORE) == 0
    assert stored(request).state is RequestState.RECEIVED
    assert request_ends.end_unproven(house=house, now=OVER) == 1

    ended = stored(request)
    assert (ended.state, ended.outcome) == (RequestState.TOLD, Outcome.REFUSED)
    assert (ended.ground, ended.closed_at) == (Ground.IDENTITY_NOT_PROVEN, OVER)
    assert (ended.contact_sealed, ended.subject_hash) == (None, None)
    assert set(house.keyring.keys([request.id])) == set()
    with reading() as session:
        rows = session.execute(log_kinds.REQUESTS.rows()).all()
    assert [tuple(row) for row in rows] == [(OVER, request.id)]
    assert request_ends.end_unproven(house=house, now=OVER) == 0


def test_a_no_that_nobody_proved_is_closed_as_done_and_its_address_forgotten(
    house: House,
) -> None:
    request = receive(house, kind=RequestKind.OBJECTION)
    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        request_steps.decide(session, found, outcome=Outcome.GRANTED, at=ASKED)
        request_steps.finish(found, at=ASKED)

    assert request_ends.end_unproven(house=house, now=JUST_BEFORE) == 0
    assert request_ends.end_unproven(house=house, now=OVER) == 1

    ended = stored(request)
    assert (ended.state, ended.outcome, ended.closed_at) == (
        RequestState.TOLD,
        Outcome.GRANTED,
        OVER,
    )
    assert ended.contact_sealed is None


@pytest.mark.parametrize("decided", [False, True])
def test_what_is_proven_waits_for_somebody_however_late_it_is(house: House, decided: bool) -> None:
    request = receive(house)
    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        request_steps.prove(found, way=ProofWay.CALLED_BACK, at=ASKED)
        if decided:
            request_steps.decide(session, found, outcome=Outcome.GRANTED, at=ASKED)

    assert request_ends.end_unproven(house=house, now=OVER + timedelta(days=400)) == 0
    assert stored(request).contact_sealed is not None


def test_information_that_nobody_decided_about_waits_too(house: House) -> None:
    request = receive(house, kind=RequestKind.INFORMATION)

    assert request_ends.end_unproven(house=house, now=OVER) == 0
    assert stored(request).closed_at is None


def decide(request: RightsRequest, outcome: Outcome, *, state: RequestState) -> None:
    """Prove and decide it on the day it was asked, and let it be done, or not yet."""
    ground = None if outcome is Outcome.GRANTED else Ground.EXCESSIVE
    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        request_steps.prove(found, way=ProofWay.CALLED_BACK, at=ASKED)
        request_steps.decide(session, found, outcome=outcome, ground=ground, at=ASKED)
        if state is RequestState.DONE:
            request_steps.finish(found, at=ASKED)


@pytest.mark.parametrize("kind", sorted(PACKAGES))
def test_a_package_that_nobody_fetched_is_closed_a_month_after_its_day_with_what_was_given(
    house: House, kind: RequestKind
) -> None:
    request = receive(house, kind=kind)
    decide(request, Outcome.GRANTED, state=RequestState.DONE)

    assert request_ends.end_unfetched(house=house, now=JUST_BEFORE) == 0
    assert request_ends.end_unfetched(house=house, now=OVER) == 1

    ended = stored(request)
    assert (ended.state, ended.outcome) == (RequestState.TOLD, Outcome.GRANTED)
    assert (ended.fetched_at, ended.closed_at, ended.contact_sealed) == (None, OVER, None)
    assert house.keyring.keys([request.id]) == {}
    assert request_ends.end_unfetched(house=house, now=OVER) == 0


def test_a_package_that_was_granted_late_can_be_fetched_as_long_as_it_says(house: House) -> None:
    request = receive(house, kind=RequestKind.ACCESS)
    decide(request, Outcome.GRANTED, state=RequestState.DONE)
    with transaction() as session:
        session.get_one(RightsRequest, request.id).decided_at = OVER
    last = OVER + timedelta(days=7)  # the schedule's days for exports

    assert request_ends.end_unfetched(house=house, now=last + timedelta(days=30)) == 0
    assert request_ends.end_unfetched(house=house, now=last + timedelta(days=32)) == 1


@pytest.mark.parametrize(
    ("kind", "outcome", "state"),
    [
        (RequestKind.ACCESS, Outcome.REFUSED, RequestState.DONE),
        (RequestKind.ACCESS, Outcome.GRANTED, RequestState.DECIDED),
        (RequestKind.RECTIFICATION, Outcome.GRANTED, RequestState.DONE),
    ],
)
def test_what_is_no_package_that_could_be_fetched_waits_for_somebody(
    house: House, kind: RequestKind, outcome: Outcome, state: RequestState
) -> None:
    request = receive(house, kind=kind)
    decide(request, outcome, state=state)

    assert request_ends.end_unfetched(house=house, now=OVER + timedelta(days=400)) == 0
