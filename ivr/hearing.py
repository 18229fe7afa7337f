"""The caller's own recording, played back to them while their call lasts.

The address is the key: it bears the call's token, is told to the provider alone, and dies with the
call. Nothing else of the service plays sound without signing in.
"""

from typing import Final

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from storage import sealing
from storage.house import house, reading
from storage.keyring import KeyDestroyedError
from storage.states import CALL_OVER, RecordingState
from storage.tables import Call, Recording

bp = Blueprint("hearing", __name__)

_KIND: Final = "recording.audio"


@bp.get("/hear/<token>/<int:visit>")
def hear(token: str, visit: int) -> ResponseReturnValue:
    """The sound as it was recorded; 404 for anything that is not this call's, or over."""
    with reading() as session:
        wanted = (
            select(Recording.id)
            .join(Call, Call.id == Recording.call_id)
            .where(
                Call.token == token,
                Call.state.not_in(CALL_OVER),
                Recording.visit == visit,
                Recording.state == RecordingState.STORED,
            )
        )
        item = session.scalars(wanted).one_or_none()
    if item is None:
        return "", 404
    try:
        key = house().keyring.key(item)
        sound = sealing.unseal_file(key, house().blobs.get(item), item=item, kind=_KIND)
    except (KeyDestroyedError, FileNotFoundError, sealing.BrokenSealError):
        return "", 404
    response = Response(sound, mimetype="audio/wav")
    response.headers["Cache-Control"] = "no-store"
    return response
