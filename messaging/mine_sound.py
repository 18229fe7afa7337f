"""The sound of one's own comment, whole or in part, at an address that is worth nothing soon."""

import logging
from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from messaging import public_pages, signed_words
from storage import playing
from storage.house import house, once_more, reading, utc_now
from storage.keyring import KeyDestroyedError
from storage.listening_words import Purpose
from storage.playing import PastItsEndError
from storage.states import RecordingState
from storage.tables import Comment, Listening, ReceiptCode, Recording

log = logging.getLogger(__name__)

bp = Blueprint("mine_sound", __name__, url_prefix="/mine")
bp.after_request(public_pages.protect)


@bp.get("/sound/<word>")
def sound(word: str) -> ResponseReturnValue:
    """The sound as WAV; listening is logged.

    :raise 404: not there, not yours, not kept, or too late. :raise 416: past its end.
    """
    now = utc_now()
    with reading() as session:
        opened = signed_words.sound_opened(session, word, at=now)
        recording = None if opened is None else _recording(session, *opened)
    if opened is None or recording is None:
        return "", 404
    try:
        asked = playing.sound(
            recording.id,
            tag=f'"{(recording.sealed_sha256 or recording.id.hex)[:32]}"',
            asked=request.headers.get("Range"),
            if_range=request.headers.get("If-Range"),
            keyring=house().keyring,
            blobs=house().blobs,
        )
    except (KeyDestroyedError, FileNotFoundError):
        return "", 404
    except PastItsEndError as end:
        return Response(status=416, headers={"Content-Range": f"bytes */{end.length}"})
    body: Iterator[bytes] | None = None
    if request.method != "HEAD":
        _log_listening(recording, opened[0], at=now)
        body = playing.opened(
            house().blobs,
            recording.id,
            asked.span,
            key=asked.key,
            sealed_length=asked.sealed_length,
        )
    answer = Response(body, status=asked.status, mimetype="audio/wav")
    answer.headers.update(asked.headers)
    return answer


def _recording(session: Session, code: ReceiptCode, recording_id: object) -> Recording | None:
    """The recording, if it is one of the code's own response and can be played."""
    return session.scalars(
        select(Recording)
        .join(Comment, Comment.id == Recording.comment_id)
        .where(
            Recording.organisation_id == code.organisation_id,
            Recording.id == recording_id,
            Recording.state == RecordingState.STORED,
            Recording.superseded.is_(False),
            Comment.response_id == code.response_id,
        )
    ).one_or_none()


def _log_listening(recording: Recording, code: ReceiptCode, *, at: datetime) -> None:
    """One line per recording and code, however many parts the player asks for."""

    def note(session: Session) -> None:
        there = select(Listening.id).where(
            Listening.organisation_id == code.organisation_id,
            Listening.item_id == recording.id,
            Listening.sitting_id == code.id,
        )
        if session.scalars(there.limit(1)).first() is None:
            session.add(
                Listening(
                    organisation_id=code.organisation_id,
                    item_id=recording.id,
                    purpose=Purpose.OWN,
                    sitting_id=code.id,
                    listened_at=at,
                )
            )

    once_more(note)
