"""Prepared statements about several things at once: made once for each length of a list.

A list is filled up to the next power of two with its last value, which changes nothing of what is
among it; so there are ten lengths in all, and a long list comes in parts.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, CompoundSelect, Insert, Select, Update, bindparam
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from storage.prepared import Prepared

Items = Sequence[BindParameter[Any]]
_Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | Insert | Update
_MOST: Final = 512


class PreparedList:
    """One statement about a list of values of that type; `make` puts them `in_` where they belong.

    Make it once, at import. The rows of a list that comes in parts come part by part.
    """

    def __init__(self, make: Callable[[Items], _Statement], *, of: TypeEngine[Any]) -> None:
        self._make = make
        self._type = of
        self._made: dict[int, Prepared] = {}

    def rows(
        self, session: Session, values: Mapping[str, Any], items: Collection[Any]
    ) -> list[tuple[Any, ...]]:
        """What comes back, in the order of the columns; nothing is asked about no items."""
        return [
            row
            for prepared, named in self._parts(values, items)
            for row in prepared.rows(session, named)
        ]

    def write(self, session: Session, values: Mapping[str, Any], items: Collection[Any]) -> None:
        """`Prepared.write` for those items."""
        for prepared, named in self._parts(values, items):
            prepared.write(session, named)

    def _parts(
        self, values: Mapping[str, Any], items: Collection[Any]
    ) -> list[tuple[Prepared, dict[str, Any]]]:
        whole = list(items)
        return [
            self._part(values, whole[start : start + _MOST])
            for start in range(0, len(whole), _MOST)
        ]

    def _part(self, values: Mapping[str, Any], part: list[Any]) -> tuple[Prepared, dict[str, Any]]:
        size = 1 << (len(part) - 1).bit_length()
        prepared = self._made.get(size)
        if prepared is None:
            names = [bindparam(_name(place), type_=self._type) for place in range(size)]
            prepared = self._made[size] = Prepared(self._make(names))
        filled = part + part[-1:] * (size - len(part))
        return prepared, {**values, **{_name(place): one for place, one in enumerate(filled)}}


def _name(place: int) -> str:
    return f"item_{place}"
