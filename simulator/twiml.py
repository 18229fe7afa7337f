"""Reads TwiML and finds what the provider would complain of."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from simulator.profiles import Profile

_NUMBER: Final = re.compile(r"\d+")
_KEYS: Final = re.compile(r"[0-9*#]*")
_METHOD: Final = re.compile(r"GET|POST|get|post")
_BOOLEAN: Final = re.compile(r"true|false")
_ANY: Final = re.compile(r".*", re.DOTALL)
_TONES: Final = re.compile(r"[0-9A-D#*wW]+")

# Attribute to (what it may look like, the code of a wrong value).
_Rules = Mapping[str, tuple[re.Pattern[str], int]]
_RULES: Final[Mapping[str, _Rules]] = {
    "Response": {},
    "Say": {"voice": (_ANY, 12200), "language": (_ANY, 12200), "loop": (_NUMBER, 12200)},
    "Play": {"loop": (_NUMBER, 12200), "digits": (_TONES, 12200)},
    "Pause": {"length": (_NUMBER, 13910)},
    "Redirect": {"method": (_METHOD, 13710)},
    "Hangup": {},
    "Reject": {"reason": (re.compile("rejected|busy"), 12200)},
    "Gather": {
        "action": (_ANY, 12200),
        "method": (_METHOD, 12200),
        "input": (re.compile("dtmf|speech|dtmf speech|speech dtmf"), 12200),
        "numDigits": (re.compile(r"[1-9]\d*"), 12200),
        "finishOnKey": (re.compile(r"[0-9*#]?"), 13310),
        "timeout": (_NUMBER, 13313),
        "speechTimeout": (re.compile(r"\d+|auto"), 12200),
        "language": (_ANY, 12200),
        "hints": (_ANY, 12200),
        "speechModel": (_ANY, 12200),
        "profanityFilter": (_BOOLEAN, 12200),
        "enhanced": (_BOOLEAN, 12200),
        "partialResultCallback": (_ANY, 12200),
        "partialResultCallbackMethod": (_METHOD, 12200),
        "actionOnEmptyResult": (_BOOLEAN, 12200),
        "bargeIn": (_BOOLEAN, 12200),
    },
    "Record": {
        "action": (_ANY, 13610),
        "method": (_METHOD, 13610),
        "timeout": (_NUMBER, 13610),
        "finishOnKey": (_KEYS, 13610),
        "maxLength": (re.compile(r"[2-9]|[1-9]\d+"), 13610),
        "playBeep": (_BOOLEAN, 13610),
        "trim": (re.compile("trim-silence|do-not-trim"), 13610),
        "recordingStatusCallback": (_ANY, 13621),
        "recordingStatusCallbackMethod": (_METHOD, 13621),
        "recordingStatusCallbackEvent": (
            re.compile(r"(in-progress|completed|absent)( (in-progress|completed|absent))*"),
            13621,
        ),
        "transcribe": (_BOOLEAN, 13610),
        "transcribeCallback": (_ANY, 13610),
    },
}
_EMPTY: Final = frozenset({"Pause", "Hangup", "Reject", "Record"})


@dataclass(frozen=True, slots=True)
class Verb:
    """One instruction. `text` is all the text within, mark-up removed."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    children: tuple[Verb, ...] = ()

    def whole(self, name: str, default: int) -> int:
        value = self.attributes.get(name, "")
        return int(value) if value.isdigit() else default

    def truth(self, name: str, default: bool) -> bool:
        return {"true": True, "false": False}.get(self.attributes.get(name, ""), default)


@dataclass(frozen=True, slots=True)
class Problem:
    """`fatal` ones fail the document in strict mode (and an unknown verb wherever it aborts)."""

    code: int
    message: str
    fatal: bool


class MalformedError(Exception):
    """Not TwiML at all (12100)."""


def parse(body: bytes | str) -> tuple[Verb, ...]:
    """The verbs of a document. Raises `MalformedError` saying what is wrong."""
    raw = body.encode() if isinstance(body, str) else body
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise MalformedError("a document type is not allowed in TwiML")
    try:
        root = ET.fromstring(raw)  # noqa: S314 - entities are refused above
    except (ET.ParseError, ValueError) as fault:
        raise MalformedError(f"not well-formed XML: {fault}") from fault
    if root.tag != "Response":
        raise MalformedError(f"the root element is <{root.tag}>, not <Response>")
    return tuple(_verb(element) for element in root)


def problems(verbs: tuple[Verb, ...], *, profile: Profile) -> list[Problem]:
    """Everything the provider's schema has against these verbs, in document order."""
    found: list[Problem] = []
    for verb in verbs:
        found += _of_verb(verb, profile.verbs, where="<Response>")
        if verb.name == "Gather":
            for child in verb.children:
                found += _of_verb(child, profile.gather_children, where="<Gather>")
                if child.name == "Play" and "digits" in child.attributes:
                    found.append(Problem(12200, "digits= is not allowed inside <Gather>", True))
        elif verb.name in _EMPTY and verb.children:
            found.append(Problem(12200, f"<{verb.name}> takes no elements inside", True))
    return found


def speech_problem(verb: Verb) -> Problem | None:
    """Why this Say is skipped, or None."""
    text = verb.text.strip()
    if not text:
        return Problem(13520, "<Say> has no text", False)
    voice = verb.attributes.get("voice", "")
    longest = 3000 if voice.startswith("Polly") else 5000 if voice.startswith("Google") else 4096
    if len(text) > longest:
        return Problem(13521, f"<Say> has {len(text)} characters; {longest} is the limit", False)
    encoded = len(quote(text))
    if encoded > 4500:
        return Problem(13521, f"<Say> has {encoded} url-encoded bytes; 4500 is the limit", False)
    return None


def _verb(element: ET.Element) -> Verb:
    if element.tag == "Gather":
        children = tuple(_verb(child) for child in element)
        return Verb(element.tag, dict(element.attrib), "", children)
    children = () if element.tag == "Say" else tuple(_verb(child) for child in element)
    text = " ".join("".join(element.itertext()).split())
    return Verb(element.tag, dict(element.attrib), text, children)


def _of_verb(verb: Verb, allowed: frozenset[str], *, where: str) -> list[Problem]:
    if verb.name == "Dial":
        return [Problem(12200, "<Dial> is refused: the simulator connects no third party", True)]
    if verb.name not in allowed or verb.name not in _RULES:
        known = ", ".join(sorted(allowed))
        return [Problem(12200, f"<{verb.name}> is not allowed in {where}; known: {known}", True)]
    found = []
    for name, value in verb.attributes.items():
        rule = _RULES[verb.name].get(name)
        if rule is None:
            found.append(Problem(12200, f"<{verb.name}> has no attribute {name}", True))
        elif rule[0].fullmatch(value) is None:
            found.append(Problem(rule[1], f"<{verb.name} {name}={value!r}> is not valid", True))
    return found
