"""The answer to a person's request as it is mailed, in the five languages: a column for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from storage.request_states import ExtensionReason, Ground, PartKind, RequestKind

LANGUAGES: Final = ("sv", "nb", "da", "fi", "en")


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """The letter in one language."""

    subject: str
    opening: str
    asked: str
    longer: str
    refused: str
    partly: str
    erased_partly: str
    still_kept: str
    left_out: str
    used_as_before: str
    resumed: str
    complain: str
    questions: str
    done: Mapping[RequestKind, str]
    parts: Mapping[PartKind, str]
    grounds: Mapping[Ground, str]
    extensions: Mapping[ExtensionReason, str]


_Row = tuple[str, str, str, str, str]
_SINGLE: Final[Mapping[str, _Row]] = {
    "subject": ("Svar från {organisation}, ärende {reference}",
                "Svar fra {organisation}, sak {reference}",
                "Svar fra {organisation}, sag {reference}",
                "Vastaus: {organisation}, asia {reference}",
                "Answer from {organisation}, request {reference}"),
    "opening": ("Du har frågat {organisation} om dina uppgifter. Här är svaret.",
                "Du har spurt {organisation} om opplysningene dine. Her er svaret.",
                "Du har spurgt {organisation} om dine oplysninger. Her er svaret.",
                "Olet kysynyt tiedoistasi ({organisation}). Tässä on vastaus.",
                "You asked {organisation} about your data. Here is the answer."),
    "asked": ("Du har frågat {organisation} om dina uppgifter.",
              "Du har spurt {organisation} om opplysningene dine.",
              "Du har spurgt {organisation} om dine oplysninger.",
              "Olet kysynyt tiedoistasi ({organisation}).",
              "You asked {organisation} about your data."),
    "longer": ("Svaret tar längre tid än en månad, eftersom {reason}. Det kommer senast {day}.",
               "Svaret tar lenger tid enn en måned fordi {reason}. Det kommer senest {day}.",
               "Svaret tager længere tid end en måned, fordi {reason}. Det kommer senest {day}.",
               "Vastaus kestää kuukautta kauemmin, koska {reason}. Se tulee viimeistään {day}.",
               "The answer takes longer than a month, because {reason}. It comes by {day}."),
    "refused": ("Vi har inte gjort det du bad om. Skälet: {ground}.",
                "Vi har ikke gjort det du ba om. Grunnen: {ground}.",
                "Vi har ikke gjort det, du bad om. Grunden: {ground}.",
                "Emme ole tehneet sitä, mitä pyysit. Syy: {ground}.",
                "We have not done what you asked for. The reason: {ground}."),
    "partly": ("En del har vi inte gjort. Skälet: {ground}.",
               "Noe av det har vi ikke gjort. Grunnen: {ground}.",
               "Noget af det har vi ikke gjort. Grunden: {ground}.",
               "Osaa emme ole tehneet. Syy: {ground}.",
               "Some of it we have not done. The reason: {ground}."),
    "erased_partly": (
        "Det som fanns om dig är borttaget, utom en del. Vi kontaktar dig inte igen.",
        "Det som fantes om deg, er slettet, bortsett fra en del. Vi kontakter deg ikke igjen.",
        "Det, der fandtes om dig, er slettet, undtagen en del. Vi kontakter dig ikke igen.",
        "Sinusta olevat tiedot on poistettu osaa lukuun ottamatta. Emme ota sinuun enää yhteyttä.",
        "What was kept about you is deleted, but for a part. We do not contact you again.",
    ),
    "still_kept": ("Kvar är {parts}.", "Igjen er {parts}.", "Tilbage er {parts}.",
                   "Jäljellä on {parts}.", "Still kept: {parts}."),
    "left_out": ("Utelämnat är ord och ljud från {parts}.", "Utelatt er ord og lyd fra {parts}.",
                 "Udeladt er ord og lyd fra {parts}.",
                 "Pois on jätetty sanat ja ääni: {parts}.",
                 "Left out are words and sound of {parts}."),
    "used_as_before": ("Som förut används {parts}.", "Som før brukes {parts}.",
                       "Som før bruges {parts}.", "Kuten ennen käytetään: {parts}.",
                       "Used as before: {parts}."),
    "resumed": ("Medan vi prövade din invändning användes dina uppgifter inte. Nu kan de användas "
                "igen.",
                "Mens vi vurderte innvendingen din, ble opplysningene dine ikke brukt. Nå kan de "
                "brukes igjen.",
                "Mens vi vurderede din indsigelse, blev dine oplysninger ikke brugt. Nu kan de "
                "bruges igen.",
                "Tietojasi ei käytetty, kun harkitsimme vastustustasi. Nyt niitä voidaan taas "
                "käyttää.",
                "While we weighed your objection your data were not used. Now they can be used "
                "again."),
    "complain": ("Är du inte nöjd kan du klaga hos {authority}, eller vända dig till domstol.",
                 "Er du ikke fornøyd, kan du klage til {authority} eller gå til domstolene.",
                 "Er du ikke tilfreds, kan du klage til {authority} eller gå til domstolene.",
                 "Jos et ole tyytyväinen, voit valittaa ({authority}) tai viedä asian "
                 "tuomioistuimeen.",
                 "If you are not content, you can complain to {authority}, or go to court."),
    "questions": ("Frågor: {contact}", "Spørsmål: {contact}", "Spørgsmål: {contact}",
                  "Kysyttävää: {contact}", "Questions: {contact}"),
}  # fmt: skip
_DONE: Final[Mapping[RequestKind, _Row]] = {
    RequestKind.ERASURE: (
        "Allt som fanns om dig är borttaget. Kvar är bara en kod som ingen kan läsa, så att vi "
        "inte kontaktar dig igen.",
        "Alt som fantes om deg, er slettet. Igjen er bare en kode som ingen kan lese, slik at vi "
        "ikke kontakter deg igjen.",
        "Alt, der fandtes om dig, er slettet. Tilbage er kun en kode, som ingen kan læse, så vi "
        "ikke kontakter dig igen.",
        "Kaikki sinusta olevat tiedot on poistettu. Jäljellä on vain koodi, jota kukaan ei voi "
        "lukea, jotta emme ota sinuun enää yhteyttä.",
        "Everything that was kept about you is deleted. Only a code that nobody can read is left, "
        "so that we do not contact you again.",
    ),
    RequestKind.OBJECTION_TO_USE: (
        "Din invändning gäller. Allt som fanns om dig är borttaget. Kvar är bara en kod som ingen "
        "kan läsa, så att vi inte kontaktar dig igen.",
        "Innvendingen din gjelder. Alt som fantes om deg, er slettet. Igjen er bare en kode som "
        "ingen kan lese, slik at vi ikke kontakter deg igjen.",
        "Din indsigelse gælder. Alt, der fandtes om dig, er slettet. Tilbage er kun en kode, som "
        "ingen kan læse, så vi ikke kontakter dig igen.",
        "Vastustuksesi on hyväksytty. Kaikki sinusta olevat tiedot on poistettu. Jäljellä on vain "
        "koodi, jota kukaan ei voi lukea, jotta emme ota sinuun enää yhteyttä.",
        "Your objection holds. Everything that was kept about you is deleted. Only a code that "
        "nobody can read is left, so that we do not contact you again.",
    ),
    RequestKind.OBJECTION: (
        "Vi kontaktar dig inte mer.",
        "Vi kontakter deg ikke mer.",
        "Vi kontakter dig ikke mere.",
        "Emme ota sinuun enää yhteyttä.",
        "We do not contact you any more.",
    ),
    RequestKind.RESTRICTION: (
        "Dina uppgifter används inte just nu. Vi säger till innan de används igen.",
        "Opplysningene dine brukes ikke nå. Vi sier fra før de brukes igjen.",
        "Dine oplysninger bruges ikke lige nu. Vi giver besked, før de bruges igen.",
        "Tietojasi ei nyt käytetä. Kerromme, ennen kuin niitä taas käytetään.",
        "Your data are not used for now. We tell you before they are used again.",
    ),
    RequestKind.RECTIFICATION: (
        "Det som var fel är rättat.",
        "Det som var feil, er rettet.",
        "Det, der var forkert, er rettet.",
        "Virheelliset tiedot on oikaistu.",
        "What was wrong is corrected.",
    ),
    RequestKind.ACCESS: (
        "Du får det som finns om dig för sig.",
        "Du får det som finnes om deg, for seg.",
        "Du får det, der findes om dig, for sig.",
        "Saat sinusta olevat tiedot erikseen.",
        "You get what is kept about you apart from this.",
    ),
    RequestKind.PORTABILITY: (
        "Du får dina uppgifter för sig.",
        "Du får opplysningene dine for seg.",
        "Du får dine oplysninger for sig.",
        "Saat tietosi erikseen.",
        "You get your data apart from this.",
    ),
    RequestKind.INFORMATION: (
        "Vi ringer eller skriver till kunder för att fråga hur det gick. Svar sparas krypterat, så "
        "länge som sägs i samtalet, och tas sedan bort. Du kan be att få se dem.",
        "Vi ringer eller skriver til kunder for å spørre hvordan det gikk. Svar lagres kryptert så "
        "lenge som det blir sagt i samtalen, og blir så slettet. Du kan be om å få se dem.",
        "Vi ringer eller skriver til kunder for at spørge, hvordan det gik. Svar gemmes krypteret, "
        "så længe som der siges i samtalen, og slettes så. Du kan bede om at se dem.",
        "Soitamme tai kirjoitamme asiakkaille kysyäksemme, miten meni. Vastaukset säilytetään "
        "salattuina puhelussa kerrotun ajan ja poistetaan sitten. Voit pyytää nähdä ne.",
        "We call or write to customers to ask how it went. Answers are kept encrypted, for as long "
        "as is said in the call, and then deleted. You may ask to see them.",
    ),
}
_PARTS: Final[Mapping[PartKind, _Row]] = {
    PartKind.CONTACT: (
        "din kontakt med oss {day}", "kontakten din med oss {day}", "din kontakt med os {day}",
        "asiointisi {day}", "your contact with us on {day}",
    ),
    PartKind.CALL: (
        "ditt samtal till oss {day}", "samtalen din til oss {day}", "dit opkald til os {day}",
        "puhelusi meille {day}", "your call to us on {day}",
    ),
    PartKind.MATTER: (
        "ärendet som öppnades {day}", "saken som ble åpnet {day}", "sagen, der blev åbnet {day}",
        "{day} avattu asia", "the matter opened on {day}",
    ),
}  # fmt: skip
_GROUNDS: Final[Mapping[Ground, _Row]] = {
    Ground.IDENTITY_NOT_PROVEN: (
        "vi kunde inte försäkra oss om att det var du som frågade",
        "vi kunne ikke forsikre oss om at det var du som spurte",
        "vi kunne ikke sikre os, at det var dig, der spurgte",
        "emme voineet varmistua siitä, että kysyjä olit sinä",
        "we could not make sure that it was you who asked",
    ),
    Ground.NOTHING_KEPT: (
        "det finns ingenting om dig här",
        "det finnes ingenting om deg her",
        "der findes intet om dig her",
        "sinusta ei ole täällä mitään",
        "nothing is kept about you here",
    ),
    Ground.LEGAL_DUTY: (
        "lagen kräver att vi behåller uppgifterna",
        "loven krever at vi beholder opplysningene",
        "loven kræver, at vi beholder oplysningerne",
        "laki vaatii meitä säilyttämään tiedot",
        "the law asks us to keep the data",
    ),
    Ground.LEGAL_CLAIM: (
        "uppgifterna behövs för ett rättsligt anspråk",
        "opplysningene trengs for et rettskrav",
        "oplysningerne er nødvendige for et retskrav",
        "tietoja tarvitaan oikeudellista vaatimusta varten",
        "the data are needed for a legal claim",
    ),
    Ground.OPEN_CASE: (
        "ärendet som uppgifterna hör till är inte avslutat",
        "saken opplysningene hører til, er ikke avsluttet",
        "sagen, som oplysningerne hører til, er ikke afsluttet",
        "asia, johon tiedot kuuluvat, on vielä kesken",
        "the matter that the data belong to is still open",
    ),
    Ground.RIGHTS_OF_OTHERS: (
        "det skulle röja uppgifter om någon annan",
        "det ville røpe opplysninger om noen andre",
        "det ville afsløre oplysninger om en anden",
        "se paljastaisi tietoja jostakusta toisesta",
        "it would tell about somebody else",
    ),
    Ground.RIGHT_DOES_NOT_APPLY: (
        "rättigheten gäller inte för den här behandlingen",
        "rettigheten gjelder ikke for denne behandlingen",
        "rettigheden gælder ikke for denne behandling",
        "oikeus ei koske tätä käsittelyä",
        "the right does not hold for this processing",
    ),
    Ground.OVERRIDING_GROUNDS: (
        "vi har tvingande skäl att använda uppgifterna, och de väger tyngre än dina",
        "vi har tvingende grunner til å bruke opplysningene, og de veier tyngre enn dine",
        "vi har tvingende grunde til at bruge oplysningerne, og de vejer tungere end dine",
        "meillä on huomattavan tärkeä syy käyttää tietoja, ja se painaa enemmän kuin sinun syysi",
        "we have compelling grounds to use the data, and they weigh more than yours",
    ),
    Ground.EXCESSIVE: (
        "samma sak har begärts om och om igen utan ny anledning",
        "det samme er bedt om igjen og igjen uten ny grunn",
        "det samme er bedt om igen og igen uden ny grund",
        "samaa on pyydetty yhä uudelleen ilman uutta syytä",
        "the same was asked again and again without a new reason",
    ),
}
_EXTENSIONS: Final[Mapping[ExtensionReason, _Row]] = {
    ExtensionReason.COMPLEX: (
        "det du bad om är omfattande",
        "det du ba om, er omfattende",
        "det, du bad om, er omfattende",
        "pyytämäsi asia on laaja",
        "what you asked for is complex",
    ),
    ExtensionReason.MANY_REQUESTS: (
        "vi har fått många sådana ärenden",
        "vi har fått mange slike saker",
        "vi har fået mange sådanne sager",
        "olemme saaneet paljon tällaisia pyyntöjä",
        "we have many such requests",
    ),
}

ANSWER: Final[Mapping[str, AnswerWords]] = {
    tag: AnswerWords(
        **{name: row[place] for name, row in _SINGLE.items()},
        done={kind: row[place] for kind, row in _DONE.items()},
        parts={kind: row[place] for kind, row in _PARTS.items()},
        grounds={ground: row[place] for ground, row in _GROUNDS.items()},
        extensions={reason: row[place] for reason, row in _EXTENSIONS.items()},
    )
    for place, tag in enumerate(LANGUAGES)
}
