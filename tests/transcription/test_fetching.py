"""Downloads from a real server that breaks off, changes its mind or sends something else."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from transcription.fetching import (
    ChecksumNeeded,
    Patience,
    Refused,
    Unreachable,
    WrongChecksum,
    WrongSize,
    download,
    require_checksum,
    sha256_given,
)
from transcription.published import Algorithm, Checksum

BODY = bytes(range(256)) * 4096  # 1 MiB
HURRIED = Patience(connect_seconds=2, read_seconds=2, tries=3, pause_seconds=0.01)


@dataclass
class Site:
    """What the server does, and what it was asked."""

    body: bytes = BODY
    tag: str | None = '"one"'
    break_after: list[int] = field(default_factory=list)
    status: int = 0
    ranges: bool = True
    hang: bool = False
    announced: int | None = None
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    behaviour = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            behaviour.asked.append(wanted)
            if behaviour.hang:
                released.wait(10)
            if behaviour.status:
                self.send_error(behaviour.status)
                return
            start = 0
            fits = self.headers.get("If-Range") == behaviour.tag
            if wanted and behaviour.ranges and fits:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= len(behaviour.body):
                    self.send_error(416)
                    return
                self.send_response(206)
                last = len(behaviour.body) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
            else:
                self.send_response(200)
            rest = behaviour.body[start:]
            if behaviour.announced is None:
                self.send_header("Content-Length", str(len(rest)))
            elif behaviour.announced >= 0:
                self.send_header("Content-Length", str(behaviour.announced))
            else:
                self.send_header("Connection", "close")
            if behaviour.tag:
                self.send_header("ETag", behaviour.tag)
            self.end_headers()
            if behaviour.break_after:
                rest = rest[: behaviour.break_after.pop(0)]
                self.close_connection = True
            if behaviour.announced is not None and behaviour.announced < 0:
                self.close_connection = True
            try:
                self.wfile.write(rest)
            except OSError:
                self.close_connection = True  # the other side had heard enough

        def log_message(self, *_: object) -> None:
            pass

    released = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    behaviour.url = f"http://127.0.0.1:{server.server_port}/model.zip"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield behaviour
    released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(site: Site, to: Path, *, size: int | None = len(BODY)) -> list[tuple[int, int | None]]:
    steps: list[tuple[int, int | None]] = []
    download(
        site.url,
        to=to,
        size=size,
        progress=lambda done, total: steps.append((done, total)),
        patience=HURRIED,
    )
    return steps


def test_an_archive_arrives_whole_with_its_progress_told(site: Site, tmp_path: Path) -> None:
    steps = fetch(site, tmp_path / "new/model.zip")

    assert (tmp_path / "new/model.zip").read_bytes() == BODY
    assert steps[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["model.zip"]


def test_a_broken_connection_is_taken_up_where_it_broke(site: Site, tmp_path: Path) -> None:
    site.break_after = [300_000, 200_000]

    fetch(site, tmp_path / "model.zip")

    assert (tmp_path / "model.zip").read_bytes() == BODY
    first, second, third = site.asked
    assert first is None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= 300_000
    assert int(third.removeprefix("bytes=").removesuffix("-")) <= 500_000


def test_the_next_command_takes_up_what_the_last_one_left(site: Site, tmp_path: Path) -> None:
    site.break_after = [400_000] * 1 + [0] * 2
    with pytest.raises(Unreachable, match="bytes are here; the next fetch continues"):
        fetch(site, tmp_path / "model.zip")
    site.asked.clear()

    fetch(site, tmp_path / "model.zip")

    assert (tmp_path / "model.zip").read_bytes() == BODY
    assert site.asked[0] is not None


def test_halves_of_two_different_archives_are_never_joined(site: Site, tmp_path: Path) -> None:
    site.break_after = [400_000, 0, 0]
    with pytest.raises(Unreachable):
        fetch(site, tmp_path / "model.zip")
    site.body, site.tag = BODY[::-1], '"two"'

    fetch(site, tmp_path / "model.zip")

    assert (tmp_path / "model.zip").read_bytes() == BODY[::-1]


@pytest.mark.parametrize("tag", [None, 'W/"weak"'])
def test_without_a_firm_version_mark_a_broken_download_starts_anew(
    tag: str | None, site: Site, tmp_path: Path
) -> None:
    site.tag, site.break_after = tag, [400_000]

    fetch(site, tmp_path / "model.zip")

    assert (tmp_path / "model.zip").read_bytes() == BODY
    assert site.asked == [None, None]


def test_a_server_that_knows_no_ranges_is_read_from_the_start(site: Site, tmp_path: Path) -> None:
    site.ranges, site.break_after = False, [400_000]

    fetch(site, tmp_path / "model.zip")

    assert (tmp_path / "model.zip").read_bytes() == BODY


def test_a_part_longer_than_the_archive_is_thrown_away(site: Site, tmp_path: Path) -> None:
    (tmp_path / "model.zip.part").write_bytes(BODY + b"more")
    (tmp_path / "model.zip.mark").write_text('"\\"one\\""')

    fetch(site, tmp_path / "model.zip")

    assert (tmp_path / "model.zip").read_bytes() == BODY


@pytest.mark.parametrize("change", [-1, 1])
def test_an_archive_of_another_size_is_not_kept(change: int, site: Site, tmp_path: Path) -> None:
    with pytest.raises(WrongSize, match=f"has {len(BODY)} bytes"):
        fetch(site, tmp_path / "model.zip", size=len(BODY) + change)

    assert list(tmp_path.iterdir()) == []


def test_a_server_that_never_stops_sending_is_stopped(site: Site, tmp_path: Path) -> None:
    site.announced = -1

    with pytest.raises(WrongSize, match="sends more"):
        fetch(site, tmp_path / "model.zip", size=100_000)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final_and_told_with_its_number(
    status: int, site: Site, tmp_path: Path
) -> None:
    site.status = status

    with pytest.raises(Refused, match=f"answered {status}"):
        fetch(site, tmp_path / "model.zip")

    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again_and_then_left_for_later(
    status: int, site: Site, tmp_path: Path
) -> None:
    site.status = status

    with pytest.raises(Unreachable, match=f"answered {status}"):
        fetch(site, tmp_path / "model.zip")

    assert len(site.asked) == 3


def test_a_server_that_says_nothing_is_not_waited_for_forever(site: Site, tmp_path: Path) -> None:
    site.hang = True

    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        download(
            site.url,
            to=tmp_path / "model.zip",
            size=None,
            progress=lambda *_: None,
            patience=Patience(1, 0.2, tries=1),
        )


def test_without_a_network_the_operator_is_told_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"--from FILE\.zip") as caught:
        download(
            "http://127.0.0.1:9/model.zip",
            to=tmp_path / "model.zip",
            size=None,
            progress=lambda *_: None,
            patience=HURRIED,
        )

    assert "127.0.0.1:9 cannot be reached" in str(caught.value)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_only_the_right_checksum_lets_an_archive_through(
    algorithm: Algorithm, tmp_path: Path
) -> None:
    archive = tmp_path / "model.zip"
    archive.write_bytes(BODY)
    digest = hashlib.new(algorithm.value, BODY, usedforsecurity=False).hexdigest()

    require_checksum(archive, Checksum(algorithm, digest))

    archive.write_bytes(BODY[:-1] + b"!")
    with pytest.raises(WrongChecksum, match=digest):
        require_checksum(archive, Checksum(algorithm, digest))


def test_without_any_checksum_nothing_is_unpacked_on_trust(tmp_path: Path) -> None:
    with pytest.raises(ChecksumNeeded, match="--sha256"):
        require_checksum(tmp_path / "model.zip", None)


def test_a_sha256_is_taken_as_people_paste_it_and_nothing_else_is() -> None:
    digest = hashlib.sha256(BODY).hexdigest()

    assert sha256_given(f"  SHA256:{digest.upper()} \n").digest == digest
    for wrong in ("", digest[:-1], digest + "0", "g" * 64):
        with pytest.raises(ChecksumNeeded, match="64 characters"):
            sha256_given(wrong)
