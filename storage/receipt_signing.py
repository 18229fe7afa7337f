"""Signing lines and heads of a chain of receipts; how anybody checks them is in receipt_chain."""

from dataclasses import asdict, replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storage.receipt_chain import Head, Line, encoded, hash_of, head_bytes, line_bytes

_TITLE: Final = "Genklang receipts: signed head"


def signed(body: str, key: Ed25519PrivateKey) -> Line:
    """The line with that content."""
    digest = hash_of(body)
    return Line(body, digest, encoded(key.sign(line_bytes(digest))))


def signed_head(*, chain: str, sequence: int, digest: str, at: str, key: Ed25519PrivateKey) -> Head:
    """The head of a chain with our signature and the public key that checks it."""
    public = encoded(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    plain = Head(chain, sequence, digest, at, public, "")
    return replace(plain, signature=encoded(key.sign(head_bytes(plain))))


def write_head(head: Head) -> str:
    """The head as a text to print or to mail; `read_head` reads it back out of a longer one."""
    names = asdict(head)
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in names.items()]
    return "\n".join([_TITLE, *lines]) + "\n"
