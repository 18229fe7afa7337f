"""The mail and the text message with a code, in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CodeWords:
    """The subject and the text of the mail."""

    subject: str
    body: str


CODE: Final[Mapping[str, CodeWords]] = {
    "sv": CodeWords(
        subject="Din kod till {organisation}",
        body="""\
Någon har frågat {organisation} om de uppgifter som finns om dig, ärende {reference}.

Är det du? Skriv in den här koden på sidan där du frågade. Den gäller i en halvtimme:

    {code}

Är det inte du behöver du inte göra något. Utan koden lämnas ingenting ut och ingenting tas bort.
Ge den inte till någon annan, inte heller till den som ringer och säger sig vara från oss.
""",
    ),
    "nb": CodeWords(
        subject="Koden din til {organisation}",
        body="""\
Noen har spurt {organisation} om opplysningene som finnes om deg, sak {reference}.

Er det deg? Skriv inn denne koden på siden der du spurte. Den gjelder i en halvtime:

    {code}

Er det ikke deg, trenger du ikke gjøre noe. Uten koden blir ingenting utlevert og ingenting slettet.
Ikke gi den til noen andre, heller ikke til en som ringer og sier at de er fra oss.
""",
    ),
    "da": CodeWords(
        subject="Din kode til {organisation}",
        body="""\
Nogen har spurgt {organisation} om de oplysninger, der findes om dig, sag {reference}.

Er det dig? Skriv denne kode på siden, hvor du spurgte. Den gælder i en halv time:

    {code}

Er det ikke dig, behøver du ikke gøre noget. Uden koden udleveres intet, og intet slettes.
Giv den ikke til andre, heller ikke til en, der ringer og siger, at de er fra os.
""",
    ),
    "fi": CodeWords(
        subject="Koodisi: {organisation}",
        body="""\
Joku on kysynyt, mitä tietoja sinusta on ({organisation}), asia {reference}.

Olitko se sinä? Kirjoita tämä koodi sivulle, jolla kysyit. Se on voimassa puoli tuntia:

    {code}

Jos se et ollut sinä, sinun ei tarvitse tehdä mitään. Ilman koodia mitään ei anneta eikä poisteta.
Älä anna sitä kenellekään, et myöskään soittajalle, joka sanoo olevansa meiltä.
""",
    ),
    "en": CodeWords(
        subject="Your code for {organisation}",
        body="""\
Somebody asked {organisation} about the data that are kept about you, request {reference}.

Was it you? Write this code on the page where you asked. It is good for half an hour:

    {code}

If it was not you, you need not do anything. Without the code nothing is handed out or deleted.
Give it to nobody, nor to anybody who calls and says they are from us.
""",
    ),
}

# One part each, with a name of usual length: no letter outside the small alphabet. The reference
# tells the code of one request from that of another, which a stranger may have made.
TEXT: Final[Mapping[str, str]] = {
    "sv": "{organisation}, ärende {reference}: Din kod är {code}. Den gäller en halvtimme. Frågade "
    "du inte om dina uppgifter? Gör ingenting. Ge den inte till någon.",
    "nb": "{organisation}, sak {reference}: Koden er {code}. Den gjelder en halvtime. Spurte "
    "du ikke om opplysningene dine? Gjør ingenting. Ikke gi den til noen.",
    "da": "{organisation}, sag {reference}: Din kode er {code}. Den gælder en halv time. Spurgte "
    "du ikke om dine oplysninger? Gør ingenting. Giv den ikke til nogen.",
    "fi": "{organisation}, asia {reference}: Koodisi on {code}. Se on voimassa puoli tuntia. Etkö "
    "kysynyt tietojasi? Älä tee mitään. Älä anna sitä kenellekään.",
    "en": "{organisation}, request {reference}: Your code is {code}. It is good for half an hour. "
    "If you did not ask about your data, do nothing. Give it to nobody.",
}
