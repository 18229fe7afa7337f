"""Hears from the sound itself when a speaker has stopped."""

from collections import deque
from typing import Final

import numpy as np

from simulator.handset import SAMPLE_RATE

_FRAME: Final = SAMPLE_RATE // 50  # 20 ms
_FRAMES_A_SECOND: Final = 50
# Loudness as root mean square of 16-bit samples. Quieter than this is never speech; a noisy room
# raises the bar, up to the loudness at which any sound must count as speech.
_QUIETEST_SPEECH: Final = 140.0
_LOUDEST_ROOM: Final = 900.0
_ABOVE_ROOM: Final = 3.0
_ROOM_SECONDS: Final = 3
_LEAST_SPEECH: Final = 8  # frames; a click is shorter


class SilenceDetector:
    """Fed with sound piece by piece, it tells how long it has been quiet and if anybody spoke."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, dtype=np.int16)
        self._room: deque[float] = deque(maxlen=_ROOM_SECONDS * _FRAMES_A_SECOND)
        self._quiet = 0
        self._loud = 0

    @property
    def quiet_seconds(self) -> float:
        """How long it has been quiet until now."""
        return self._quiet / _FRAMES_A_SECOND

    @property
    def spoke(self) -> bool:
        """True once there was speech, or a sound as long and as loud."""
        return self._loud >= _LEAST_SPEECH

    def listen(self, pcm: bytes) -> None:
        """Take the next piece: mono, 8000 a second, signed 16 bit little endian."""
        samples = np.concatenate((self._rest, np.frombuffer(pcm, dtype="<i2")))
        whole = len(samples) // _FRAME * _FRAME
        self._rest = samples[whole:]
        for frame in samples[:whole].reshape(-1, _FRAME).astype(np.float64):
            loudness = float(np.sqrt(np.mean(frame * frame)))
            self._room.append(loudness)
            # Speech has gaps, so the quietest moment of the last seconds is the room.
            room = min(min(self._room), _LOUDEST_ROOM)
            if loudness > max(_QUIETEST_SPEECH, _ABOVE_ROOM * room):
                self._loud += 1
                self._quiet = 0
            else:
                self._quiet += 1
