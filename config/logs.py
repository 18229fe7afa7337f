"""Logs as one JSON object a line, in which only known keys can appear.

A number, a name or a transcript cannot get into the log by way of a careless `extra`: what is not
on the list is left out, and its absence is said.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

# Opaque ids, codes, counts and durations. Adding a key here is a decision about privacy.
ALLOWED: Final = frozenset(
    {
        "address", "alarm_id", "attempt_id", "attempts", "bytes", "call_id", "calls", "campaign",
        "case_id", "channel", "code", "command", "comment_id", "copy_id", "count", "counts",
        "delivery_id",
        "error", "event_kind", "host", "invitation_id", "job", "kind", "language", "lease",
        "line_id", "message_id", "method", "model", "name", "organisation", "organisation_id",
        "outcome", "path", "pid", "process", "profile", "provider_sid", "queue", "reason",
        "recording_id", "request_id", "response_id", "route", "rule", "run_id", "seconds",
        "setting", "state", "status", "text_id", "transcript_id", "tries", "user_id", "verdict",
        "visit", "wanted", "was",
    }
)  # fmt: skip
Event = MutableMapping[str, Any]
_OWN = frozenset({"event", "level", "logger", "timestamp", "exception", "left_out"})


def set_up_logs(level: str) -> None:
    """Send this process's logs to standard error; raises ValueError for an unknown level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                only_known_keys,
                error_places,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # They print numbers in addresses, or arguments of jobs.
    for chatty in ("twilio.http_client", "urllib3", "rq", "rq.worker", "werkzeug"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def only_known_keys(_logger: Any, _method: str, event: Event) -> Event:
    """The event with unknown keys left out and their number said."""
    known = {k: v for k, v in event.items() if k in ALLOWED or k in _OWN or k == "exc_info"}
    if len(known) < len(event):
        known["left_out"] = len(event) - len(known)
    return known


def error_places(_logger: Any, _method: str, event: Event) -> Event:
    """An exception as its class and the places it passed, without its text.

    Texts of exceptions quote values: a database driver prints the row it could not write.
    """
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if not info or info[0] is None:
        return event
    places, trace = [], info[2]
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    event["exception"] = {"class": info[0].__name__, "places": places[-12:]}
    return event
