"""The provider's errors as our two families, without a word of its texts: they hold numbers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import requests
from twilio.base.exceptions import TwilioException
from urllib3.exceptions import NewConnectionError, ProtocolError

from storage.faults import GiveUp, TryAgain

_NOT_FOUND: Final = "20404"
_NOT_FINISHED: Final = "20009"
# 22005: so many calls wait at the provider that it takes no more.
_LATER: Final = frozenset({"20429", "20409", "22005", _NOT_FINISHED})
_REFUSES_US: Final = frozenset({"20003", "20005", "20006"})
# The recipient has told the provider that they want nothing more from us.
_OPTED_OUT: Final = "21610"


class ProviderRefusesUs(GiveUp):
    """Our credentials or our account are not accepted: an alarm, nothing will work until mended."""


class ProviderSaysNo(GiveUp):
    """This request is wrong and stays wrong; `code` is the provider's."""


class RecipientOptedOut(ProviderSaysNo):
    """The recipient told the provider to stop us; never try again."""


class NotThere(ProviderSaysNo):
    """The provider does not know it."""


class ProviderBusy(TryAgain):
    """Too many requests, or a thing that is not finished yet: nothing was done, ask again."""


def too_many(body: str, retry_after: str | None, *, now: datetime) -> ProviderBusy:
    """The fault of an HTTP 429, with the patience that its header asks for, in either notation."""
    try:
        code = str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        code = "429"
    return ProviderBusy(
        "the provider asks us to come back later",
        code=code,
        after_seconds=_patience(retry_after, now=now),
    )


def _patience(header: str | None, *, now: datetime) -> float | None:
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return None  # some gateway's own idea of a date


class ProviderAway(TryAgain):
    """No usable answer came."""


@contextmanager
def translated(*, creating: bool = False) -> Iterator[None]:
    """Turn the client library's exceptions into ours.

    When `creating`, an answer that never came leaves open whether the thing was made.
    """
    try:
        yield
    except TwilioException as error:
        raise _from_answer(error, creating=creating) from None
    except requests.RequestException as error:
        maybe = creating and not _never_sent(error)
        raise ProviderAway(
            "the provider gave no answer", may_have_happened=maybe, code=type(error).__name__
        ) from None
    except ValueError:
        # A success that is no JSON, or a redirect: some gateway answered for the provider.
        raise ProviderAway(
            "the provider's answer is not JSON", may_have_happened=creating, code="not_json"
        ) from None


def fault_of(status: int, code: str | None, *, creating: bool = False) -> TryAgain | GiveUp:
    """The fault that an HTTP status and the provider's error code stand for."""
    code = code or str(status)
    if status == 401 or code in _REFUSES_US:
        return ProviderRefusesUs("the provider refuses our credentials", code=code)
    if status == 429 or code in _LATER:
        return ProviderBusy("the provider asks us to come back later", code=code)
    if status == 404 or code == _NOT_FOUND:
        return NotThere("the provider does not know it", code=code)
    if status >= 500 and status != 501:  # 501: it cannot, and never will
        return ProviderAway(
            "the provider has a fault of its own", may_have_happened=creating, code=code
        )
    if code == _OPTED_OUT:
        return RecipientOptedOut("the recipient has opted out at the provider", code=code)
    return ProviderSaysNo("the provider refuses the request", code=code)


def _from_answer(error: TwilioException, *, creating: bool) -> TryAgain | GiveUp:
    status = getattr(error, "status", None)
    if status is None and len(error.args) == 2:
        # A page of a list that failed carries the response instead of its fields.
        status = getattr(error.args[1], "status_code", None)
    if status is None:
        return ProviderAway("the provider's answer cannot be read", may_have_happened=creating)
    code = getattr(error, "code", None)
    return fault_of(int(status), None if code is None else str(code), creating=creating)


def _never_sent(error: requests.RequestException) -> bool:
    """Whether no connection came about at all, so that the request cannot have arrived."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    if isinstance(cause, ProtocolError):
        return False
    return isinstance(getattr(cause, "reason", None), NewConnectionError)
