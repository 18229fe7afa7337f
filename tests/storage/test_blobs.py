"""Sealed files: written so that a loss is noticed, deleted so that gone is gone."""

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from storage.blobs import BlobStore, StorageFull, StorageUnreachable
from tests.disks import disk_of


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(f"file://{tmp_path}/recordings")


def test_a_file_comes_back_whole_and_in_parts(blobs: BlobStore) -> None:
    item = uuid4()
    blobs.put(item, b"0123456789")

    assert blobs.get(item) == b"0123456789"
    assert blobs.span(item, 3, 6) == b"345"
    assert blobs.length(item) == 10
    assert list(blobs.items()) == [item]


def test_writing_twice_overwrites_and_leaves_one_file(blobs: BlobStore) -> None:
    item = uuid4()
    blobs.put(item, b"first")
    blobs.put(item, b"second")

    assert blobs.get(item) == b"second"
    assert list(blobs.items()) == [item]


def test_deleting_what_is_gone_is_success(blobs: BlobStore) -> None:
    item = uuid4()
    blobs.put(item, b"x")

    blobs.delete(item)
    blobs.delete(item)

    with pytest.raises(FileNotFoundError):
        blobs.get(item)
    assert list(blobs.items()) == []


def test_the_folder_is_for_its_owner_alone_and_names_tell_nothing(tmp_path: Path) -> None:
    blobs = BlobStore(f"file://{tmp_path}/recordings")
    item = uuid4()
    blobs.put(item, b"x")

    assert (tmp_path / "recordings").stat().st_mode & 0o077 == 0
    names = [p.name for p in (tmp_path / "recordings").rglob("*") if p.is_file()]
    assert names == [f"{item.hex}.sealed"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 256 KiB."""
    with disk_of("256k", tmp_path / "small") as folder:
        yield folder


def test_a_full_disk_is_said_and_leaves_no_half_file(small_disk: Path) -> None:
    blobs = BlobStore(f"file://{small_disk}/recordings")
    item = uuid4()

    with pytest.raises(StorageFull) as refused:
        blobs.put(item, os.urandom(2_000_000))

    assert refused.value.code == "storage_full"
    assert list(blobs.items()) == []
    blobs.put(item, b"small enough")
    assert blobs.get(item) == b"small enough"


class Forgetful(BaseHTTPRequestHandler):
    """A store that takes every file, says so, and gives back other bytes of the same length."""

    protocol_version = "HTTP/1.1"
    length = 0

    def do_PUT(self) -> None:
        type(self).length = int(self.headers["Content-Length"])
        self.rfile.read(self.length)
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(b"\0" * self.length)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        for name, value in (
            ("ETag", '"1"'),
            ("Last-Modified", "Tue, 10 Mar 2026 12:00:00 GMT"),
            ("Content-Length", str(len(body))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_: object) -> None:
        pass


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobStore]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        for name, value in {
            "AWS_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "here",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield BlobStore("s3://recordings")
        server.shutdown()
        thread.join()


def test_a_store_that_gives_back_other_bytes_than_it_took_is_found_at_once(
    forgetful: BlobStore,
) -> None:
    with pytest.raises(StorageUnreachable) as refused:
        forgetful.put(uuid4(), b"what somebody said")

    assert refused.value.code == "read_back_differs"
