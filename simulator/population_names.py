"""Names by language. All of them are common, so that none points at anybody."""

from random import Random
from typing import Final

_FIRST: Final = {
    "sv": (
        "Åsa Björn Elin Johan Karin Lars Maja Nils Sara Oskar Ingrid Göran Linnéa Erik Ulla "
        "Anders Frida Hanna Viktor Märta"
    ),
    "nb": (
        "Ingrid Øyvind Solveig Håkon Marit Kåre Silje Bjørn Astrid Lars Tuva Magnus Ragnhild "
        "Sindre Eirik Åse Jonas Hilde"
    ),
    "da": (
        "Søren Mette Jørgen Lærke Rasmus Kirsten Anders Freja Birgitte Mikkel Inger Åge Sofie "
        "Emil Dorthe Niels Camilla Bjarne"
    ),
    "fi": (
        "Päivi Jukka Aino Väinö Sanna Mikko Helmi Antti Jyrki Maija Olavi Kaisa Pekka Tuula "
        "Ville Raili Riikka Hannu"
    ),
    "en": (
        "Grace Samuel Amina Daniel Priya Oliver Hannah Marcus Chloe Ibrahim Emily Thomas Zoe Arthur"
    ),
}
_LAST: Final = {
    "sv": (
        "Andersson Johansson Åkesson Öberg Lindström Nyström Sjöberg Ekman Björk Holm Wallin "
        "Hägglund Norén Forsberg Lund Ström"
    ),
    "nb": (
        "Hansen Johansen Ødegård Bakken Haugen Solberg Bråten Lie Moen Strand Sæther Nygård "
        "Berge Aasen Dahl"
    ),
    "da": (
        "Jensen Nielsen Sørensen Møller Ågaard Kjær Østergaard Lund Bæk Nørgaard Holst "
        "Thomsen Dahl Skov"
    ),
    "fi": (
        "Korhonen Virtanen Mäkinen Hämäläinen Järvinen Lehtonen Väisänen Nieminen Lähde "
        "Koskinen Salmi Räsänen Niemi Ahola"
    ),
    "en": "Taylor Okafor Wilson Sharma Brown Hughes Clarke Rahman Evans Murphy Bennett Cooper",
}
_PLAIN: Final = str.maketrans(
    {"å": "a", "ä": "a", "ö": "o", "ø": "o", "æ": "ae", "é": "e", " ": "."}
)


def a_name(locale: str, *, chance: Random) -> str:
    """A first and a last name as people of that language bear them."""
    return f"{chance.choice(_FIRST[locale].split())} {chance.choice(_LAST[locale].split())}"


def address_of(name: str, *, index: int) -> str:
    """An e-mail address that no mail can reach, for nobody has a domain under .example."""
    return f"{name.lower().translate(_PLAIN)}.{index + 1}@post.example"
