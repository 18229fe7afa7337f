"""A call of the phone lab: the network asks, the person at the page answers."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from simulator.handset import (
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Answer,
    Direction,
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
from simulator.lab_phone import Hands, LabPhone
from simulator.lab_state import (
    KeysAwaited,
    LineKind,
    PhoneState,
    SoundShown,
    SpeechAwaited,
    TranscriptLine,
)

# A page that never reports a sound as heard must not hold the call up for ever.
_SLOWEST_VOICE: Final = 3.0
_PAGE_SLACK: Final = 6.0
# Sounds whose length the page cannot change.
_MEASURED: Final = (Sound.PAUSE, Sound.BEEP, Sound.TONES)
_NOTES: Final = {Sound.BEEP: "Tone", Sound.PLAY: "A recording is played"}
_Found = TypeVar("_Found")


class LabHandset:
    """The handset of a lab telephone for one call; its methods wait for the person."""

    def __init__(self, phone: LabPhone) -> None:
        self._phone = phone
        self._line: Line | None = None
        self._mine = False
        self._listening = False  # within a prompt: a key pressed early is not lost

    def ring(self, line: Line) -> Pickup:
        self._line = line
        if not self._phone.seize(other=line.caller, outgoing=False):
            return Pickup(Answer.BUSY)
        self._mine = True
        began = time.monotonic()
        answer = self._phone.wait_for(_decision, seconds=line.ring_seconds, cut=line.cut)
        return Pickup(answer or Answer.NO_ANSWER, after_seconds=time.monotonic() - began)

    def connected(self, line: Line) -> None:
        self._line = line
        if line.direction is Direction.INBOUND and not self._mine:
            self._mine = self._phone.seize(other=line.called, outgoing=True)
        if self._mine:
            self._phone.show(state=PhoneState.IN_CALL, since=time.time())

    def dialled(self, called: str) -> bool:
        """The person has dialled and hears it ring; False when the line is in use."""
        self._mine = self._phone.seize(other=called, outgoing=True)
        return self._mine

    def hear(self, utterance: Utterance) -> Heard:
        began = time.monotonic()
        if not self._listening:
            self._phone.act(_forget_keys)
        shown = self._show(utterance)
        limit = utterance.seconds
        if utterance.sound not in _MEASURED:
            limit = limit * _SLOWEST_VOICE + _PAGE_SLACK

        def happened(hands: Hands) -> Heard | None:
            seconds = time.monotonic() - began
            if self._gone(hands):
                return Heard(Ended.HANG_UP, seconds)
            if utterance.interruptible and hands.keys:
                return Heard(Ended.KEY, seconds, key=hands.keys.popleft())
            if hands.heard >= shown:
                return Heard(Ended.PLAYED, seconds)
            return None

        heard = self._wait(happened, limit) or Heard(Ended.PLAYED, time.monotonic() - began)
        self._listening = utterance.interruptible and heard.ended is Ended.PLAYED
        if heard.ended is Ended.KEY:
            self._phone.note(TranscriptLine(LineKind.KEYS, heard.key))
        self._phone.show(sound=None)
        return heard

    def press(self, window: KeyWindow) -> Pressed:
        began = time.monotonic()
        self._phone.show(
            keys=KeysAwaited(
                id=self._phone.next_id(),
                until=time.time() + window.timeout_seconds,
                wanted=window.wanted,
            )
        )

        def happened(hands: Hands) -> Pressed | None:
            seconds = time.monotonic() - began
            if self._gone(hands):
                return Pressed(Ended.HANG_UP, seconds)
            if hands.keys:
                return Pressed(Ended.KEY, seconds, key=hands.keys.popleft())
            return None

        pressed = self._wait(happened, window.timeout_seconds)
        self._listening = False
        if pressed is not None and pressed.ended is Ended.KEY:
            self._phone.note(TranscriptLine(LineKind.KEYS, pressed.key))
        self._phone.show(keys=None)
        return pressed or Pressed(Ended.SILENCE, time.monotonic() - began)

    def speak(self, window: SpeakWindow) -> Spoken:
        began = time.monotonic()
        self._listening = False
        self._phone.act(_clear_mouth)
        self._phone.show(
            state=PhoneState.RECORDING,
            speech=SpeechAwaited(
                id=self._phone.next_id(),
                since=time.time(),
                longest_seconds=window.longest_seconds,
                silence_seconds=window.silence_seconds,
                finish_keys=window.finish_keys,
            ),
        )
        longest = int(window.longest_seconds * SAMPLE_RATE) * SAMPLE_BYTES

        def happened(hands: Hands) -> tuple[Ended, str] | None:
            if self._gone(hands):
                return Ended.HANG_UP, ""
            while hands.keys:
                key = hands.keys.popleft()
                if key in window.finish_keys:
                    return Ended.KEY, key
            if len(hands.speech) >= longest:
                return Ended.LIMIT, ""
            if 0 < window.silence_seconds <= hands.detector.quiet_seconds:
                return Ended.SILENCE, ""
            return None

        ended, key = self._wait(happened, window.longest_seconds) or (Ended.LIMIT, "")
        with self._phone.bell:
            hands = self._phone.hands
            pcm, spoke = bytes(hands.speech[:longest]), hands.detector.spoke
            hands.speech.clear()
        # Without a microphone nothing came in, and the line was silent all the while.
        elapsed = min(time.monotonic() - began, window.longest_seconds)
        pcm = pcm or bytes(int(elapsed * SAMPLE_RATE) * SAMPLE_BYTES)
        seconds = len(pcm) / (SAMPLE_RATE * SAMPLE_BYTES)
        words = f"Spoke for {seconds:.1f} s" if spoke else f"Silent for {seconds:.1f} s"
        self._phone.note(TranscriptLine(LineKind.SPOKE, words))
        if key:
            self._phone.note(TranscriptLine(LineKind.KEYS, key))
        self._phone.show(state=PhoneState.IN_CALL, speech=None)
        return Spoken(ended, pcm, key=key, spoke=spoke)

    def call_ended(self, ending: Ending) -> None:
        if self._mine:
            self._mine = False
            self._phone.release(ending=ending.value, at=time.time())

    def _show(self, utterance: Utterance) -> int:
        shown = self._phone.next_id()
        with self._phone.bell:
            self._phone.audio = (shown, utterance.audio, utterance.media_type)
            if utterance.text and utterance.sound is Sound.SAY:
                self._phone.note(TranscriptLine(LineKind.SAID, utterance.text, utterance.language))
            elif utterance.sound in _NOTES:
                self._phone.note(TranscriptLine(LineKind.NOTE, _NOTES[utterance.sound]))
            self._phone.show(
                sound=SoundShown(
                    id=shown,
                    kind=utterance.sound.value,
                    seconds=utterance.seconds,
                    text=utterance.text if utterance.sound is not Sound.PLAY else "",
                    language=utterance.language,
                    interruptible=utterance.interruptible,
                    has_audio=bool(utterance.audio),
                )
            )
        return shown

    def _gone(self, hands: Hands) -> bool:
        # Closing the page is putting the telephone down, once it is clear that it stays closed.
        return hands.hung_up or not self._phone.in_hand

    def _wait(self, happened: Callable[[Hands], _Found | None], seconds: float) -> _Found | None:
        assert self._line is not None, "a call begins with ring or connected"
        return self._phone.wait_for(happened, seconds=seconds, cut=self._line.cut)


def _decision(hands: Hands) -> Answer | None:
    if hands.picked_up:
        return Answer.HUMAN
    return Answer.BUSY if hands.declined else None


def _forget_keys(hands: Hands) -> None:
    hands.keys.clear()


def _clear_mouth(hands: Hands) -> None:
    hands.keys.clear()
    hands.speech.clear()
    hands.microphone = ""
    hands.detector = type(hands.detector)()
