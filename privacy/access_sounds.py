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
                    "stored_at": at(one.stored_at),
                    "said_again": one.superseded,
                    **words.get(one.id, {"transcript": None}),
                    **opened[one.id],
                }
            )
        return found

    def _told(self, one: Recording) -> bool:
        return bool(one.comment_id or one.message_id) or one.id in self.sounds

    def _transcripts(self, recordings: Sequence[UUID]) -> dict[UUID, Document]:
        rows = self._find(Transcript, Transcript.recording_id, recordings)
        opened = self._keyring.open_many(
            [(one.id, "transcript.words", self._words(one)) for one in rows]
        )
        return {
            one.recording_id: {
                "transcript": None if document is None else self._text(document, one.language),
                "transcript_state": one.state.value,
                "transcript_begun_at": at(one.created_at),
                "transcript_done_at": at(one.done_at),
                "transcript_corrected_at": at(one.corrected_at),
            }
            for one, document in zip(rows, opened, strict=True)
        }

    def _words(self, one: Transcript) -> bytes | None:
        return one.words_sealed if one.state is TranscriptState.DONE else None

    def _text(self, document: str, language: str) -> str:
        return self._mask(" ".join(word[0] for word in json.loads(document)), language)

    def _find(self, table: type[Any], column: Any, items: Iterable[UUID | None]) -> list[Any]:
        return among(self._session, table, column, items, self._organisation_id)
