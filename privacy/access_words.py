"""The words of the page in an access package, in the five languages: a column for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from privacy.access_labels import LABELS
from privacy.access_rules import RULES
from privacy.access_states import STATES
from privacy.access_values import VALUES

LANGUAGES: Final = ("sv", "nb", "da", "fi", "en")
SECTIONS: Final = (
    "person",
    "cases",
    "messages",
    "matters",
    "calls_to_us",
    "text_messages",
    "objections",
    "consents",
    "registers",
    "restrictions",
    "holds",
    "asked",
    "requests",
    "source",
    "receivers",
    "companies",
    "disclosures",
    "exports",
    "profiling",
    "kept_for",
)
"""The parts of the page in their order, as data.json calls them."""


@dataclass(frozen=True, slots=True)
class AccessWords:
    """The page in one language."""

    language: str
    title: str
    lead: str
    rights: str
    write: str
    officer: str
    complain: str
    times: str
    contacted: str
    more: str
    nothing: str
    yes: str
    no: str
    sections: Mapping[str, str]
    labels: Mapping[str, str]
    values: Mapping[str, str]


_Row = tuple[str, str, str, str, str]
_SINGLE: Final[Mapping[str, _Row]] = {
    "title": ("Det som finns om dig", "Det som finnes om deg", "Det, der findes om dig",
              "Sinusta olevat tiedot", "What is kept about you"),
    "lead": ("Det här är vad {organisation} har om dig i den här tjänsten. Utelämnat är bara spår "
             "som maskiner behöver, och sådant som skulle berätta om andra.",
             "Dette er det {organisation} har om deg i denne tjenesten. Utelatt er bare spor som "
             "maskiner trenger, og det som ville fortelle om andre.",
             "Dette er, hvad {organisation} har om dig i denne tjeneste. Udeladt er kun spor, som "
             "maskiner behøver, og det, der ville fortælle om andre.",
             "Tässä on, mitä sinusta on tässä palvelussa ({organisation}). Pois on jätetty vain "
             "koneiden tarvitsemat jäljet ja se, mikä kertoisi muista.",
             "This is what {organisation} has about you in this service. Left out are only traces "
             "that machines need, and what would tell of others."),
    "rights": ("Du har rätt att få uppgifter rättade eller raderade, att få användningen av dem "
               "begränsad och att invända mot den.",
               "Du har rett til å få opplysninger rettet eller slettet, til å få bruken av dem "
               "begrenset og til å protestere mot den.",
               "Du har ret til at få oplysninger rettet eller slettet, til at få brugen af dem "
               "begrænset og til at gøre indsigelse mod den.",
               "Sinulla on oikeus saada tietosi oikaistuiksi tai poistetuiksi, pyytää niiden "
               "käytön rajoittamista ja vastustaa niiden käyttöä.",
               "You have the right to have data corrected or deleted, to have their use "
               "restricted, and to object to it."),
    "write": ("Skriv till {address}.", "Skriv til {address}.", "Skriv til {address}.",
              "Kirjoita osoitteeseen {address}.", "Write to {address}."),
    "officer": ("Dataskyddsombud: {officer}.", "Personvernombud: {officer}.",
                "Databeskyttelsesrådgiver: {officer}.", "Tietosuojavastaava: {officer}.",
                "Data protection officer: {officer}."),
    "complain": ("Du kan också klaga hos tillsynsmyndigheten",
                 "Du kan også klage til tilsynsmyndigheten",
                 "Du kan også klage til tilsynsmyndigheden",
                 "Voit myös tehdä valituksen valvontaviranomaiselle",
                 "You can also complain to the supervisory authority"),
    "times": ("Tiderna är i tidszonen {zone}.", "Tidspunktene er i tidssonen {zone}.",
              "Tidspunkterne er i tidszonen {zone}.",
              "Kellonajat on ilmoitettu aikavyöhykkeellä {zone}.",
              "Times are in the time zone {zone}."),
    "contacted": ("Hur vi kontaktade dig, och övriga uppgifter",
                  "Hvordan vi kontaktet deg, og øvrige opplysninger",
                  "Hvordan vi kontaktede dig, og øvrige oplysninger",
                  "Miten sinuun otettiin yhteyttä, ja muut tiedot",
                  "How you were contacted, and everything else"),
    "more": ("Mer om detta", "Mer om dette", "Mere om dette", "Lisää tästä", "More about this"),
    "nothing": ("Ingenting.", "Ingenting.", "Intet.", "Ei mitään.", "Nothing."),
    "yes": ("ja", "ja", "ja", "kyllä", "yes"),
    "no": ("nej", "nei", "nej", "ei", "no"),
}  # fmt: skip
_SECTIONS: Final[Mapping[str, _Row]] = {
    "person": ("Du", "Du", "Du", "Sinä", "You"),
    "cases": ("Ärenden och svar", "Saker og svar", "Sager og svar", "Asiat ja vastaukset",
              "Cases and answers"),
    "messages": ("Telefonmeddelanden", "Telefonbeskjeder", "Telefonbeskeder", "Puhelinviestit",
                 "Telephone messages"),
    "matters": ("Uppföljningar och klagomål", "Oppfølginger og klager",
                "Opfølgninger og klager", "Seurannat ja valitukset",
                "Follow-ups and complaints"),
    "calls_to_us": ("Samtal till oss", "Samtaler til oss", "Opkald til os", "Puhelut meille",
                    "Calls to us"),
    "text_messages": ("Sms till oss", "Tekstmeldinger til oss", "Sms til os",
                      "Tekstiviestit meille", "Text messages to us"),
    "objections": ("Det du har sagt nej till", "Det du har sagt nei til",
                   "Det, du har sagt nej til", "Mitä olet kieltänyt", "What you said no to"),
    "consents": ("Det du har sagt ja till", "Det du har sagt ja til", "Det, du har sagt ja til",
                 "Mihin olet suostunut", "What you said yes to"),
    "registers": ("Svar från spärregister", "Svar fra reservasjonsregistre",
                  "Svar fra spærreregistre", "Kieltorekisterien vastaukset",
                  "Answers of do-not-call registers"),
    "restrictions": ("Uppgifter som inte används just nu", "Opplysninger som ikke brukes nå",
                     "Oplysninger, der ikke bruges lige nu", "Tiedot, joita ei nyt käytetä",
                     "Data that are not used for now"),
    "holds": ("Radering som stoppats", "Sletting som er stanset", "Sletning, der er standset",
              "Pysäytetyt poistot", "Deletions that were stopped"),
    "asked": ("När du senast tillfrågades", "Når du sist ble spurt", "Hvornår du sidst blev spurgt",
              "Milloin sinulta viimeksi kysyttiin", "When you were last asked"),
    "requests": ("Det du har begärt", "Det du har bedt om", "Det, du har bedt om",
                 "Mitä olet pyytänyt", "What you asked to be done"),
    "source": ("Varifrån det kommer", "Hvor det kommer fra", "Hvor det kommer fra",
               "Mistä tiedot ovat", "Where it comes from"),
    "receivers": ("Vilka som får del av det", "Hvem som får del i det", "Hvem der får del i det",
                  "Ketkä tietoja saavat", "Who gets to see it"),
    "companies": ("Företag som får uppgifter", "Selskaper som får opplysninger",
                  "Virksomheder, der får oplysninger", "Yritykset, jotka saavat tietoja",
                  "Companies that get data"),
    "disclosures": ("Det som lämnats ut om dig", "Det som er gitt ut om deg",
                    "Det, der er givet ud om dig", "Mitä sinusta on luovutettu",
                    "What was handed out about you"),
    "profiling": ("Profilering och automatiska beslut", "Profilering og automatiske avgjørelser",
                  "Profilering og automatiske afgørelser",
                  "Profilointi ja automaattiset päätökset",
                  "Profiling and automated decisions"),
    "exports": ("Filer som lämnats ut och kan handla om dig",
                "Filer som er gitt ut og kan handle om deg",
                "Filer, der er givet ud og kan handle om dig",
                "Luovutetut tiedostot, joissa voi olla tietojasi",
                "Files that were handed out and may hold you"),
    "kept_for": ("Hur länge det sparas", "Hvor lenge det lagres", "Hvor længe det gemmes",
                 "Kuinka kauan tiedot säilyvät", "How long it is kept"),
}  # fmt: skip


def _column(rows: Mapping[str, _Row], place: int) -> dict[str, str]:
    return {name: row[place] for name, row in rows.items()}


ACCESS: Final[Mapping[str, AccessWords]] = {
    tag: AccessWords(
        language=tag,
        **_column(_SINGLE, place),
        sections=_column(_SECTIONS, place),
        labels=_column(LABELS, place),
        values=_column({**STATES, **VALUES, **RULES}, place),
    )
    for place, tag in enumerate(LANGUAGES)
}
