"""What every row shares: the declarative registry, a time-ordered id, and its organisation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

from storage.columns import Id, Utc
from storage.identity import new_id

Json = JSON().with_variant(JSONB(), "postgresql")


class Row(DeclarativeBase):
    """The registry of the main database; constraint names are fixed for migrations to find."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {UUID: Id, datetime: Utc, dict[str, Any]: Json, list[Any]: Json}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute


class Identified:
    """A row with an id of its own, made by us before the row is written (sealing needs it)."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


def owned(*, index: bool = True) -> MappedColumn[UUID]:
    """The column that says whose row it is; every query names it."""
    return mapped_column(ForeignKey("organisations.id"), index=index)
