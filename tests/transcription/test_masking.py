"""Numbers that name a person are hidden; scores, years, minutes and sums are not."""

import json
import random
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from transcription.identity_numbers import NumberKind
from transcription.masking import FEWEST_DIGITS, MASK, mask, mask_text
from transcription.spoken_numbers import ALL_LANGUAGES, spoken_in
from transcription.words import Word

LANGUAGES = [*ALL_LANGUAGES, None]


def words_of(text: str) -> list[Word]:
    return [
        Word(each, start=float(at), end=at + 0.8, confidence=0.9)
        for at, each in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("language", "said", "shown", "kind"),
    [
        ("en", "please call me back on zero seven four one nine five two",
         "please call me back on •••", "phone"),
        ("sv", "ring mig tillbaka på noll sju fyra ett nio fem två tack",
         "ring mig tillbaka på ••• tack", "phone"),
        ("nb", "ring meg på ni en to tre fire fem seks sju", "ring meg på •••", "phone"),
        ("da", "ring til mig på tyve tolv fireogtyve otteogfirs", "ring til mig på •••", "phone"),
        ("fi", "soita nolla neljä nolla yksi kaksi kolme neljä", "soita •••", "phone"),
        ("en", "oh seven oh uh one two three four", "•••", "phone"),
        ("en", "plus four six seven zero one two three four five six seven", "plus •••", "phone"),
        ("en", "zero seven four that's one nine five two", "•••", "phone"),
        ("en", "seven four one to nine five two", "•••", "number"),
        ("en", "it is double five double six double seven", "it is •••", "number"),
        ("sv", "noll sju … fyra ett … nio fem två", "•••", "phone"),
        ("sv", "mitt nummer är åttioett tolv tjugoåtta streck nittioåtta sjuttiofyra",
         "mitt nummer är •••", "identity"),
        ("sv", "nitton åttioett tolv tjugoåtta nittioåtta sjuttiofyra", "•••", "identity"),
        ("sv", "nittonhundraåttioett tolv tjugoåtta nittioåtta sjuttiofyra", "•••", "identity"),
        ("sv", "åtta ett ett två åtta åtta nio åtta sju fyra", "•••", None),
        ("nb", "null en null en nitti ni nittini tre fire fem", "•••", None),
        ("da", "min cpr er elleve tolv fem og firs tolv fire og tredive", "min cpr er •••",
         "identity"),
        ("fi", "yksi kolme yksi nolla viisi kaksi viiva kolme nolla kahdeksan t", "•••",
         "identity"),
        ("en", "four five three nine one four eight eight zero three four three six four six seven",
         "•••", "card"),
        ("sv", "kortet är fyra fem tre nio fjorton åttioåtta noll tre fyrtiotre sextiofyra"
         " sextiosju", "kortet är •••", "card"),
    ],
)  # fmt: skip
def test_a_number_said_aloud_is_hidden(
    language: str, said: str, shown: str, kind: str | None
) -> None:
    masked = mask(words_of(said), language=language)

    assert masked.text == shown
    assert sum(masked.found.values()) == 1
    if kind:
        assert masked.found == Counter({NumberKind(kind): 1})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "i had to wait forty minutes on the phone and nobody could help me"),
        ("en", "i give you nine out of ten"),
        ("en", "ten"),
        ("en", "seven twenty five thirty six"),
        ("en", "in nineteen eighty five and again in nineteen ninety"),
        ("en", "two thousand and twenty four"),
        ("en", "one or two or three times in twenty twenty four"),
        ("en", "it cost three hundred and forty five for two"),
        ("en", "twenty five minutes on monday and thirty five on tuesday and forty"),
        ("en", "no one told me to wait for one or two more"),
        ("sv", "jag fick vänta fyrtio minuter i telefon och ingen kunde hjälpa mig"),
        ("sv", "ni får nio av tio"),
        ("sv", "jag betalade tolv tusen tre hundra fyrtiofem kronor"),
        ("sv", "en gång en vecka en månad ett år en dag en kväll"),
        ("sv", "sedan nittonhundraåttiofem"),
        ("nb", "jeg ventet førtifem minutter og fikk to eller tre svar"),
        ("da", "jeg ventede femogfyrre minutter og fik en eller to svar"),
        ("fi", "odotin neljäkymmentäviisi minuuttia ja sain kaksi vastausta"),
        ("sv", "ett två tre fyra fem"),
        ("en", "oh oh oh oh oh oh what a day"),
    ],
)
def test_scores_years_minutes_and_sums_stay_readable(language: str, said: str) -> None:
    masked = mask(words_of(said), language=language)

    assert masked.text == said
    assert masked.found == Counter()


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ring 070-123 45 67.", "Ring •••."),
        ("Mitt nr är +46 70 123 45 67, tack!", "Mitt nr är •••, tack!"),
        ("tel:0701234567", "•••"),
        ("(08) 123 456 78", "•••"),
        ("pnr 811228-9874 här", "pnr ••• här"),
        ("pnr 19811228 9874", "pnr •••"),
        ("1981-12-28 9874", "•••"),
        ("samordningsnummer 701063-2391", "samordningsnummer •••"),
        ("131052-308T sanoi", "••• sanoi"),
        ("131052A308T", "•••"),
        ("kort 4539 1488 0343 6467\nrad två", "kort •••\nrad två"),
        ("SE35 5000 0000 0549 1000 0003", "SE35 •••"),
        ("Jeg bor i 0150, ring 22 22 55 55 nå", "Jeg bor i 0150, ring ••• nå"),
        ("nr 12345678", "nr •••"),
        ("två nummer: 0701234567 och 0707654321", "två nummer: ••• och •••"),
        ("10 av 10", "10 av 10"),
        ("8/10, väntade 45 min", "8/10, väntade 45 min"),
        ("8/10 9/10 10/10", "8/10 9/10 10/10"),
        ("kl 10:30-11:45 den 2024-05-12", "kl 10:30-11:45 den 2024-05-12"),
        ("den 12.05.2024 10 minuter", "den 12.05.2024 10 minuter"),
        ("2019, 2020 och 2021", "2019, 2020 och 2021"),
        ("åren 2019-2021", "åren 2019-2021"),
        ("nr 45-67-89", "nr •••"),
        ("1985-13-45", "•••"),
        ("1 500 kr, sedan 12 500,00", "1 500 kr, sedan 12 500,00"),
        ("priset 1.234.567 kr", "priset 1.234.567 kr"),
        ("114 55 Stockholm", "114 55 Stockholm"),
        ("", ""),
    ],
)
def test_a_typed_comment_loses_its_numbers_and_nothing_else(typed: str, shown: str) -> None:
    assert mask_text(typed) == shown
    assert mask_text(typed, language="sv") == shown


