"""The recordings of a person with what was understood of them and who listened to them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.keyring import Keyring
from storage.states import RecordingState, TranscriptState
from storage.tables import Listening, Recording, Transcript, User

Document = dict[str, Any]
Mask = Callable[[str, str], str]
"""A text and its language to the text without other people's numbers."""
YOURSELF: Final = "yourself"
_PART: Final = 500


class Recordings:
    """What is kept of sound; `sounds` names each one's file in the package."""

    def __init__(
        self, session: Session, organisation_id: UUID, *, keyring: Keyring, mask: Mask
    ) -> None:
        self._session, self._organisation_id = session, organisation_id
        self._keyring, self._mask = keyring, mask
        self.sounds: dict[UUID, str] = {}

    def of(
        self,
        column: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None],
        items: Sequence[UUID],
        *,
        loose: bool = False,
    ) -> dict[UUID, list[Document]]:
        """The recordings that belong to these items by that column.

        With `loose` only what belongs to no comment and no message and is not told of yet: whoever
        hangs up while speaking, or is cut off, leaves such.
        """
        rows = [
            one
            for one in self._find(Recording, column, items)
            if one.state is RecordingState.STORED and not (loose and self._told(one))
        ]
        ids = [one.id for one in rows]
        words = self._transcripts(ids)
        heard = self._listenings(ids)
        found: dict[UUID, list[Document]] = {}
        for one in rows:
            name = f"audio/{len(self.sounds) + 1:04d}.wav"
            self.sounds[one.id] = name
            found.setdefault(getattr(one, column.key), []).append(
                {
                    "recorded_at": at(one.recorded_at),
                    "seconds": one.seconds,
                    "language": one.language,
                    "audio": name,
                    "transcript": words.get(one.id),
                    "listened_to": heard.get(one.id, []),
                }
            )
        return found

    def _told(self, one: Recording) -> bool:
        return bool(one.comment_id or one.message_id) or one.id in self.sounds

    def _transcripts(self, recordings: Sequence[UUID]) -> dict[UUID, str]:
        rows = [
            one
            for one in self._find(Transcript, Transcript.recording_id, recordings)
            if one.state is TranscriptState.DONE
        ]
        opened = self._keyring.open_many(
            [(one.id, "transcript.words", one.words_sealed) for one in rows]
        )
        return {
            one.recording_id: self._mask(
                " ".join(word[0] for word in json.loads(document)), one.language
            )
            for one, document in zip(rows, opened, strict=True)
            if document is not None
        }

    def _listenings(self, recordings: Sequence[UUID]) -> dict[UUID, list[Document]]:
        rows = self._find(Listening, Listening.recording_id, recordings)
        roles = {one.id: one.role.value for one in self._users(one.user_id for one in rows)}
        found: dict[UUID, list[Document]] = {}
        for one in sorted(rows, key=lambda row: row.listened_at):
            found.setdefault(one.recording_id, []).append(
                {
                    "by": YOURSELF if one.user_id is None else roles.get(one.user_id),
                    "at": at(one.listened_at),
                }
            )
        return found

    def _users(self, items: Iterable[UUID | None]) -> Sequence[User]:
        known = {one for one in items if one is not None}
        return self._session.scalars(select(User).where(User.id.in_(known))).all()

    def _find(self, table: type[Any], column: Any, items: Iterable[UUID | None]) -> list[Any]:
        return among(self._session, table, column, items, self._organisation_id)


def among(
    session: Session,
    table: type[Any],
    column: Any,
    items: Iterable[UUID | None],
    organisation_id: UUID,
) -> list[Any]:
    """The organisation's rows of which that column is one of these, in the order of their ids."""
    found: list[Any] = []
    for part in _parts(items):
        wanted = select(table).where(table.organisation_id == organisation_id, column.in_(part))
        found += session.scalars(wanted.order_by(table.id))
    return found


def at(moment: datetime | None) -> str | None:
    """A moment as the package writes it."""
    return None if moment is None else moment.isoformat(timespec="seconds")


def _parts(items: Iterable[UUID | None]) -> Iterator[list[UUID]]:
    wanted = sorted({one for one in items if one is not None})
    for place in range(0, len(wanted), _PART):
        yield wanted[place : place + _PART]


def on(day: date | None) -> str | None:
    """The day as it is written in a package."""
    return None if day is None else day.isoformat()
