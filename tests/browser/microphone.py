"""What the browser's microphone hears: one sentence, a pause, and the same again."""

import wave
from dataclasses import dataclass
from pathlib import Path

from simulator.handset import SAMPLE_BYTES, SAMPLE_RATE
from simulator.population_voices import Voice


@dataclass(frozen=True, slots=True)
class Loop:
    """A sentence that is said over and over."""

    voice: Voice
    pause: float = 2.0

    @property
    def seconds(self) -> float:
        """From one beginning to the next."""
        return self.voice.seconds + self.pause

    def write(self, path: Path) -> None:
        """One round as a WAV file, for Chromium to repeat."""
        with wave.open(str(path), "wb") as file:
            file.setparams((1, SAMPLE_BYTES, SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes(self.voice.pcm() + bytes(int(self.pause * SAMPLE_RATE) * SAMPLE_BYTES))
