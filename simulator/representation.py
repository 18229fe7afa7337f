"""Records as the provider's JSON: every key, always, with the provider's types."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from simulator.clock import rfc2822
from simulator.plant import Plant
from simulator.records import (
    API_VERSION,
    CallRecord,
    CallStatus,
    MessageRecord,
    NumberRecord,
    RecordingRecord,
    RecordingStatus,
)

Json = dict[str, Any]

_CALL_PARTS: Final = {
    "notifications": "Notifications",
    "recordings": "Recordings",
    "payments": "Payments",
    "events": "Events",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}


def account_path(plant: Plant) -> str:
    return f"/{API_VERSION}/Accounts/{plant.account.sid}"


def call_json(call: CallRecord, plant: Plant) -> Json:
    path = f"{account_path(plant)}/Calls/{call.sid}"
    return {
        "account_sid": plant.account.sid,
        "answered_by": call.answered_by,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at),
        "direction": call.direction,
        "duration": str(call.seconds) if call.status is CallStatus.COMPLETED else None,
        "end_time": _date(call.ended_at),
        "forwarded_from": None,
        "from": call.caller,
        "from_formatted": call.caller,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": call.number_sid,
        "price": None,
        "price_unit": "USD",
        "queue_time": str(call.queue_ms),
        "sid": call.sid,
        "start_time": _date(call.started_at),
        "status": call.status.value,
        "subresource_uris": {name: f"{path}/{part}.json" for name, part in _CALL_PARTS.items()},
        "to": call.called,
        "to_formatted": call.called,
        "trunk_sid": None,
        "uri": f"{path}.json",
    }


def recording_json(recording: RecordingRecord, plant: Plant) -> Json:
    path = f"{account_path(plant)}/Recordings/{recording.sid}"
    return _recording(recording, plant) | {
        "uri": f"{path}.json",
        "subresource_uris": {
            "add_on_results": f"{path}/AddOnResults.json",
            "transcriptions": f"{path}/Transcriptions.json",
        },
        "media_url": plant.media_url(recording.sid),
    }


def call_recording_json(recording: RecordingRecord, plant: Plant) -> Json:
    """As shown below its call, which differs in a few keys."""
    path = f"{account_path(plant)}/Calls/{recording.call_sid}/Recordings/{recording.sid}"
    return _recording(recording, plant) | {"track": "both", "uri": f"{path}.json"}


def message_json(message: MessageRecord, plant: Plant) -> Json:
    path = f"{account_path(plant)}/Messages/{message.sid}"
    return {
        "account_sid": plant.account.sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc2822(message.created_at),
        "date_sent": _date(message.sent_at),
        "date_updated": rfc2822(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None if message.error_code is None else "Not delivered (by order)",
        "from": message.sender,
        "messaging_service_sid": message.service_sid,
        "num_media": "0",
        "num_segments": str(message.segments),
        "price": None,
        "price_unit": None,
        "sid": message.sid,
        "status": message.status.value,
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": message.recipient,
        "uri": f"{path}.json",
    }


def number_json(number: NumberRecord, plant: Plant) -> Json:
    return {
        "account_sid": plant.account.sid,
        "address_requirements": "none",
        "address_sid": None,
        "api_version": API_VERSION,
        "beta": False,
        "bundle_sid": None,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "date_created": rfc2822(number.created_at),
        "date_updated": rfc2822(number.updated_at),
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": number.friendly_name,
        "identity_sid": None,
        "origin": "twilio",
        "phone_number": number.number,
        "sid": number.sid,
        "sms_application_sid": None,
        "sms_fallback_method": number.sms_fallback_method,
        "sms_fallback_url": number.sms_fallback_url,
        "sms_method": number.sms_method,
        "sms_url": number.sms_url,
        "status": "in-use",
        "status_callback": number.status_callback,
        "status_callback_method": number.status_callback_method,
        "trunk_sid": None,
        "type": "mobile",
        "uri": f"{account_path(plant)}/IncomingPhoneNumbers/{number.sid}.json",
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_fallback_method": number.voice_fallback_method,
        "voice_fallback_url": number.voice_fallback_url,
        "voice_method": number.voice_method,
        "voice_receive_mode": "voice",
        "voice_url": number.voice_url,
    }


def _recording(recording: RecordingRecord, plant: Plant) -> Json:
    unfinished = recording.status in (RecordingStatus.IN_PROGRESS, RecordingStatus.PROCESSING)
    return {
        "account_sid": plant.account.sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "channels": 1,
        "conference_sid": None,
        "date_created": rfc2822(recording.created_at),
        "date_updated": rfc2822(recording.updated_at),
        "duration": None if unfinished else str(recording.seconds),
        "encryption_details": None,
        "error_code": recording.error_code,
        "price": None,
        "price_unit": "USD",
        "sid": recording.sid,
        "source": recording.source,
        "start_time": rfc2822(recording.started_at),
        "status": recording.status.value,
    }


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else rfc2822(moment)
