"""One request takes a person away everywhere, however often it is cut off, and nobody else."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from messaging import carrying_out
from privacy import erasure_proof, request_steps, requests
from privacy.person_erasure import FrozenError
from privacy.shredders import SHREDDERS, TEXTS
from storage.faults import TryAgain
from storage.house import House, reading, transaction
from storage.ledger_check import check
from storage.matters import CaseKind, CaseState
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind, RequestState
from storage.states import AttemptState, ProviderCopyState, TextWord
from storage.tables import (
    Attempt,
    Call,
    Case,
    Consent,
    Customer,
    Interaction,
    Objection,
    Organisation,
    ProviderCopy,
    ReceivedText,
    Recording,
    RegisterResult,
    Restriction,
    RightsRequest,
    Row,
    ThrottleToken,
)
from survey import subjects
from survey.objections import in_force
from tests.conftest import environment_of
from tests.privacy.traces import leave_traces, make_message, make_recording, make_transcript
from tests.rows import NOON, add, make_call, make_mailbox, make_organisation, sid

CALLER = "+46701740606"  # of the telephone message
# What names things of the person by opaque ids alone, and is meant to stay.
STAYS = {"rights_requests", "provider_copies", "objections", "pending_receipts"}


def whole_life(house: House, organisation: Organisation, *, cases: int = 2) -> Customer:
    """A customer with cases, a telephone message, a call to us, and every kind of hash."""
    first = leave_traces(house, organisation=organisation)
    customer = first.customer
    with transaction() as session:
        row = session.get_one(Customer, customer.id)
        row.phone_hash = house.keyring.lookup_hash(organisation.id, "phone", CALLER)
        row.email_hash = house.keyring.lookup_hash(organisation.id, "email", f"{row.id}@x.org")
        row.phone_sealed = house.keyring.seal_one(row.id, "customer.phone", CALLER)
    for _ in range(cases - 1):
        leave_traces(house, organisation=organisation, customer=customer)
    make_message(house, mailbox=make_mailbox(organisation))
    called = make_call(organisation.id, caller=CALLER)
    make_transcript(house, make_recording(house, called, at=NOON), at=NOON)
    hashed = {"organisation_id": organisation.id, "subject_hash": row.phone_hash}
    addressed = {"organisation_id": organisation.id, "subject_hash": row.email_hash}
    with reading() as session:
        contact = session.scalars(
            select(Interaction.id).where(Interaction.customer_id == customer.id).limit(1)
        ).one()
    matter = Case(
        id=uuid4(), organisation_id=organisation.id, customer_id=customer.id,
        interaction_id=contact, kind=CaseKind.COMPLAINT, state=CaseState.CLOSED, opened_at=NOON,
        collected_at=NOON, closed_at=NOON,
    )  # fmt: skip
    matter.note_sealed = house.keyring.seal_one(matter.id, "case.note", "ring på måndag")
    add(
        matter,
        ThrottleToken(**hashed, invitation_id=uuid4(), asked_at=NOON),
        RegisterResult(
            **hashed, register_key="nix", listed=False, checked_at=NOON, expires_at=NOON
        ),
        Consent(**hashed, method="calls", source="web form", given_at=NOON),
        ReceivedText(**hashed, provider_sid=sid("SM"), word=TextWord.OTHER, received_at=NOON),
        # What is known under the address alone, by which nobody asks here.
        ThrottleToken(**addressed, invitation_id=uuid4(), asked_at=NOON),
        Consent(**addressed, method="email", source="web form", given_at=NOON),
    )
    with reading() as session:
        return session.get_one(Customer, customer.id)


def ask(customer: Customer, *, decided: bool = True) -> RightsRequest:
    with transaction() as session:
        request = requests.open_request(
            session, session.get_one(Customer, customer.id), kind=RequestKind.ERASURE,
            channel=RequestChannel.TELEPHONE, at=NOON,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=NOON)
        if decided:
            request_steps.decide(session, request, outcome=Outcome.GRANTED, at=NOON)
    return request


def erase(house: House, request: RightsRequest) -> RequestState | None:
    return carrying_out.carry_out(request.id, house=house, now=NOON + timedelta(hours=1))


def values() -> dict[str, set[Any]]:
    """Everything that stands in any table, by table, but what is meant to stay."""
    found: dict[str, set[Any]] = {}
    with reading() as session:
        for table in Row.metadata.sorted_tables:
            if table.name not in STAYS:
                rows = session.execute(select(table))
                found[table.name] = {
                    value for row in rows for value in row if isinstance(value, UUID | bytes | str)
                }
    return found


def ids_of(organisation: Organisation) -> dict[str, set[UUID]]:
    with reading() as session:
        return {
            table.name: set(
                session.scalars(
                    select(table.c.id).where(table.c.organisation_id == organisation.id)
                )
            )
            for table in Row.metadata.sorted_tables
            if {"id", "organisation_id"} <= set(table.columns.keys())
        }


PERSONAL = (
    "customers", "interactions", "invitations", "attempts", "calls", "call_events", "responses",
    "answers", "comments", "cases", "recordings", "transcripts", "messages", "deliveries",
    "permission_decisions", "throttle_tokens", "register_results", "consents",
)  # fmt: skip


def test_nothing_of_the_person_is_left_anywhere_but_the_no(house: House) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    before = ids_of(organisation)
    hashes = subjects.hashes_of_customer(customer)
    assert all(before[table] for table in PERSONAL)

    assert erase(house, ask(customer)) is RequestState.DONE

    after = ids_of(organisation)
    assert {table: after[table] for table in PERSONAL} == {table: set() for table in PERSONAL}
    everything = set().union(*values().values())
    assert everything.isdisjoint({customer.id, *hashes})
    gone = {item for table in PERSONAL for item in before[table]}
    assert house.keyring.keys(gone) == {}
    assert list(house.blobs.items()) == []
    with reading() as session:
        assert set(in_force(session, organisation.id, hashes)) == set(hashes)


def test_everything_that_a_shredder_finds_of_the_person_is_gone(house: House) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    found = [one for one in SHREDDERS if one.of_person is not None]
    with reading() as session:
        before = {one.name: one.of_person(session, customer) for one in found if one.of_person}
    assert all(before.values()), before

    erase(house, ask(customer))

    with reading() as session:
        for one in found:
            column = Row.metadata.tables[one.table.__tablename__].c.id
            left = select(column).where(column.in_(before[one.name]))
            # That a text message came is kept for two days, without the number.
            if one is not TEXTS:
                assert session.scalars(left).all() == [], one.name
            assert one.of_person is not None
            if one.table is not Customer:
                assert one.of_person(session, customer) == [], one.name


def test_what_lies_at_the_provider_is_let_go(house: House) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    with reading() as session:
        wanted = set(session.scalars(select(Recording.provider_sid)))
        wanted |= set(session.scalars(select(Call.provider_sid)))

    erase(house, ask(customer))

    with reading() as session:
        copies = session.scalars(select(ProviderCopy)).all()
    assert {copy.provider_sid for copy in copies} == wanted
    assert all(copy.delete_at is not None for copy in copies)
    assert {copy.state for copy in copies} == {ProviderCopyState.PRESENT}


def test_nobody_else_is_touched(house: House) -> None:
    organisation, elsewhere = make_organisation(), make_organisation()
    customer = whole_life(house, organisation)
    neighbour = leave_traces(house, organisation=organisation)
    whole_life(house, elsewhere)  # the same number, another organisation
    before = ids_of(elsewhere)

    erase(house, ask(customer))

    assert ids_of(elsewhere) == before
    left = ids_of(organisation)
    assert left["customers"] == {neighbour.customer.id}
    assert left["recordings"] == {neighbour.recording.id}
    assert set(house.keyring.keys(neighbour.items)) == set(neighbour.items)


def test_the_receipts_say_how_much_it_was_and_name_the_person_by_a_hash(house: House) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    request = ask(customer)
    files = len(list(house.blobs.items()))

    erase(house, request)

    proof = erasure_proof.of_request(house.ledger, organisation.id, request.reference)
    # Invitations, calls, case, customer, and what lies under hashes alone.
    assert (proof.files, proof.rows) == (files, 2 + 2 + 1 + 1 + 6)
    assert proof.keys > files
    assert check(house.ledger, organisation.id, now=NOON) == []
    subject = house.keyring.lookup_hash(organisation.id, "receipt", CALLER).hex()
    bodies = [line.body for line in house.ledger.lines(organisation.id)]
    assert sum(subject in body for body in bodies) == len(proof.lines) > 0
    assert not any(CALLER in body for body in bodies)


def test_what_is_done_may_be_done_again(house: House) -> None:
    organisation = make_organisation()
    request = ask(whole_life(house, organisation))
    erase(house, request)
    lines = len(list(house.ledger.lines(organisation.id)))

    assert erase(house, request) is RequestState.DONE
    assert len(list(house.ledger.lines(organisation.id))) == lines


def test_what_is_not_decided_is_not_done(house: House) -> None:
    customer = whole_life(house, make_organisation())

    assert erase(house, ask(customer, decided=False)) is RequestState.PROVEN

    with reading() as session:
        assert session.get(Customer, customer.id) is not None


def test_frozen_data_stay_and_it_is_said_why(house: House) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    add(
        Restriction(
            organisation_id=organisation.id, customer_id=customer.id, cause="needed_for_claim",
            made_at=NOON,
        )
    )  # fmt: skip
    before = ids_of(organisation)

    with pytest.raises(FrozenError, match="frozen \\(needed_for_claim\\)"):
        erase(house, ask(customer))

    after = ids_of(organisation)
    assert {table: after[table] for table in PERSONAL} == {
        table: before[table] for table in PERSONAL
    }


@pytest.mark.parametrize("state", [AttemptState.PLACING, AttemptState.PLACED])
def test_while_a_telephone_of_the_person_rings_it_waits(house: House, state: AttemptState) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    with transaction() as session:
        attempt = session.scalars(select(Attempt).limit(1)).one()
        attempt.state = state
    request = ask(customer)

    with pytest.raises(TryAgain):
        erase(house, request)
    with transaction() as session:
        # The no is stored already, so nobody rings a second time.
        assert session.scalars(select(Objection)).first() is not None
        session.get_one(Attempt, attempt.id).state = AttemptState.ENDED

    assert erase(house, request) is RequestState.DONE


def test_whoever_only_called_us_goes_as_well(house: House) -> None:
    organisation = make_organisation()
    make_message(house, mailbox=make_mailbox(organisation))
    asker = requests.Asker(CALLER, house.keyring.lookup_hash(organisation.id, "phone", CALLER))
    with transaction() as session:
        request = requests.receive(
            session, organisation, asker, kind=RequestKind.ERASURE, channel=RequestChannel.WEB,
            at=NOON, keyring=house.keyring,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=NOON)
        request_steps.decide(session, request, outcome=Outcome.GRANTED, at=NOON)

    erase(house, request)

    left = ids_of(organisation)
    assert (left["calls"], left["messages"], left["recordings"]) == (set(), set(), set())


def test_killed_anywhere_it_is_ended_by_the_next_run_with_every_receipt_once(house: House) -> None:
    organisation = make_organisation()
    stride = 3 if house.database.is_sqlite else 7
    with dying(house) as process:
        for step in itertools.count(1, stride):
            customer = whole_life(house, organisation, cases=1)
            request = ask(customer)
            moment = (NOON + timedelta(hours=1)).isoformat()
            process.stdin.write(f"{step} {request.id} {moment}\n")
            process.stdin.flush()
            if process.stdout.readline() == "ended\n":
                break

            assert erase(house, request) is RequestState.DONE, step

            left = ids_of(organisation)
            assert {table: left[table] for table in PERSONAL} == {t: set() for t in PERSONAL}, step
            assert list(house.blobs.items()) == [], step
            assert house.ledger.intents() == [], step
            proof = erasure_proof.of_request(house.ledger, organisation.id, request.reference)
            assert (proof.rows, proof.files) == (5 + 6, 3), step
    assert step > 15
    assert check(house.ledger, organisation.id, now=NOON) == []


@contextmanager
def dying(house: House) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.messaging.dying_erasure"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=environment_of(house.settings) | {"PATH": os.environ["PATH"], "PYTHONPATH": "."},
    )
    try:
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        assert process.wait(30) == 0
