"""What is held stops the erasure of whoever it is about, by whatever the hold names it."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from config.retention_rules import DataClass
from messaging import carrying_out
from privacy import erasure_proof, holds, request_steps, requests
from privacy.holds import Held
from privacy.person_erasure import NeededError
from privacy.request_steps import WrongStepError
from storage.blobs import BlobStore
from storage.house import House, reading, transaction
from storage.ledger_check import check
from storage.matters import CaseKind
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind, RequestState
from storage.states import RecordingState
from storage.tables import (
    Call,
    Case,
    Comment,
    Customer,
    Hold,
    Invitation,
    Message,
    Organisation,
    Recording,
    RightsRequest,
)
from tests.messaging.test_erasing_a_person import (
    CALLER,
    PERSONAL,
    ask,
    dying,
    erase,
    ids_of,
    whole_life,
)
from tests.privacy.test_holds import hold, release
from tests.privacy.traces import leave_traces, make_message, run
from tests.rows import NOON, RETENTION, add, make_mailbox, make_organisation

HELD_CLASSES = (
    *(DataClass.ANSWERS, DataClass.FREE_COMMENTS, DataClass.TELEPHONE_MESSAGES),
    *(DataClass.CONTACT_LOG, DataClass.CASE_NOTES, DataClass.THROTTLE_TOKENS),
    DataClass.REQUEST_LOG,
)
HOUR = timedelta(hours=1)
Naming = Callable[[Any, Organisation, Customer], Held]


def may_be_held() -> Organisation:
    rules = [rule | {"extended_by": ["legal_hold"]} for rule in RETENTION]
    return make_organisation(retention=rules)


def add_case(organisation: Organisation, customer: Customer) -> None:
    add(
        Case(
            id=uuid4(), organisation_id=organisation.id, customer_id=customer.id,
            interaction_id=uuid4(), kind=CaseKind.FOLLOW_UP, opened_at=NOON,
            collected_at=NOON,
        )
    )  # fmt: skip


def an_item(table: Any) -> Naming:
    def name(session: Any, organisation: Organisation, _: Customer) -> Held:
        mine = table.organisation_id == organisation.id
        item = session.scalars(select(table.id).where(mine).limit(1)).one()
        return holds.of_item(session, organisation, item)

    return name


def a_survey_call(session: Any, organisation: Organisation, _: Customer) -> Held:
    rung = select(Call.id).where(
        Call.organisation_id == organisation.id, Call.attempt_id.is_not(None)
    )
    return holds.of_item(session, organisation, session.scalars(rung.limit(1)).one())


def the_customer(session: Any, organisation: Organisation, customer: Customer) -> Held:
    return holds.of_customer(session, organisation, customer.id)


def the_case(session: Any, organisation: Organisation, customer: Customer) -> Held:
    mine = select(Case.id).where(Case.customer_id == customer.id).limit(1)
    case = session.scalars(mine).one()
    return holds.of_case(session, organisation, case)


def a_class(data_class: DataClass) -> Naming:
    return lambda *_: holds.of_class(data_class)


SCOPES = {
    "customer": the_customer,
    "case": the_case,
    "comment": an_item(Comment),
    "invitation": an_item(Invitation),
    "message": an_item(Message),
    "survey call": a_survey_call,
    **{f"class {one}": a_class(one) for one in HELD_CLASSES},
}


def named(naming: Naming, organisation: Organisation, customer: Customer) -> Held:
    with reading() as session:
        return naming(session, organisation, customer)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_hold_keeps_everything_of_the_person_until_it_is_released(
    house: House, scope: str
) -> None:
    organisation = may_be_held()
    customer = whole_life(house, organisation, cases=1)
    add_case(organisation, customer)
    kept = hold(house, organisation, named(SCOPES[scope], organisation, customer))
    request = ask(customer)
    before = ids_of(organisation)

    with pytest.raises(NeededError, match=str(kept)):
        erase(house, request)

    after = ids_of(organisation)
    assert {table: after[table] for table in PERSONAL} == {t: before[t] for t in PERSONAL}
    release(organisation, kept, at=NOON)
    assert erase(house, request) is RequestState.DONE


def ask_as_a_caller(house: House, organisation: Organisation) -> RightsRequest:
    asker = requests.Asker(CALLER, house.keyring.lookup_hash(organisation.id, "phone", CALLER))
    with transaction() as session:
        request = requests.receive(
            session, organisation, asker, kind=RequestKind.ERASURE, channel=RequestChannel.WEB,
            at=NOON, keyring=house.keyring,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=NOON)
        request_steps.decide(session, request, outcome=Outcome.GRANTED, at=NOON)
    return request


@pytest.mark.parametrize("scope", ["message", f"class {DataClass.TELEPHONE_MESSAGES}"])
def test_a_held_message_of_somebody_who_only_called_us_stays(house: House, scope: str) -> None:
    organisation = may_be_held()
    message = make_message(house, mailbox=make_mailbox(organisation))
    kept = hold(house, organisation, named(SCOPES[scope], organisation, Customer()))
    request = ask_as_a_caller(house, organisation)

    with pytest.raises(NeededError, match=str(kept)):
        erase(house, request)

    assert ids_of(organisation)["messages"] == {message.id}
    release(organisation, kept, at=NOON)
    assert erase(house, request) is RequestState.DONE
    assert ids_of(organisation)["messages"] == set()


def test_what_is_held_of_others_stops_nobody(house: House) -> None:
    organisation, elsewhere = may_be_held(), may_be_held()
    make_message(house, mailbox=make_mailbox(organisation))
    other = leave_traces(house, organisation=organisation)
    add_case(organisation, other.customer)
    for data_class in (*HELD_CLASSES, DataClass.COMPLAINTS):
        hold(house, elsewhere, holds.of_class(data_class))
    # The caller has nothing of these, and the message that is held is somebody else's.
    for data_class in (DataClass.ANSWERS, DataClass.COMPLAINTS, DataClass.CASE_NOTES):
        hold(house, organisation, holds.of_class(data_class))
    for naming in (the_customer, the_case, an_item(Comment), a_survey_call):
        hold(house, organisation, named(naming, organisation, other.customer))

    assert erase(house, ask_as_a_caller(house, organisation)) is RequestState.DONE

    left = ids_of(organisation)
    assert (left["messages"], left["customers"]) == (set(), {other.customer.id})


class Telling(BlobStore):
    """A real store that tells of the first deletion."""

    def __init__(self, real: BlobStore, tell: Callable[[], object]) -> None:
        super().__init__(real.url)
        self._tell: Callable[[], object] | None = tell

    def delete(self, item: UUID) -> None:
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()
        super().delete(item)


def test_a_hold_that_arrives_in_the_middle_keeps_what_it_holds(house: House) -> None:
    organisation = may_be_held()
    customer = whole_life(house, organisation, cases=1)
    held = named(SCOPES["message"], organisation, customer)
    set_by_now: list[UUID] = []
    blobs = Telling(house.blobs, lambda: set_by_now.append(hold(house, organisation, held)))
    request = ask(customer)
    later = NOON + timedelta(hours=1)

    with pytest.raises(NeededError):
        carrying_out.carry_out(request.id, house=replace(house, blobs=blobs), now=later)

    left = ids_of(organisation)
    assert (len(left["invitations"]), len(left["messages"])) == (0, 1)
    assert left["customers"] == {customer.id}
    (kept,) = set_by_now
    release(organisation, kept, at=NOON)
    assert erase(house, request) is RequestState.DONE
    assert ids_of(organisation)["messages"] == set()


def test_what_is_held_by_a_number_is_kept_also_when_its_person_went_by_age(house: House) -> None:
    organisation = may_be_held()
    customer = whole_life(house, organisation)
    hold(house, organisation, named(the_customer, organisation, customer))
    request = ask(customer)
    with transaction() as session:
        # The person's row is gone by its age; what they said to us stays, known by the number.
        session.execute(update(Hold).values(customer_id=None))
        for table in (RightsRequest,):
            session.execute(update(table).values(customer_id=None))
        row = session.get_one(Customer, customer.id)
        row.phone_hash = row.email_hash = None

    with pytest.raises(NeededError, match="holds release"):
        erase(house, request)

    assert len(ids_of(organisation)["messages"]) == 1


def test_an_erasure_that_something_stopped_is_not_taken_back_as_if_nothing_had_gone(
    house: House,
) -> None:
    organisation = may_be_held()
    customer = whole_life(house, organisation, cases=1)
    held = named(SCOPES["message"], organisation, customer)
    blobs = Telling(house.blobs, lambda: hold(house, organisation, held))
    request = ask(customer)
    with pytest.raises(NeededError):
        carrying_out.carry_out(request.id, house=replace(house, blobs=blobs), now=NOON + HOUR)
    # Its receipts are not in the ledger yet.
    assert not erasure_proof.of_request(house.ledger, organisation.id, request.reference).rows

    with transaction() as session, pytest.raises(WrongStepError, match="had begun"):
        mine = session.get_one(RightsRequest, request.id)
        carrying_out.withdraw(session, mine, way=ProofWay.CALLED_BACK, house=house, now=NOON + HOUR)


def test_killed_and_then_held_it_keeps_what_is_held_and_ends_what_was_begun(house: House) -> None:
    """Whatever had gone when the process died, the hold keeps all the rest, whole."""
    stopped = 0
    with dying(house) as process:
        for step in itertools.count(2, 6 if house.database.is_sqlite else 11):
            organisation = may_be_held()
            customer = whole_life(house, organisation, cases=1)
            request = ask(customer)
            process.stdin.write(f"{step} {request.id} {(NOON + HOUR).isoformat()}\n")
            process.stdin.flush()
            if process.stdout.readline() == "ended\n":
                break
            if customer.id not in ids_of(organisation)["customers"]:
                assert erase(house, request) is RequestState.DONE, step
                continue
            kept = hold(house, organisation, named(the_customer, organisation, customer))

            with pytest.raises(NeededError):
                erase(house, request)
            # What the purge does each quarter of an hour.
            run(house, NOON + HOUR)
            after = ids_of(organisation)
            if customer.id not in after["customers"]:
                # The customer's own row was what it had begun with; the hold names the number too.
                with pytest.raises(NeededError):
                    erase(house, request)
                release(organisation, kept, at=NOON)
                assert erase(house, request) is RequestState.DONE, step
                continue
            with pytest.raises(NeededError):
                erase(house, request)

            assert ids_of(organisation) == after, step
            assert customer.id in after["customers"], step
            assert house.ledger.intents() == [], step
            # No recording that can be seen lacks its file or its key.
            assert alive(organisation) <= set(house.blobs.items()), step
            assert set(house.keyring.keys(alive(organisation))) == alive(organisation), step
            stopped += 1
            release(organisation, kept, at=NOON)
            assert erase(house, request) is RequestState.DONE, step
            left = ids_of(organisation)
            assert {table: left[table] for table in PERSONAL} == {t: set() for t in PERSONAL}, step
            assert check(house.ledger, organisation.id, now=NOON) == [], step
            proof = erasure_proof.of_request(house.ledger, organisation.id, request.reference)
            assert (proof.rows, proof.files) == (5 + 6, 3), step
    assert stopped > 1


def alive(organisation: Organisation) -> set[UUID]:
    with reading() as session:
        return set(
            session.scalars(
                select(Recording.id).where(
                    Recording.organisation_id == organisation.id,
                    Recording.state == RecordingState.STORED,
                )
            )
        )
