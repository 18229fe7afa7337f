"""Reads what an API client posts to make or change a call, and refuses what the provider would."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from simulator.detection import Detection
from simulator.orders import Source
from simulator.outbound import Ordered
from simulator.records import Address
from simulator.rest_errors import ApiError

NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
_DIGITS: Final = re.compile(r"[0-9A-D#*wW]{1,32}")
EVENTS: Final = frozenset({"initiated", "ringing", "answered", "completed"})
KNOWN: Final = frozenset(
    {
        "To", "From", "Url", "Method", "Twiml", "ApplicationSid", "FallbackUrl", "FallbackMethod",
        "StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent", "Timeout", "TimeLimit",
        "SendDigits", "MachineDetection", "MachineDetectionTimeout",
        "MachineDetectionSpeechThreshold", "MachineDetectionSpeechEndThreshold",
        "MachineDetectionSilenceTimeout", "AsyncAmd", "AsyncAmdStatusCallback",
        "AsyncAmdStatusCallbackMethod", "Record", "Trim", "RecordingChannels", "RecordingTrack",
        "RecordingStatusCallback", "RecordingStatusCallbackMethod",
        "RecordingStatusCallbackEvent", "CallerId", "CallReason", "CallToken", "Byoc",
        "ClientNotificationUrl", "SipAuthUsername", "SipAuthPassword", "RecordingConfigurationId",
    }
)  # fmt: skip

Form = MultiDict[str, str]


def read_source(form: Form) -> Source | None:
    """The document the call is to run, if the request names one."""
    if form.get("Url"):
        return Source(Address(_address(form, "Url", 21205), method(form, "Method")))
    if form.get("Twiml"):
        if len(form["Twiml"]) > 4000:
            raise ApiError(21218, "Twiml is longer than 4000 characters")
        return Source(inline=form["Twiml"])
    return None


def read_order(form: Form) -> Ordered:
    """What is to happen once the call is answered."""
    source = read_source(form)
    if source is None:
        if form.get("ApplicationSid"):
            raise ApiError(21218, "ApplicationSid: this account has no TwiML applications")
        raise ApiError(21205, "Url parameter is required (or Twiml)")
    if form.get("Record", "false").lower() == "true":
        raise ApiError(
            20001,
            "Record=true: the simulator keeps what a person says to <Record>, not whole calls",
        )
    digits = form.get("SendDigits", "")
    if digits and _DIGITS.fullmatch(digits) is None:
        raise ApiError(21206, "SendDigits takes at most 32 of 0-9 A-D # * w W")
    return Ordered(source, _detection(form), digits)


def optional_address(form: Form, name: str) -> Address | None:
    if not form.get(name):
        return None
    return Address(_address(form, name, 21205), method(form, f"{name.removesuffix('Url')}Method"))


def method(form: Form, name: str) -> str:
    value = form.get(name, "POST").upper()
    if value not in ("GET", "POST"):
        raise ApiError(21205, f"{name} is GET or POST, not {value!r}")
    return value


def seconds(form: Form, name: str, usual: float, *, least: int, most: int, code: int) -> float:
    text = form.get(name)
    if text is None or text == "":
        return usual
    if not text.isdigit() or not least <= int(text) <= most:
        raise ApiError(code, f"{name} is {least} to {most}, not {text!r}")
    return float(text)


def _address(form: Form, name: str, code: int) -> str:
    url = form[name]
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ApiError(code, f"{name} is not a valid URL: {url}")
    if "_" in parts.hostname:
        raise ApiError(code, f"{name}: a host name must not contain an underscore")
    return url


def _detection(form: Form) -> Detection | None:
    wanted = form.get("MachineDetection", "")
    if not wanted:
        return None
    if wanted not in ("Enable", "DetectMessageEnd"):
        raise ApiError(21234, f"MachineDetection is Enable or DetectMessageEnd, not {wanted!r}")
    callback = optional_address(form, "AsyncAmdStatusCallback")
    asynchronous = form.get("AsyncAmd", "false").lower() == "true"
    if asynchronous and callback is None:
        raise ApiError(21262, "AsyncAmd needs an AsyncAmdStatusCallback")
    prefix = "MachineDetection"
    return Detection(
        to_message_end=wanted == "DetectMessageEnd",
        asynchronous=asynchronous,
        callback=callback,
        timeout_seconds=seconds(form, f"{prefix}Timeout", 30, least=3, most=59, code=21263),
        speech_ms=int(
            seconds(form, f"{prefix}SpeechThreshold", 2400, least=1000, most=6000, code=21263)
        ),
        speech_end_ms=int(
            seconds(form, f"{prefix}SpeechEndThreshold", 1200, least=500, most=5000, code=21263)
        ),
        silence_ms=int(
            seconds(form, f"{prefix}SilenceTimeout", 5000, least=2000, most=10000, code=21263)
        ),
    )
