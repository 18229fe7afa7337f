"""Column types that hold a rule: aware times, enums by value, and marks on personal data."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID, SafeUUID

from sqlalchemy import DateTime, LargeBinary, String, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

E = TypeVar("E", bound=StrEnum)
PASSING: Final = "passing"
"""Of a column of names: its rows go with their person, or keep what is known of them on purpose."""
LASTING: Final = "lasting"
"""Of a column of names: its rows stay when everything else of the person is gone."""
HOUSEWIDE: Final = "housewide"
"""Of a column of names: its rows go with their person, and no two of the house bear one name."""
_NEW, _PUT, _UNKNOWN = object.__new__, object.__setattr__, SafeUUID.unknown


class Id(Uuid[UUID]):
    """Row ids; SQLite's are read three times faster than `UUID(text)` reads anything one may write.

    A purge of a million answers reads ten million of them.
    """

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """What makes an id of what the database gives."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call]
        return _id_of_ours


def _id_of_ours(text: str | None) -> UUID | None:
    if text is None:
        return None
    made = _NEW(UUID)
    _PUT(made, "int", int(text, 16))
    _PUT(made, "is_safe", _UNKNOWN)
    return made


class Utc(TypeDecorator[datetime]):
    """An aware moment, stored as UTC; a naive one is refused: nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC on the way in; raises ValueError for a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored; pass an aware datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC on the way out, also from SQLite, which forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumText(TypeDecorator[StrEnum]):
    """A StrEnum stored by its value as plain text, readable in any database tool."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """The member's value; raises ValueError for a text that is no member."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """The member."""
        return None if value is None else self.kind(value)


def enum_column(kind: type[E], **options: Any) -> MappedColumn[E]:
    """A column of enum members."""
    return mapped_column(EnumText(kind), **options)


def sealed_column(data_class: str) -> MappedColumn[bytes | None]:
    """A column of sealed personal data that belongs to the named class of the retention schedule.

    The key is the row's own, in the keyring under the row's id.
    """
    return mapped_column(LargeBinary, default=None, info={"personal": data_class, "sealed": True})


def hash_column(
    data_class: str, *, outlives: bool = False, **options: Any
) -> MappedColumn[bytes | None]:
    """A column of what finds personal data of the named class: names that the keyring may forget.

    One that `outlives` its person gets a new name then: see storage/forgotten_names.py.
    """
    return _bearing(data_class, LASTING if outlives else PASSING, **options)


def housewide_column(data_class: str) -> MappedColumn[bytes | None]:
    """The same for whoever is found in the whole house, in whichever organisation; unique."""
    return _bearing(data_class, HOUSEWIDE, unique=True)


def _bearing(data_class: str, bears: str, **options: Any) -> MappedColumn[bytes | None]:
    told = {"personal": data_class, "hash": True, "bears": bears}
    return mapped_column(LargeBinary(32), default=None, info=told, **options)


def code_column(data_class: str, **options: Any) -> MappedColumn[bytes | None]:
    """A column of keyed hashes of codes that we made up; they say nothing of a person."""
    told = {"personal": data_class, "hash": True}
    return mapped_column(LargeBinary(32), default=None, info=told, **options)
