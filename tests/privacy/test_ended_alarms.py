"""An alarm ends with the row it is about, by age and on request, and no other one does."""

from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from privacy import erasing
from privacy.erasing import hands_of
from storage import alarms
from storage.house import House, reading, transaction
from storage.identity import new_id
from storage.receipts import Receipt, Way, What
from storage.states import ProviderCopyState
from storage.tables import (
    Alarm,
    Call,
    Comment,
    Customer,
    Invitation,
    Organisation,
    ProviderCopy,
    Row,
)
from tests.privacy.test_holds import after
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, add, make_customer, make_organisation

LATER = after("20 months")


def sound(*subjects: object, organisation: Organisation | None = None, at: datetime = NOON) -> None:
    with transaction() as session:
        for one in subjects:
            alarms.sound(
                session, "x", subject=str(one), at=at,
                organisation_id=organisation and organisation.id,
            )  # fmt: skip


def still_open() -> set[str]:
    with reading() as session:
        return set(session.scalars(select(Alarm.subject).where(Alarm.cleared_at.is_(None))))


def erase(house: House, table: type[Row], item: object, way: Way, owner: Organisation) -> None:
    receipt = Receipt(What.ERASED, NOON, organisation_id=owner.id)
    erasing.erase(receipt, table, [item], way, hands=hands_of(house), now=NOON)  # type: ignore[list-item]


def test_the_purge_ends_the_alarms_about_what_it_takes_and_no_others(house: House) -> None:
    organisation = make_organisation()
    person = leave_traces(house, organisation=organisation)
    other = str(uuid4())
    theirs = [
        *(person.call.id, person.comment.id, person.recording.id, person.transcript.id),
        person.response.id,
    ]
    sound(*theirs, other, "", organisation=organisation)
    sound(person.customer.id)  # of a lost key it is not known whose it was

    run(house, LATER)

    assert still_open() == {other, ""}
    with reading() as session:
        cleared = session.scalars(select(Alarm.cleared_at).where(Alarm.cleared_at.is_not(None)))
        assert set(cleared) == {LATER}


def test_more_open_alarms_than_a_page_are_all_looked_at(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation = make_organisation()
    person = leave_traces(house, organisation=organisation)
    with transaction() as session:
        for _ in range(1_001):
            session.add(
                Alarm(
                    id=new_id(), organisation_id=organisation.id, kind="x", subject=str(uuid4()),
                    raised_at=NOON,
                )
            )  # fmt: skip
    sound(person.recording.id, organisation=organisation)

    erase(house, Comment, person.comment.id, Way.BLANK, organisation)

    assert str(person.recording.id) not in still_open()
    assert len(still_open()) == 1_001


def test_another_organisations_alarms_are_left_alone(house: House) -> None:
    organisation = make_organisation()
    person = leave_traces(house, organisation=organisation)
    sound(person.recording.id, organisation=make_organisation())

    erase(house, Comment, person.comment.id, Way.BLANK, organisation)

    assert still_open() == {str(person.recording.id)}


@pytest.mark.parametrize("way", [Way.REMOVE, Way.REMOVE_LOOSE])
def test_who_goes_takes_along_the_alarm_about_their_row(house: House, way: Way) -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, phone="+46701740605")
    sound(customer.id)

    erase(house, Customer, customer.id, way, organisation)

    assert still_open() == set()


def test_what_is_not_taken_keeps_its_alarm(house: House) -> None:
    organisation = make_organisation()
    person = leave_traces(house, organisation=organisation)
    sound(person.customer.id, person.call.id)

    erase(house, Customer, person.customer.id, Way.REMOVE_LOOSE, organisation)
    erase(house, Call, person.call.id, Way.BLANK_CALLER, organisation)

    with reading() as session:
        assert session.scalars(select(Invitation)).one()
    assert still_open() == {str(person.customer.id), str(person.call.id)}


@pytest.mark.parametrize("state", [ProviderCopyState.GONE, ProviderCopyState.UNSUPPORTED])
def test_an_alarm_about_a_name_of_the_providers_goes_with_the_note_of_it(
    house: House, state: ProviderCopyState
) -> None:
    gone_at = NOON if state is ProviderCopyState.GONE else None
    copy = ProviderCopy(
        id=uuid4(), kind="recording", provider_sid="RE1", state=state, gone_at=gone_at,
        created_at=NOON,
    )  # fmt: skip
    add(copy)
    late = after("10 years")
    sound("RE1", "RE2", copy.id, at=late)

    run(house, late)

    assert still_open() == {"RE2"}
