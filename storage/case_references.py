"""The reference of a case: sealed under its interaction's own key, found again by a keyed hash.

What the operator called a case says who it was about to anybody who has the operator's books. So
it goes with the interaction's key, out of every backup of the main database as well.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from storage.keyring import Keyring
from storage.tables import Interaction

KIND: Final = "interaction.case_reference"
"""What the sealed bytes are bound to."""
HASHED_AS: Final = "case"


def hash_of(keyring: Keyring, organisation: UUID, reference: str) -> bytes:
    """What finds the interaction of that reference within the organisation."""
    return keyring.lookup_hash(organisation, HASHED_AS, reference)


def hashes_of(keyring: Keyring, organisation: UUID, references: Iterable[str]) -> dict[str, bytes]:
    """`hash_of` for many, with one look into the keyring."""
    wanted = list(dict.fromkeys(references))
    hashes = keyring.lookup_hashes(organisation, HASHED_AS, wanted)
    return dict(zip(wanted, hashes, strict=True))


def sealed(keyring: Keyring, references: Mapping[UUID, str]) -> dict[UUID, bytes]:
    """Each reference sealed under the key of its interaction, all keys made in one go."""
    made = keyring.seal_many({item: {KIND: one} for item, one in references.items()})
    return {item: bytes(fields[KIND] or b"") for item, fields in made.items()}


def opened(keyring: Keyring, of: Iterable[tuple[UUID | None, bytes | None]]) -> list[str]:
    """The references of those interactions in their order; "" for one that has none any more."""
    wanted = [(item or UUID(int=0), KIND, shut) for item, shut in of]
    return [one or "" for one in keyring.open_many(wanted)]


def reference_of(keyring: Keyring, interaction: Interaction | None) -> str:
    """The reference of one interaction; "" when it has none any more."""
    if interaction is None:
        return ""
    return opened(keyring, [(interaction.id, interaction.case_reference_sealed)])[0]
