"""The dialects of the protocol: how compatible providers differ from the first one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_CORE_VERBS: Final = frozenset({"Say", "Play", "Gather", "Record", "Redirect", "Hangup", "Reject"})


class ProfileName(StrEnum):
    TWILIO = "twilio"
    SOMLENG = "somleng"
    SIGNALWIRE = "signalwire"


@dataclass(frozen=True, slots=True)
class Profile:
    """One provider's ways, where they are not the same everywhere."""

    name: ProfileName
    signature_header: str = "X-Twilio-Signature"
    user_agent: str = "TwilioProxy/1.1"
    uuid_sids: bool = False
    created_status: int = 201
    conflict_status: int = 409
    invalid_status: int = 400
    code_as_text: bool = False
    webhook_seconds: float = 15.0
    connect_seconds: float = 5.0
    has_fallback: bool = True
    verbs: frozenset[str] = _CORE_VERBS | {"Pause"}
    gather_children: frozenset[str] = frozenset({"Say", "Play", "Pause"})
    unknown_verb_aborts: bool = False
    full_parameters: bool = True
    """Caller, Called and geography in every document request; sid and digits after a recording."""
    action_on_hang_up: bool = True
    progress_events: bool = True
    """False: one status callback at the end, always numbered 0, whatever was subscribed to."""
    first_document_status: str = "in-progress"
    detects_machines: bool = True
    honours_timeout: bool = True
    honours_trim: bool = True
    recording_callback_events: bool = True
    deletes_calls: bool = True
    deletes_recordings: bool = True
    media_public: bool = False
    media_redirects: bool = False


PROFILES: Final = {
    ProfileName.TWILIO: Profile(ProfileName.TWILIO),
    ProfileName.SOMLENG: Profile(
        ProfileName.SOMLENG,
        user_agent="Somleng",
        uuid_sids=True,
        conflict_status=422,
        invalid_status=422,
        code_as_text=True,
        has_fallback=False,
        verbs=_CORE_VERBS,
        gather_children=frozenset({"Say", "Play"}),
        unknown_verb_aborts=True,
        full_parameters=False,
        action_on_hang_up=False,
        progress_events=False,
        first_document_status="ringing",
        detects_machines=False,
        honours_timeout=False,
        honours_trim=False,
        recording_callback_events=False,
        deletes_calls=False,
        deletes_recordings=False,
        media_public=True,
        media_redirects=True,
    ),
    ProfileName.SIGNALWIRE: Profile(
        ProfileName.SIGNALWIRE,
        signature_header="X-SignalWire-Signature",
        user_agent="SignalWire",
        uuid_sids=True,
        created_status=200,
        invalid_status=422,
        webhook_seconds=5.0,
        connect_seconds=2.0,
        media_public=True,
    ),
}
