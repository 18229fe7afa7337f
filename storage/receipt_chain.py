"""What a chain of receipts is, and how anybody checks it.

This file stands alone: it needs Python 3.11, the `cryptography` package and nothing of ours, and
`flask receipts export` hands it out as `python verify.py [FOLDER] [--head HASH|FILE]`.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

GENESIS: Final = "0" * 64
LINES_FILE: Final = "receipts.jsonl"
KEY_FILE: Final = "public-key.pem"
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_CLOCKS_DIFFER: Final = timedelta(days=3)  # nothing goes by age under one that leapt further
_KEPT: Final = re.compile(r"receipts: (\d{1,4}) (day|week|month|year)s?\b")  # in a checkpoint
_DAYS: Final = {"day": 1, "week": 7, "month": 28, "year": 365}  # no month is shorter


@dataclass(frozen=True, slots=True)
class Line:
    """One receipt: its content as canonical JSON, the hash of that, and the signature of that."""

    body: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of a chain, as told to somebody at a moment; `sequence` 0 is an empty chain."""

    chain: str
    sequence: int
    hash: str
    at: str
    public_key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a chain, or that cannot be known; `line` is the first it concerns."""

    line: int
    text: str
    is_certain: bool = True

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class NoHeadError(ValueError):
    """The text is not a signed head."""


def canonical(document: Mapping[str, Any]) -> str:
    """The one way to write a JSON object: sorted keys, no blanks, ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def hash_of(body: str) -> str:
    """SHA-256 of a line's content, in hexadecimal digits."""
    return hashlib.sha256(body.encode(errors="surrogatepass")).hexdigest()


def is_signed(body: str, digest: str, signature: str, key: Ed25519PublicKey) -> bool:
    """Whether a line's hash is that of its content and was signed with that key."""
    return digest == hash_of(body) and _is_signed(signature, line_bytes(digest), key)


def read_head(text: str) -> Head:
    """The head that a text holds, whatever stands before and after; raises NoHeadError."""
    found = {
        name.replace("-", "_"): value
        for name, value in re.findall(r"^>?\s*([a-z-]+): (\S+)\s*$", text, re.MULTILINE)
    }
    try:
        sequence = int(found.pop("sequence"))
        UUID(found["chain"])
        return Head(sequence=sequence, **{n: found[n] for n in Head.__slots__ if n != "sequence"})
    except (KeyError, ValueError):
        raise NoHeadError("this is no signed head; 'flask receipts head' prints one") from None


def check_head(head: Head, *, chain: str, public_key: Ed25519PublicKey) -> list[Fault]:
    """What is wrong with a head by itself: another chain, or not signed by that key."""
    if head.chain != chain:
        return [Fault(head.sequence, f"the given head is of another chain, {head.chain}")]
    if not _is_signed(head.signature, head_bytes(head), public_key):
        return [Fault(head.sequence, "the given head is not signed by the key of these receipts")]
    return []


