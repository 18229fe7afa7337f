"""What lies within packed files: zip (and with it xlsx, docx, ods), gzip, bzip2 and xz.

Their bytes tell nothing of what is in them until they are unpacked. What this cannot unpack is
named, never passed over.
"""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

_DEEPEST: Final = 3
LOCKED: Final = "packed, and damaged or locked with a password"
_PEEKED: Final = 8
_STREAMS: Final[dict[bytes, Callable[[IO[bytes]], Any]]] = {
    b"\x1f\x8b\x08": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_SHUT: Final = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"%PDF": "a PDF, whose pages are packed",
    b"PGDMP": "a packed dump of PostgreSQL",
}
BROKEN: Final = (
    EOFError, OSError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile,
    zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What reading something packed raises when it is damaged or locked."""


class NotUnpackedError(Exception):
    """Something is packed in a way that is not looked into; the text says why."""


def within(file: IO[bytes], *, depth: int = 0) -> Iterator[IO[bytes]]:
    """Each file packed in this one, those packed in them included; nothing if it is not packed.

    Raises NotUnpackedError, after what could be unpacked; reading one may raise BROKEN. The file's
    place is moved.
    """
    file.seek(0)
    start = file.read(_PEEKED)
    file.seek(0)
    for magic, why in _SHUT.items():
        if start.startswith(magic):
            raise NotUnpackedError(why)
    parts = _parts(file, start)
    if parts is None:
        return
    if depth == _DEEPEST:
        raise NotUnpackedError("packed too many times")
    shut: NotUnpackedError | None = None
    try:
        for part in parts:
            yield part
            try:
                yield from within(part, depth=depth + 1)
            except NotUnpackedError as fault:
                shut = fault
    except BROKEN:
        raise NotUnpackedError(LOCKED) from None
    if shut is not None:
        raise shut


def _parts(file: IO[bytes], start: bytes) -> Iterator[IO[bytes]] | None:
    if start.startswith(_ZIP):
        return _of_zip(file)
    for magic, opened in _STREAMS.items():
        if start.startswith(magic):
            return iter([opened(file)])
    return None


def _of_zip(file: IO[bytes]) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                with archive.open(entry) as part:
                    yield part
