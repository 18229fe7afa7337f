"""A person's request in words: what is asked, how far it is, and what the officer may choose."""

from collections.abc import Mapping
from typing import Final

from console.wording import Said, Tone
from storage.request_states import ExtensionReason, Ground, Outcome, ProofWay, RequestState
from storage.tables import RightsRequest

STATE: Final[Mapping[RequestState, Said]] = {
    RequestState.RECEIVED: Said("Not proven who asks", Tone.NEW),
    RequestState.PROVEN: Said("Proven: decide", Tone.WARNING),
    RequestState.DECIDED: Said("Decided, being done", Tone.WAITING),
    RequestState.DONE: Said("Done: tell the person", Tone.WARNING),
    RequestState.TOLD: Said("Answered", Tone.GOOD),
}
CLOSED: Final[Mapping[Outcome, Said]] = {
    Outcome.WITHDRAWN: Said("Taken back", Tone.GOOD),
    Outcome.LAPSED: Said("Never answered", Tone.WARNING),
}
"""Requests that were closed without an answer."""
PROOF: Final[Mapping[ProofWay, str]] = {
    ProofWay.CODE_BY_MAIL: "Keyed in the code that was mailed",
    ProofWay.CODE_BY_SMS: "Keyed in the code that was texted",
    ProofWay.CODE_BY_CALL: "Keyed in the code that was spoken in a call",
    ProofWay.CALLED_BACK: "Called back on the number we have",
    ProofWay.SEEN_IN_PERSON: "Seen in person",
    ProofWay.SIGNED_IN: "Signed in",
}
BY_HAND: Final = (ProofWay.CALLED_BACK, ProofWay.SEEN_IN_PERSON)
OUTCOME: Final[Mapping[Outcome, str]] = {
    Outcome.GRANTED: "Grant it",
    Outcome.PARTLY: "Grant it in part",
    Outcome.REFUSED: "Refuse it",
}
DECIDED: Final[Mapping[Outcome, str]] = {
    Outcome.GRANTED: "Granted",
    Outcome.PARTLY: "Granted in part",
    Outcome.REFUSED: "Refused",
    Outcome.WITHDRAWN: "Taken back by the person",
    Outcome.LAPSED: "Closed by itself, as nobody answered it",
}
GROUND: Final[Mapping[Ground, str]] = {
    Ground.IDENTITY_NOT_PROVEN: "It could not be proven who asks",
    Ground.NOTHING_KEPT: "Nothing is kept of the person",
    Ground.LEGAL_DUTY: "A law asks for it to be kept",
    Ground.LEGAL_CLAIM: "It is needed for a legal claim",
    Ground.OPEN_CASE: "The matter it belongs to is open",
    Ground.RIGHTS_OF_OTHERS: "It would tell about somebody else",
    Ground.RIGHT_DOES_NOT_APPLY: "The right does not hold for this processing",
    Ground.OVERRIDING_GROUNDS: "Our compelling grounds weigh more",
    Ground.EXCESSIVE: "Asked again and again without reason",
}
EXTENSION: Final[Mapping[ExtensionReason, str]] = {
    ExtensionReason.COMPLEX: "It is complex",
    ExtensionReason.MANY_REQUESTS: "There are many requests",
}


def state_of(request: RightsRequest) -> Said:
    """How far a request is, or how it was closed without an answer."""
    closed = None if request.outcome is None else CLOSED.get(request.outcome)
    return STATE[request.state] if closed is None else closed
