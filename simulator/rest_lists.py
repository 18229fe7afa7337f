"""Lists of the API: pages, their envelope, and filters by date."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from flask import Response, jsonify, request

from simulator.rest_errors import ApiError

_LARGEST_PAGE = 1000

Record = TypeVar("Record")


def page_of(
    plural: str, records: Iterable[Record], as_json: Callable[[Record], dict[str, Any]]
) -> Response:
    """One page in the provider's envelope; its addresses are relative to the API's origin."""
    size = _whole("PageSize", 50, least=1, most=_LARGEST_PAGE)
    number = _whole("Page", 0, least=0)
    start = size * number
    window = list(islice(records, start, start + size + 1))
    shown = [as_json(record) for record in window[:size]]
    more = len(window) > size
    return jsonify(
        {
            plural: shown,
            "page": number,
            "page_size": size,
            "start": start,
            "end": start + max(len(shown) - 1, 0),
            "uri": _uri(size, number),
            "first_page_uri": _uri(size, 0),
            "next_page_uri": _uri(size, number + 1, shown[-1]["sid"]) if more else None,
            "previous_page_uri": _uri(size, number - 1, shown[0]["sid"] if shown else "")
            if number
            else None,
        }
    )


def within(moment: datetime | None, name: str) -> bool:
    """Does the moment meet the filters `name`, `name<` and `name>` of this request?

    A day, also one written as its midnight, includes all of itself. What has not happened yet
    meets no filter.
    """
    day, until, since = (request.args.get(name + sign) for sign in ("", "<", ">"))
    if day is None and until is None and since is None:
        return True
    if moment is None:
        return False
    if day is not None and _starts(day, name).date() != moment.date():
        return False
    if until is not None and moment >= _ends(until, name):
        return False
    return since is None or moment >= _starts(since, name)


def _starts(text: str, name: str) -> datetime:
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time.min, UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        message = f"{name} must be a date such as 2026-01-31, not {text!r}"
        raise ApiError(20001, message, status=400) from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ends(text: str, name: str) -> datetime:
    moment = _starts(text, name)
    whole_day = moment.time() == time.min
    return moment + (timedelta(days=1) if whole_day else timedelta(seconds=1))


def _whole(name: str, usual: int, *, least: int, most: int | None = None) -> int:
    text = request.args.get(name)
    if text is None:
        return usual
    if not text.isdigit() or int(text) < least:
        raise ApiError(20001, f"{name} must be a whole number from {least}", status=400)
    return min(int(text), most) if most is not None else int(text)


def _uri(size: int, number: int, token: str = "") -> str:
    kept = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in ("Page", "PageSize", "PageToken")
    ]
    kept += [("PageSize", str(size)), ("Page", str(number))]
    if token:
        kept.append(("PageToken", f"PA{token}"))
    return f"{request.path}?{urlencode(kept, quote_via=quote)}"
