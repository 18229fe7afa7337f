"""A telephone message is new once it is kept or its caller has hung up, and empty if nothing is."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import messages, recordings
from storage.house import House, reading, transaction
from storage.queue import QueueName
from storage.states import CallState, MessageState, RecordingState
from storage.tables import Call, Delivery, Message, Recording
from tests.rows import NOON, make_call, make_mailbox, make_organisation

CALLER = "+46701740606"
Step = Callable[[Session, Call], object]


@pytest.fixture
def call(house: House) -> Call:
    """A caller in a mailbox that tells two people."""
    mailbox = make_mailbox(make_organisation(), notify=("a@example.org", "b@example.org"))
    return make_call(
        mailbox.organisation_id, state=CallState.IN_PROGRESS, mailbox_id=mailbox.id, caller=CALLER
    )


def play(call: Call, *steps: Step) -> None:
    for step in steps:
        with transaction() as session:
            step(session, session.get_one(Call, call.id))


def opened(session: Session, call: Call) -> Message:
    return messages.open_message(session, call, at=NOON, caller=CALLER)


def spoken(session: Session, call: Call) -> Recording:
    message = messages.of_call(session, call)
    assert message is not None
    return recordings.announce(
        session, call, visit=2, language="sv", at=NOON, message_id=message.id
    )


def kept(session: Session, call: Call) -> None:
    messages.keep(session, call, at=NOON)


def hung_up(session: Session, call: Call) -> None:
    call.state, call.ended_at = CallState.COMPLETED, NOON
    session.flush()
    messages.close(session, call, at=NOON)


def becomes(state: RecordingState) -> Step:
    def move(session: Session, _call: Call) -> None:
        recording = session.scalars(select(Recording)).one()
        recording.state = state
        session.flush()
        recordings.settle(session, recording, at=NOON)

    return move


def state() -> MessageState:
    with reading() as session:
        return session.scalars(select(Message.state)).one()


def notices(house: House) -> int:
    with reading() as session:
        rows = session.scalars(select(Delivery.id)).all()
    assert {job.args[0] for job in house.bell.queue(QueueName.DELIVERIES).jobs} == {
        str(row) for row in rows
    }
    return len(rows)


def test_opening_twice_is_one_message_with_its_caller_sealed(house: House, call: Call) -> None:
    play(call, opened, opened)

    with reading() as session:
        message = session.scalars(select(Message)).one()
    assert house.keyring.open(message.id, "message.caller", message.caller_sealed) == CALLER
    assert CALLER.encode() not in (message.caller_sealed or b"")


def test_a_call_to_no_mailbox_leaves_no_message(house: House) -> None:
    call = make_call(make_organisation().id)

    with pytest.raises(ValueError, match="no mailbox"):
        play(call, opened)


def test_a_message_is_being_received_until_its_caller_is_done(house: House, call: Call) -> None:
    play(call, opened, spoken)

    assert (state(), notices(house)) == (MessageState.RECEIVING, 0)


def test_a_kept_message_is_new_and_told_of_once_its_sound_is_home(house: House, call: Call) -> None:
    play(call, opened, spoken, kept)
    assert (state(), notices(house)) == (MessageState.NEW, 0)

    play(call, becomes(RecordingState.STORED), hung_up, hung_up)

    assert (state(), notices(house)) == (MessageState.NEW, 2)


@pytest.mark.parametrize("first", ["home", "hung up"])
def test_hanging_up_keeps_what_was_said_in_either_order(
    house: House, call: Call, first: str
) -> None:
    steps: list[Step] = [becomes(RecordingState.STORED), hung_up]
    play(call, opened, spoken, *(steps if first == "home" else reversed(steps)))

    assert (state(), notices(house)) == (MessageState.NEW, 2)


def test_hanging_up_without_a_word_is_an_empty_message(house: House, call: Call) -> None:
    play(call, opened, hung_up)

    assert (state(), notices(house)) == (MessageState.EMPTY, 0)


def test_a_message_that_turns_out_to_be_silence_is_empty(house: House, call: Call) -> None:
    play(call, opened, spoken, hung_up)
    assert state() is MessageState.NEW

    play(call, becomes(RecordingState.DROPPED))

    assert (state(), notices(house)) == (MessageState.EMPTY, 0)


def test_a_message_whose_sound_is_lost_is_told_of_all_the_same(house: House, call: Call) -> None:
    play(call, opened, spoken, hung_up, becomes(RecordingState.FAILED))

    assert (state(), notices(house)) == (MessageState.NEW, 2)


def test_an_erased_message_stays_erased(house: House, call: Call) -> None:
    play(call, opened, spoken)
    with transaction() as session:
        session.scalars(select(Message)).one().state = MessageState.ERASED

    play(call, hung_up, becomes(RecordingState.STORED), kept)

    assert (state(), notices(house)) == (MessageState.ERASED, 0)


def test_addresses_are_sealed_under_the_notices_own_id(house: House, call: Call) -> None:
    play(call, opened, spoken, hung_up, becomes(RecordingState.STORED))

    with reading() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    found: list[tuple[UUID, str, bytes | None]] = [
        (row.id, "delivery.address", row.address_sealed) for row in rows
    ]
    assert house.keyring.open_many(found) == ["a@example.org", "b@example.org"]
