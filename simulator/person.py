"""A person who follows the script of a scenario."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from simulator import speech
from simulator.handset import (
    Answer,
    Ended,
    Ending,
    Heard,
    KeyWindow,
    Line,
    Pickup,
    Pressed,
    Sound,
    SpeakWindow,
    Spoken,
    Utterance,
)
from simulator.scenario import CallScript, Deed, EndBy, PickupKind

_BETWEEN_KEYS: Final = 0.4
_BEFORE_KEYS: Final = 1.0
_INTERRUPTS_AFTER: Final = 0.5
_VOICES: Final = Path(__file__).parent / "voices"

Report = Callable[[str], None]
"""Told, in words, what of the script could not be done."""


class ScriptedPerson:
    """Does the deeds of a script one after the other; what is left undone is reported."""

    def __init__(self, script: CallScript, *, report: Report, beside: Path | None = None) -> None:
        self._script = script
        self._deeds = deque(script.does)
        self._done = 0
        self._report = report
        self._beside = beside
        self._ready = False
        """The prompt that the next deed waits for was heard."""
        self._typing: deque[str] = deque()

    # The parts of a handset ---------------------------------------------------------------

    def ring(self, line: Line) -> Pickup:
        script = self._script
        known = {
            PickupKind.NO_ANSWER: Answer.NO_ANSWER,
            PickupKind.BUSY: Answer.BUSY,
            PickupKind.UNREACHABLE: Answer.UNREACHABLE,
        }
        answer = known.get(script.pickup) or Answer(script.pickup.value)
        return Pickup(answer, script.ring_seconds, script.greeting_seconds, script.message_end)

    def connected(self, line: Line) -> None:
        return None

    def hear(self, utterance: Utterance) -> Heard:
        deed = self._next()
        if deed is not None and deed.on is not None and _contains(utterance, deed.on):
            self._ready = True
        if self._typing:
            return self._type_into(utterance)
        if deed is None or not self._ready_for(deed):
            return Heard(Ended.PLAYED, utterance.seconds)
        at = deed.after_seconds
        if deed.hang_up and (deed.on is not None or deed.during_prompt):
            if deed.on is None and not utterance.interruptible:
                return Heard(Ended.PLAYED, utterance.seconds)
            self._finish()
            heard = utterance.seconds if at is None else min(at, utterance.seconds)
            return Heard(Ended.HANG_UP, heard)
        if deed.keys and deed.during_prompt and utterance.interruptible:
            at = _INTERRUPTS_AFTER if at is None else at
            if at <= utterance.seconds:
                return Heard(Ended.KEY, at, self._first_key(deed))
        return Heard(Ended.PLAYED, utterance.seconds)

    def press(self, window: KeyWindow) -> Pressed:
        if self._typing:
            return Pressed(Ended.KEY, _BETWEEN_KEYS, self._typing.popleft())
        deed = self._next()
        nothing = Pressed(Ended.SILENCE, window.timeout_seconds)
        if deed is None or not self._ready_for(deed):
            return nothing
        at = _BEFORE_KEYS if deed.after_seconds is None else deed.after_seconds
        if deed.silence and not window.pressed:
            self._finish()
            return nothing
        if at > window.timeout_seconds or not (deed.keys or deed.hang_up) or window.pressed:
            return nothing
        if deed.hang_up:
            self._finish()
            return Pressed(Ended.HANG_UP, at)
        return Pressed(Ended.KEY, at, self._first_key(deed))

    def speak(self, window: SpeakWindow) -> Spoken:
        self._typing.clear()  # keys of the last question that nobody waited for any more
        deed = self._next()
        if deed is None or not self._ready_for(deed):
            return _says_nothing(window)
        at = deed.after_seconds or 0.0
        self._finish()
        if deed.silence or 0 < window.silence_seconds <= at:
            return _says_nothing(window)
        pause = speech.silence(at)
        if deed.hang_up:
            return Spoken(Ended.HANG_UP, pause or speech.silence(_BEFORE_KEYS), spoke=False)
        if deed.keys is not None:
            ends = next((key for key in deed.keys if key in window.finish_keys), "")
            if not ends:
                self._report(f"no key of {deed.keys!r} ends this recording")
                return _says_nothing(window)
            return Spoken(Ended.KEY, pause or speech.silence(_BEFORE_KEYS), key=ends, spoke=False)
        return self._talk(deed, pause + self._words(deed), window)

    def call_ended(self, ending: Ending) -> None:
        for place, deed in enumerate(self._deeds, start=self._done + 1):
            waited = f" (waited for {deed.on!r})" if deed.on is not None else ""
            self._report(f"the call ended before step {place} was done{waited}")

    # Within -------------------------------------------------------------------------------

    def _next(self) -> Deed | None:
        return self._deeds[0] if self._deeds else None

    def _ready_for(self, deed: Deed) -> bool:
        return deed.on is None or self._ready

    def _finish(self) -> None:
        self._deeds.popleft()
        self._done += 1
        self._ready = False

    def _first_key(self, deed: Deed) -> str:
        assert deed.keys is not None
        self._finish()
        self._typing.extend(deed.keys[1:])
        return deed.keys[0]

    def _type_into(self, utterance: Utterance) -> Heard:
        """The finger is still on the keys while the next prompt begins."""
        if utterance.interruptible and utterance.seconds >= _BETWEEN_KEYS:
            return Heard(Ended.KEY, _BETWEEN_KEYS, self._typing.popleft())
        self._report(f"keys {''.join(self._typing)!r} were pressed while nobody listened")
        self._typing.clear()
        return Heard(Ended.PLAYED, utterance.seconds)

    def _words(self, deed: Deed) -> bytes:
        if deed.speak is None:
            return speech.tones(deed.speak_seconds or 0.0)
        folders = [folder for folder in (self._beside, _VOICES) if folder is not None]
        for folder in folders:
            path = folder / deed.speak
            if path.is_file():
                return speech.load(path)
        places = " and ".join(str(folder) for folder in folders)
        raise FileNotFoundError(f"no sound {deed.speak!r} in {places}")

    def _talk(self, deed: Deed, words: bytes, window: SpeakWindow) -> Spoken:
        length = Spoken(Ended.LIMIT, words).seconds
        if length >= window.longest_seconds:
            return Spoken(Ended.LIMIT, speech.cut(words, window.longest_seconds))
        if deed.end_by == EndBy.HANG_UP:
            return Spoken(Ended.HANG_UP, words)
        if deed.end_by == EndBy.LIMIT:
            times = int(window.longest_seconds / length) + 1
            return Spoken(Ended.LIMIT, speech.cut(words * times, window.longest_seconds))
        if deed.end_by != EndBy.SILENCE and deed.end_by in window.finish_keys:
            return Spoken(Ended.KEY, words, key=deed.end_by)
        if deed.end_by != EndBy.SILENCE:
            self._report(f"key {deed.end_by!r} does not end this recording")
        quiet = window.silence_seconds or window.longest_seconds
        total = min(length + quiet, window.longest_seconds)
        ended = Ended.SILENCE if total < window.longest_seconds else Ended.LIMIT
        return Spoken(ended, words + speech.silence(total - length))


def _contains(utterance: Utterance, words: str) -> bool:
    if utterance.sound not in (Sound.SAY, Sound.PLAY):
        return False
    return " ".join(words.lower().split()) in " ".join(utterance.text.lower().split())


def _says_nothing(window: SpeakWindow) -> Spoken:
    quiet = window.silence_seconds
    if 0 < quiet <= window.longest_seconds:
        return Spoken(Ended.SILENCE, speech.silence(quiet), spoke=False)
    return Spoken(Ended.LIMIT, speech.silence(window.longest_seconds), spoke=False)
