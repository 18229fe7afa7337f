"""Whatever waits is rung for again: Redis may lose everything at any moment."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from storage import provider_copies, recordings
from storage.house import House, reading, transaction
from storage.provider_copies import CopyKind
from storage.queue import QueueName
from storage.states import CommentState, RecordingState
from storage.tables import Alarm, Call, Comment, Delivery, Message, Recording
from tests.rows import (
    NOON,
    add,
    make_call,
    make_campaign,
    make_comment,
    make_customer,
    make_invitation,
    make_mailbox,
    make_organisation,
    make_response,
    sid,
)
from voicemail import sweep

SECOND = timedelta(seconds=1)


def rung(house: House, queue: QueueName = QueueName.RECORDINGS) -> set[str]:
    return {job.args[0] for job in house.bell.queue(queue).jobs}


def make_recording(**more: Any) -> Recording:
    call = make_call(make_organisation().id)
    recording = Recording(
        id=uuid4(),
        organisation_id=call.organisation_id,
        call_id=call.id,
        visit=1,
        language="sv",
        recorded_at=NOON,
        **{"state": RecordingState.READY, "next_try_at": NOON, **more},
    )
    add(recording)
    return recording


def test_a_lost_redis_loses_no_recording(house: House) -> None:
    call = make_call(make_organisation().id)
    with transaction() as session:
        call = session.get_one(Call, call.id)
        recordings.ready(session, call, visit=1, language="sv", provider_sid=sid("RE"), at=NOON)
    before = rung(house)
    house.bell.redis.flushall()

    sweep.sweep_recordings(now=NOON)

    assert rung(house) == before != set()


def test_only_what_is_due_and_in_nobodys_hands_is_rung_for(house: House) -> None:
    due = make_recording()
    dead = make_recording(lease_until=NOON)
    make_recording(next_try_at=NOON + SECOND)
    make_recording(lease_until=NOON + SECOND)
    make_recording(state=RecordingState.STORED)
    make_recording(state=RecordingState.DROPPED)
    unclean = make_recording(state=RecordingState.DROPPED, sealed_sha256="0" * 64)
    silent = make_recording(state=RecordingState.ANNOUNCED)

    assert sweep.sweep_recordings(now=NOON) == 4
    assert rung(house) == {str(r.id) for r in (due, dead, unclean, silent)}


def test_ringing_again_queues_once(house: House) -> None:
    make_recording()

    sweep.sweep_recordings(now=NOON)
    sweep.sweep_recordings(now=NOON)

    assert len(house.bell.queue(QueueName.RECORDINGS).jobs) == 1


def test_a_failed_recording_is_tried_again_on_its_day(house: House) -> None:
    failed = make_recording(state=RecordingState.FAILED, tries=9)

    sweep.sweep_recordings(now=NOON - SECOND)
    assert rung(house) == set()
    sweep.sweep_recordings(now=NOON)

    with reading() as session:
        recording = session.get_one(Recording, failed.id)
    assert (recording.state, recording.tries) == (RecordingState.READY, 0)
    assert rung(house) == {str(failed.id)}


def test_provider_copies_are_rung_for_from_their_time_on(house: House) -> None:
    name = sid("RE")
    with transaction() as session:
        copy = provider_copies.note(
            session, CopyKind.RECORDING, name, organisation_id=None, at=NOON
        )
        copy.delete_at = NOON

    assert sweep.sweep_recordings(now=NOON - SECOND) == 0
    assert sweep.sweep_recordings(now=NOON) == 1
    assert rung(house) == {str(copy.id)}


def test_a_spoken_comment_without_any_recording_is_said_to_be_lost(house: House) -> None:
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    invitation = make_invitation(campaign, make_customer(organisation))
    comment = make_comment(make_response(campaign, invitation))

    sweep.sweep_recordings(now=NOON + timedelta(hours=1))
    assert _state(comment.id) is CommentState.RECORDED
    sweep.sweep_recordings(now=NOON + timedelta(hours=1, seconds=1))

    assert _state(comment.id) is CommentState.LOST
    with reading() as session:
        assert session.scalars(select(Alarm.subject)).one() == str(comment.id)


def _state(comment_id: UUID) -> CommentState:
    with reading() as session:
        return session.get_one(Comment, comment_id).state


def test_notices_are_rung_for_again(house: House) -> None:
    organisation = make_organisation()
    mailbox = make_mailbox(organisation)
    call = make_call(organisation.id, mailbox_id=mailbox.id)
    message = Message(
        id=uuid4(), organisation_id=organisation.id, mailbox_id=mailbox.id, call_id=call.id,
        received_at=NOON,
    )  # fmt: skip
    add(message)
    due, later = (
        Delivery(
            id=uuid4(), organisation_id=organisation.id, message_id=message.id, created_at=NOON,
            next_try_at=at,
        )
        for at in (NOON, NOON + SECOND)
    )  # fmt: skip
    add(due, later)

    assert sweep.sweep_deliveries(now=NOON) == 1
    assert rung(house, QueueName.DELIVERIES) == {str(due.id)}
