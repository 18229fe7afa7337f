"""The form fields of every kind of webhook, exactly as the provider names them."""

from __future__ import annotations

import random
from datetime import datetime
from math import ceil
from typing import Final

from simulator.clock import rfc2822
from simulator.profiles import Profile
from simulator.records import (
    API_VERSION,
    CallRecord,
    CallStatus,
    MessageRecord,
    RecordingRecord,
    RecordingStatus,
)

Fields = dict[str, str]

_COUNTRIES: Final = {"+46": "SE", "+47": "NO", "+45": "DK", "+358": "FI", "+44": "GB", "+1": "US"}
_PLACES: Final = ("City", "State", "Zip")


def shuffled(fields: Fields) -> tuple[tuple[str, str], ...]:
    """The order of the fields is not promised, so it is never the same."""
    pairs = list(fields.items())
    random.shuffle(pairs)
    return tuple(pairs)


def call_document(call: CallRecord, *, account_sid: str, status: str, profile: Profile) -> Fields:
    """Standard fields of a request for TwiML (and of an action)."""
    fields = {
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": call.sid,
        "CallStatus": status,
        "Direction": call.direction,
        "From": call.caller,
        "To": call.called,
    }
    if profile.full_parameters:
        fields |= {"Caller": call.caller, "Called": call.called}
        fields |= _geography(
            {"From": call.caller, "Caller": call.caller, "To": call.called, "Called": call.called}
        )
    return fields


def call_status(
    call: CallRecord,
    *,
    account_sid: str,
    status: CallStatus,
    sequence: int,
    at: datetime,
    profile: Profile,
) -> Fields:
    """Fields of a call status callback; a terminal one also tells lengths and the SIP code."""
    fields = call_document(call, account_sid=account_sid, status=status, profile=profile) | {
        "Timestamp": rfc2822(at),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence),
    }
    if status.terminal:
        fields |= {
            "CallDuration": str(call.seconds),
            "Duration": str(ceil(call.seconds / 60)),
            "SipResponseCode": call.sip_code,
        }
        if call.answered_by is not None:
            fields["AnsweredBy"] = call.answered_by
    return fields


def gather_ended(*, digits: str, finished_on: str, profile: Profile) -> Fields:
    if not profile.full_parameters:
        return {"Digits": digits}
    return {"Digits": digits, "FinishedOnKey": finished_on, "msg": "Gather End"}


def record_ended(
    recording: RecordingRecord, *, url: str, seconds: int, digits: str, profile: Profile
) -> Fields:
    fields = {"RecordingUrl": url, "RecordingDuration": str(seconds)}
    if profile.full_parameters:
        fields |= {"RecordingSid": recording.sid, "Digits": digits}
    return fields


def recording_status(
    recording: RecordingRecord, *, account_sid: str, url: str, status: RecordingStatus
) -> Fields:
    """The provider sends neither numbers nor the state of the call here."""
    fields = {
        "RecordingSource": recording.source,
        "RecordingSid": recording.sid,
        "RecordingUrl": url,
        "RecordingStatus": status.value,
        "RecordingChannels": "1",
        "ErrorCode": str(recording.error_code or 0),
        "CallSid": recording.call_sid,
        "RecordingStartTime": rfc2822(recording.started_at),
        "AccountSid": account_sid,
    }
    if status is not RecordingStatus.IN_PROGRESS:
        fields["RecordingDuration"] = str(recording.seconds)
    return fields


def detected(call_sid: str, *, account_sid: str, answered_by: str, milliseconds: int) -> Fields:
    return {
        "CallSid": call_sid,
        "AccountSid": account_sid,
        "AnsweredBy": answered_by,
        "MachineDetectionDuration": str(milliseconds),
    }


def message_status(message: MessageRecord, *, account_sid: str, at: datetime) -> Fields:
    fields = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": message.status.value,
        "SmsStatus": message.status.value,
        "To": message.recipient,
        "From": message.sender or "",
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
    }
    if message.service_sid is not None:
        fields["MessagingServiceSid"] = message.service_sid
    if message.error_code is not None:
        fields["ErrorCode"] = str(message.error_code)
    if message.status.value in ("delivered", "undelivered"):
        fields["RawDlrDoneDate"] = at.strftime("%y%m%d%H%M")
    return fields


def inbound_message(message: MessageRecord, *, account_sid: str) -> Fields:
    fields = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "AccountSid": account_sid,
        "From": message.sender or "",
        "To": message.recipient,
        "Body": message.body,
        "NumMedia": "0",
        "NumSegments": str(message.segments),
        "SmsStatus": "received",
        "ApiVersion": API_VERSION,
    }
    return fields | _geography({"From": message.sender or "", "To": message.recipient})


def _geography(numbers: dict[str, str]) -> Fields:
    """Places are present and mostly empty, as they are outside North America."""
    fields = {who + place: "" for who in numbers for place in _PLACES}
    for who, number in numbers.items():
        known = (land for code, land in _COUNTRIES.items() if number.startswith(code))
        fields[who + "Country"] = next(known, "")
    return fields
