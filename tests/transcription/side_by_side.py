"""Two children forked beside loaded models hear recordings: what each said, as JSON.

A process of its own: one in which other tests have left threads cannot be trusted to fork.
"""

import json
import multiprocessing
import sys
from pathlib import Path

from transcription.audio import pcm_at
from transcription.catalogue import find_models
from transcription.recognition import Recogniser

_inherited: list[Recogniser] = []


def _hear(file: str, language: str) -> str:
    (recogniser,) = _inherited
    rate = recogniser.rate_for(language)
    sound = pcm_at(Path(file).read_bytes(), rate=rate)
    return recogniser.recognise(sound, rate=rate, language=language).text


if __name__ == "__main__":
    _inherited.append(Recogniser.from_catalogue(find_models(None)))
    with multiprocessing.get_context("fork").Pool(2) as pool:
        json.dump(pool.starmap(_hear, json.load(sys.stdin)), sys.stdout)
