"""Every state has words, and the words say what is so."""

import pytest

from console import wording
from console.timelines import event_in_words
from storage.states import (
    CommentState,
    FollowUp,
    InvitationState,
    MessageState,
    RecordingState,
    ResponseState,
    TranscriptState,
)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (CommentState.RECORDED, "The recording is on its way"),
        (CommentState.AT_HOME, "The transcript is on its way"),
        (CommentState.AUDIO_ONLY, "Audio only: no model for Finnish"),
        (CommentState.TRANSCRIPTION_FAILED, "Transcription failed, audio kept"),
        (CommentState.EMPTY, "Empty: nothing was said"),
        (CommentState.LOST, "Lost: the recording could not be fetched"),
        (CommentState.ERASED, "Erased on 3 Mar 2026"),
        (CommentState.TRANSCRIBED, None),
        (CommentState.WRITTEN, None),
    ],
)
def test_the_state_of_a_comment_is_said_plainly(state: CommentState, words: str | None) -> None:
    said = wording.comment(state, language="fi", erased_on="3 Mar 2026")

    assert (said.text if said else None) == words


def test_every_state_of_a_comment_is_considered() -> None:
    silent = {s for s in CommentState if wording.comment(s, language="sv") is None}

    assert silent == {CommentState.TRANSCRIBED, CommentState.WRITTEN}


def test_a_transcript_without_words_says_so() -> None:
    assert wording.comment(CommentState.TRANSCRIBED, language="sv", words=False) == wording.NO_WORDS
    assert wording.transcript(TranscriptState.DONE, language="sv", words=False) == wording.NO_WORDS


def test_a_recording_at_home_waits_for_its_transcript() -> None:
    said = wording.comment(CommentState.RECORDED, language="sv", recording=RecordingState.STORED)

    assert said is not None
    assert "transcript" in said.text


def test_every_other_state_has_words() -> None:
    assert set(wording.RESPONSE) == set(ResponseState)
    assert set(wording.FOLLOW_UP) == set(FollowUp)
    assert set(wording.INVITATION) == set(InvitationState)
    assert set(wording.MESSAGE) == set(MessageState)
    assert all(wording.recording(s) for s in set(RecordingState) - {RecordingState.STORED})
    for state in set(TranscriptState) - {TranscriptState.DONE}:
        assert wording.transcript(state, language="da", words=False) is not None


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        ("recorded", {"seconds": 61}, "Something was recorded, 1 minute 1 second"),
        ("recorded", {"seconds": None, "hung_up": True}, "Something was recorded; then hung up"),
        ("try", {"what": "silence", "n": 1}, "Nothing was pressed"),
        ("passed", {"why": "declined"}, "The person did not want to leave a comment"),
        ("detected", {"answered_by": "human"}, "The provider heard a person"),
        ("detected", {"answered_by": "machine_start"}, "The provider heard a machine"),
        ("detected", {"answered_by": "unknown"}, None),
        ("keys", {"visit": 3}, None),
        ("status", {}, None),
        ("something new", {}, None),
    ],
)
def test_call_events_are_told_in_plain_words(
    kind: str, facts: dict[str, object], words: str | None
) -> None:
    assert event_in_words(kind, facts) == words
