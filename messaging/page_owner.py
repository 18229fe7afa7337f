"""The organisation whose public page somebody opens, as the page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from storage.house import reading
from storage.tables import Organisation


@dataclass(frozen=True, slots=True)
class Owner:
    """The organisation with its name in the reader's language and whom to turn to."""

    key: str
    name: str
    country: str
    contact: Mapping[str, Any]
    row: Organisation


def find(key: str, *, language: str) -> Owner | None:
    """The organisation of that key, if there is one."""
    with reading() as session:
        row = session.scalars(select(Organisation).where(Organisation.key == key)).one_or_none()
    if row is None:
        return None
    name = row.document.get("spoken_name", {}).get(language, row.name)
    return Owner(row.key, name, row.country, row.document.get("contact", {}), row)