def verify(
    lines: Iterable[Line],
    *,
    chain: str,
    public_key: Ed25519PublicKey,
    now: datetime,
    heads: Sequence[tuple[int, str]] = (),
    hashes: Sequence[str] = (),
    given: Sequence[Head] = (),
) -> Iterator[Fault]:
    """Every alteration, omission and reordering in a chain, in the order of its lines.

    `heads` are lines known from elsewhere by number and hash, `hashes` by hash alone, `given` by a
    head. Lines that expired may be missing at the beginning when a later checkpoint of a day that
    has come says so; that a given head is of such a line is told as what is not certain.
    """
    known: dict[int, set[str]] = {}
    for number, told in (*heads, *((head.sequence, head.hash) for head in given)):
        known.setdefault(number, set()).add(told)
    unmet = set(hashes)
    base: tuple[int, str] | None = None
    last, last_hash, doubtful = 0, GENESIS, False
    vouched: dict[tuple[int, str], dict[str, Any]] = {(0, GENESIS): {}}
    for line in lines:
        body, fault = _read(line, chain=chain, public_key=public_key, now=now)
        if body is None:
            yield Fault(last + 1, fault or "altered: it cannot be read")
            base = base or (last, last_hash)
            last, doubtful = last + 1, True
            continue
        sequence, digest = int(body["sequence"]), hash_of(line.body)
        if base is None:
            base = last, last_hash = sequence - 1, str(body["previous"])
        if sequence <= last:
            yield Fault(sequence, "stands in the wrong place, or twice")
            continue
        if sequence > last + 1:
            yield Fault(last + 1, f"missing, as is all up to line {sequence - 1}")
        elif fault is None and not doubtful and body["previous"] != last_hash:
            fault = "does not follow the line before it"
        if fault is None and known.get(sequence, {digest}) != {digest}:
            fault = "is not the line whose head was given"
        if fault is not None:
            yield Fault(sequence, fault)
        elif body["what"] == "checkpoint":
            vouched.setdefault((int(body["up_to"]), str(body["up_to_hash"])), body)
        unmet.discard(digest)
        last, last_hash, doubtful = sequence, digest, fault is not None
    yield from _ends(base, last, known=known, unmet=unmet, vouched=vouched, given=given)


def _ends(
    base: tuple[int, str] | None,
    last: int,
    *,
    known: Mapping[int, set[str]],
    unmet: set[str],
    vouched: Mapping[tuple[int, str], dict[str, Any]],
    given: Sequence[Head],
) -> Iterator[Fault]:
    first, first_hash = base or (0, GENESIS)
    if (first, first_hash) not in vouched:
        yield Fault(1, f"missing, as is all up to line {first}, and no checkpoint says it expired")
    if known.get(first, {first_hash}) != {first_hash}:
        yield Fault(first, "is not the line whose head was given")
    for head in given:
        if 0 < head.sequence < first or first_hash == head.hash != GENESIS:
            yield _expired(head, vouched.get((first, first_hash), {}), first=first)
    furthest = max(known, default=0)
    if furthest > last:
        yield Fault(last + 1, f"missing, as is all up to line {furthest}, whose head was given")
    if first and first_hash in unmet:
        yield Fault(first, "fits the given hash, but expired with all before it", is_certain=False)
    for digest in sorted(unmet - {first_hash}):
        yield Fault(last + 1, f"no line has the given hash {digest[:16]}…: cut off, or expired")


def _expired(head: Head, checkpoint: Mapping[str, Any], *, first: int) -> Fault:
    """What is known of a head before all lines, of which `first` was the last to expire."""
    # What follows a head is younger than it; its own line may be much older, in a quiet chain.
    rule, day = str(checkpoint.get("rule")), str(checkpoint.get("written_at"))[:10]
    kept = _KEPT.match(rule) if head.sequence < first else None
    try:
        passed = datetime.fromisoformat(day) - datetime.fromisoformat(head.at[:10])
    except ValueError:
        kept = None
    if kept is not None and passed + _CLOCKS_DIFFER < timedelta(int(kept[1]) * _DAYS[kept[2]]):
        told = f"its head is of {head.at[:10]}, and later lines were over on {day!a} ({rule!a})"
        return Fault(head.sequence, f"cannot have expired: {told}")
    told = f"it expired with all before it, says the checkpoint of {day!a} ({rule!a})"
    how = "cannot be compared with" if head.sequence < first else "has the hash of"
    return Fault(head.sequence, f"{how} the given head: {told}", is_certain=False)


