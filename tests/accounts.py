"""The names that staff sign in with, given to accounts that tests have as rows."""

from uuid import UUID

from storage import sign_in_names
from storage.house import house, transaction
from storage.tables import User


def call_account(item: UUID, name: str) -> None:
    """Have the account be called so."""
    shut, known_as = sign_in_names.sealed(house().keyring, {item: name})[item]
    with transaction() as session:
        user = session.get_one(User, item)
        user.sign_in_name_sealed, user.sign_in_name_hash = shut, known_as


def called(user: User) -> str:
    """What the account is called."""
    return sign_in_names.name_of(house().keyring, user)
