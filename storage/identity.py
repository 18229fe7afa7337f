"""Identifiers: ordered for rows, unguessable for webhooks."""

import os
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A fresh row id: UUID version 7 (RFC 9562), so new rows lie together in every index."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_token() -> str:
    """An unguessable word for a webhook address: 192 bits, ASCII, without punctuation."""
    return secrets.token_hex(24)
