"""The words of a probe call: what is heard in it, and what its operator reads afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from storage.asked_states import ShownNumber
from storage.states import CallState
from storage.tables import LineProbe
from survey.line_probes import ProbeRule


@dataclass(frozen=True, slots=True)
class ProbeWords:
    """The question, and the goodbye."""

    asks: str
    thanks: str


SPOKEN: Final[Mapping[str, ProbeWords]] = {
    "sv": ProbeWords(
        asks="Hej! Det här är ett provsamtal från {organisation}. Visar din telefon numret "
        "{number}, tryck 1. Visar den ett annat nummer eller inget, tryck 2.",
        thanks="Tack och hej då!",
    ),
    "nb": ProbeWords(
        asks="Hei! Dette er en prøveoppringing fra {organisation}. Viser telefonen din nummeret "
        "{number}, trykk 1. Viser den et annet nummer eller ikke noe, trykk 2.",
        thanks="Takk og ha det bra!",
    ),
    "da": ProbeWords(
        asks="Hej! Dette er et prøveopkald fra {organisation}. Viser din telefon nummeret "
        "{number}, så tryk 1. Viser den et andet nummer eller intet, så tryk 2.",
        thanks="Tak og farvel!",
    ),
    "fi": ProbeWords(
        asks="Hei! Tämä on koepuhelu, ja soittaja on {organisation}. Jos puhelimesi näyttää "
        "numeron {number}, paina 1. Jos se näyttää muun numeron tai ei mitään, paina 2.",
        thanks="Kiitos ja kuulemiin!",
    ),
    "en": ProbeWords(
        asks="Hello! This is a test call from {organisation}. If your telephone shows the number "
        "{number}, press 1. If it shows another number or none, press 2.",
        thanks="Thank you and goodbye!",
    ),
}
REFUSED: Final[Mapping[str, str]] = {
    ProbeRule.NUMBER_NOT_VALID: "the number is not one that exists",
    ProbeRule.NOT_ON_ALLOW_LIST: "the number is not on ALLOWED_NUMBERS; add it there",
    ProbeRule.LINE_NOT_FOR_COUNTRY: "the line's number may not be shown in that country "
    "(calls_to); ring a telephone of a country that it may call",
    ProbeRule.IS_CUSTOMER: "the number belongs to a customer, whom only a campaign may ring; give "
    "a telephone of your own",
    ProbeRule.OBJECTION: "the holder of the number said no to calls",
    ProbeRule.RESTRICTED: "what is known of the number is frozen",
    ProbeRule.LINE_HELD: "the provider asked to leave the line alone for a while; try again in a "
    "minute",
    ProbeRule.CEILING: "it could pass the campaign's ceiling of money",
}
_CODES: Final[Mapping[str, str]] = {
    "20003": "the provider refuses our credentials: look at TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN "
    "and TWILIO_REGION",
    "20005": "the account is not active: look at it at the provider",
    "20006": "the account may not do this: look at it at the provider",
    "20429": "the provider has too many requests: try again in a minute",
    "21203": "calls abroad are not switched on: ask the provider for them",
    "21210": "the line's number is not ours at the provider: lease it there, or correct the file",
    "21211": "the provider takes the number for none: check it",
    "21212": "the provider takes the line's number for none: correct the file",
    "21214": "the number cannot be reached: try another telephone",
    "21215": "calls to that country are not switched on: switch them on in the provider's "
    "geographic permissions",
    "21216": "the number is on the provider's block list: try another telephone",
    "21217": "the provider takes the number for none: check it",
    "21219": "a trial account rings verified numbers only: verify it at the provider",
}
_OTHERWISE: Final = "look the code up at the provider"
IN_DOUBT: Final = "in_doubt"
NOT_TOLD: Final = "not_told"


def result(probe: LineProbe, *, number: str) -> str:
    """What came back of a probe of the line with that number, in one sentence."""
    if not probe.allowed:
        return f"not rung: {REFUSED.get(probe.rule, probe.rule)} (rule: {probe.rule})"
    match probe.state:
        case CallState.COMPLETED | CallState.IN_PROGRESS if probe.answered_at is not None:
            after = round((probe.answered_at - probe.asked_at).total_seconds())
            talk = "" if probe.seconds is None else f", {probe.seconds} seconds of talk"
            return f"answered {after} seconds after it was asked for{talk}; {shown(probe, number)}"
        case CallState.COMPLETED:
            return (
                "answered, and nothing was heard in it: the provider did not reach PUBLIC_BASE_URL "
                "for the words; see that it can"
            )
        case CallState.BUSY:
            return "busy: the way to the telephone is open; free it and try again"
        case CallState.NO_ANSWER:
            return (
                "not answered. If the telephone did not ring, a network on the way stops the "
                f"number {number}: ask the provider"
            )
        case CallState.CANCELED:
            return "withdrawn before it rang"
        case CallState.FAILED:
            return _failed(probe)
    return "under way"


def shown(probe: LineProbe, number: str) -> str:
    """Which number the telephone showed."""
    match probe.shown:
        case ShownNumber.OURS:
            return f"the telephone showed {number}"
        case ShownNumber.ANOTHER:
            return (
                f"the telephone did not show {number}: a network on the way replaces or hides it; "
                "lease a number for the country, or ask the provider"
            )
    return f"nobody said by key whether the telephone showed {number}"


def _failed(probe: LineProbe) -> str:
    if probe.error_code == IN_DOUBT:
        return (
            "nobody knows whether it rang: the provider gave no answer and lists no such call; it "
            "is not rung again by itself"
        )
    if probe.error_code == NOT_TOLD:
        return "nobody told what became of it; look whether the provider reaches PUBLIC_BASE_URL"
    if probe.error_code is None:
        return "not put through: the provider found no way to the number; see the call's page there"
    what = _CODES.get(probe.error_code, _OTHERWISE)
    return f"refused by the provider (code {probe.error_code}): {what}"