def test_in_a_typed_comment_the_layout_stays_as_it_was() -> None:
    typed = "  Hej!\n\n\tRing  noll sju noll ett två tre fyra ,\r\n tack  "

    assert mask_text(typed, language="sv") == "  Hej!\n\n\tRing  •••,\r\n tack  ".replace(
        "•••,", "••• ,"
    )


def test_every_word_keeps_its_place_and_its_time() -> None:
    heard = words_of("ring noll sju fyra ett nio fem två tack")

    masked = mask(heard, language="sv")

    assert [word.start for word in masked.words] == [word.start for word in heard]
    assert [word.end for word in masked.words] == [word.end for word in heard]
    assert [word.text for word in masked.words] == ["ring", MASK, *[""] * 6, "tack"]
    assert masked.kinds == dict.fromkeys(range(1, 8), NumberKind.PHONE)


digit_words = {
    language: [word for word, spoken in spoken_in(language).items() if not spoken.weak]
    for language in ALL_LANGUAGES
}
plain = st.sampled_from(
    [
        "jag",
        "var",
        "nöjd",
        "kundtjänst",
        "very",
        "happy",
        "the",
        "service",
        "kiitos",
        "takk",
        "hyvää",
    ]
)


@st.composite
def spoken_number(draw: st.DrawFn, language: str) -> list[str]:
    """At least six digits in one breath, in any grouping people use."""
    words: list[str] = []
    while sum(len(spoken_in(language)[word].digits) for word in words) < 2 * FEWEST_DIGITS:
        words.append(draw(st.sampled_from(digit_words[language])))
    return words


