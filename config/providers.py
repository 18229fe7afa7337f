"""What is known of each telephone provider that speaks this protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ProviderProfile(StrEnum):
    """Which provider is spoken to; decides the signature header, the verbs and what it deletes."""

    TWILIO = "twilio"
    SOMLENG = "somleng"
    SIGNALWIRE = "signalwire"


@dataclass(frozen=True, slots=True)
class ProviderTraits:
    """How one provider differs from the others, as far as a call can notice."""

    signature_header: str
    has_pause: bool
    detects_machines: bool
    takes_ring_time: bool
    deletes_calls: bool
    deletes_recordings: bool
    deletes_messages: bool
    # Whole messages that the provider itself answers; after those that stop it delivers no more.
    own_text_words: frozenset[str] = frozenset()


TRAITS: Final[Mapping[ProviderProfile, ProviderTraits]] = {
    ProviderProfile.TWILIO: ProviderTraits(
        signature_header="X-Twilio-Signature",
        has_pause=True,
        detects_machines=True,
        takes_ring_time=True,
        deletes_calls=True,
        deletes_recordings=True,
        deletes_messages=True,
        own_text_words=frozenset(
            {
                *("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
                *("START", "YES", "UNSTOP"),
            }
        ),
    ),
    ProviderProfile.SOMLENG: ProviderTraits(
        signature_header="X-Twilio-Signature",
        # An unknown verb aborts the whole document there.
        has_pause=False,
        detects_machines=False,
        takes_ring_time=False,
        deletes_calls=False,
        deletes_recordings=False,
        deletes_messages=True,
    ),
    ProviderProfile.SIGNALWIRE: ProviderTraits(
        signature_header="X-SignalWire-Signature",
        has_pause=True,
        detects_machines=True,
        takes_ring_time=True,
        deletes_calls=True,
        deletes_recordings=True,
        deletes_messages=True,
    ),
}
