"""What a chain of receipts is, and how anybody checks it.

This file stands alone: it needs Python 3.11 and the `cryptography` package and nothing of ours, so
that `flask receipts export` can hand it out beside the receipts. It is then run as
`python verify.py [FOLDER] [--head HASH|FILE]`.
"""

import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

GENESIS: Final = "0" * 64
LINES_FILE: Final = "receipts.jsonl"
KEY_FILE: Final = "public-key.pem"
_LINE: Final = b"genklang receipt 1\n"
_HEAD: Final = b"genklang head 1\n"
_TITLE: Final = "Genklang receipts: signed head"
_HASH: Final = re.compile(r"[0-9a-f]{64}")


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
    """Something wrong with a chain; `line` is the first line it concerns."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class NoHeadError(ValueError):
    """The text is not a signed head."""


def canonical(document: Mapping[str, Any]) -> str:
    """The one way to write a JSON object: sorted keys, no blanks, ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def hash_of(body: str) -> str:
    """SHA-256 of a line's content, in hexadecimal digits."""
    return hashlib.sha256(body.encode()).hexdigest()


def signed(body: str, key: Ed25519PrivateKey) -> Line:
    """The line with that content."""
    digest = hash_of(body)
    return Line(body, digest, _encoded(key.sign(_LINE + bytes.fromhex(digest))))


def is_signed(body: str, digest: str, signature: str, key: Ed25519PublicKey) -> bool:
    """Whether a line's hash is that of its content and was signed with that key."""
    return digest == hash_of(body) and _is_signed(signature, _LINE + bytes.fromhex(digest), key)


def signed_head(*, chain: str, sequence: int, digest: str, at: str, key: Ed25519PrivateKey) -> Head:
    """The head of a chain with our signature and the public key that checks it."""
    public = _encoded(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    plain = Head(chain, sequence, digest, at, public, "")
    return Head(chain, sequence, digest, at, public, _encoded(key.sign(_head_bytes(plain))))


def write_head(head: Head) -> str:
    """The head as a text to print or to mail; `read_head` reads it back out of a longer one."""
    names = asdict(head)
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in names.items()]
    return "\n".join([_TITLE, *lines]) + "\n"


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
    if not _is_signed(head.signature, _head_bytes(head), public_key):
        return [Fault(head.sequence, "the given head is not signed by the key of these receipts")]
    return []


def verify(
    lines: Iterable[Line],
    *,
    chain: str,
    public_key: Ed25519PublicKey,
    heads: Sequence[tuple[int, str]] = (),
    hashes: Sequence[str] = (),
) -> Iterator[Fault]:
    """Every alteration, omission and reordering in a chain, in the order of its lines.

    `heads` are lines known from elsewhere by number and hash, `hashes` by hash alone. Lines that
    expired may be missing at the beginning when a later checkpoint says so.
    """
    known: dict[int, set[str]] = {}
    for number, told in heads:
        known.setdefault(number, set()).add(told)
    unmet = set(hashes)
    base: tuple[int, str] | None = None
    last, last_hash, doubtful = 0, GENESIS, False
    vouched: set[tuple[int, str]] = {(0, GENESIS)}
    for line in lines:
        body, fault = _read(line, chain=chain, public_key=public_key)
        if body is None:
            yield Fault(last + 1, fault or "altered: it cannot be read")
            base = base or (last, last_hash)
            last, doubtful = last + 1, True
            continue
        sequence, digest = int(body["sequence"]), hash_of(line.body)
        if base is None:
            last, last_hash = sequence - 1, str(body["previous"])
            base = (last, last_hash)
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
            vouched.add((int(body["up_to"]), str(body["up_to_hash"])))
        unmet.discard(digest)
        last, last_hash, doubtful = sequence, digest, fault is not None
    yield from _ends(base, last, known=known, unmet=unmet, vouched=vouched)


