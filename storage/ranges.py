"""The part of a file that a player asks for (RFC 9110, section 14): one range, or the whole."""

import re
from dataclasses import dataclass
from typing import Final

_ONE_RANGE: Final = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE)
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes [start, end) of a file; `partial` when they were asked for as a range."""

    start: int
    end: int
    partial: bool


class Unsatisfiable(Exception):  # noqa: N818 - named after the answer, 416
    """The range begins after the file has ended."""


def wanted(header: str | None, length: int) -> Span:
    """The span a Range header asks for; raises Unsatisfiable.

    A header that is none, that asks for several ranges or in another unit gives the whole file,
    which the standard allows and every player understands.
    """
    whole = Span(0, length, partial=False)
    match = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if match is None or max(map(len, match.groups())) > _MOST_DIGITS:
        return whole
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) + 1 if last else length, length)
        if last and int(last) < start:
            return whole  # no range at all, so it asks for nothing in particular
    elif last:
        start, end = max(0, length - int(last)), length
    else:
        return whole
    if start >= length or start >= end:
        raise Unsatisfiable
    return Span(start, end, partial=True)
