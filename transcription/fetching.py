"""Bringing a published model here: download, compare, and only then let it be unpacked."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from storage.faults import GiveUp, TryAgain
from transcription.published import Algorithm, Checksum

Progress = Callable[[int, int | None], None]
"""Called with the bytes here so far and the total, None while that is unknown."""

LARGEST_ARCHIVE: Final = 8 << 30
_BLOCK: Final = 256 << 10


class Unreachable(TryAgain):
    """The site could not be reached or broke off; what came so far is kept for the next try."""


class Refused(GiveUp):
    """The site answered, and not with the archive."""


class WrongSize(GiveUp):
    """The archive is larger or smaller than the published one."""


class WrongChecksum(GiveUp):
    """The archive is not, byte for byte, the one that was asked for."""


class ChecksumNeeded(GiveUp):
    """Nobody said what the archive's checksum must be, and nothing is unpacked on trust."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an answer and for each further byte, and how often to resume."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    tries: int = 3
    pause_seconds: float = 1.0


def sha256_given(text: str) -> Checksum:
    """What an operator wrote after `--sha256`; raises ChecksumNeeded when it is no SHA-256."""
    digest = text.strip().lower().removeprefix("sha256:")
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ChecksumNeeded("A SHA-256 is 64 characters 0-9 and a-f, as sha256sum prints it.")
    return Checksum(Algorithm.SHA256, digest)


def download(
    url: str,
    *,
    to: Path,
    size: int | None,
    progress: Progress,
    patience: Patience = Patience(),
) -> None:
    """Have the archive at `to`, taking up a broken download where it stopped.

    The unfinished part lies beside it as `NAME.part`, with the server's version mark, so that
    halves of two different archives are never joined. `size` in bytes is compared when known.
    Raises Unreachable, Refused or WrongSize.
    """
    part, mark = to.with_name(f"{to.name}.part"), to.with_name(f"{to.name}.mark")
    to.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, patience.tries + 1):
        try:
            _fetch_rest(url, part=part, mark=mark, size=size, progress=progress, patience=patience)
            break
        except (requests.RequestException, Unreachable) as error:
            if isinstance(error, (requests.exceptions.InvalidURL, requests.TooManyRedirects)):
                raise Refused(f"{url} cannot be asked for: {error}") from error
            if attempt == patience.tries:
                raise Unreachable(_why_unreachable(url, error, part)) from error
            time.sleep(patience.pause_seconds * attempt)
        except WrongSize:
            part.unlink(missing_ok=True)
            mark.unlink(missing_ok=True)
            raise
    part.replace(to)
    mark.unlink(missing_ok=True)


def require_checksum(archive: Path, checksum: Checksum | None) -> None:
    """Compare before anything is unpacked.

    Raises ChecksumNeeded without a checksum and WrongChecksum on a difference.
    """
    if checksum is None:
        raise ChecksumNeeded(
            f"No checksum of {archive.name} is published. Get the SHA-256 from whoever gave you the"
            " model, or compute it on a machine you trust, and pass it with --sha256."
        )
    if not checksum.matches(archive):
        raise WrongChecksum(
            f"{archive.name} does not have the {checksum.algorithm.name} {checksum.digest}."
            " Nothing was unpacked."
        )


def _fetch_rest(
    url: str, *, part: Path, mark: Path, size: int | None, progress: Progress, patience: Patience
) -> None:
    have = part.stat().st_size if part.exists() else 0
    if size is not None and have == size:
        progress(have, size)
        return
    version = json.loads(mark.read_text(encoding="utf-8")) if have and mark.exists() else None
    headers = {"Accept-Encoding": "identity", "User-Agent": "genklang-models"}
    if version:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    waits = (patience.connect_seconds, patience.read_seconds)
    with requests.get(url, headers=headers, stream=True, timeout=waits) as answer:
        resumed = answer.status_code == 206 and _starts_at(answer, have)
        if answer.status_code == 416 or (answer.status_code == 206 and not resumed):
            part.unlink(missing_ok=True)
            raise Unreachable("the server cannot continue this download; it starts anew")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Unreachable(f"the server answered {answer.status_code}")
        if answer.status_code not in (200, 206):
            raise Refused(f"{url} answered {answer.status_code} {answer.reason}.")
        done = have if resumed else 0
        total = _total(answer, done)
        if total is not None:
            _compare_size(url, total, size)
        tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        if tag and not tag.startswith("W/"):  # a weak tag does not promise equal bytes
            mark.write_text(json.dumps(tag), encoding="utf-8")
        else:
            mark.unlink(missing_ok=True)
        with part.open("ab" if resumed else "wb") as file:
            for block in answer.iter_content(_BLOCK):
                done += len(block)
                if done > (size or LARGEST_ARCHIVE):
                    raise WrongSize(f"{url} sends more than the {size or LARGEST_ARCHIVE} bytes.")
                file.write(block)
                progress(done, total)
    if total is not None and done < total:
        raise Unreachable(f"the connection broke after {done} of {total} bytes")
    _compare_size(url, done, size)


def _starts_at(answer: requests.Response, have: int) -> bool:
    return answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _total(answer: requests.Response, done: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return done + int(length) if length.isdigit() else None


def _compare_size(url: str, found: int, size: int | None) -> None:
    if (size is not None and found != size) or found > LARGEST_ARCHIVE:
        wanted = f"the published archive {size}" if size else f"at most {LARGEST_ARCHIVE} allowed"
        raise WrongSize(f"{url} has {found} bytes, {wanted}. Nothing was kept.")


def _why_unreachable(url: str, error: Exception, part: Path) -> str:
    host = url.split("/")[2]
    have = part.stat().st_size if part.exists() else 0
    kept = f" {have} bytes are here; the next fetch continues from there." if have else ""
    reason = str(error) if isinstance(error, Unreachable) else type(error).__name__
    return (
        f"{host} cannot be reached ({reason}).{kept} Without a network, download the archive"
        " elsewhere and install it with: flask models fetch LANG --from FILE.zip"
    )
