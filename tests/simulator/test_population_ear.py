"""People half listen: from a prompt they make out a scale or the keys on offer."""

import pytest

from simulator.handset import Sound, Utterance
from simulator.population_ear import Keys, Scale, understood


def said(text: str, language: str = "sv-SE") -> Utterance:
    return Utterance(Sound.SAY, seconds=3.0, text=text, language=language, interruptible=True)


@pytest.mark.parametrize(
    ("prompt", "meaning"),
    [
        ("På en skala från 0 till 10, hur troligt är det att du rekommenderar oss?", Scale(0, 10)),
        ("Hur nöjd är du? Tryck 1 till 5, där 1 är missnöjd och 5 är mycket nöjd.", Scale(1, 5)),
        ("Hur fornøyd er du, fra 1 til 5?", Scale(1, 5)),
        ("Hvor sandsynligt er det på en skala fra nul til ti?", Scale(0, 10)),
        ("Kuinka todennäköisesti suosittelet meitä asteikolla 0–10?", Scale(0, 10)),
        ("Kuinka tyytyväinen olet asteikolla yhdestä viiteen?", Scale(1, 5)),
        ("Arvioi 1:stä 5:een.", Scale(1, 5)),
        ("How easy was it? Press a key between one and seven.", Scale(1, 7)),
        ("It takes 2 minutes and is kept for 12 months. How was it, from 0 to 10?", Scale(0, 10)),
    ],
)
def test_a_scale_is_made_out_in_every_language(prompt: str, meaning: Scale) -> None:
    assert understood([said(prompt)], wanted=None) == meaning


@pytest.mark.parametrize(
    ("prompt", "keys"),
    [
        ("Tryck 1 för att behålla, 2 för att höra igen, 3 för att tala in på nytt.", "123"),
        ("Trykk 1 for ja, 2 for nei.", "12"),
        ("Tryk 1 for ja og 2 for nej.", "12"),
        ("Tryck ettan för ja, tryck tvåan för nej.", "12"),
        ("Paina ykköstä, jos kyllä, ja paina kakkosta, jos ei.", "12"),
        ("For the invoice press 1, the card press 2, the loan press 3, others press 4.", "1234"),
        ("Samtalet tar 1 minut. Får vi kontakta dig? Tryck 1 för ja och 2 för nej.", "12"),
        ("Tryck på valfri knapp för att fortsätta.", "1"),
    ],
)
def test_the_keys_on_offer_are_made_out_in_every_language(prompt: str, keys: str) -> None:
    assert understood([said(prompt)], wanted=1) == Keys(tuple(keys))


def test_what_is_said_in_another_language_is_not_for_this_person() -> None:
    prompt = [
        said("Hur nöjd är du, från 1 till 5? Tryck på en siffra."),
        said("For English, press 2.", "en-GB"),
    ]

    assert understood(prompt, wanted=1) == Scale(1, 5)


def test_two_keys_wanted_and_no_word_understood_means_nought_to_ten() -> None:
    assert understood([said("Hm?")], wanted=2) == Scale(0, 10)


def test_nothing_heard_at_all_still_finds_a_key() -> None:
    assert understood([], wanted=1) == Keys(("1",))
