"""The names that staff sign in with: sealed under their account's own key, found by the keyring's.

What somebody signs in with is mostly their own name. So it goes with the account's key, out of
every backup of the main database as well, and what finds the account is a name that the keyring
makes up and forgets. It is the same in all organisations: nobody says at sign-in whose they are.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from storage.keyring import Keyring
from storage.lookup_names import THE_HOUSE
from storage.tables import User

KIND: Final = "user.sign_in_name"
"""What the sealed bytes are bound to."""
HASHED_AS: Final = "sign-in"
WHO_LEFT: Final = "somebody who left"
"""What an account is called that was emptied."""


def spelled(name: str) -> str:
    """The name as it is sealed and compared."""
    return name.strip().casefold()


def found_by(keyring: Keyring, name: str) -> bytes:
    """What the keyring finds its name for that sign-in name by."""
    return keyring.keyed_hash(THE_HOUSE, HASHED_AS, spelled(name))


def sealed(keyring: Keyring, names: Mapping[UUID, str]) -> dict[UUID, tuple[bytes, bytes]]:
    """For each account its name sealed under the account's key, and what stands for it in the row.

    Keys and names are made where missing, and committed before this returns.
    """
    told = {item: spelled(name) for item, name in names.items()}
    shut = keyring.seal_many({item: {KIND: name} for item, name in told.items()})
    hashes = keyring.lookup_hashes(THE_HOUSE, HASHED_AS, told.values())
    return {
        item: (bytes(shut[item][KIND] or b""), hashed)
        for item, hashed in zip(told, hashes, strict=True)
    }


def names_of(keyring: Keyring, those: Iterable[User]) -> dict[UUID, str]:
    """What each of these accounts is called, with one look into the keyring.

    One whose key is lost is called by its id: the commands take that, too.
    """
    users = list(those)
    opened = keyring.open_many([(one.id, KIND, one.sign_in_name_sealed) for one in users])
    return {
        one.id: name or (WHO_LEFT if one.sign_in_name_sealed is None else str(one.id))
        for one, name in zip(users, opened, strict=True)
    }


def name_of(keyring: Keyring, user: User) -> str:
    """What that account is called."""
    return names_of(keyring, [user])[user.id]
