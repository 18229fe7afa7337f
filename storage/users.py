"""Who may sign in: accounts, their passwords (argon2), and a lock that grows with each failure."""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage import sign_in_names
from storage.database import Database
from storage.faults import GiveUp
from storage.identity import new_id
from storage.keyring import Keyring
from storage.lookup_names import THE_HOUSE
from storage.tables import Role, Sitting, User

log = logging.getLogger(__name__)

FREE_FAILURES: Final = 4
"""So many wrong passwords in a row cost nothing: people mistype."""
FIRST_LOCK: Final = timedelta(seconds=30)
LONGEST_LOCK: Final = timedelta(hours=1)
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 512
LONGEST_NAME: Final = 80
LEFT_FOR: Final = timedelta(days=30)
"""So long after an account was closed its name is emptied: until then it can be opened again."""

_hasher = PasswordHasher()
# Verified for names that nobody has, so that an answer takes as long as for names that exist.
_nobody: dict[PasswordHasher, str] = {}


class BadUser(GiveUp):
    """The account cannot be made or changed as asked; the reason says what would be right."""


def create(
    session: Session,
    keyring: Keyring,
    *,
    name: str,
    password: str,
    role: Role,
    organisation_id: UUID | None,
    at: datetime,
) -> User:
    """A new account; without an organisation it sees all of them. Raises BadUser."""
    name = sign_in_names.spelled(name)
    if not name or len(name) > LONGEST_NAME:
        raise BadUser(f"a sign-in name has 1 to {LONGEST_NAME} characters")
    if role is Role.CLIENT and organisation_id is None:
        raise BadUser("a client reads the messages of one organisation; name it")
    if find(session, keyring, name) is not None:
        raise BadUser(f"there is already a user {name!r}; choose another name")
    item, hashed = new_id(), _hash(password)
    shut, known_as = sign_in_names.sealed(keyring, {item: name})[item]
    user = User(
        id=item,
        sign_in_name_sealed=shut,
        sign_in_name_hash=known_as,
        role=role,
        organisation_id=organisation_id,
        password_hash=hashed,
        created_at=at,
    )
    session.add(user)
    session.flush()
    return user


def find(session: Session, keyring: Keyring, name: str) -> User | None:
    """The account of that sign-in name, however it was capitalised.

    Nothing is noted of a name that nobody has, which somebody may have tried at the door.
    """
    found_by = sign_in_names.found_by(keyring, name)
    known_as = keyring.names.foretold(THE_HOUSE, found_by)
    if known_as is None:
        return None
    user = session.scalar(select(User).where(User.sign_in_name_hash == known_as))
    if user is not None:
        # Of a keyring that was put back: the seed from which it foretold goes with the next backup.
        keyring.names.of(THE_HOUSE, [found_by])
    return user


def change_password(session: Session, user: User, password: str) -> None:
    """A new password; every sitting under the old one ends and a lock is lifted."""
    user.password_hash = _hash(password)
    user.failed_sign_ins, user.locked_until = 0, None
    session.execute(delete(Sitting).where(Sitting.user_id == user.id))


def is_password(user: User, password: str) -> bool:
    """Whether it is the account's password; for whoever runs the machine, so nothing is counted."""
    return _matches(user.password_hash, password)


def disable(session: Session, user: User, *, at: datetime) -> None:
    """Nobody signs in with this account any more, and whoever is in is out at once."""
    user.disabled_at = user.disabled_at or at
    user.erase_at = user.erase_at or user.disabled_at + LEFT_FOR
    session.execute(delete(Sitting).where(Sitting.user_id == user.id))


def enable(user: User) -> None:
    """Open a closed account again, with the password it had."""
    user.disabled_at = user.erase_at = None


def authenticate(
    database: Database, keyring: Keyring, name: str, password: str, *, at: datetime
) -> UUID | None:
    """The user's id; None for a wrong name, a wrong password, a locked or a disabled account.

    The four take the same time and look the same. The slow comparison runs outside any
    transaction; the short one after it counts a failure, or forgets the earlier ones.
    """
    with database.reading() as session:
        user = find(session, keyring, name)
    right = _matches(user.password_hash if user else None, password)
    if user is None:
        log.info("sign_in.failed", extra={"code": "unknown"})
        return None
    with database.transaction() as session:
        user = session.get_one(User, user.id, with_for_update=True)
        refused = "disabled" if user.disabled_at else "locked" if _locked(user, at) else None
        if refused is None and not right:
            user.failed_sign_ins += 1
            user.locked_until = _lock(user.failed_sign_ins, at)
            refused = "password"
        if refused is not None:
            log.info("sign_in.failed", extra={"user_id": user.id, "code": refused})
            return None
        user.failed_sign_ins, user.locked_until = 0, None
        if _hasher.check_needs_rehash(user.password_hash):
            user.password_hash = _hasher.hash(password)
    return user.id


def new_password() -> str:
    """A password to hand over: 20 letters and digits without look-alikes, about 100 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    letters = [secrets.choice(alphabet) for _ in range(20)]
    return "-".join("".join(letters[at : at + 5]) for at in range(0, 20, 5))


def _locked(user: User, at: datetime) -> bool:
    return user.locked_until is not None and at < user.locked_until


def _lock(failures: int, at: datetime) -> datetime | None:
    if failures <= FREE_FAILURES:
        return None
    doubled: int = 2 ** min(failures - FREE_FAILURES - 1, 12)
    return at + min(FIRST_LOCK * doubled, LONGEST_LOCK)


def _matches(stored: str | None, password: str) -> bool:
    # An emptied account has no password, and takes as long as one that is not there.
    if not stored and _hasher not in _nobody:
        _nobody[_hasher] = _hasher.hash(secrets.token_hex(16))
    try:
        # Cut, so that nobody makes us hash a novel.
        return _hasher.verify(stored or _nobody[_hasher], password[: LONGEST_PASSWORD + 1])
    except (VerifyMismatchError, InvalidHashError):
        return False


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadUser(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return _hasher.hash(password)
