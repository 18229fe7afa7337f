"""Identifiers as the provider forms them."""

from __future__ import annotations

import secrets
import uuid


def new_sid(prefix: str, *, as_uuid: bool = False) -> str:
    """Two letters and 32 hex digits, or a UUID for the providers that use those."""
    return str(uuid.uuid4()) if as_uuid else prefix + secrets.token_hex(16)
