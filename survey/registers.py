"""What an outside register said about a number: by file, with its date, until it expires."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.tables import RegisterResult

_PART: Final = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """What a register said of one number, and until when that counts."""

    listed: bool
    expires_at: datetime


def record(
    session: Session,
    organisation_id: UUID,
    phone_hash: bytes,
    *,
    register: str,
    listed: bool,
    checked_at: datetime,
    expires_at: datetime,
) -> bool:
    """Store the newest word of the register about a number; False when nothing changes by it.

    An older file than the one that is stored changes nothing.
    """
    known = session.scalars(
        select(RegisterResult)
        .where(
            RegisterResult.organisation_id == organisation_id,
            RegisterResult.register_key == register,
            RegisterResult.subject_hash == phone_hash,
        )
        .with_for_update()
    ).one_or_none()
    if known is not None:
        same = (known.listed, known.checked_at, known.expires_at) == (
            listed, checked_at, expires_at,
        )  # fmt: skip
        if same or checked_at < known.checked_at:
            return False
        known.listed, known.checked_at, known.expires_at = listed, checked_at, expires_at
        return True
    session.add(
        RegisterResult(
            organisation_id=organisation_id,
            register_key=register,
            subject_hash=phone_hash,
            listed=listed,
            checked_at=checked_at,
            expires_at=expires_at,
        )
    )
    session.flush()
    return True


def standing(
    session: Session, organisation_id: UUID, hashes: Iterable[bytes], *, among: Collection[str]
) -> dict[bytes, dict[str, Standing]]:
    """What those registers said of each number, by its hash and the register's key."""
    found: dict[bytes, dict[str, Standing]] = {}
    wanted = list(set(hashes)) if among else []
    for at in range(0, len(wanted), _PART):
        rows = session.scalars(
            select(RegisterResult).where(
                RegisterResult.organisation_id == organisation_id,
                RegisterResult.register_key.in_(list(among)),
                RegisterResult.subject_hash.in_(wanted[at : at + _PART]),
            )
        )
        for row in rows:
            if row.subject_hash is not None:
                found.setdefault(row.subject_hash, {})[row.register_key] = Standing(
                    row.listed, row.expires_at
                )
    return found