@settings(max_examples=200, deadline=None)
@given(data=st.data(), language=st.sampled_from(ALL_LANGUAGES), told=st.booleans())
def test_no_word_of_a_long_number_is_ever_left(
    data: st.DataObject, language: str, told: bool
) -> None:
    before, after = data.draw(st.lists(plain, max_size=5)), data.draw(st.lists(plain, max_size=5))
    number = data.draw(spoken_number(language))

    masked = mask(
        words_of(" ".join([*before, *number, *after])), language=language if told else None
    )

    shown = [word.text for word in masked.words]
    assert shown[len(before) : len(before) + len(number)] == [MASK, *[""] * (len(number) - 1)]
    assert shown[: len(before)] == before
    assert shown[len(before) + len(number) :] == after


@settings(max_examples=300, deadline=None)
@given(
    digits=st.text("0123456789", min_size=FEWEST_DIGITS, max_size=20),
    data=st.data(),
    language=st.sampled_from(LANGUAGES),
)
def test_no_typed_number_of_a_person_survives_its_grouping(
    digits: str, data: st.DataObject, language: str | None
) -> None:
    """Written in groups of two to four with spaces or hyphens, as people write numbers."""
    text, at = "", 0
    while at < len(digits):
        size = data.draw(st.integers(2, 4))
        text += digits[at : at + size] + data.draw(st.sampled_from([" ", "-", " - "]))
        at += size
    text = text.rstrip(" -")
    # Dates and years are told from numbers by the table above.
    dated = r"\d\d?/\d\d?|(19|20)\d\d(-(19|20)?\d\d)?|\d{4}-\d\d-\d\d|\d\d?-\d\d?-\d{2,4}"
    assume(not any(re.fullmatch(dated, token) for token in text.split()))

    assert mask_text(f"ring {text} tack", language=language) == "ring ••• tack"


@settings(max_examples=300, deadline=None)
@given(
    said=st.lists(
        st.sampled_from(
            [word for words in digit_words.values() for word in words[:25]]
            + [
                "ring",
                "mig",
                "på",
                "tack",
                "och",
                "to",
                "for",
                "…",
                "uh",
                "double",
                "070",
                "2019",
                "10",
                "12345",
                "10:30",
            ]
        ),
        max_size=25,
    ),
    language=st.sampled_from(LANGUAGES),
)
def test_masking_twice_is_masking_once_and_times_always_align(
    said: list[str], language: str | None
) -> None:
    heard = words_of(" ".join(said))

    masked = mask(heard, language=language)
    again = mask([word for word in masked.words if word.text], language=language)

    assert len(masked.words) == len(heard)
    assert [word.start for word in masked.words] == [word.start for word in heard]
    assert again.text == masked.text
    assert sum(masked.found.values()) == masked.text.split().count(MASK)
    for index, word in enumerate(masked.words):
        assert (index in masked.kinds) == (word.text in ("", MASK))


def test_masking_takes_in_proportion_to_the_length_of_a_transcript() -> None:
    chance = random.Random(2)
    said = [
        chance.choice(digit_words["sv"][:40] + ["och", "jag", "är"] * 20) for _ in range(20_000)
    ]

    def calls_for(words: list[str]) -> int:
        calls = 0

        def count(_frame: object, event: str, _what: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        heard = words_of(" ".join(words))
        sys.setprofile(count)
        try:
            mask(heard, language="sv")
        finally:
            sys.setprofile(None)
        return calls

    # Counted, not timed: a busy machine makes no more calls.
    assert calls_for(said) < 25 * calls_for(said[:1_000])


@pytest.mark.parametrize("language", ["en", "sv"])
def test_of_all_recordings_only_the_read_out_number_is_hidden(language: str) -> None:
    folder = Path(__file__).parents[2] / "simulator/voices"
    listed = json.loads((folder / "voices.json").read_text(encoding="utf-8"))[language]

    hidden = [
        voice["file"]
        for voice in listed
        if mask(words_of(voice["text"]), language=language).text != voice["text"]
    ]

    assert hidden == [f"{language}-07.wav"]
