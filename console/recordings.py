"""Playing a recording: the right is checked, only what is asked for opened, listening logged."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from console.blueprint import bp
from console.gate import RECEIVERS, only, visitor
from console.ranges import Span, Unsatisfiable, wanted
from console.visitor import Visitor
from storage import sealing
from storage.blobs import BlobStore
from storage.house import house, reading, transaction, utc_now
from storage.keyring import KeyDestroyedError
from storage.sealing import SEGMENT_BYTES
from storage.states import RecordingState
from storage.tables import Listening, Recording, Role

KIND: Final = "recording.audio"
_PIECE: Final = 4 * SEGMENT_BYTES


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
    try:
        key = house().keyring.key(recording.id)
        sealed_length = house().blobs.length(recording.id)
    except KeyDestroyedError:
        abort(410)
    except FileNotFoundError:
        abort(404)
    length = sealing.plain_length(sealed_length)
    tag = f'"{(recording.sealed_sha256 or recording.id.hex)[:32]}"'
    asked = request.headers.get("Range")
    if request.headers.get("If-Range", tag) != tag:
        asked = None
    try:
        span = wanted(asked, length)
    except Unsatisfiable:
        return _headed(Response(status=416), {"Content-Range": f"bytes */{length}"})
    headers = {
        "Content-Length": str(span.end - span.start),
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Content-Disposition": "inline",
    }
    if span.partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{length}"
    body: Iterator[bytes] | None = None
    if request.method != "HEAD":
        log_listening(recording, who, at=utc_now())
        body = opened(house().blobs, recording.id, span, key=key, sealed_length=sealed_length)
    status = 206 if span.partial else 200
    return _headed(Response(body, status=status, mimetype="audio/wav"), headers)


def opened(
    blobs: BlobStore, item: UUID, span: Span, *, key: bytes, sealed_length: int
) -> Iterator[bytes]:
    """The plain bytes of the span, piece by piece; only its own segments are fetched and opened."""
    at = span.start
    while at < span.end:
        # Up to a border between segments, so that none is opened twice.
        end = min(span.end, (at // _PIECE + 1) * _PIECE)
        sealed = blobs.span(item, *sealing.sealed_span(at, end, sealed_length))
        yield sealing.unseal_span(
            key, sealed, item=item, kind=KIND, start=at, end=end, sealed_length=sealed_length
        )
        at = end


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
