"""Column types that hold a rule: aware times, enums by value, and marks on personal data."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import DateTime, LargeBinary, String
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

E = TypeVar("E", bound=StrEnum)


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


def hash_column(data_class: str, **options: Any) -> MappedColumn[bytes | None]:
    """A column of keyed hashes for exact look-up of personal data of the named class."""
    return mapped_column(
        LargeBinary(32), default=None, info={"personal": data_class, "hash": True}, **options
    )
