"""Playing a recording: the right is checked, only what is asked for opened, listening logged."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from console.blueprint import bp
from console.gate import RECEIVERS, only, visitor
from console.visitor import Visitor
from storage import playing
from storage.house import house, reading, transaction, utc_now
from storage.keyring import KeyDestroyedError
from storage.playing import PastItsEndError
from storage.states import RecordingState
from storage.tables import Listening, Recording, Role


@bp.get("/recordings/<uuid:recording_id>/audio")
@only(RECEIVERS)
def audio(recording_id: UUID) -> ResponseReturnValue:
    """The sound as WAV, whole or in part; the address is worth nothing without the cookie.

    :raise 404: not there, not yours, not kept. :raise 410: erased. :raise 416: past its end.
    """
    who = visitor()
    with reading() as session:
        recording = who.find(session, Recording, recording_id)
    _check(recording, who)
    tag = f'"{(recording.sealed_sha256 or recording.id.hex)[:32]}"'
    try:
        sound = playing.sound(
            recording.id,
            tag=tag,
            asked=request.headers.get("Range"),
            if_range=request.headers.get("If-Range"),
            keyring=house().keyring,
            blobs=house().blobs,
        )
    except KeyDestroyedError:
        abort(410)
    except FileNotFoundError:
        abort(404)
    except PastItsEndError as end:
        return _headed(Response(status=416), {"Content-Range": f"bytes */{end.length}"})
    body: Iterator[bytes] | None = None
    if request.method != "HEAD":
        log_listening(recording, who, at=utc_now())
        body = playing.opened(
            house().blobs,
            recording.id,
            sound.span,
            key=sound.key,
            sealed_length=sound.sealed_length,
        )
    return _headed(Response(body, status=sound.status, mimetype="audio/wav"), sound.headers)


def log_listening(recording: Recording, who: Visitor, *, at: datetime) -> None:
    """One line per user, recording and sitting, however many parts the player asks for."""
    with reading() as session:
        if _logged(session, recording, who):
            return
    try:
        with transaction() as session:
            session.add(
                Listening(
                    organisation_id=recording.organisation_id,
                    user_id=who.user_id,
                    recording_id=recording.id,
                    sitting_id=who.sitting_id,
                    listened_at=at,
                )
            )
    except IntegrityError:
        with reading() as session:
            if not _logged(session, recording, who):
                raise  # not because another part of the same sound was asked for just now


def _logged(session: Session, recording: Recording, who: Visitor) -> bool:
    found = select(Listening.id).where(
        Listening.user_id == who.user_id,
        Listening.recording_id == recording.id,
        Listening.sitting_id == who.sitting_id,
    )
    return session.scalar(found) is not None


def _check(recording: Recording, who: Visitor) -> None:
    if who.role is Role.CLIENT and recording.message_id is None:
        abort(404)  # a client company hears its messages, never a customer's comment
    if recording.state is RecordingState.ERASED:
        abort(410)
    if recording.superseded or recording.state is not RecordingState.STORED:
        abort(404)


def _headed(response: Response, headers: dict[str, str]) -> Response:
    response.headers.update(headers)
    return response
