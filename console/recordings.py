"""Playing a recording: the right is checked, only what is asked for opened, listening logged."""

from collections.abc import Iterator
from uuid import UUID

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from console import opening, sensitive
from console.blueprint import bp
from console.gate import RECEIVERS, only, visitor
from console.visitor import Visitor
from storage import playing
from storage.house import house, reading, utc_now
from storage.keyring import KeyDestroyedError
from storage.playing import PastItsEndError
from storage.states import RecordingState
from storage.tables import Recording, Role


@bp.get("/recordings/<uuid:recording_id>/audio")
@only(RECEIVERS)
def audio(recording_id: UUID) -> ResponseReturnValue:
    """The sound as WAV, whole or in part; the address is worth nothing without the cookie.

    :raise 403: marked as sensitive, and not yours to open.
    :raise 404: not there, not yours, not kept. :raise 410: erased. :raise 416: past its end.
    """
    who = visitor()
    with reading() as session:
        recording = who.find(session, Recording, recording_id)
        closed = sensitive.closed_to(session, recording, who)
    if closed:
        abort(403)
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
        opening.note_listening(who, recording, at=utc_now())
        body = playing.opened(
            house().blobs,
            recording.id,
            sound.span,
            key=sound.key,
            sealed_length=sound.sealed_length,
        )
    return _headed(Response(body, status=sound.status, mimetype="audio/wav"), sound.headers)


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
