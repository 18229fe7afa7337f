"""Identity, card and telephone numbers taken out of what people said or typed.

A transcript is read by more people than ever listen to the recording, so a number that names a
person is hidden in it. The rule leans to privacy: six digits in a row are hidden whether or not a
checksum fits, because recognisers mishear digits. Scores, years, minutes and sums stay readable.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from transcription.identity_numbers import (
    NumberKind,
    is_finnish_identity,
    kind_of,
    passes_luhn,
)
from transcription.spoken_numbers import ANDS, FILLERS, HUNDREDS, JOINERS, TIMES, spoken_in
from transcription.words import Word

MASK: Final = "•••"
FEWEST_DIGITS: Final = 6

_MOST_FILLERS: Final = 3
_SERIAL_DIGITS: Final = 4
_EDGE: Final = ".,;:!?\"'()[]“”’»«"
_WRITTEN: Final = re.compile(r"\+?[\d()./–-]*\d[\d()./–-]*")
_DATE: Final = re.compile(
    r"(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d"
    r"|[0-3]?\d([./-])(?:0?\d|1[0-2])\1(?:(?:19|20)\d\d|\d\d)"
)
_FRACTION: Final = re.compile(r"\d{1,2}/\d{1,2}")  # a score or a day
_YEARS: Final = re.compile(r"(?:19|20)\d\d(?:[-–/](?:19|20)?\d\d)?")
_TIME: Final = re.compile(r"\d{1,2}[:.]\d{2}(?:[-–]\d{1,2}[:.]\d{2})?")
_HETU: Final = re.compile(r"\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Za-z]")
_SUM: Final = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3}){1,2}(?:[.,]\d{2})?")


@dataclass(frozen=True, slots=True)
class MaskedText:
    """`words` has as many entries as went in, with their times; of each hidden number the first
    word reads MASK and the others "", and `kinds` tells per index what stood there. `text` is the
    words joined. `found` counts numbers, not words.
    """

    text: str
    words: tuple[Word, ...]
    kinds: dict[int, NumberKind]
    found: Counter[NumberKind]


@dataclass(frozen=True, slots=True)
class _Token:
    """What one word may contribute to a number; `digits` is "" for a word that is none."""

    digits: str = ""
    single: bool = False
    weak: bool = False
    written: bool = False
    harmless: bool = False
    alone: NumberKind | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class _Run:
    """One number: words `start` up to but not including `end`."""

    start: int
    end: int
    kind: NumberKind


def mask(words: Sequence[Word], *, language: str | None = None) -> MaskedText:
    """Hide the numbers in recognised words.

    `language` is the language spoken, which settles words such as the Swedish “ni”; with None the
    number words of all five languages count.
    """
    runs = list(_runs([word.text for word in words], language))
    kinds = {index: run.kind for run in runs for index in range(run.start, run.end)}
    firsts = {run.start for run in runs}
    masked = tuple(
        replace(word, text=MASK if index in firsts else "") if index in kinds else word
        for index, word in enumerate(words)
    )
    text = " ".join(word.text for word in masked if word.text)
    return MaskedText(text, masked, kinds, Counter(run.kind for run in runs))


def mask_text(text: str, *, language: str | None = None) -> str:
    """Hide the numbers in a typed comment; line breaks and punctuation stay as they were."""
    spans = list(re.finditer(r"\S+", text))
    parts, at = [], 0
    for run in _runs([span.group() for span in spans], language):
        first, last = spans[run.start], spans[run.end - 1]
        trailing = len(last.group()) - len(last.group().rstrip(_EDGE))
        parts += [text[at : first.start()], MASK]
        at = last.end() - trailing
    return "".join([*parts, text[at:]])


def _runs(texts: Sequence[str], language: str | None) -> Iterator[_Run]:
    tokens = [_token(text, language) for text in texts]
    at = 0
    while at < len(tokens):
        if tokens[at].alone is not None:
            yield _Run(at, at + 1, tokens[at].alone or NumberKind.NUMBER)
            at += 1
            continue
        if not _may_begin(tokens, at):
            at += 1
            continue
        end = _end_of_run(tokens, texts, at)
        kind = _judge(tokens[at:end], texts[at:end], language, before=texts[at - 1] if at else "")
        if kind is None:
            at = end
            continue
        letter = texts[end].strip(_EDGE) if end < len(texts) else ""
        if _ends_finnish_number(letter, after := _digits(tokens[at:end], texts[at:end])):
            end += 1
            fits = is_finnish_identity(f"{after[:6]}-{after[6:]}{letter}")
            kind = NumberKind.IDENTITY if fits else kind
        yield _Run(at, end, kind)
        at = end


def _may_begin(tokens: Sequence[_Token], at: int) -> bool:
    if tokens[at].times > 1:
        return at + 1 < len(tokens) and tokens[at + 1].single
    return bool(tokens[at].digits)


def _token(text: str, language: str | None) -> _Token:
    bare = text.strip(_EDGE).lower() or text.lower()
    if not any(character.isdigit() for character in bare):
        return _spoken(bare, language)
    if _HETU.fullmatch(bare):
        fits = is_finnish_identity(bare)
        return _Token(alone=NumberKind.IDENTITY if fits else NumberKind.NUMBER)
    if _TIME.fullmatch(bare) or _SUM.fullmatch(bare):
        return _Token()
    digits = "".join(character for character in bare if character in "0123456789")
    if any(harmless.fullmatch(bare) for harmless in (_DATE, _YEARS, _FRACTION)):
        return _Token(digits, written=True, harmless=True)
    if _WRITTEN.fullmatch(text.strip(".,;:!?\"'[]“”’»«")):
        return _Token(digits, written=True)
    # Letters and digits in one, such as tel:0701234567: all of it goes or none.
    return _Token(alone=NumberKind.NUMBER) if len(digits) >= FEWEST_DIGITS else _Token()


def _spoken(bare: str, language: str | None) -> _Token:
    if bare in TIMES:
        return _Token(times=TIMES[bare])
    if bare in HUNDREDS:
        return _Token("00", weak=True)
    spoken = spoken_in(language).get(bare)
    if spoken is None:
        return _Token()
    return _Token(spoken.digits, single=len(spoken.digits) == 1, weak=spoken.weak)


def _end_of_run(tokens: Sequence[_Token], texts: Sequence[str], start: int) -> int:
    end = start + 1
    while end < len(tokens):
        following = _next_digit(tokens, texts, end)
        if following is None:
            break
        end = following + 1
    return end


def _next_digit(tokens: Sequence[_Token], texts: Sequence[str], at: int) -> int | None:
    """Where the number goes on, over what people say between digits; None when it has ended."""
    if tokens[at].digits:
        return at
    reach = at
    while reach < len(tokens) and reach - at < _MOST_FILLERS and not tokens[reach].digits:
        if texts[reach].strip(_EDGE).lower() not in FILLERS and tokens[reach].times == 1:
            break
        reach += 1
    if reach < len(tokens) and reach > at and tokens[reach].digits:
        return reach
    return _over_a_joiner(tokens, texts, at)


def _over_a_joiner(tokens: Sequence[_Token], texts: Sequence[str], at: int) -> int | None:
    before, word = tokens[at - 1], texts[at].strip(_EDGE).lower()
    if at + 1 < len(tokens):
        after = tokens[at + 1]
        one_by_one = before.single and after.single and not (before.weak or after.weak)
        danish = word in ANDS and before.single and _is_ten(after)  # fem og firs
        if word in JOINERS and (one_by_one or danish):
            return at + 1
    # Said in two halves with a word or two between: zero seven four, that's one nine five.
    for reach in range(at + 1, min(at + 3, len(tokens) - 2)):
        halves = (*tokens[max(at - 3, 0) : at], *tokens[reach : reach + 3])
        if len(halves) == 6 and all(token.single and not token.weak for token in halves):
            return reach
    return None


def _is_ten(token: _Token) -> bool:
    return len(token.digits) == 2 and token.digits[1] == "0" and not token.written


def _judge(
    tokens: Sequence[_Token], texts: Sequence[str], language: str | None, *, before: str
) -> NumberKind | None:
    digits = _digits(tokens, texts)
    sure = len(digits) - sum(len(token.digits) for token in tokens if token.weak)
    if len(digits) < FEWEST_DIGITS or sure < FEWEST_DIGITS - 2:
        return None
    if any(token.harmless for token in tokens) and not (len(digits) == 16 and passes_luhn(digits)):
        # A date or a year stays, unless enough follows to make a number of a person of it.
        others = sum(len(token.digits) for token in tokens if not token.harmless)
        if others < _SERIAL_DIGITS:
            return None
    plus = texts[0].lstrip("(").startswith("+") or before.lower() in ("+", "plus", "pluss")
    return kind_of(digits, language=language, international=plus)


def _digits(tokens: Sequence[_Token], texts: Sequence[str]) -> str:
    """The digits of a run: twenty five is 25 and not 205, fem og firs 85, double four 44."""
    found: list[str] = []
    times, previous, swapped = 1, _Token(), False
    for token, text in zip(tokens, texts, strict=True):
        if token.times > 1:
            times = token.times
            continue
        if not token.digits:
            swapped = previous.single and text.lower() in ANDS
            continue
        if _is_ten(previous) and token.single and token.digits != "0" and times == 1:
            found[-1] = previous.digits[0] + token.digits
        elif swapped and _is_ten(token):
            found[-1] = token.digits[0] + previous.digits
        else:
            found.append(token.digits * times)
        previous, times, swapped = token, 1, False
    return "".join(found)


def _ends_finnish_number(letter: str, digits: str) -> bool:
    """Whether this is the last character of a Finnish number, apart from its nine digits."""
    return len(digits) == 9 and len(letter) == 1 and letter.isalpha()
