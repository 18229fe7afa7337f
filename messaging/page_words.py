"""The words of the public pages, in the five languages; a missing one would not pass the types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NoWords:
    """All that the page says on which people tell that they do not want to be contacted."""

    language: str
    title: str
    lead: str
    who: str
    who_hint: str
    which: str
    everything: str
    calls: str
    texts: str
    mails: str
    send: str
    kept: str
    needed: str
    wrong_number: str
    wrong_address: str
    thanks_title: str
    thanks: str
    same_for_all: str
    again: str
    another: str
    too_often_title: str
    too_often: str
    elsewhere_title: str
    elsewhere: str
    not_there_title: str
    not_there: str
    broken_title: str
    broken: str
    questions: str
    authority: str


NO: Final[Mapping[str, NoWords]] = {
    "sv": NoWords(
        language="Svenska",
        title="Inga fler frågor",
        lead="{organisation} frågar ibland kunder hur det gick, per telefon, sms eller e-post. "
        "Här säger du nej till det. Du behöver inte logga in eller tala om varför.",
        who="Telefonnummer eller e-postadress",
        who_hint="Det som vi inte ska använda mer, till exempel 070-174 06 05",
        which="Vad säger du nej till?",
        everything="Allt",
        calls="Samtal",
        texts="Sms",
        mails="E-post",
        send="Säg nej",
        kept="Det du skriver sparas bara som en kod som ingen kan läsa, så att vi minns ditt nej.",
        needed="Skriv ett telefonnummer eller en e-postadress.",
        wrong_number="Det här är inget telefonnummer som finns. Skriv alla siffror, gärna med "
        "landsnummer: +46 70 174 06 05.",
        wrong_address="Det här är ingen e-postadress. Så här ser en ut: namn@example.org.",
        thanks_title="Tack, det är noterat",
        thanks="Det gäller från och med nu, även för det som redan var planerat.",
        same_for_all="Svaret är detsamma vare sig vi känner till numret eller adressen eller inte.",
        again="Ångrar du dig? Hör av dig till oss.",
        another="Säg nej för ett nummer eller en adress till",
        too_often_title="Vänta en liten stund",
        too_often="Härifrån har det kommit många svar på kort tid. Försök igen om några minuter, "
        "eller hör av dig till oss.",
        elsewhere_title="Det gick inte",
        elsewhere="Formuläret kom från en annan webbplats. Öppna sidan själv och försök igen.",
        not_there_title="Sidan finns inte",
        not_there="Kontrollera adressen.",
        broken_title="Något gick fel hos oss",
        broken="Ditt nej är inte noterat än. Försök igen om en stund, eller hör av dig till oss.",
        questions="Frågor om dina uppgifter",
        authority="Klagomål kan du lämna till",
    ),
    "nb": NoWords(
        language="Norsk",
        title="Ingen flere spørsmål",
        lead="{organisation} spør av og til kunder hvordan det gikk, på telefon, SMS eller e-post. "
        "Her sier du nei til det. Du trenger ikke å logge inn eller si hvorfor.",
        who="Telefonnummer eller e-postadresse",
        who_hint="Det vi ikke skal bruke mer, for eksempel +46 70 174 06 05",
        which="Hva sier du nei til?",
        everything="Alt",
        calls="Anrop",
        texts="SMS",
        mails="E-post",
        send="Si nei",
        kept="Det du skriver, lagres bare som en kode ingen kan lese, slik at vi husker ditt nei.",
        needed="Skriv et telefonnummer eller en e-postadresse.",
        wrong_number="Dette er ikke et telefonnummer som finnes. Skriv alle sifrene, gjerne med "
        "landkode: +46 70 174 06 05.",
        wrong_address="Dette er ikke en e-postadresse. Slik ser en ut: navn@example.org.",
        thanks_title="Takk, det er notert",
        thanks="Det gjelder fra nå av, også for det som allerede var planlagt.",
        same_for_all="Svaret er det samme enten vi kjenner nummeret eller adressen eller ikke.",
        again="Angrer du? Ta kontakt med oss.",
        another="Si nei for et nummer eller en adresse til",
        too_often_title="Vent et lite øyeblikk",
        too_often="Herfra har det kommet mange svar på kort tid. Prøv igjen om noen minutter, "
        "eller ta kontakt med oss.",
        elsewhere_title="Det gikk ikke",
        elsewhere="Skjemaet ble sendt fra et annet nettsted. Åpne siden selv og prøv igjen.",
        not_there_title="Siden finnes ikke",
        not_there="Kontroller adressen.",
        broken_title="Noe gikk galt hos oss",
        broken="Ditt nei er ikke notert ennå. Prøv igjen om litt, eller ta kontakt med oss.",
        questions="Spørsmål om opplysningene dine",
        authority="Klage kan du sende til",
    ),
    "da": NoWords(
        language="Dansk",
        title="Ikke flere spørgsmål",
        lead="{organisation} spørger af og til kunder, hvordan det gik, i telefon, på sms eller "
        "på e-mail. Her siger du nej til det. Du behøver ikke logge ind eller sige hvorfor.",
        who="Telefonnummer eller e-mailadresse",
        who_hint="Det, vi ikke skal bruge mere, for eksempel +46 70 174 06 05",
        which="Hvad siger du nej til?",
        everything="Alt",
        calls="Opkald",
        texts="Sms",
        mails="E-mail",
        send="Sig nej",
        kept="Det, du skriver, gemmes kun som en kode, ingen kan læse, så vi husker dit nej.",
        needed="Skriv et telefonnummer eller en e-mailadresse.",
        wrong_number="Det her er ikke et telefonnummer, der findes. Skriv alle cifre, gerne med "
        "landekode: +46 70 174 06 05.",
        wrong_address="Det her er ikke en e-mailadresse. Sådan ser en ud: navn@example.org.",
        thanks_title="Tak, det er noteret",
        thanks="Det gælder fra nu af, også for det, der allerede var planlagt.",
        same_for_all="Svaret er det samme, hvad enten vi kender nummeret eller adressen eller ej.",
        again="Fortryder du? Kontakt os.",
        another="Sig nej for endnu et nummer eller en adresse",
        too_often_title="Vent et øjeblik",
        too_often="Herfra er der kommet mange svar på kort tid. Prøv igen om nogle minutter, "
        "eller kontakt os.",
        elsewhere_title="Det gik ikke",
        elsewhere="Formularen blev sendt fra et andet websted. Åbn selv siden, og prøv igen.",
        not_there_title="Siden findes ikke",
        not_there="Kontrollér adressen.",
        broken_title="Noget gik galt hos os",
        broken="Dit nej er ikke noteret endnu. Prøv igen om lidt, eller kontakt os.",
        questions="Spørgsmål om dine oplysninger",
        authority="Klage kan du sende til",
    ),
    "fi": NoWords(
        language="Suomi",
        title="Ei enää kysymyksiä",
        lead="{organisation} kysyy joskus asiakkailta puhelimitse, tekstiviestillä tai "
        "sähköpostilla, miten asiointi sujui. Tällä sivulla voit kieltää sen. Sinun ei tarvitse "
        "kirjautua eikä kertoa syytä.",
        who="Puhelinnumero tai sähköpostiosoite",
        who_hint="Se, jota emme saa enää käyttää, esimerkiksi +46 70 174 06 05",
        which="Minkä haluat kieltää?",
        everything="Kaiken",
        calls="Puhelut",
        texts="Tekstiviestit",
        mails="Sähköpostin",
        send="Kiellä",
        kept="Kirjoittamasi tallennetaan vain koodina, jota kukaan ei voi lukea, jotta muistamme "
        "kieltosi.",
        needed="Kirjoita puhelinnumero tai sähköpostiosoite.",
        wrong_number="Tällaista puhelinnumeroa ei ole. Kirjoita kaikki numerot, mielellään "
        "maatunnuksen kanssa: +46 70 174 06 05.",
        wrong_address="Tämä ei ole sähköpostiosoite. Osoite näyttää tältä: nimi@example.org.",
        thanks_title="Kiitos, se on merkitty",
        thanks="Kielto on voimassa heti, ja se koskee myös jo suunniteltuja yhteydenottoja.",
        same_for_all="Vastaus on sama riippumatta siitä, tunnemmeko numeron tai osoitteen.",
        again="Muutitko mielesi? Ota meihin yhteyttä.",
        another="Kiellä vielä toinen numero tai osoite",
        too_often_title="Odota hetki",
        too_often="Täältä on tullut monta vastausta lyhyessä ajassa. Yritä uudelleen muutaman "
        "minuutin kuluttua tai ota meihin yhteyttä.",
        elsewhere_title="Se ei onnistunut",
        elsewhere="Lomake lähetettiin toiselta sivustolta. Avaa sivu itse ja yritä uudelleen.",
        not_there_title="Sivua ei ole",
        not_there="Tarkista osoite.",
        broken_title="Jokin meni meillä vikaan",
        broken="Kieltoasi ei ole vielä merkitty. Yritä hetken kuluttua uudelleen tai ota meihin "
        "yhteyttä.",
        questions="Kysyttävää tiedoistasi",
        authority="Valituksen voit tehdä täällä",
    ),
    "en": NoWords(
        language="English",
        title="No more questions",
        lead="{organisation} sometimes asks customers how it went, by telephone, text message or "
        "e-mail. Here you say no to that. You need not sign in or say why.",
        who="Telephone number or e-mail address",
        who_hint="The one that we are not to use any more, such as +46 70 174 06 05",
        which="What do you say no to?",
        everything="Everything",
        calls="Calls",
        texts="Text messages",
        mails="E-mail",
        send="Say no",
        kept="What you write is kept only as a code that nobody can read, so that we remember "
        "your no.",
        needed="Write a telephone number or an e-mail address.",
        wrong_number="There is no such telephone number. Write all its digits, best with the "
        "country’s code: +46 70 174 06 05.",
        wrong_address="This is no e-mail address. One looks like this: name@example.org.",
        thanks_title="Thank you, it is noted",
        thanks="It holds from now on, also for what was planned already.",
        same_for_all="The answer is the same whether we know the number or address or not.",
        again="Changed your mind? Get in touch with us.",
        another="Say no for another number or address",
        too_often_title="Please wait a moment",
        too_often="Many answers came from here in a short time. Try again in some minutes, or get "
        "in touch with us.",
        elsewhere_title="That did not work",
        elsewhere="The form was sent from another site. Open the page yourself and try again.",
        not_there_title="There is no such page",
        not_there="Check the address.",
        broken_title="Something went wrong here",
        broken="Your no is not noted yet. Try again in a while, or get in touch with us.",
        questions="Questions about your data",
        authority="You can complain to",
    ),
}
