"""People and callers who left everything behind that one can leave, for tests that take it away."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from privacy import purge
from privacy.erasing import Hands
from privacy.purge_steps import Totals
from storage import sealing
from storage.house import House
from storage.states import (
    CommentState,
    MessageState,
    RecordingState,
    TranscriptState,
)
from storage.tables import (
    Call,
    CallEvent,
    Comment,
    Customer,
    Delivery,
    Mailbox,
    Message,
    Organisation,
    Recording,
    Response,
    Transcript,
)
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
    make_survey_call,
    sid,
    wav,
)


@dataclass
class Person:
    """A customer with everything one can leave behind in a survey call."""

    organisation: Organisation
    customer: Customer
    call: Call
    response: Response
    comment: Comment
    recording: Recording
    transcript: Transcript
    items: list[UUID] = field(default_factory=list)


def leave_traces(
    house: House, *, at: datetime = NOON, organisation: Organisation | None = None, **more: Any
) -> Person:
    organisation = organisation or make_organisation()
    campaign = make_campaign(organisation)
    customer = more.pop("customer", None) or make_customer(
        organisation, phone=f"+46{uuid4().int % 10**9}", at=at
    )
    invitation = make_invitation(campaign, customer, at=at)
    call = make_survey_call(campaign, invitation, at=at)
    response = make_response(campaign, invitation, at=at)
    comment = make_comment(response, at=at, state=CommentState.TRANSCRIBED)
    recording = make_recording(house, call, at=at, comment_id=comment.id)
    transcript = make_transcript(house, recording, at=at)
    add(
        CallEvent(
            organisation_id=organisation.id, call_id=call.id, kind="status", dedup_key="1",
            facts={}, happened_at=at,
        )
    )  # fmt: skip
    items = [customer.id, recording.id, transcript.id]
    return Person(organisation, customer, call, response, comment, recording, transcript, items)


def make_recording(house: House, call: Call, *, at: datetime, **more: Any) -> Recording:
    recording = Recording(
        id=uuid4(),
        organisation_id=call.organisation_id,
        call_id=call.id,
        visit=more.pop("visit", 4),
        provider_sid=sid("RE"),
        language="sv",
        recorded_at=at,
        **{"state": RecordingState.STORED, "seconds": 3.0, "peaks": [0.1], **more},
    )
    add(recording)
    key = house.keyring.make_keys([recording.id])[recording.id]
    sealed = sealing.seal_file(key, wav(0.1), item=recording.id, kind="recording.audio")
    house.blobs.put(recording.id, sealed)
    return recording


def make_transcript(house: House, recording: Recording, *, at: datetime) -> Transcript:
    transcript = Transcript(
        id=uuid4(),
        organisation_id=recording.organisation_id,
        recording_id=recording.id,
        state=TranscriptState.DONE,
        language="sv",
        created_at=at,
    )
    transcript.words_sealed = house.keyring.seal_one(
        transcript.id, "transcript.words", json.dumps([["bra", 0, 1, 1]])
    )
    add(transcript)
    return transcript


def make_message(
    house: House,
    *,
    at: datetime = NOON,
    state: MessageState = MessageState.NEW,
    mailbox: Mailbox | None = None,
) -> Message:
    mailbox = mailbox or make_mailbox(make_organisation())
    call = make_call(mailbox.organisation_id, at=at, mailbox_id=mailbox.id, caller="+46701740606")
    message = Message(
        id=uuid4(),
        organisation_id=mailbox.organisation_id,
        mailbox_id=mailbox.id,
        call_id=call.id,
        state=state,
        received_at=at,
    )
    message.caller_sealed = house.keyring.seal_one(message.id, "message.caller", "+46701740606")
    add(message)
    recording = make_recording(house, call, at=at, message_id=message.id)
    make_transcript(house, recording, at=at)
    delivery = Delivery(
        id=uuid4(), organisation_id=mailbox.organisation_id, message_id=message.id, created_at=at
    )
    delivery.address_sealed = house.keyring.seal_one(
        delivery.id, "delivery.address", "staff@example.org"
    )
    add(delivery)
    return message


def run(house: House, at: datetime, **more: Any) -> Totals:
    hands = Hands(more.pop("blobs", house.blobs), house.keyring, house.ledger)
    return purge.run(**{"hands": hands, "database": house.database, "now": at, **more})