def _read(
    line: Line, *, chain: str, public_key: Ed25519PublicKey, now: datetime
) -> tuple[dict[str, Any] | None, str | None]:
    """The content and what is wrong with the line by itself; no content if it cannot be read."""
    try:
        body = json.loads(line.body)
        sequence, previous, what, ahead = body["sequence"], body["previous"], body["what"], False
        if what == "checkpoint":
            int(body["up_to"]), str(body["up_to_hash"])
            ahead = datetime.fromisoformat(body["written_at"]) > now + _CLOCKS_DIFFER
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None, "altered: it cannot be read"
    if not (isinstance(sequence, int) and sequence > 0 and isinstance(previous, str)):
        return None, "altered: it cannot be read"
    if line.hash != hash_of(line.body) or canonical(body) != line.body:
        return body, "altered: its content does not fit its hash"
    if not is_signed(line.body, line.hash, line.signature, public_key):
        return body, "altered: it is not signed by the key of these receipts"
    if body.get("chain") != chain:
        return body, "belongs to another chain"
    if ahead:
        return body, f"is a checkpoint of {body['written_at'][:10]!a}, a day that is yet to come"
    return body, None


def summary(faults: Sequence[Fault], *, read: int, last: int, digest: str) -> tuple[int, str]:
    """An exit code and a few words: 0 all is well, 1 it is not, 3 a head could not be compared."""
    code = 1 if any(one.is_certain for one in faults) else 3 if faults else 0
    well = {0: "all well", 1: "not well", 3: "all else well"}[code]
    which = f"lines, {last - read + 1} to {last}" if 0 < read < last else "lines"
    return code, f"{well}: {read} {which}, up to {digest}"


def _is_signed(signature: str, message: bytes, public_key: Ed25519PublicKey) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        public_key.verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    # Several texts decode to the same bytes; only one of them is what we wrote.
    return encoded(raw) == signature


def line_bytes(digest: str) -> bytes:
    """What a line's signature covers."""
    return b"genklang receipt 1\n" + bytes.fromhex(digest)


def head_bytes(head: Head) -> bytes:
    """What a head's signature covers."""
    told = {name: value for name, value in asdict(head).items() if name != "signature"}
    return b"genklang head 1\n" + canonical(told).encode()


def encoded(data: bytes) -> str:
    """The one way to write bytes as text."""
    return base64.b64encode(data).decode()


def exported(folder: Path) -> Iterator[Line]:
    """The lines of an exported folder."""
    with (folder / LINES_FILE).open(encoding="utf-8", errors="surrogateescape") as file:
        for text in file:
            try:
                line = json.loads(text)
                yield Line(str(line["body"]), str(line["hash"]), str(line["signature"]))
            except (ValueError, KeyError, TypeError, RecursionError):
                yield Line("", "", "")


def main(arguments: Sequence[str]) -> int:
    """Check an exported folder: 0 all is well, 1 it is not, 2 it or 3 a head cannot be checked."""
    words = argparse.ArgumentParser()
    words.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    words.add_argument("--head", metavar="HASH|FILE", action="append", default=[])
    said = words.parse_args(arguments)
    try:
        hashes = [one for one in said.head if _HASH.fullmatch(one)]
        heads = [read_head(Path(one).read_text("utf-8")) for one in said.head if one not in hashes]
        key = load_pem_public_key((said.folder / KEY_FILE).read_bytes())
        own = read_head((said.folder / "head.txt").read_text("utf-8"))
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(f"{KEY_FILE} is not an Ed25519 key")
        heads.append(own)
        faults = [f for head in heads for f in check_head(head, chain=own.chain, public_key=key)]
        numbers = count()
        lines = (line for line, _ in zip(exported(said.folder), numbers, strict=False))
        known: dict[str, Any] = {"hashes": hashes, "given": heads}
        faults += verify(lines, chain=own.chain, public_key=key, now=datetime.now(UTC), **known)
    except (OSError, ValueError) as error:
        words.exit(2, f"cannot be checked: {error}\n")
    code, found = summary(faults, read=next(numbers), last=own.sequence, digest=own.hash)
    sys.stdout.writelines(f"{told}\n" for told in (*faults, found))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
