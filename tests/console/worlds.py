"""One organisation with one of everything that the console shows."""

import functools
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from config.directory import Configuration, load_configuration
from config.phrases import Phrase
from config.settings import PROJECT
from storage import sealing
from storage.house import house, transaction, utc_now
from storage.states import (
    CommentState,
    FollowUp,
    MessageState,
    RecordingState,
    TranscriptState,
)
from storage.tables import (
    Campaign,
    Comment,
    Invitation,
    Message,
    Organisation,
    Recording,
    Response,
    SurveyVersion,
    Transcript,
)
from survey.script import Condition, Direction, Question, QuestionKind, SurveyScript, Variant
from survey.script_document import to_document
from tests import rows

SPOKEN = [
    ["please", 0.1, 0.4, 0.99],
    ["ring", 0.5, 0.7, 0.41],
    *[
        [w, 1 + i / 4, 1.2 + i / 4, 0.9]
        for i, w in enumerate(["zero", "seven", "zero", "one", "seven", "four"])
    ],
]
SCRIPT = SurveyScript(
    survey="after-case",
    organisation="Exempelbolaget",
    languages=("sv", "en"),
    questions=(
        Question(
            "satisfaction", QuestionKind.CSAT, {"sv": "Hur nöjd?", "en": "How satisfied?"},
            lowest=1, highest=5, direction=Direction.HIGH_IS_GOOD,
        ),
        Question(
            "recommend", QuestionKind.NPS, {"sv": "Skulle du rekommendera?", "en": "Recommend us?"},
            lowest=0, highest=10, direction=Direction.HIGH_IS_GOOD,
        ),
        Question(
            "comment", QuestionKind.COMMENT, {"sv": "Säg mer.", "en": "Tell us more."},
            variants=(
                Variant(
                    Condition("recommend", at_most=6),
                    {"sv": "Vad gick fel?", "en": "What went wrong?"},
                ),
            ),
        ),
        Question("follow_up", QuestionKind.FOLLOW_UP, {"sv": "Får vi?", "en": "May we?"}),
    ),
    phrases={tag: {phrase: phrase.value for phrase in Phrase} for tag in ("sv", "en")},
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """One organisation with one of everything that the console shows."""

    organisation: Organisation
    campaign: Campaign
    invitation: Invitation
    response: Response
    comment: Comment
    recording: Recording
    message: Message
    message_recording: Recording
    sound: bytes
    name: str
    phone: str
    caller: str
    reference: str


def make_world(
    *, phone: str = "+46701740611", name: str = "Maja Gräddnos", caller: str = "+46701740622"
) -> World:
    now = utc_now()
    organisation = rows.make_organisation(at=now)
    campaign = make_campaign(organisation)
    reference = f"CASE-{uuid4().hex[:8]}"
    customer = rows.make_customer(organisation, name=name, phone=phone, at=now)
    invitation = rows.make_invitation(campaign, customer, at=now, reference=reference)
    call = rows.make_survey_call(campaign, invitation, at=now)
    response = rows.make_response(campaign, invitation, at=now, score=3)
    change(response, follow_up=FollowUp.YES, follow_up_at=now, follow_up_wording="Får vi ringa?")
    comment = rows.make_comment(response, at=now, state=CommentState.TRANSCRIBED)
    sound = rows.wav(20.0)
    recording = make_recording(call.organisation_id, call.id, sound, comment_id=comment.id)
    make_transcript(recording, SPOKEN)
    mailbox = rows.make_mailbox(organisation)
    inbound = rows.make_call(organisation.id, at=now, mailbox_id=mailbox.id)
    message = Message(
        id=uuid4(), organisation_id=organisation.id, mailbox_id=mailbox.id, call_id=inbound.id,
        state=MessageState.NEW, received_at=now,
    )  # fmt: skip
    message.caller_sealed = house().keyring.seal_one(message.id, "message.caller", caller)
    rows.add(message)
    heard = make_recording(organisation.id, inbound.id, sound, message_id=message.id)
    make_transcript(heard, SPOKEN)
    return World(
        organisation, campaign, invitation, response, comment, recording, message, heard, sound,
        name, phone, caller, reference,
    )  # fmt: skip


def make_campaign(organisation: Organisation) -> Campaign:
    campaign = rows.make_campaign(organisation)
    with transaction() as session:
        version = session.get_one(SurveyVersion, campaign.survey_version_id)
        version.document = to_document(SCRIPT)
        found = session.get_one(Campaign, campaign.id)
        found.rules = shipped_rules()
    return campaign


@functools.cache
def shipped_files() -> Configuration:
    """The operator's files as they are shipped."""
    return load_configuration(PROJECT / "config")


@functools.cache
def shipped_rules() -> dict[str, Any]:
    """The rules of a shipped campaign: the very dissatisfied may be contacted without a yes."""
    campaign = shipped_files().organisations["consumer-credit"].campaign("after-case")
    return campaign.model_dump(mode="json", by_alias=True)


def make_recording(
    organisation_id: UUID, call_id: UUID, sound: bytes, *, visit: int = 5, **owner: UUID
) -> Recording:
    recording = Recording(
        id=uuid4(), organisation_id=organisation_id, call_id=call_id, visit=visit, language="en",
        state=RecordingState.STORED, seconds=20.0, sample_rate=8000, peaks=[0.1, 0.5, 0.2] * 40,
        recorded_at=utc_now(), stored_at=utc_now(), **owner,
    )  # fmt: skip
    key = house().keyring.make_keys([recording.id])[recording.id]
    sealed = sealing.seal_file(key, sound, item=recording.id, kind="recording.audio")
    house().blobs.put(recording.id, sealed)
    rows.add(recording)
    return recording


def make_transcript(recording: Recording, words: list[list[Any]]) -> Transcript:
    transcript = Transcript(
        id=uuid4(), organisation_id=recording.organisation_id, recording_id=recording.id,
        state=TranscriptState.DONE, language="en", created_at=utc_now(), done_at=utc_now(),
    )  # fmt: skip
    transcript.words_sealed = house().keyring.seal_one(
        transcript.id, "transcript.words", json.dumps(words)
    )
    rows.add(transcript)
    return transcript


def change(row: Any, **values: Any) -> None:
    """Give a stored row other values."""
    with transaction() as session:
        stored = session.get_one(type(row), row.id)
        for name, value in values.items():
            setattr(stored, name, value)