def _ends(
    base: tuple[int, str] | None,
    last: int,
    *,
    known: Mapping[int, set[str]],
    unmet: set[str],
    vouched: set[tuple[int, str]],
) -> Iterator[Fault]:
    first, first_hash = base or (0, GENESIS)
    if (first, first_hash) not in vouched:
        yield Fault(1, f"missing, as is all up to line {first}, and no checkpoint says it expired")
    if known.get(first, {first_hash}) != {first_hash}:
        yield Fault(first, "is not the line whose head was given")
    furthest = max(known, default=0)
    if furthest > last:
        yield Fault(last + 1, f"missing, as is all up to line {furthest}, whose head was given")
    for digest in sorted(unmet - {first_hash}):
        yield Fault(last + 1, f"no line has the given hash {digest[:16]}…: cut off, or expired")


def _read(
    line: Line, *, chain: str, public_key: Ed25519PublicKey
) -> tuple[dict[str, Any] | None, str | None]:
    """The content and what is wrong with the line by itself; no content if it cannot be read."""
    try:
        body = json.loads(line.body)
        sequence, previous, what = body["sequence"], body["previous"], body["what"]
        if what == "checkpoint":
            int(body["up_to"]), str(body["up_to_hash"])
    except (ValueError, KeyError, TypeError):
        return None, "altered: it cannot be read"
    if not (isinstance(sequence, int) and sequence > 0 and isinstance(previous, str)):
        return None, "altered: it cannot be read"
    if line.hash != hash_of(line.body) or canonical(body) != line.body:
        return body, "altered: its content does not fit its hash"
    if not is_signed(line.body, line.hash, line.signature, public_key):
        return body, "altered: it is not signed by the key of these receipts"
    if body.get("chain") != chain:
        return body, "belongs to another chain"
    return body, None


def _is_signed(signature: str, message: bytes, public_key: Ed25519PublicKey) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        public_key.verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    # Several texts decode to the same bytes; only one of them is what we wrote.
    return _encoded(raw) == signature


def _head_bytes(head: Head) -> bytes:
    told = {name: value for name, value in asdict(head).items() if name != "signature"}
    return _HEAD + canonical(told).encode()


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def exported(folder: Path) -> Iterator[Line]:
    """The lines of an exported folder."""
    with (folder / LINES_FILE).open(encoding="utf-8") as file:
        for text in file:
            try:
                line = json.loads(text)
                yield Line(str(line["body"]), str(line["hash"]), str(line["signature"]))
            except (ValueError, KeyError, TypeError):
                yield Line("", "", "")


def main(arguments: Sequence[str]) -> int:
    """Check an exported folder; 0 when all is well, 1 when not, 2 when it cannot be checked."""
    given = list(arguments)
    heads: list[Head] = []
    hashes: list[str] = []
    try:
        while "--head" in given:
            at = given.index("--head")
            told = given[at + 1]
            del given[at : at + 2]
            if _HASH.fullmatch(told):
                hashes.append(told)
            else:
                heads.append(read_head(Path(told).read_text("utf-8")))
        folder = Path(given[0]) if given else Path(__file__).resolve().parent
        key = load_pem_public_key((folder / KEY_FILE).read_bytes())
        own = read_head((folder / "head.txt").read_text("utf-8"))
    except (OSError, ValueError, IndexError) as error:
        sys.stderr.write(f"cannot be checked: {error}\n")
        return 2
    if not isinstance(key, Ed25519PublicKey):
        sys.stderr.write(f"cannot be checked: {KEY_FILE} is not an Ed25519 key\n")
        return 2
    heads.append(own)
    faults = [f for head in heads for f in check_head(head, chain=own.chain, public_key=key)]
    known = [(head.sequence, head.hash) for head in heads]
    faults += verify(exported(folder), chain=own.chain, public_key=key, heads=known, hashes=hashes)
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    if not faults:
        sys.stdout.write(f"all well: {own.sequence} lines up to {own.hash}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
