"""The master keys in use: the first wraps, all of them unwrap, so that they can be rotated."""

from collections.abc import Sequence
from uuid import UUID

from storage import sealing


class WrongMasterKeyError(Exception):
    """No given master key opens what was wrapped."""


class MasterKeys:
    """The master keys of a process; they wrap keys and never data."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != sealing.KEY_BYTES for key in keys):
            raise ValueError("MASTER_KEY needs at least one key of 32 bytes")
        self._by_name = {self.fingerprint(key): sealing.derive(key, "wrap") for key in keys}
        self.current = self.fingerprint(keys[0])

    @property
    def names(self) -> frozenset[str]:
        """The fingerprints of all that were given."""
        return frozenset(self._by_name)

    @staticmethod
    def fingerprint(key: bytes) -> str:
        """16 hex digits that name a master key and tell nothing about it."""
        return sealing.derive(key, "fingerprint").hex()[:16]

    def wrap(self, data_key: bytes, item: UUID) -> bytes:
        """The data key, sealed for its item under the current master key."""
        return sealing.seal(self._by_name[self.current], data_key, item=item, kind="data key")

    def unwrap(self, wrapped: bytes, *, item: UUID, master: str) -> bytes:
        """The data key; raises WrongMasterKeyError when its master key was not given."""
        if master not in self._by_name:
            raise WrongMasterKeyError(
                f"a key in the keyring is wrapped under master key {master}, which MASTER_KEY "
                "does not hold; put that key back (it may stand last in the list)"
            )
        try:
            return sealing.unseal(self._by_name[master], wrapped, item=item, kind="data key")
        except sealing.BrokenSealError as error:
            raise WrongMasterKeyError(f"the keyring's entry for {item} does not open") from error
