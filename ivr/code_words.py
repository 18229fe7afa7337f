"""What is said in a call that speaks a code, in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CodeWords:
    """The offer, which anybody may hear; the words before the digits; and the end without them."""

    offer: str
    code: str
    again: str
    goodbye: str


SPOKEN: Final[Mapping[str, CodeWords]] = {
    "sv": CodeWords(
        offer="Hej! Det här är ett automatiskt samtal från {organisation}. Någon har bett om en "
        "kod till det här numret. Är det du, tryck 1. Annars behöver du inte göra något.",
        code="Din kod är:",
        again="En gång till:",
        goodbye="Tack och hej då!",
    ),
    "nb": CodeWords(
        offer="Hei! Dette er en automatisk oppringing fra {organisation}. Noen har bedt om en kode "
        "til dette nummeret. Er det deg, trykk 1. Ellers trenger du ikke gjøre noe.",
        code="Koden din er:",
        again="En gang til:",
        goodbye="Takk og ha det bra!",
    ),
    "da": CodeWords(
        offer="Hej! Dette er et automatisk opkald fra {organisation}. Nogen har bedt om en kode "
        "til dette nummer. Er det dig, så tryk 1. Ellers behøver du ikke gøre noget.",
        code="Din kode er:",
        again="En gang til:",
        goodbye="Tak og farvel!",
    ),
    "fi": CodeWords(
        offer="Hei! Tämä on automaattinen puhelu, ja soittaja on {organisation}. Joku on pyytänyt "
        "koodia tähän numeroon. Jos se olit sinä, paina 1. Muuten sinun ei tarvitse tehdä mitään.",
        code="Koodisi on:",
        again="Vielä kerran:",
        goodbye="Kiitos ja kuulemiin!",
    ),
    "en": CodeWords(
        offer="Hello! This is an automated call from {organisation}. Somebody asked for a code to "
        "be told on this number. If it was you, press 1. Otherwise you need not do anything.",
        code="Your code is:",
        again="Once more:",
        goodbye="Thank you and goodbye!",
    ),
}
