"""Sealing: AES-256-GCM under a data key of the item's own, bound to what the bytes are.

The associated data names the kind and the item, so sealed bytes moved to another row, or taken
for another kind, do not open.
"""

import os
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
SEGMENT_BYTES: Final = 64 * 1024
_SEALED_SEGMENT: Final = NONCE_BYTES + SEGMENT_BYTES + TAG_BYTES
_MAGIC: Final = b"GKS1"


class BrokenSealError(Exception):
    """The bytes were altered, cut, or sealed for another item, kind or key."""


def new_data_key() -> bytes:
    """32 random bytes."""
    return AESGCM.generate_key(bit_length=256)


def derive(master: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose from the master key (HKDF-SHA256, RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return kdf.derive(master)


def seal(key: bytes, plain: bytes, *, item: UUID, kind: str) -> bytes:
    """Nonce, ciphertext and tag of a small value."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, _bound(item, kind))


def unseal(key: bytes, sealed: bytes, *, item: UUID, kind: str) -> bytes:
    """The plain value; raises BrokenSealError."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(item, kind))
    except (InvalidTag, ValueError) as error:
        raise BrokenSealError(f"a sealed {kind} does not open") from error


def seal_file(key: bytes, plain: bytes, *, item: UUID, kind: str) -> bytes:
    """A sealed file: segments of 64 KiB that open one by one, so a part can be played.

    Index and last-mark are bound into each segment: none can be swapped, left out or cut off.
    """
    cipher, sealed = AESGCM(key), bytearray(_MAGIC)
    last = max(0, (len(plain) - 1) // SEGMENT_BYTES)
    for index in range(last + 1):
        part = plain[index * SEGMENT_BYTES : (index + 1) * SEGMENT_BYTES]
        nonce = os.urandom(NONCE_BYTES)
        sealed += nonce + cipher.encrypt(nonce, part, _segment(item, kind, index, index == last))
    return bytes(sealed)


def plain_length(sealed_length: int) -> int:
    """How many bytes a sealed file of that length holds; raises BrokenSealError if none could."""
    body = sealed_length - len(_MAGIC)
    whole, rest = divmod(body, _SEALED_SEGMENT)
    if body <= 0 or 0 < rest < NONCE_BYTES + TAG_BYTES:
        raise BrokenSealError("a sealed file has an impossible length")
    return whole * SEGMENT_BYTES + (rest - NONCE_BYTES - TAG_BYTES if rest else 0)


def sealed_span(start: int, end: int, sealed_length: int) -> tuple[int, int]:
    """Which sealed bytes [from, to) must be fetched to open the plain bytes [start, end)."""
    first, last = start // SEGMENT_BYTES, max(start, end - 1) // SEGMENT_BYTES
    offset = len(_MAGIC)
    return (
        offset + first * _SEALED_SEGMENT,
        min(offset + (last + 1) * _SEALED_SEGMENT, sealed_length),
    )


def unseal_span(
    key: bytes, span: bytes, *, item: UUID, kind: str, start: int, end: int, sealed_length: int
) -> bytes:
    """The plain bytes [start, end) from the span that `sealed_span` named."""
    first = start // SEGMENT_BYTES
    final = (sealed_length - len(_MAGIC) - 1) // _SEALED_SEGMENT
    plain = b"".join(_segments(key, span, item=item, kind=kind, first=first, final=final))
    skip = start - first * SEGMENT_BYTES
    return plain[skip : skip + end - start]


def unseal_file(key: bytes, sealed: bytes, *, item: UUID, kind: str) -> bytes:
    """The whole plain file; raises BrokenSealError."""
    if not sealed.startswith(_MAGIC):
        raise BrokenSealError(f"a sealed {kind} does not begin as one")
    final = (len(sealed) - len(_MAGIC) - 1) // _SEALED_SEGMENT
    body = sealed[len(_MAGIC) :]
    return b"".join(_segments(key, body, item=item, kind=kind, first=0, final=final))


def _segments(
    key: bytes, span: bytes, *, item: UUID, kind: str, first: int, final: int
) -> Iterator[bytes]:
    cipher = AESGCM(key)
    for number, at in enumerate(range(0, len(span), _SEALED_SEGMENT)):
        index = first + number
        piece = span[at : at + _SEALED_SEGMENT]
        bound = _segment(item, kind, index, index == final)
        try:
            yield cipher.decrypt(piece[:NONCE_BYTES], piece[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError) as error:
            raise BrokenSealError(f"segment {index} of a sealed {kind} does not open") from error


def _bound(item: UUID, kind: str) -> bytes:
    return kind.encode() + b"\0" + item.bytes


def _segment(item: UUID, kind: str, index: int, last: bool) -> bytes:
    return _bound(item, kind) + index.to_bytes(8, "big") + (b"\1" if last else b"\0")
