"""How many turns of calls the web answers, against a bare view that commits one row."""

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlencode

from simulator.signature import form_signature
from storage.house import house
from tests.load import bare as bare_view
from tests.load.ground import Ground, Kind, OpenCall, ground, open_calls, serving
from tests.load.hammer import hammer

CONNECTIONS = 8
# What somebody presses: satisfied, would recommend, no comment.
PRESSED = ("5", "9", "2")


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """Medians over the rounds; `ratio` is the median of each round's own ratio (aim: 0.6)."""

    kind: Kind
    bare_per_second: float
    turns_per_second: float
    ratio: float
    turn_p50: float
    turn_p99: float


def measure(kind: Kind, *, rounds: int, calls: int) -> TurnFigures:
    """Both servers on one database, in turns; each round plays `calls` surveys to their end."""
    bare, ours, ratios, p50, p99 = [], [], [], [], []
    with ExitStack() as stack:
        here = stack.enter_context(ground(kind))
        bare_view.prepare(house().database)
        service = stack.enter_context(serving(here, "wsgi:create_app()"))
        view = stack.enter_context(serving(here, "tests.load.bare:create_app()"))
        for number in range(rounds + 1):
            scripts = scripts_of(here, open_calls(calls))
            sides = [(view, b"<Response>"), (service, b"<Response>")]
            found = {
                port: hammer(port, scripts, wanted=wanted)
                for port, wanted in (sides if number % 2 else reversed(sides))
            }
            if number == 0:  # the first round warms up
                continue
            bare.append(found[view].per_second)
            ours.append(found[service].per_second)
            ratios.append(ours[-1] / bare[-1])
            p50.append(found[service].percentile(0.5))
            p99.append(found[service].percentile(0.99))
    return TurnFigures(
        kind,
        statistics.median(bare),
        statistics.median(ours),
        statistics.median(ratios),
        statistics.median(p50),
        statistics.median(p99),
    )


def scripts_of(here: Ground, calls: Sequence[OpenCall]) -> list[list[bytes]]:
    """The requests of each connection: its share of the calls, one after the other."""
    return [
        [request for call in calls[n::CONNECTIONS] for request in _requests(here, call)]
        for n in range(CONNECTIONS)
    ]


def _requests(here: Ground, call: OpenCall) -> list[bytes]:
    """The signed webhooks of one survey, as the provider posts them."""
    return [
        signed(
            here,
            f"/voice/turn/{call.token}/{visit}/keys",
            {
                "AccountSid": here.environment["TWILIO_ACCOUNT_SID"],
                "ApiVersion": "2010-04-01",
                "CallSid": call.sid,
                "CallStatus": "in-progress",
                "Called": "+46700000001",
                "Caller": "+46846500400",
                "Digits": keys,
                "Direction": "outbound-api",
                "FinishedOnKey": "",
                "From": "+46846500400",
                "To": "+46700000001",
                "msg": "Gather End",
            },
        )
        for visit, keys in enumerate(PRESSED)
    ]


def signed(here: Ground, path: str, form: dict[str, str]) -> bytes:
    """A whole POST as it goes over the wire."""
    body = urlencode(form).encode()
    signature = form_signature(here.token, here.base + path, form.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {here.base.partition('://')[2]}\r\n"
        "User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
