"""A sealed recording as a player asks for it: whole or in part, opened piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from storage import sealing
from storage.blobs import BlobStore
from storage.keyring import Keyring
from storage.ranges import Span, Unsatisfiable, wanted
from storage.sealing import SEGMENT_BYTES

KIND: Final = "recording.audio"
_PIECE: Final = 4 * SEGMENT_BYTES


@dataclass(frozen=True, slots=True)
class Sound:
    """One answer to a player: the span, and where its bytes come from."""

    item: UUID
    span: Span
    length: int
    tag: str
    key: bytes
    sealed_length: int

    @property
    def status(self) -> int:
        """200 for the whole, 206 for a part."""
        return 206 if self.span.partial else 200

    @property
    def headers(self) -> dict[str, str]:
        """What the player is told of it."""
        told = {
            "Content-Length": str(self.span.end - self.span.start),
            "Accept-Ranges": "bytes",
            "ETag": self.tag,
            "Content-Disposition": "inline",
        }
        if self.span.partial:
            told["Content-Range"] = f"bytes {self.span.start}-{self.span.end - 1}/{self.length}"
        return told


class PastItsEndError(Exception):
    """The part begins after the sound has ended; `length` is where that is."""

    def __init__(self, length: int) -> None:
        super().__init__(f"the sound has {length} bytes")
        self.length = length


def sound(
    item: UUID,
    *,
    tag: str,
    asked: str | None,
    if_range: str | None,
    keyring: Keyring,
    blobs: BlobStore,
) -> Sound:
    """The part of the recording that the headers `Range` and `If-Range` ask for.

    Raises KeyDestroyedError, FileNotFoundError or PastItsEndError.
    """
    key = keyring.key(item)
    sealed_length = blobs.length(item)
    length = sealing.plain_length(sealed_length)
    if if_range is not None and if_range != tag:
        asked = None
    try:
        span = wanted(asked, length)
    except Unsatisfiable:
        raise PastItsEndError(length) from None
    return Sound(item, span, length, tag, key, sealed_length)


def opened(
    blobs: BlobStore, item: UUID, span: Span, *, key: bytes, sealed_length: int
) -> Iterator[bytes]:
    """The plain bytes of the span, piece by piece; only its own segments are fetched and opened."""
    at = span.start
    while at < span.end:
        # Up to a border between segments, so that none is opened twice.
        end = min(span.end, (at // _PIECE + 1) * _PIECE)
        sealed = blobs.span(item, *sealing.sealed_span(at, end, sealed_length))
        yield sealing.unseal_span(
            key, sealed, item=item, kind=KIND, start=at, end=end, sealed_length=sealed_length
        )
        at = end
