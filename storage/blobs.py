"""Sealed files in a folder or an S3-compatible store, written so that a loss is noticed at once."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from storage.faults import TryAgain

SUFFIX = ".sealed"


class StorageFull(TryAgain):
    """There is no room for the file; nothing was lost, because the source is deleted only later."""


class StorageUnreachable(TryAgain):
    """The store did not answer as it should."""


class BlobStore:
    """Sealed files by row id; the place follows from the id, so writing twice overwrites."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._folder: Path | None = None
        self._store: ObjectStore
        if parts.scheme == "file":
            self._folder = Path(unquote(parts.path))
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._store = LocalStore(self._folder)
        elif parts.scheme == "memory":
            self._store = MemoryStore()
        else:
            self._store = from_url(url)

    def put(self, item: UUID, data: bytes) -> None:
        """Write the file, read it back and compare, before this returns.

        Raises StorageFull or StorageUnreachable; then no file, or the whole one, is there.
        """
        name = _name(item)
        try:
            obstore.put(self._store, name, data)
            if self._folder is not None:
                _flush(self._folder / name)
            back = bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError as error:
            raise StorageUnreachable("a file was not there after writing", code="lost") from error
        except (BaseError, OSError) as error:
            raise _fault(error) from error
        if back != data:
            raise StorageUnreachable("a file read back differently", code="read_back_differs")

    def get(self, item: UUID) -> bytes:
        """The whole file; raises FileNotFoundError, StorageUnreachable."""
        try:
            return bytes(obstore.get(self._store, _name(item)).bytes())
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise _fault(error) from error

    def length(self, item: UUID) -> int:
        """Bytes of the file; raises FileNotFoundError."""
        return int(obstore.head(self._store, _name(item))["size"])

    def span(self, item: UUID, start: int, end: int) -> bytes:
        """Bytes [start, end) of the file; raises FileNotFoundError, StorageUnreachable."""
        try:
            return bytes(obstore.get_range(self._store, _name(item), start=start, end=end))
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise _fault(error) from error

    def delete(self, item: UUID) -> None:
        """Remove the file; gone already is success. Raises StorageUnreachable."""
        try:
            obstore.delete(self._store, _name(item))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _fault(error) from error

    def items(self) -> Iterator[UUID]:
        """The ids of all files there are, in no order; strange names are left out."""
        for item, _ in self.written():
            yield item

    def written(self) -> Iterator[tuple[UUID, datetime]]:
        """The id of each file and the aware moment at which it was last written, in no order."""
        for page in obstore.list(self._store):
            for entry in page:
                stem = str(entry["path"]).rsplit("/", 1)[-1]
                if stem.endswith(SUFFIX):
                    try:
                        item = UUID(hex=stem.removesuffix(SUFFIX))
                    except ValueError:
                        continue
                    yield item, entry["last_modified"]

    @staticmethod
    def place(folder: Path, item: UUID) -> Path:
        """Where a file of that id lies in a store that is this folder."""
        return folder / _name(item)

    def stray_files(self) -> Iterator[Path]:
        """Files in the folder that are no sealed file of ours: pieces of a write that was cut."""
        if self._folder is None:
            return
        for path in self._folder.rglob("*"):
            if path.is_file() and path.suffix != SUFFIX:
                yield path


def _name(item: UUID) -> str:
    # The last digits are random, so files spread evenly over the folders.
    return f"{item.hex[-2:]}/{item.hex}{SUFFIX}"


def _flush(path: Path) -> None:
    # The provider's copy is deleted next: ours must survive the power going out.
    for target in (path, path.parent):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _fault(error: Exception) -> TryAgain:
    if isinstance(error, TryAgain):
        return error
    if "No space left" in str(error) or "os error 28" in str(error):
        return StorageFull("no space left for recordings; free some", code="storage_full")
    return StorageUnreachable("the store of recordings failed", code="storage_unreachable")
