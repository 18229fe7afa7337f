"""The recordings of a person with what was understood of them and who listened to them."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import InstrumentedAttribute, Session

from privacy import access_openings
from privacy.access_moments import Document, among, at
from storage.keyring import Keyring
from storage.states import RecordingState, TranscriptState
from storage.tables import Recording, Transcript

Mask = Callable[[str, str], str]
"""A text and its language to the text without other people's numbers."""


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
        opened = access_openings.of(self._session, self._organisation_id, ids)
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
                    **opened[one.id],
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

    def _find(self, table: type[Any], column: Any, items: Iterable[UUID | None]) -> list[Any]:
        return among(self._session, table, column, items, self._organisation_id)
