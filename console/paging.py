"""Pages of a long list by key: each begins where the last one ended, so none is skipped or slow.

The key is the moment and the id of the last row shown, written so that it fits an address.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from flask import abort
from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

T = TypeVar("T")

PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, newest first; `older` is the key of the next page, None on the last one."""

    rows: Sequence[T]
    older: str | None
    first: bool


def before(
    key: str | None, moment: InstrumentedAttribute[datetime], row: InstrumentedAttribute[UUID]
) -> list[ColumnElement[bool]]:
    """The condition that rows come after the key in the list; none for the first page."""
    if not key:
        return []
    at, last = read_key(key)
    return [or_(moment < at, and_(moment == at, row < last))]


def page(
    found: Sequence[T], key_of: Callable[[T], tuple[datetime, UUID]], key: str | None
) -> Page[T]:
    """A page from up to PAGE + 1 rows: the one too many tells that there are more."""
    rows = found[:PAGE]
    older = write_key(*key_of(rows[-1])) if len(found) > PAGE else None
    return Page(rows=rows, older=older, first=not key)


def write_key(at: datetime, row: UUID) -> str:
    """The key of a row, in letters that an address may hold."""
    text = f"{at.isoformat()} {row.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_key(key: str) -> tuple[datetime, UUID]:
    """The moment and id of a key; a broken one is 404."""
    try:
        text = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode()
        moment, _, row = text.partition(" ")
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            abort(404)
        return at, UUID(hex=row)
    except (ValueError, binascii.Error, UnicodeDecodeError):
        abort(404)
