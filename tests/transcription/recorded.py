"""A comment whose sound is home and waits for words, and how it stands with it."""

from uuid import UUID, uuid4

from sqlalchemy import select

from storage import sealing
from storage.house import House, reading
from storage.states import CommentState, RecordingState
from storage.tables import Comment, Recording, Transcript
from tests.rows import (
    NOON,
    add,
    make_campaign,
    make_comment,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
    make_survey_call,
)


def store(house: House, data: bytes, *, language: str = "sv") -> UUID:
    """A comment whose sound is home; the id of its transcript."""
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    invitation = make_invitation(campaign, make_customer(organisation))
    call = make_survey_call(campaign, invitation)
    comment = make_comment(make_response(campaign, invitation), state=CommentState.AT_HOME)
    recording = Recording(
        id=uuid4(), organisation_id=organisation.id, call_id=call.id, comment_id=comment.id,
        visit=1, language=language, state=RecordingState.STORED, recorded_at=NOON,
    )  # fmt: skip
    transcript = Transcript(
        id=uuid4(), organisation_id=organisation.id, recording_id=recording.id, language=language,
        next_try_at=NOON, created_at=NOON,
    )  # fmt: skip
    add(recording)
    add(transcript)
    key = house.keyring.make_keys([recording.id])[recording.id]
    sealed = sealing.seal_file(key, data, item=recording.id, kind="recording.audio")
    house.blobs.put(recording.id, sealed)
    return transcript.id


def get(transcript_id: UUID) -> Transcript:
    """The transcript as it is now."""
    with reading() as session:
        return session.get_one(Transcript, transcript_id)


def comment_state() -> CommentState:
    """The state of the only comment."""
    with reading() as session:
        return session.scalars(select(Comment.state)).one()
