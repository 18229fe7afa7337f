"""The mail that a package is ready, and the page it is fetched from, in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("sv", "nb", "da", "fi", "en")


@dataclass(frozen=True, slots=True)
class PackageWords:
    """The mail and the page in one language."""

    subject: str
    body: str
    title: str
    lead: str
    send: str
    sent: str
    fetch: str


_Row = tuple[str, str, str, str, str]
_ROWS: Final[Mapping[str, _Row]] = {
    "subject": ("Dina uppgifter hos {organisation}", "Opplysningene dine hos {organisation}",
                "Dine oplysninger hos {organisation}", "Tietosi: {organisation}",
                "Your data with {organisation}"),
    "body": ("Du har frågat {organisation} om dina uppgifter, ärende {reference}. De finns att "
             "hämta till och med {day} här:\n\n    {link}\n\nSidan skickar en kod till den här "
             "adressen när du ber om den. Frågor: {contact}\n",
             "Du har spurt {organisation} om opplysningene dine, sak {reference}. De kan hentes "
             "til og med {day} her:\n\n    {link}\n\nSiden sender en kode til denne adressen når "
             "du ber om den. Spørsmål: {contact}\n",
             "Du har spurgt {organisation} om dine oplysninger, sag {reference}. De kan hentes til "
             "og med {day} her:\n\n    {link}\n\nSiden sender en kode til denne adresse, når du "
             "beder om den. Spørgsmål: {contact}\n",
             "Olet kysynyt tietojasi ({organisation}), asia {reference}. Voit noutaa ne "
             "viimeistään {day} täältä:\n\n    {link}\n\nSivu lähettää koodin tähän "
             "osoitteeseen, kun pyydät sitä. Kysyttävää: {contact}\n",
             "You asked {organisation} about your data, request {reference}. You can fetch them up "
             "to and including {day} here:\n\n    {link}\n\nThe page sends a code to this address "
             "when you ask for it. Questions: {contact}\n"),
    "title": ("Hämta dina uppgifter", "Hent opplysningene dine", "Hent dine oplysninger",
              "Nouda tietosi", "Fetch your data"),
    "lead": ("Ärende {reference}. Du får en zip-fil med en sida att läsa, samma uppgifter för ett "
             "program, och ljudet.",
             "Sak {reference}. Du får en zip-fil med en side å lese, de samme opplysningene for et "
             "program, og lyden.",
             "Sag {reference}. Du får en zip-fil med en side at læse, de samme oplysninger til et "
             "program, og lyden.",
             "Asia {reference}. Saat zip-tiedoston, jossa on luettava sivu, samat tiedot "
             "ohjelmalle ja äänet.",
             "Request {reference}. You get a zip file with a page to read, the same for a program, "
             "and the sound."),
    "send": ("Skicka en kod till mig", "Send meg en kode", "Send mig en kode",
             "Lähetä minulle koodi", "Send me a code"),
    "sent": ("Om det finns något att hämta har en kod skickats till din e-post.",
             "Hvis det er noe å hente, er en kode sendt til e-posten din.",
             "Hvis der er noget at hente, er der sendt en kode til din e-mail.",
             "Jos noudettavaa on, koodi on lähetetty sähköpostiisi.",
             "If there is something to fetch, a code was sent to your e-mail."),
    "fetch": ("Hämta", "Hent", "Hent", "Nouda", "Fetch"),
}  # fmt: skip

PACKAGE: Final[Mapping[str, PackageWords]] = {
    tag: PackageWords(**{name: row[place] for name, row in _ROWS.items()})
    for place, tag in enumerate(LANGUAGES)
}
