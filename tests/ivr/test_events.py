"""The provider's forms become events, or a clear refusal."""

from collections.abc import Callable
from typing import Any

import pytest

from ivr.events import (
    AnswererDetected,
    DocumentAsked,
    InboundCall,
    KeysPressed,
    RecordingEnded,
    RecordingStatus,
    RecordingTold,
    StatusTold,
    scrubbed,
)
from storage.provider_forms import BadEventError
from storage.states import CallState

SID = {"CallSid": "CA1"}


def test_keys_come_as_they_were_pressed() -> None:
    assert KeysPressed.from_form(SID | {"Digits": "7#"}) == KeysPressed("CA1", "7#")
    assert KeysPressed.from_form(SID) == KeysPressed.from_form(SID | {"Digits": ""})


def test_a_recording_ended_by_hang_up_is_known_by_either_sign() -> None:
    by_digits = RecordingEnded.from_form(SID | {"Digits": "hangup", "RecordingSid": "RE1"})
    by_status = RecordingEnded.from_form(SID | {"CallStatus": "completed"})
    by_key = RecordingEnded.from_form(
        SID | {"Digits": "#", "CallStatus": "in-progress", "RecordingDuration": "0"}
    )

    assert (by_digits.hung_up, by_digits.digits, by_digits.seconds) == (True, "", None)
    assert by_status.hung_up
    assert (by_key.hung_up, by_key.digits, by_key.seconds) == (False, "#", 0)


@pytest.mark.parametrize(
    ("url", "sid"),
    [
        ("https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE123", "RE123"),
        ("https://x.example/Recordings/RE123.wav?token=1", "RE123"),
        ("https://x.example/0c3f-11aa/", "0c3f-11aa"),
        ("https://x.example/v3%3Aabc", "v3:abc"),
        ("https://x.example/a%2F..%2Fb", None),
        ("https://x.example/", None),
        ("", None),
    ],
)
def test_the_sid_of_a_recording_may_come_from_its_address(url: str, sid: str | None) -> None:
    assert RecordingEnded.from_form(SID | {"RecordingUrl": url}).recording_sid == sid


def test_a_recording_told_without_status_is_complete() -> None:
    told = RecordingTold.from_form(SID | {"RecordingSid": "RE1", "RecordingDuration": "3"})

    assert told == RecordingTold("CA1", "RE1", 3, RecordingStatus.COMPLETED)


@pytest.mark.conformance("C-CALL-6")
@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("initiated", CallState.QUEUED),
        ("ringing", CallState.RINGING),
        ("in-progress", CallState.IN_PROGRESS),
        ("answered", CallState.IN_PROGRESS),
        ("completed", CallState.COMPLETED),
        ("busy", CallState.BUSY),
        ("no-answer", CallState.NO_ANSWER),
        ("failed", CallState.FAILED),
        ("canceled", CallState.CANCELED),
    ],
)
def test_c_call_6_every_status_has_a_state_of_its_own(word: str, state: CallState) -> None:
    assert StatusTold.from_form(SID | {"CallStatus": word}).state is state


def test_the_same_status_again_has_the_same_key_also_where_everything_is_numbered_nought() -> None:
    ringing = StatusTold.from_form(SID | {"CallStatus": "ringing", "SequenceNumber": "0"})
    busy = StatusTold.from_form(SID | {"CallStatus": "busy", "SequenceNumber": "0"})

    assert ringing.dedup_key != busy.dedup_key
    assert (
        ringing.dedup_key
        == StatusTold.from_form(
            {"SequenceNumber": "0", "CallStatus": "ringing", "CallSid": "CA1"}
        ).dedup_key
    )


@pytest.mark.conformance("C-AMD-1")
@pytest.mark.parametrize(
    ("answered_by", "machine"),
    [
        ("human", False),
        ("unknown", False),
        ("machine_start", True),
        ("machine_end_beep", True),
        ("machine_end_silence", True),
        ("machine_end_other", True),
        ("fax", True),
    ],
)
def test_c_amd_1_every_guess_is_read(answered_by: str, machine: bool) -> None:
    detected = AnswererDetected.from_form(SID | {"AnsweredBy": answered_by})

    assert detected.by_machine is machine


@pytest.mark.parametrize(
    ("shown", "caller"),
    [
        ("+46701740605", "+46701740605"),
        (" 46701740605", "+46701740605"),
        ("anonymous", None),
        ("+266696687", None),  # ANONYMOUS on a keypad
        ("+7378742833", None),  # RESTRICTED
        ("+86282452253", None),  # UNAVAILABLE
        ("+8656696", None),  # UNKNOWN
        ("", None),
        ("+46<script>", None),
        ("sip:anna@example.org", None),
    ],
)
def test_a_caller_has_a_number_or_none(shown: str, caller: str | None) -> None:
    assert InboundCall.from_form(SID | {"From": shown, "To": "+4610"}).caller == caller


@pytest.mark.parametrize(
    ("read", "form"),
    [
        (DocumentAsked.from_form, {}),
        (DocumentAsked.from_form, {"CallSid": ""}),
        (DocumentAsked.from_form, {"CallSid": "x" * 129}),
        (DocumentAsked.from_form, {"CallSid": "CA 1"}),
        (DocumentAsked.from_form, {"CallSid": "CA/../1"}),
        (RecordingEnded.from_form, SID | {"RecordingDuration": "-1"}),
        (RecordingEnded.from_form, SID | {"RecordingDuration": "٣"}),
        (RecordingEnded.from_form, SID | {"RecordingUrl": "http://[bad"}),
        (RecordingTold.from_form, SID | {"RecordingStatus": "lost"}),
        (RecordingTold.from_form, SID | {"RecordingStatus": "completed"}),
        (StatusTold.from_form, SID | {"CallStatus": "dancing"}),
        (StatusTold.from_form, SID),
        (StatusTold.from_form, SID | {"CallStatus": "busy", "SequenceNumber": "9" * 10}),
        (AnswererDetected.from_form, SID),
        (AnswererDetected.from_form, SID | {"AnsweredBy": "MACHINE!"}),
    ],
)
def test_what_cannot_be_read_is_refused_by_field_name(
    read: Callable[[dict[str, str]], Any], form: dict[str, str]
) -> None:
    with pytest.raises(BadEventError) as refusal:
        read(form)

    assert not any(value and value in str(refusal.value) for value in form.values())


def test_what_is_kept_of_a_form_holds_nothing_personal() -> None:
    form = SID | {
        "From": "+46701740605",
        "To": "+46101000000",
        "Caller": "+46701740605",
        "FromCity": "Lund",
        "Digits": "9",
        "RecordingUrl": "https://x.example/RE1",
        "CallStatus": "completed",
        "SipResponseCode": "200",
        "SequenceNumber": "3",
        "ErrorCode": "",
    }

    assert scrubbed(form) == {
        "CallStatus": "completed",
        "SequenceNumber": "3",
        "SipResponseCode": "200",
    }


def test_a_guess_that_cannot_be_read_costs_nobody_their_document() -> None:
    assert DocumentAsked.from_form(SID | {"AnsweredBy": "Maybe?"}).answered_by is None
