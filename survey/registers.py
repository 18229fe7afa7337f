"""What an outside register said about a number: by file, with its date, until it expires."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.campaign_limits import CompanyNumbers, Register
from storage.tables import RegisterResult
from survey.permission_terms import RegisterAnswer

_PART: Final = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """What a register said of one number, when, and until when that counts."""

    listed: bool
    checked_at: datetime
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
                    row.listed, row.checked_at, row.expires_at
                )
    return found


def answers(
    standing: Mapping[str, Standing], heeded: Sequence[Register], *, zone: ZoneInfo
) -> tuple[RegisterAnswer, ...]:
    """What each register that a campaign must heed says about a number with that standing."""
    found = []
    for one in heeded:
        said = standing.get(one.key)
        if said is None:
            found.append(RegisterAnswer(one.key, one.blocks))
            continue
        # What the file says today counts, whatever it said when the number was washed.
        until = min(said.expires_at, one.valid_for.after(said.checked_at, zone))
        found.append(RegisterAnswer(one.key, one.blocks, said.listed, until, said.checked_at))
    return tuple(found)


def is_company(
    standing: Mapping[str, Standing], companies: CompanyNumbers | None, *, now: datetime
) -> bool | None:
    """Whether a register lists the number as a company's; None when its answer is not known, or
    counts no more, and False where companies have no hours of their own."""
    if companies is None:
        return False
    said = standing.get(companies.register_key)
    return said.listed if said is not None and now < said.expires_at else None
