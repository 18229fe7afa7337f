"""The words of the page in an access package, in the five languages: a column for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

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

    title: str
    lead: str
    rights: str
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
    "rights": ("Du kan begära att något rättas, tas bort eller inte används, och du kan klaga hos: "
               "{authority}.",
               "Du kan be om at noe rettes, slettes eller ikke brukes, og du kan klage til: "
               "{authority}.",
               "Du kan bede om, at noget rettes, slettes eller ikke bruges, og du kan klage til: "
               "{authority}.",
               "Voit pyytää, että jotain oikaistaan, poistetaan tai ettei sitä käytetä, ja voit "
               "valittaa: {authority}.",
               "You may ask for something to be corrected, deleted or not used, and complain to: "
               "{authority}."),
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
_LABELS: Final[Mapping[str, _Row]] = {
    "name": ("Namn", "Navn", "Navn", "Nimi", "Name"),
    "phone": ("Telefon", "Telefon", "Telefon", "Puhelin", "Telephone"),
    "phone_as_given": ("Telefon, som det skrevs", "Telefon slik det ble skrevet",
                       "Telefon, som det blev skrevet", "Puhelin, kuten annettu",
                       "Telephone as given"),
    "email": ("E-post", "E-post", "E-mail", "Sähköposti", "E-mail"),
    "language": ("Språk", "Språk", "Sprog", "Kieli", "Language"),
    "minor": ("Minderårig", "Mindreårig", "Mindreårig", "Alaikäinen", "Minor"),
    "guardian_leave_on": (
        "Vårdnadshavarens tillstånd", "Foresattes samtykke", "Værgens tilladelse",
        "Huoltajan lupa", "Guardian's leave",
    ),
    "customer_since": (
        "Kund sedan", "Kunde siden", "Kunde siden", "Asiakas alkaen", "Customer since",
    ),
    "customer_until": ("Kund till", "Kunde til", "Kunde til", "Asiakas saakka", "Customer until"),
    "known_since": ("Känd sedan", "Kjent siden", "Kendt siden", "Tunnettu alkaen", "Known since"),
    "last_contact_at": ("Senaste kontakt", "Siste kontakt", "Seneste kontakt",
                        "Viimeisin yhteydenotto", "Last contact"),
    "case_reference": ("Ärende", "Sak", "Sag", "Asia", "Case"),
    "channel": ("Kanal", "Kanal", "Kanal", "Kanava", "Channel"),
    "reason": ("Anledning", "Årsak", "Anledning", "Aihe", "Reason"),
    "team": ("Grupp", "Gruppe", "Gruppe", "Ryhmä", "Team"),
    "happened_at": ("Hände", "Skjedde", "Skete", "Ajankohta", "Happened"),
    "campaign": ("Undersökning", "Undersøkelse", "Undersøgelse", "Kysely", "Survey"),
    "legal_basis": ("Rättslig grund", "Rettslig grunnlag", "Retsgrundlag", "Oikeusperuste",
                    "Legal basis"),
    "purpose": ("Ändamål", "Formål", "Formål", "Tarkoitus", "Purpose"),
    "state": ("Läge", "Status", "Status", "Tila", "State"),
    "attempts": ("Försök att nå dig", "Forsøk på å nå deg", "Forsøg på at nå dig",
                 "Yhteydenotot", "Attempts to reach you"),
    "decisions": ("Beslut om kontakt", "Avgjørelser om kontakt", "Afgørelser om kontakt",
                  "Päätökset yhteydenotosta", "Decisions about contact"),
    "response": ("Det du svarade", "Det du svarte", "Det, du svarede", "Vastauksesi",
                 "What you answered"),
    "method": ("Sätt", "Måte", "Måde", "Tapa", "Way"),
    "at": ("Tid", "Tid", "Tid", "Aika", "Time"),
    "ended_at": ("Slut", "Slutt", "Slut", "Loppu", "End"),
    "outcome": ("Utfall", "Utfall", "Udfald", "Tulos", "Outcome"),
    "allowed": ("Tillåtet", "Tillatt", "Tilladt", "Sallittu", "Allowed"),
    "rule": ("Regel", "Regel", "Regel", "Sääntö", "Rule"),
    "answers": ("Svar", "Svar", "Svar", "Vastaukset", "Answers"),
    "comments": ("Kommentarer", "Kommentarer", "Kommentarer", "Kommentit", "Comments"),
    "question": ("Fråga", "Spørsmål", "Spørgsmål", "Kysymys", "Question"),
    "value": ("Svar", "Svar", "Svar", "Vastaus", "Answer"),
    "kind": ("Slag", "Type", "Type", "Laji", "Kind"),
    "answered_at": ("Svarat", "Svart", "Besvaret", "Vastattu", "Answered"),
    "made_at": ("Gjord", "Gjort", "Lavet", "Tehty", "Made"),
    "started_at": ("Början", "Start", "Start", "Alku", "Begin"),
    "corrected_at": ("Rättat", "Rettet", "Rettet", "Oikaistu", "Put right"),
    "reviewed_at": ("Genomgånget", "Gått gjennom", "Gennemgået", "Käyty läpi", "Gone through"),
    "decided_at": ("Beslutat", "Bestemt", "Besluttet", "Päätetty", "Decided"),
    "handled_at": ("Besvarat till dig", "Besvart til deg", "Besvaret til dig", "Vastattu sinulle",
                   "You were answered"),
    "follow_up_at": ("Sagt", "Sagt", "Sagt", "Sanottu", "Said"),
    "caller": ("Nummer som visades", "Nummer som ble vist", "Nummer, der blev vist",
               "Näytetty numero", "Number shown"),
    "reference": ("Begäran", "Forespørsel", "Anmodning", "Pyyntö", "Request"),
    "contact": ("Kontakt", "Kontakt", "Kontakt", "Yhteystieto", "Contact"),
    "due_at": ("Besvaras senast", "Besvares senest", "Besvares senest", "Vastattava viimeistään",
               "To be answered by"),
    "extension": ("Varför det dröjer", "Hvorfor det tar tid", "Hvorfor det varer længere",
                  "Miksi se kestää", "Why it takes longer"),
    "extended_at": ("Förlängt", "Forlenget", "Forlænget", "Pidennetty", "Extended"),
    "proof": ("Styrkt genom", "Bekreftet gjennom", "Bekræftet gennem", "Vahvistettu", "Proven by"),
    "proven_at": ("Styrkt", "Bekreftet", "Bekræftet", "Vahvistettu", "Proven"),
    "ground": ("Skäl", "Grunn", "Grund", "Peruste", "Ground"),
    "done_at": ("Gjort", "Utført", "Udført", "Tehty", "Done"),
    "fetched_at": ("Hämtat", "Hentet", "Hentet", "Noudettu", "Fetched"),
    "completed_at": ("Klart", "Fullført", "Færdigt", "Valmis", "Completed"),
    "follow_up": ("Vill bli kontaktad", "Vil bli kontaktet", "Vil kontaktes",
                  "Haluaa yhteydenoton", "Wants to be contacted"),
    "follow_up_asked_as": ("Så löd frågan", "Slik lød spørsmålet", "Sådan lød spørgsmålet",
                           "Kysymys kuului", "Asked in these words"),
    "wording": ("Ordalydelse, version", "Ordlyd, versjon", "Ordlyd, version",
                "Sanamuoto, versio", "Wording, version"),
    "text": ("Text", "Tekst", "Tekst", "Teksti", "Text"),
    "recordings": ("Inspelningar", "Opptak", "Optagelser", "Tallenteet", "Recordings"),
    "recorded_at": ("Inspelat", "Tatt opp", "Optaget", "Tallennettu", "Recorded"),
    "seconds": ("Sekunder", "Sekunder", "Sekunder", "Sekunteja", "Seconds"),
    "audio": ("Ljud", "Lyd", "Lyd", "Ääni", "Sound"),
    "transcript": ("Maskinens text", "Maskinens tekst", "Maskinens tekst", "Koneen teksti",
                   "The machine's text"),
    "listened_to": ("Avlyssnat av", "Lyttet til av", "Aflyttet af", "Kuunnellut", "Heard by"),
    "read_by": ("Läst av", "Lest av", "Læst af", "Lukenut", "Read by"),
    "case_opened_at": ("Ärendet öppnat", "Saken åpnet", "Sagen åbnet", "Asia avattu",
                       "Case opened"),
    "sensitive_at": ("Märkt som känsligt", "Merket som følsomt", "Mærket som følsomt",
                     "Merkitty arkaluonteiseksi", "Marked as sensitive"),
    "sensitive_until": ("Sparas därför längst till", "Lagres derfor lengst til",
                        "Gemmes derfor længst til", "Säilytetään siksi enintään",
                        "Kept because of that until"),
    "role": ("Roll", "Rolle", "Rolle", "Rooli", "Role"),
    "receiver": ("Till", "Til", "Til", "Kenelle", "To"),
    "what": ("Vad", "Hva", "Hvad", "Mitä", "What"),
    "work": ("Uppgift", "Oppgave", "Opgave", "Tehtävä", "Work"),
    "gets": ("Får", "Får", "Får", "Saa", "Gets"),
    "country": ("Land", "Land", "Land", "Maa", "Country"),
    "transfer": ("Grund för överföringen", "Grunnlag for overføringen",
                 "Grundlag for overførslen", "Siirron peruste", "What allows the transfer"),
    "gets_since": ("Sedan", "Siden", "Siden", "Alkaen", "Since"),
    "by": ("Roll", "Rolle", "Rolle", "Rooli", "Role"),
    "mailbox": ("Brevlåda", "Postkasse", "Postkasse", "Postilaatikko", "Mailbox"),
    "received_at": ("Mottaget", "Mottatt", "Modtaget", "Vastaanotettu", "Received"),
    "read_at": ("Läst", "Lest", "Læst", "Luettu", "Read"),
    "note": ("Anteckning", "Notat", "Notat", "Muistiinpano", "Note"),
    "opened_at": ("Öppnat", "Åpnet", "Åbnet", "Avattu", "Opened"),
    "closed_at": ("Avslutat", "Avsluttet", "Afsluttet", "Päätetty", "Closed"),
    "source": ("Varifrån", "Hvorfra", "Hvorfra", "Mistä", "From where"),
    "withdrawn_at": ("Återtaget", "Trukket tilbake", "Trukket tilbage", "Peruttu", "Withdrawn"),
    "withdrawn_source": ("Återtaget genom", "Trukket tilbake gjennom", "Trukket tilbage gennem",
                         "Peruttu tätä kautta", "Withdrawn by way of"),
    "expires_at": ("Gäller till", "Gjelder til", "Gælder til", "Voimassa", "Ends"),
    "register_key": ("Register", "Register", "Register", "Rekisteri", "Register"),
    "listed": ("I registret", "I registeret", "I registeret", "Rekisterissä", "Listed"),
    "word": ("Ord", "Ord", "Ord", "Sana", "Word"),
    "cause": ("Orsak", "Årsak", "Årsag", "Syy", "Cause"),
    "review_at": ("Ses över", "Gjennomgås", "Gennemgås", "Tarkistetaan", "To be reviewed"),
    "scope": ("Gäller", "Gjelder", "Gælder", "Koskee", "Of what"),
    "ends_at": ("Slutar", "Slutter", "Slutter", "Päättyy", "Ends"),
    "released_at": ("Upphört", "Opphørt", "Ophørt", "Päättynyt", "Ended"),
    "lifted_at": ("Upphävt den", "Opphevet den", "Ophævet den", "Purettu", "Lifted on"),
    "lifted": ("Upphävt", "Opphevet", "Ophævet", "Purettu", "Lifted"),
    "class": ("Uppgifter", "Opplysninger", "Oplysninger", "Tiedot", "Data"),
    "keep": ("Sparas", "Lagres", "Gemmes", "Säilytetään", "Kept for"),
    "from": ("Räknat från", "Regnet fra", "Regnet fra", "Laskettuna", "Reckoned from"),
}  # fmt: skip


def _column(rows: Mapping[str, _Row], place: int) -> dict[str, str]:
    return {name: row[place] for name, row in rows.items()}


ACCESS: Final[Mapping[str, AccessWords]] = {
    tag: AccessWords(
        **_column(_SINGLE, place),
        sections=_column(_SECTIONS, place),
        labels=_column(_LABELS, place),
        values=_column(VALUES, place),
    )
    for place, tag in enumerate(LANGUAGES)
}
