"""One telephone of the lab: where the browser's clicks and the network's call meet.

The page and the call live in different threads. Both only ever touch the telephone under its
lock, and whoever changes something wakes the others.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Condition
from typing import Any, Final, TypeVar

from simulator.handset import SAMPLE_BYTES, SAMPLE_RATE
from simulator.lab_silence import SilenceDetector
from simulator.lab_state import (
    LineKind,
    PastCall,
    PhonePicture,
    PhoneState,
    TextShown,
    TranscriptLine,
)

# A page that is loaded again is away this long at most; the call waits for it meanwhile.
RELOAD_SECONDS: Final = 5.0
_LOOK_AGAIN: Final = 0.2
_TRANSCRIPT_LINES: Final = 200
_LOG_LINES: Final = 20
_MOST_TEXTS: Final = 60
_Found = TypeVar("_Found")


@dataclass(slots=True)
class Hands:
    """What the person at the page has done in this call and nobody has taken notice of yet."""

    picked_up: bool = False
    declined: bool = False
    hung_up: bool = False
    keys: deque[str] = field(default_factory=deque)
    heard: int = 0
    """The id of the last sound that was heard to its end."""
    speech: bytearray = field(default_factory=bytearray)
    microphone: str = ""
    """Which page's microphone is in use: the first that sent sound."""
    detector: SilenceDetector = field(default_factory=SilenceDetector)


class MissedPieceError(Exception):
    """A piece of sound is missing; `wanted` is the number of the piece to send next."""

    def __init__(self, wanted: int) -> None:
        super().__init__(f"piece {wanted} has to come first")
        self.wanted = wanted


class LabPhone:
    """A telephone with a number; `bell` guards all of it."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.bell = Condition()
        self.hands = Hands()
        self.audio: tuple[int, bytes, str] = (0, b"", "")
        """The sound being played: its id, the file, its media type."""
        self.picture = PhonePicture(number=number)
        self.busy = False
        """A call has the line, from before the first ring until after the last word."""
        self._pages = 0
        self._last_page_left = float("-inf")
        self._ids = 0

    # The page's side.

    @contextmanager
    def page(self) -> Iterator[None]:
        """A page is open for as long as the context lasts."""
        with self.bell:
            self._pages += 1
            self.bell.notify_all()
        try:
            yield
        finally:
            with self.bell:
                self._pages -= 1
                self._last_page_left = time.monotonic()

    @property
    def in_hand(self) -> bool:
        """True while a page is open, or was a moment ago and is being loaded again."""
        return self._pages > 0 or time.monotonic() - self._last_page_left < RELOAD_SECONDS

    def changed_since(self, version: int, *, timeout: float) -> PhonePicture | None:
        """The picture as soon as it is newer than `version`, or None after `timeout` seconds."""
        with self.bell:
            self.bell.wait_for(lambda: self.picture.version != version, timeout)
            return self.picture if self.picture.version != version else None

    def act(self, deed: Callable[[Hands], None]) -> None:
        """Let the person do something."""
        with self.bell:
            deed(self.hands)
            self.bell.notify_all()

    def take_sound(self, pcm: bytes, *, window: int, piece: int, microphone: str) -> bool:
        """Take piece number `piece` of what is said in `window`; False when it is not wanted.

        A piece that comes twice is taken once. One page's microphone is enough, however many
        pages are open. Raises MissedPieceError when one is missing.
        """
        with self.bell:
            speech, hands = self.picture.speech, self.hands
            if speech is None or speech.id != window:
                return False
            hands.microphone = hands.microphone or microphone
            if microphone != hands.microphone:
                return False
            if piece > speech.received:
                raise MissedPieceError(speech.received)
            if piece == speech.received:
                hands.speech += pcm
                hands.detector.listen(pcm)
                # No page has to be told; one that is loaded anew sees where to go on.
                self.picture = replace(self.picture, speech=replace(speech, received=piece + 1))
                self.bell.notify_all()
            return True

    def take_sample(self, pcm: bytes, *, window: int) -> bool:
        """Say a ready recording instead of speaking; False when nobody is listening any more."""
        with self.bell:
            speech, hands = self.picture.speech, self.hands
            if speech is None or speech.id != window:
                return False
            pause = bytes(int(speech.silence_seconds * SAMPLE_RATE) * SAMPLE_BYTES)
            hands.speech += pcm + pause
            hands.detector.listen(pcm + pause)
            if not pause and speech.finish_keys:
                hands.keys.append(speech.finish_keys[-1])
            self.bell.notify_all()
            return True

    # The call's side.

    def show(self, **changes: Any) -> None:
        """Change the picture; every open page is told."""
        with self.bell:
            self.picture = replace(self.picture, version=self.picture.version + 1, **changes)
            self.bell.notify_all()

    def keep_texts(self, known: Iterable[TextShown]) -> None:
        """Take what the network knows of; like any telephone, this one keeps what it was sent.

        A service may have the provider's copies emptied and deleted; the person's own stay.
        """
        with self.bell:
            kept = {one.sid: one for one in (*known, *self.picture.texts)}
            texts = tuple(sorted(kept.values(), key=lambda one: (one.at, one.sid)))[-_MOST_TEXTS:]
            if texts != self.picture.texts:
                self.show(texts=texts)

    def note(self, line: TranscriptLine) -> None:
        """Add a line to the transcript. Keys pressed one after the other share a line."""
        with self.bell:
            lines = self.picture.transcript
            if line.kind is LineKind.KEYS and lines and lines[-1].kind is LineKind.KEYS:
                line = replace(line, text=lines[-1].text + line.text)
                lines = lines[:-1]
            self.show(transcript=(*lines, line)[-_TRANSCRIPT_LINES:])

    def seize(self, *, other: str, outgoing: bool) -> bool:
        """Take the line for a call; False when there is one already."""
        with self.bell:
            if self.busy:
                return False
            self.busy = True
            self.hands = Hands()
            self.show(
                state=PhoneState.RINGING,
                call=self.picture.call + 1,
                other=other,
                outgoing=outgoing,
                since=None,
                ending="",
                seconds=0,
                transcript=(),
            )
            return True

    def release(self, *, ending: str, at: float) -> None:
        """The call is over: keep it in the log and free the line."""
        with self.bell:
            was = self.picture
            seconds = round(at - was.since) if was.since is not None else 0
            past = PastCall(
                other=was.other,
                outgoing=was.outgoing,
                at=was.since if was.since is not None else at,
                seconds=seconds,
                ending=ending,
            )
            self.busy = False
            self.audio = (0, b"", "")
            self.hands = Hands()  # what was said here is not kept a second time
            self.show(
                state=PhoneState.ENDED,
                ending=ending,
                seconds=seconds,
                sound=None,
                keys=None,
                speech=None,
                log=(past, *was.log)[:_LOG_LINES],
            )

    def next_id(self) -> int:
        """A number for the next sound or window, never given twice."""
        with self.bell:
            self._ids += 1
            return self._ids

    def wait_for(
        self, happened: Callable[[Hands], _Found | None], *, seconds: float, cut: Callable[[], bool]
    ) -> _Found | None:
        """What `happened` finds, or None after `seconds` or as soon as the line is cut.

        `happened` is asked under the lock, whenever something changes and a few times a second.
        """
        deadline = time.monotonic() + seconds
        with self.bell:
            while True:
                found = happened(self.hands)
                if found is not None:
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or cut():
                    return None
                self.bell.wait(min(left, _LOOK_AGAIN))
