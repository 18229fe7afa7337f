"""What a person half listening makes of a prompt: which keys would be an answer?

It knows no survey. It looks for a scale ("from 0 to 10") or for keys offered one by one ("press 1
to ..., 2 to ..."), in figures or in words, in Swedish, Norwegian, Danish, Finnish and English.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from simulator.handset import Utterance

# In every language, counted from nought.
_WORDS: Final = (
    ("noll", "null", "nul", "zero"),
    ("ett", "ettan", "en", "én", "one"),
    ("två", "tvåan", "to", "two"),
    ("tre", "trean", "three"),
    ("fyra", "fyran", "fire", "four"),
    ("fem", "femman", "five"),
    ("sex", "sexan", "seks", "six"),
    ("sju", "sjuan", "syv", "seven"),
    ("åtta", "åttan", "åtte", "otte", "eight"),
    ("nio", "nian", "ni", "nine"),
    ("tio", "tian", "ti", "ten"),
)
# Finnish bends its numbers, so there the beginnings count; longer ones are looked at first.
_STEMS: Final = (
    ("nolla",),
    ("yhde", "yhtä", "yksi", "ykkö"),
    ("kahde", "kahta", "kaksi", "kakko"),
    ("kolm",),
    ("neljä", "nelo"),
    ("viis", "viit", "viide", "vito"),
    ("kuus", "kuut", "kuude", "kuto"),
    ("seitse", "seiska"),
    ("kahdeks", "kasi"),
    ("yhdeks", "ysi"),
    ("kymme", "kymppi"),
)
_BY_WORD: Final = {word: value for value, words in enumerate(_WORDS) for word in words}
_BY_STEM: Final = {stem: value for value, stems in enumerate(_STEMS) for stem in stems}
_STEM: Final = "|".join(sorted(_BY_STEM, key=len, reverse=True))
_FIGURE: Final = r"(?<![\d.,:])(?:10|\d)(?!\d|[.,:]\d)"
_BENT: Final = rf"(?:{_FIGURE}(?::\w+)?|\b(?:{_STEM})\w*)"
_NUMBER: Final = rf"(?:{_BENT}|\b(?:{'|'.join(_BY_WORD)})\b)"
_SCALE: Final = re.compile(
    rf"({_NUMBER})\s*(?:[–—…-]|\btill\b|\btil\b|\bto\b|\bog\b|\boch\b|\band\b|\bja\b)\s*({_NUMBER})",
    re.IGNORECASE,
)
_BENT_SCALE: Final = re.compile(rf"({_BENT})\s+({_BENT})", re.IGNORECASE)  # "yhdestä viiteen"
_PRESSING: Final = re.compile(
    r"\b(?:tryck|trykk|tryk|tast|slå|paina|näppäile|valitse|välj|velg|vælg|press|dial|enter)\w*\s+"
    r"(?:(?:på|the|key|tasten|siffran|number|numero\w*|nummer|tallet)\s+)*"
    rf"({_NUMBER})",
    re.IGNORECASE,
)
_LONE: Final = re.compile(_FIGURE)
_LEAST_SCALE: Final = 3  # "1 and 2" are two keys, "1 to 5" is a scale


@dataclass(frozen=True, slots=True)
class Scale:
    """A score is asked for, `lowest` to `highest`."""

    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Keys:
    """One of these keys is asked for, in the order of the figures."""

    offered: tuple[str, ...]


def understood(heard: Sequence[Utterance], *, wanted: int | None) -> Scale | Keys:
    """What the prompt asks for; `wanted` is how many keys end it. Key 1 when it says nothing."""
    text = " ".join(each.text for each in _in_the_main_language(heard))
    pairs = _SCALE.findall(text) or _BENT_SCALE.findall(text)
    scales = [(_value(low), _value(high)) for low, high in pairs]
    scales = [(low, high) for low, high in scales if low in (0, 1) and high - low >= _LEAST_SCALE]
    if scales:
        return Scale(*scales[-1])
    figures = {_value(found) for found in (*_LONE.findall(text), *_PRESSING.findall(text))}
    row = _row_from_one(figures)
    if len(row) >= 2 or wanted == 1:
        return Keys(tuple(str(key) for key in row) or ("1",))
    return Scale(0, 10) if wanted == 2 else Keys(tuple(str(key) for key in row) or ("1",))


def _in_the_main_language(heard: Sequence[Utterance]) -> list[Utterance]:
    # "For English, press 9" within a Swedish prompt is not for a Swede.
    spoken = [each for each in heard if each.text]
    if not spoken:
        return []
    weights: dict[str, int] = {}
    for each in spoken:
        weights[each.language] = weights.get(each.language, 0) + len(each.text)
    main = max(weights, key=lambda language: weights[language])
    return [each for each in spoken if each.language == main]


def _row_from_one(figures: set[int]) -> list[int]:
    row: list[int] = []
    while len(row) + 1 in figures and len(row) < 9:
        row.append(len(row) + 1)
    return row


def _value(found: str) -> int:
    word = found.lower().partition(":")[0]
    if word.isdigit():
        return int(word)
    if word in _BY_WORD:
        return _BY_WORD[word]
    stem = max((stem for stem in _BY_STEM if word.startswith(stem)), key=len)
    return _BY_STEM[stem]
