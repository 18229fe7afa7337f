"""Numbers as people say them: words of five languages and the digits they stand for.

Only what is needed to find long numbers in speech; nothing here understands amounts or dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ALL_LANGUAGES: Final = ("sv", "nb", "da", "fi", "en")

FILLERS: Final = _set(
    "… [unk] - – — / + uh um er eh ehm hm hmm mm öh öhm øh øhm äh äähm"
    " dash hyphen minus plus pluss streck strek bindestreck bindestrek viiva väliviiva tavuviiva"
    " then sen sedan så så-så sitten niin dot point punkt prick piste"
)
"""Said between the digits of one number without ending it."""

JOINERS: Final = _set("and och å og ja to too for")
"""Harmless words, or digits misheard as such, when they stand between two single digits."""

ANDS: Final = frozenset({"og", "och", "and", "ja"})

HUNDREDS: Final = _set("hundred hundra hundre hundrede sata sataa")

TIMES: Final = MappingProxyType(
    {"double": 2, "triple": 3, "treble": 3, "dubbel": 2, "dubbelt": 2, "trippel": 3, "dobbel": 2}
    | {"dobbelt": 2, "tupla": 2}
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The digits a word stands for; `weak` words are as often something else (an article)."""

    digits: str
    weak: bool = False


# Zero to nineteen and the tens, in order; several forms are separated by a stroke.
_UNITS: Final = {
    "sv": "noll/nolla ett två/tvåa tre/trea fyra/fyr fem/femma sex/sexa sju/sjua åtta nio/nie",
    "nb": "null én/ein to tre fire fem seks sju/syv åtte ni",
    "da": "nul én/ét to tre fire fem seks syv otte ni",
    "fi": "nolla yksi/yks kaksi/kaks kolme/kol neljä/nel viisi/viis kuusi/kuus"
    " seitsemän/seiska/seittemän kahdeksan/kasi/kaheksan yhdeksän/ysi/yheksän",
    "en": "zero/nought/nil one two three/tree four five six seven eight nine/niner",
}
_TEENS: Final = {
    "sv": "tio/tie elva tolv tretton fjorton femton sexton sjutton arton/aderton nitton",
    "nb": "ti elleve/elve tolv tretten fjorten femten seksten sytten atten nitten",
    "da": "ti elleve tolv tretten fjorten femten seksten sytten atten nitten",
    "fi": "kymmenen yksitoista kaksitoista kolmetoista neljätoista viisitoista kuusitoista"
    " seitsemäntoista kahdeksantoista yhdeksäntoista",
    "en": "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
}
_TENS: Final = {
    "sv": "tjugo/tjuge/tjugu trettio/tretti fyrtio/fyrti femtio/femti sextio/sexti sjuttio/sjutti"
    " åttio/åtti nittio/nitti",
    "nb": "tjue/tyve tretti/tredve førti/førr femti seksti sytti åtti nitti",
    "da": "tyve tredive fyrre/fyrretyve halvtreds tres halvfjerds firs halvfems",
    "fi": "kaksikymmentä/kakskyt kolmekymmentä/kolkyt neljäkymmentä/nelkyt viisikymmentä/viiskyt"
    " kuusikymmentä/kuuskyt seitsemänkymmentä/seiskyt kahdeksankymmentä/kaheksankyt"
    " yhdeksänkymmentä/yheksänkyt",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
}
_WEAK: Final = {
    "sv": {"en": "1", "o": "0"},
    "nb": {"en": "1", "ei": "1", "et": "1", "ett": "1", "o": "0"},
    "da": {"en": "1", "et": "1", "o": "0"},
    "fi": {"o": "0"},
    "en": {"oh": "0", "o": "0"},
}


@cache
def spoken_in(language: str | None) -> Mapping[str, Spoken]:
    """Word to digits, for one language or, with None, for all five together.

    A language we have no words for is read as all five: better a word too many than a number.
    """
    if language not in ALL_LANGUAGES:
        merged: dict[str, Spoken] = {}
        for each in ALL_LANGUAGES:
            for word, spoken in spoken_in(each).items():
                known = merged.get(word)
                merged[word] = spoken if known is None or known.weak else known
        return MappingProxyType(merged)
    below_hundred = _below_hundred(language)
    words = {word: Spoken(digits) for word, digits in below_hundred.items()}
    words |= {word: Spoken(digits) for word, digits in _joined_hundreds(language, below_hundred)}
    for word, digits in _WEAK[language].items():
        words.setdefault(word, Spoken(digits, weak=True))
    return MappingProxyType(words)


def _below_hundred(language: str) -> dict[str, str]:
    units = [forms.split("/") for forms in _UNITS[language].split()]
    # Compounds are made of articles too: tjugoen, enogtyve.
    ones = units[1] + [word for word, digit in _WEAK[language].items() if digit == "1"]
    words: dict[str, str] = {}
    for digit, forms in enumerate(units):
        words |= dict.fromkeys(forms, str(digit))
    for number, teens in enumerate(_TEENS[language].split(), start=10):
        words |= dict.fromkeys(teens.split("/"), str(number))
    for number, tens in enumerate(_TENS[language].split(), start=2):
        for ten in tens.split("/"):
            words[ten] = f"{number}0"
            for digit in range(1, 10):
                for unit in ones if digit == 1 else units[digit]:
                    value = f"{number}{digit}"
                    words |= dict.fromkeys((f"{ten}{unit}", f"{ten}-{unit}"), value)
                    if language in ("nb", "da"):
                        words |= {f"{unit}og{ten}": value, f"{unit}-og-{ten}": value}
    return words


def _joined_hundreds(language: str, below: Mapping[str, str]) -> list[tuple[str, str]]:
    """Years and the like in one word: nittonhundraåttiofem, nittenhundreogåttifem."""
    hundred = {"sv": ("hundra",), "nb": ("hundre", "hundreog"), "da": ("hundrede", "hundredeog")}
    found = []
    for middle in hundred.get(language, ()):
        for front, digits in below.items():
            if not 2 <= int(digits) <= 19 or (len(digits) > 1 and digits[0] == "0"):
                continue
            found.append((f"{front}{middle}", f"{int(digits)}00"))
            found += [
                (f"{front}{middle}{rest}", digits + two.zfill(2)) for rest, two in below.items()
            ]
    return found
