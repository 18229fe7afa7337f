"""Noticing that the keyring was lost: an empty one beside a database that is full must not open.

Under new keys nobody who said no would be known again, and what is sealed would stay shut.
"""

from uuid import UUID

from sqlalchemy import exists, or_, select

from storage.database import Database
from storage.keyring import Keyring, WrappedKey
from storage.tables import Customer, Objection, Organisation, User


class KeyringLostError(Exception):
    """The keyring lacks the keys of organisations that have people in the database, or any key."""


def check(database: Database, keyring: Keyring, *, accounts: bool = True) -> None:
    """Return quietly when every organisation with people has its key; raises KeyringLostError.

    Nor may a keyring be empty beside an account with a name; not looked at without `accounts`, in a
    database from before these were sealed.
    """
    # Each of them bears a hash under the organisation's key. A message need not: its caller may
    # have withheld the number.
    of_people = (Customer, Objection)
    has = [select(t.id).where(t.organisation_id == Organisation.id).exists() for t in of_people]
    with database.reading() as session:
        wanted = set(session.scalars(select(Organisation.id).where(or_(*has))))
    lost = wanted - _known(keyring, wanted)
    if lost:
        raise KeyringLostError(
            f"the keyring has no key for {len(lost)} of {len(wanted)} organisations that have "
            "people in the database: it was lost or is another database's. Put it back with "
            "'flask keys restore FILE', or correct KEYRING_URL"
        )
    if accounts and _has_accounts(database) and not keyring.count():
        # The first who signed in would have made a key under which nobody else is found.
        raise KeyringLostError(
            "the keyring is empty and there are accounts whose sign-in names need it: it was lost "
            "or is another database's. Put it back with 'flask keys restore FILE', or correct "
            "KEYRING_URL"
        )


def _has_accounts(database: Database) -> bool:
    with database.reading() as session:
        return bool(session.scalar(select(exists().where(User.sign_in_name_hash.is_not(None)))))


def _known(keyring: Keyring, items: set[UUID]) -> set[UUID]:
    with keyring.database.reading() as session:
        return set(session.scalars(select(WrappedKey.item_id).where(WrappedKey.item_id.in_(items))))
