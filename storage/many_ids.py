"""Conditions over many ids, sent as one value: the statement stays the same however many there are.

An expanded list of five hundred placeholders costs more in our process than the rows in the
database.
"""

import functools
import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, Uuid, any_, bindparam, func, select
from sqlalchemy.orm import Session


class ManyIds(tuple[UUID, ...]):
    """Ids that several statements ask for: what is sent of them is written once."""

    @functools.cached_property
    def told(self) -> str:
        """A JSON list of their hexadecimal digits."""
        return _told(self)


def _told(ids: Collection[UUID]) -> str:
    return json.dumps([one.hex for one in ids])


def among(session: Session, column: Any, ids: Collection[UUID]) -> ColumnElement[bool]:
    """That a column holds one of these ids."""
    if session.get_bind().dialect.name == "sqlite":
        told = ids.told if isinstance(ids, ManyIds) else _told(ids)
        listed = func.json_each(bindparam(None, told, String)).table_valued("value")
        # Ids are stored as their hexadecimal digits; no wish to have them turned back and forth.
        return column.in_(select(listed.c.value))  # type: ignore[no-any-return]
    return column == any_(bindparam(None, list(ids), ARRAY(Uuid)))  # type: ignore[no-any-return]
