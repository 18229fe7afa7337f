"""The words of the page on which people ask about their data, in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from storage.request_states import RequestKind
from storage.states import AttemptMethod

K = RequestKind
M = AttemptMethod


@dataclass(frozen=True, slots=True)
class RightsWords:
    """All that the page says besides what every public page says."""

    title: str
    lead: str
    which: str
    kinds: Mapping[RequestKind, str]
    who: str
    who_hint: str
    about: str
    about_hint: str
    code_by: str
    ways: Mapping[AttemptMethod, str]
    send: str
    kept: str
    noted_title: str
    noted: str
    reference: str
    known: str
    code: str
    code_hint: str
    prove: str
    wrong_code: str
    send_again: str
    sent: str
    ask_anew: str
    proven_title: str
    proven: str
    asked: str
    not_so: str
    frozen: str
    broken: str


RIGHTS: Final[Mapping[str, RightsWords]] = {
    "sv": RightsWords(
        title="Dina uppgifter",
        lead="Här frågar du {organisation} om de uppgifter som finns om dig. Det kostar ingenting "
        "och du behöver inte tala om varför. Svar får du inom en månad.",
        which="Vad vill du?",
        kinds={
            K.ACCESS: "Se vad som finns om mig",
            K.ERASURE: "Få det borttaget",
            K.RECTIFICATION: "Få något rättat",
            K.RESTRICTION: "Att det inte används just nu",
            K.PORTABILITY: "Ta med mig mina uppgifter",
            K.OBJECTION: "Inte bli kontaktad mer",
            K.OBJECTION_TO_USE: "Invända mot annan användning av mina uppgifter",
            K.INFORMATION: "Veta hur uppgifter används",
        },
        who="Telefonnummer eller e-postadress",
        who_hint="Det som vi kan ha om dig, till exempel 070-174 06 05",
        about="Vad gäller det, och varför?",
        about_hint="Behövs inte. Till exempel ett meddelande eller en inspelning som du menar.",
        code_by="Hur vill du få koden som visar att det är du?",
        ways={
            M.EMAIL: "Med e-post",
            M.SMS: "Med sms",
            M.CALL: "Med samtal",
        },
        send="Skicka",
        kept="Det du skriver sparas krypterat tills du har fått svar, och tas sedan bort.",
        noted_title="Tack, det är noterat",
        noted="Svaret kommer inom en månad.",
        reference="Ditt ärende",
        known="Finns du hos oss har en kod skickats dit, på det sätt du valde om vi kan nå dig så. "
        "Skriv in den här, så vet vi att det är du. Kommer ingen kod hör vi av oss på annat "
        "sätt om vi behöver.",
        code="Kod",
        code_hint="Åtta siffror",
        prove="Det är jag",
        wrong_code="Koden är fel eller för gammal.",
        send_again="Skicka en ny kod",
        sent="Finns du hos oss är en ny kod på väg. Bara den nyaste gäller.",
        ask_anew="Fel nummer eller adress, eller hellre på ett annat sätt? Fråga en gång till.",
        proven_title="Tack, nu vet vi att det är du",
        proven="Du behöver inte göra mer. Svaret kommer senast {day}.",
        asked="Det här frågade du om",
        not_so="Stämmer det inte med vad du skrev?",
        frozen="Tills din invändning är prövad används dina uppgifter inte.",
        broken="Inget är noterat än. Försök igen om en stund, eller hör av dig till oss.",
    ),
    "nb": RightsWords(
        title="Opplysningene dine",
        lead="Her spør du {organisation} om opplysningene som finnes om deg. Det koster ingenting, "
        "og du trenger ikke si hvorfor. Du får svar innen en måned.",
        which="Hva ønsker du?",
        kinds={
            K.ACCESS: "Se hva som finnes om meg",
            K.ERASURE: "Få det slettet",
            K.RECTIFICATION: "Få noe rettet",
            K.RESTRICTION: "At det ikke brukes nå",
            K.PORTABILITY: "Ta med meg opplysningene",
            K.OBJECTION: "Ikke bli kontaktet mer",
            K.OBJECTION_TO_USE: "Protestere mot annen bruk av opplysningene mine",
            K.INFORMATION: "Vite hvordan opplysninger brukes",
        },
        who="Telefonnummer eller e-postadresse",
        who_hint="Det vi kan ha om deg, for eksempel 912 34 567",
        about="Hva gjelder det, og hvorfor?",
        about_hint="Trengs ikke. For eksempel en beskjed eller et opptak som du mener.",
        code_by="Hvordan vil du få koden som viser at det er deg?",
        ways={
            M.EMAIL: "Med e-post",
            M.SMS: "Med SMS",
            M.CALL: "Med et anrop",
        },
        send="Send",
        kept="Det du skriver, lagres kryptert til du har fått svar, og blir så slettet.",
        noted_title="Takk, det er notert",
        noted="Svaret kommer innen en måned.",
        reference="Saken din",
        known="Finnes du hos oss, er en kode sendt, slik du valgte hvis vi kan nå deg slik. Skriv "
        "den inn her, så vet vi at det er deg. Kommer det ingen kode, tar vi kontakt på annen "
        "måte om vi trenger det.",
        code="Kode",
        code_hint="Åtte sifre",
        prove="Det er meg",
        wrong_code="Koden er feil eller for gammel.",
        send_again="Send en ny kode",
        sent="Finnes du hos oss, er en ny kode på vei. Bare den nyeste gjelder.",
        ask_anew="Feil nummer eller adresse, eller heller på en annen måte? Spør en gang til.",
        proven_title="Takk, nå vet vi at det er deg",
        proven="Du trenger ikke gjøre mer. Svaret kommer senest {day}.",
        asked="Dette spurte du om",
        not_so="Stemmer det ikke med det du skrev?",
        frozen="Til innvendingen din er vurdert, brukes ikke opplysningene dine.",
        broken="Ingenting er notert ennå. Prøv igjen om en stund, eller ta kontakt med oss.",
    ),
    "da": RightsWords(
        title="Dine oplysninger",
        lead="Her spørger du {organisation} om de oplysninger, der findes om dig. Det koster ikke "
        "noget, og du behøver ikke sige hvorfor. Du får svar inden for en måned.",
        which="Hvad ønsker du?",
        kinds={
            K.ACCESS: "Se, hvad der findes om mig",
            K.ERASURE: "Få det slettet",
            K.RECTIFICATION: "Få noget rettet",
            K.RESTRICTION: "At det ikke bruges lige nu",
            K.PORTABILITY: "Tage mine oplysninger med",
            K.OBJECTION: "Ikke kontaktes mere",
            K.OBJECTION_TO_USE: "Gøre indsigelse mod anden brug af mine oplysninger",
            K.INFORMATION: "Vide, hvordan oplysninger bruges",
        },
        who="Telefonnummer eller e-mailadresse",
        who_hint="Det, vi kan have om dig, for eksempel 20 12 34 56",
        about="Hvad drejer det sig om, og hvorfor?",
        about_hint="Behøves ikke. For eksempel en besked eller en optagelse, som du mener.",
        code_by="Hvordan vil du have koden, der viser, at det er dig?",
        ways={
            M.EMAIL: "Med e-mail",
            M.SMS: "Med sms",
            M.CALL: "Med et opkald",
        },
        send="Send",
        kept="Det, du skriver, gemmes krypteret, til du har fået svar, og slettes så.",
        noted_title="Tak, det er noteret",
        noted="Svaret kommer inden for en måned.",
        reference="Din sag",
        known="Findes du hos os, er der sendt en kode, sådan som du valgte, hvis vi kan nå dig "
        "sådan. Skriv den her, så ved vi, at det er dig. Kommer der ingen kode, kontakter vi "
        "dig på anden måde, hvis vi har brug for det.",
        code="Kode",
        code_hint="Otte cifre",
        prove="Det er mig",
        wrong_code="Koden er forkert eller for gammel.",
        send_again="Send en ny kode",
        sent="Findes du hos os, er en ny kode på vej. Kun den nyeste gælder.",
        ask_anew="Forkert nummer eller adresse, eller hellere på en anden måde? Spørg igen.",
        proven_title="Tak, nu ved vi, at det er dig",
        proven="Du behøver ikke gøre mere. Svaret kommer senest {day}.",
        asked="Det her spurgte du om",
        not_so="Passer det ikke med det, du skrev?",
        frozen="Indtil din indsigelse er vurderet, bruges dine oplysninger ikke.",
        broken="Intet er noteret endnu. Prøv igen om lidt, eller kontakt os.",
    ),
    "fi": RightsWords(
        title="Sinun tietosi",
        lead="Tällä sivulla kysyt, mitä tietoja sinusta on ({organisation}). Se ei maksa mitään, "
        "eikä syytä tarvitse kertoa. Saat vastauksen kuukauden kuluessa.",
        which="Mitä haluat?",
        kinds={
            K.ACCESS: "Nähdä, mitä minusta on",
            K.ERASURE: "Että tiedot poistetaan",
            K.RECTIFICATION: "Että jotain oikaistaan",
            K.RESTRICTION: "Ettei tietoja nyt käytetä",
            K.PORTABILITY: "Saada tietoni mukaani",
            K.OBJECTION: "Ettei minuun oteta yhteyttä",
            K.OBJECTION_TO_USE: "Vastustaa tietojeni muuta käyttöä",
            K.INFORMATION: "Tietää, miten tietoja käytetään",
        },
        who="Puhelinnumero tai sähköpostiosoite",
        who_hint="Numero tai osoite, joka meillä voi olla sinusta, esimerkiksi 050 123 4567",
        about="Mitä se koskee, ja miksi?",
        about_hint="Ei pakollinen. Esimerkiksi viesti tai äänite, jota tarkoitat.",
        code_by="Miten haluat koodin, joka osoittaa, että kyse on sinusta?",
        ways={
            M.EMAIL: "Sähköpostilla",
            M.SMS: "Tekstiviestillä",
            M.CALL: "Puhelulla",
        },
        send="Lähetä",
        kept="Kirjoittamasi säilytetään salattuna, kunnes olet saanut vastauksen, "
        "ja poistetaan sitten.",
        noted_title="Kiitos, se on merkitty",
        noted="Vastaus tulee kuukauden kuluessa.",
        reference="Asiasi numero",
        known="Jos olet meillä, koodi on lähetetty valitsemallasi tavalla, jos tavoitamme sinut "
        "niin. Kirjoita se tähän, niin tiedämme, että kyse on sinusta. Jos koodia ei tule, "
        "otamme tarvittaessa yhteyttä muuten.",
        code="Koodi",
        code_hint="Kahdeksan numeroa",
        prove="Se olen minä",
        wrong_code="Koodi on väärä tai liian vanha.",
        send_again="Lähetä uusi koodi",
        sent="Jos olet meillä, uusi koodi on matkalla. Vain uusin on voimassa.",
        ask_anew="Väärä numero tai osoite, tai mieluummin toisella tavalla? Kysy uudelleen.",
        proven_title="Kiitos, nyt tiedämme, että kyse on sinusta",
        proven="Sinun ei tarvitse tehdä muuta. Vastaus tulee viimeistään {day}.",
        asked="Tätä pyysit",
        not_so="Eikö se vastaa sitä, mitä kirjoitit?",
        frozen="Tietojasi ei käytetä, kunnes vastustuksesi on ratkaistu.",
        broken="Mitään ei ole vielä merkitty. Yritä hetken kuluttua uudelleen tai ota meihin "
        "yhteyttä.",
    ),
    "en": RightsWords(
        title="Your data",
        lead="Here you ask {organisation} about the data that are kept about you. It costs "
        "nothing, and you need not say why. You have an answer within a month.",
        which="What would you like?",
        kinds={
            K.ACCESS: "See what is kept about me",
            K.ERASURE: "Have it deleted",
            K.RECTIFICATION: "Have something corrected",
            K.RESTRICTION: "Not have it used for now",
            K.PORTABILITY: "Take my data with me",
            K.OBJECTION: "Not be contacted any more",
            K.OBJECTION_TO_USE: "Object to another use of my data",
            K.INFORMATION: "Know how data are used",
        },
        who="Telephone number or e-mail address",
        who_hint="The one we may have of you, such as +46 70 174 06 05",
        about="What is it about, and why?",
        about_hint="Not needed. For instance a message or a recording that you mean.",
        code_by="How do you want the code that shows it is you?",
        ways={
            M.EMAIL: "By e-mail",
            M.SMS: "By text message",
            M.CALL: "By a call",
        },
        send="Send",
        kept="What you write is kept encrypted until you have your answer, and then deleted.",
        noted_title="Thank you, it is noted",
        noted="You have the answer within a month.",
        reference="Your request",
        known="If you are with us, a code has been sent to you, in the way you chose if we can "
        "reach you so. Write it here, and we know it is you. If no code comes, we get in "
        "touch in another way if we need to.",
        code="Code",
        code_hint="Eight digits",
        prove="It is me",
        wrong_code="The code is wrong or too old.",
        send_again="Send a new code",
        sent="If you are with us, a new code is on its way. Only the newest counts.",
        ask_anew="Wrong number or address, or rather another way? Ask once more.",
        proven_title="Thank you, now we know that it is you",
        proven="You need not do anything else. You have the answer by {day}.",
        asked="This is what you asked for",
        not_so="Not what you wrote?",
        frozen="Until your objection is decided, your data are not used.",
        broken="Nothing is noted yet. Try again in a while, or get in touch with us.",
    ),
}
