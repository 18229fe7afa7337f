"""How many turns of calls the web answers, against a bare view that commits one row."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode

from simulator.signature import form_signature
from storage.house import house
from tests.load import bare as bare_view
from tests.load.ground import Ground, Kind, OpenCall, Served, ground, open_calls, serving
from tests.load.hammer import Hammered, hammer
from tests.load.processor import Spent

CONNECTIONS = 8
# What somebody presses: satisfied, would recommend, no comment.
PRESSED = ("5", "9", "2")


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """Medians over the rounds; `ratio` is the median of each round's own ratio (aim: 0.6).

    Processor time is seconds of a request over all rounds: of the web server's processes, and of
    the database's where it has any. `cpu_ratio` is the median of each round's ratio of both.
    """

    kind: Kind
    rounds: int
    bare_per_second: float
    turns_per_second: float
    ratio: float
    turn_p50: float
    turn_p99: float
    bare_cpu: Spent
    turn_cpu: Spent
    cpu_ratio: float


@dataclass(frozen=True, slots=True)
class _Round:
    """What one side took of one round."""

    found: Hammered
    cpu: Spent


def measure(kind: Kind, *, rounds: int, calls: int) -> TurnFigures:
    """Both servers on one database; each round plays `calls` surveys to their end on either.

    The rounds are short and many, and the sides change places in each, so that whatever else the
    machine does falls on both.
    """
    with ExitStack() as stack:
        here = stack.enter_context(ground(kind))
        bare_view.prepare(house().database)
        service = stack.enter_context(serving(here, "wsgi:create_app()"))
        view = stack.enter_context(serving(here, "tests.load.bare:create_app()"))
        pairs = []
        for number in range(rounds + 1):
            scripts = scripts_of(here, open_calls(calls))
            sides = (view, service) if number % 2 else (service, view)
            found = {side: _round(here, side, scripts) for side in sides}
            if number:  # the first round warms up
                pairs.append((found[view], found[service]))
    ours = [turn.found for _, turn in pairs]
    return TurnFigures(
        kind=kind,
        rounds=rounds,
        bare_per_second=median(bare.found.per_second for bare, _ in pairs),
        turns_per_second=median(one.per_second for one in ours),
        ratio=median(turn.found.per_second / bare.found.per_second for bare, turn in pairs),
        turn_p50=median(one.percentile(0.5) for one in ours),
        turn_p99=median(one.percentile(0.99) for one in ours),
        bare_cpu=Spent.mean([bare.cpu for bare, _ in pairs]),
        turn_cpu=Spent.mean([turn.cpu for _, turn in pairs]),
        cpu_ratio=median(bare.cpu.whole / turn.cpu.whole for bare, turn in pairs),
    )


def _round(here: Ground, side: Served, scripts: Sequence[Sequence[bytes]]) -> _Round:
    before = Spent.so_far(server=side.pid, database=here.database_pid)
    found = hammer(side.port, scripts, wanted=b"<Response>")
    spent = Spent.so_far(server=side.pid, database=here.database_pid).since(before)
    return _Round(found, spent.shared_by(len(found.latencies)))


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
