"""Conditions over many ids, sent as one value: the statement stays the same however many there are.

An expanded list of five hundred placeholders costs more in our process than the rows in the
database.
"""

import functools
import json
from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, Uuid, any_, bindparam, cast, func, select
from sqlalchemy.orm import Session

IDS: Final = "ids"
"""The name of the value in a statement that is written once."""
_NUMBER: Final = attrgetter("int")


class ManyIds(tuple[UUID, ...]):
    """Ids that several statements ask for: what is sent of them is written once."""

    @functools.cached_property
    def digits(self) -> list[str]:
        """Their hexadecimal digits."""
        return _digits(self)

    @functools.cached_property
    def told(self) -> str:
        """Their hexadecimal digits as a JSON list, for SQLite."""
        return _told(self.digits)

    @functools.cached_property
    def array(self) -> str:
        """Their hexadecimal digits as PostgreSQL writes an array."""
        return _array(self.digits)

    @functools.cached_property
    def written(self) -> list[str]:
        """What `str` makes of each."""
        return _dashed(self.digits)


def in_order(ids: Iterable[UUID]) -> list[UUID]:
    """By their numbers, which Python compares without asking the class of ids."""
    return sorted(ids, key=_NUMBER)


def among(session: Session, column: Any, ids: Collection[UUID]) -> ColumnElement[bool]:
    """That a column holds one of these ids."""
    dialect = session.get_bind().dialect.name
    return _listed(column, dialect, bindparam(None, sent(dialect, ids), String))


def those(column: Any, dialect: str) -> ColumnElement[bool]:
    """That a column holds one of the ids that come with the statement as `IDS`; see `sent`."""
    return _listed(column, dialect, bindparam(IDS, type_=String))


def sent(dialect: str, ids: Collection[UUID]) -> str:
    """What is sent of the ids to that kind of database."""
    many = ids if isinstance(ids, ManyIds) else ManyIds(ids)
    return many.told if dialect == "sqlite" else many.array


def written(ids: Collection[UUID]) -> list[str]:
    """What `str` makes of each, in a third of its time: of a batch these are thousands."""
    return ids.written if isinstance(ids, ManyIds) else _dashed(_digits(ids))


def _listed(column: Any, dialect: str, told: Any) -> ColumnElement[bool]:
    if dialect == "sqlite":
        listed = func.json_each(told).table_valued("value")
        # Ids are stored as their hexadecimal digits; no wish to have them turned back and forth.
        return column.in_(select(listed.c.value))  # type: ignore[no-any-return]
    # As text, because the driver asks each id by itself what it is.
    return column == any_(cast(told, ARRAY(Uuid)))  # type: ignore[no-any-return]


def _dashed(digits: list[str]) -> list[str]:
    return [f"{of[:8]}-{of[8:12]}-{of[12:16]}-{of[16:20]}-{of[20:]}" for of in digits]


def _told(digits: list[str]) -> str:
    return json.dumps(digits)


def _array(digits: list[str]) -> str:
    return "{" + ",".join(digits) + "}"


def _digits(ids: Collection[UUID]) -> list[str]:
    # What `hex` brings, without a call for each.
    return [f"{one.int:032x}" for one in ids]
