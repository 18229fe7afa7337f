"""Words that stand for a receipt code that was keyed in a moment ago: signed, and soon worthless.

One kind stands in the forms of the page and may do everything; the other stands in the address of
a sound and plays that sound alone, because addresses lie in the logs of proxies.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from privacy import receipt_codes
from storage.tables import ReceiptCode

SECONDS: Final = 20 * 60


def for_page(code: ReceiptCode) -> str:
    """The word that the forms of an opened page carry."""
    return _signer("page").dumps(code.id.hex)


def for_sound(code: ReceiptCode, recording_id: UUID) -> str:
    """The word in the address of one sound."""
    return _signer("sound").dumps([code.id.hex, recording_id.hex])


def page_opened(session: Session, word: str, *, at: datetime) -> ReceiptCode | None:
    """The code behind a form's word; None for one that is too old, or no longer opens anything."""
    try:
        code_id = UUID(hex=_signer("page").loads(word, max_age=SECONDS))
    except (BadData, ValueError, TypeError, AttributeError):
        return None
    return receipt_codes.still_open(session, code_id, at=at)


def sound_opened(session: Session, word: str, *, at: datetime) -> tuple[ReceiptCode, UUID] | None:
    """The code and the recording behind the word in a sound's address; None as for a form's."""
    try:
        code_id, recording_id = (
            UUID(hex=one) for one in _signer("sound").loads(word, max_age=SECONDS)
        )
    except (BadData, ValueError, TypeError, AttributeError):
        return None
    code = receipt_codes.still_open(session, code_id, at=at)
    return None if code is None else (code, recording_id)


def _signer(what: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt=f"mine.{what}")
