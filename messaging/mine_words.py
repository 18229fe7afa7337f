"""The page of one's own answers in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("sv", "nb", "da", "fi", "en")


@dataclass(frozen=True, slots=True)
class MineWords:
    """The page in one language."""

    title: str
    lead: str
    code: str
    code_hint: str
    open: str
    wrong: str
    over: str
    later_title: str
    later: str
    answered: str
    until: str
    scale: str
    choice: str
    corrected_mark: str
    your_words: str
    by_machine: str
    no_words: str
    listen: str
    may_contact: str
    may_contact_fine: str
    yes: str
    no: str
    not_asked: str
    save: str
    corrected: str
    unchanged: str
    not_corrected: str
    corrected_fine: str
    kept_title: str
    kept_answers: str
    kept_words: str
    kept_open: str
    kept_longer: str
    kept_asked: str
    take: str
    take_fine: str
    delete: str
    delete_lead: str
    delete_sure: str
    gone_title: str
    gone: str
    receipt: str
    goes_on: str
    frozen: str
    needed: str
    under_way: str
    minutes: str
    nothing: str
    broken: str


_Row = tuple[str, str, str, str, str]
_ROWS: Final[Mapping[str, _Row]] = {
    "title": ("Dina svar", "Svarene dine", "Dine svar", "Vastauksesi", "Your answers"),
    "lead": ("Med koden som du fick i slutet av samtalet kan du höra, rätta, ladda ner eller "
             "radera det du svarade. Inget konto behövs.",
             "Med koden du fikk på slutten av samtalen, kan du høre, rette, laste ned eller "
             "slette det du svarte. Du trenger ingen konto.",
             "Med koden, som du fik sidst i samtalen, kan du høre, rette, hente eller slette "
             "det, du svarede. Du behøver ingen konto.",
             "Puhelun lopussa saamallasi koodilla voit kuunnella, korjata, ladata tai poistaa "
             "vastauksesi. Tiliä ei tarvita.",
             "With the code that you got at the end of the call you can hear, correct, download "
             "or delete what you answered. No account is needed."),
    "code": ("Din kod", "Koden din", "Din kode", "Koodisi", "Your code"),
    "code_hint": ("{digits} siffror, med eller utan mellanslag.",
                  "{digits} sifre, med eller uten mellomrom.",
                  "{digits} cifre, med eller uden mellemrum.",
                  "{digits} numeroa, välilyönneillä tai ilman.",
                  "{digits} digits, with or without spaces."),
    "open": ("Visa mina svar", "Vis svarene mine", "Vis mine svar", "Näytä vastaukseni",
             "Show my answers"),
    "wrong": ("Koden öppnar ingenting. Kontrollera siffrorna; den kan också ha gått ut, eller så "
              "är svaren redan raderade.",
              "Koden åpner ingenting. Sjekk sifrene; den kan også ha utløpt, eller svarene er "
              "allerede slettet.",
              "Koden åbner ikke noget. Se cifrene efter; den kan også være udløbet, eller svarene "
              "er allerede slettet.",
              "Koodi ei avaa mitään. Tarkista numerot. Koodi on voinut myös vanhentua, tai "
              "vastaukset on jo poistettu.",
              "The code opens nothing. Check the digits; it may also have expired, or the answers "
              "are deleted already."),
    "over": ("Sidan har varit öppen för länge. Skriv koden igen.",
             "Siden har vært åpen for lenge. Skriv koden på nytt.",
             "Siden har været åben for længe. Skriv koden igen.",
             "Sivu on ollut auki liian kauan. Kirjoita koodi uudelleen.",
             "The page has been open for too long. Enter the code again."),
    "later_title": ("Försök lite senare", "Prøv litt senere", "Prøv lidt senere",
                    "Yritä hieman myöhemmin", "Try a little later"),
    "later": ("Just nu tar sidan inte emot fler koder. Din kod gäller fortfarande.",
              "Akkurat nå tar siden ikke imot flere koder. Koden din gjelder fortsatt.",
              "Lige nu tager siden ikke imod flere koder. Din kode gælder stadig.",
              "Sivu ei juuri nyt ota vastaan enempää koodeja. Koodisi on yhä voimassa.",
              "The page takes no more codes just now. Yours still counts."),
    "answered": ("Du svarade den {day}.", "Du svarte {day}.", "Du svarede den {day}.",
                 "Vastasit {day}.", "You answered on {day}."),
    "until": ("Koden gäller till {day}.", "Koden gjelder til {day}.", "Koden gælder til {day}.",
              "Koodi on voimassa {day} saakka.", "The code counts until {day}."),
    "scale": ("Från {lowest} till {highest}", "Fra {lowest} til {highest}",
              "Fra {lowest} til {highest}", "Asteikko {lowest}–{highest}",
              "From {lowest} to {highest}"),
    "choice": ("Ditt svar", "Svaret ditt", "Dit svar", "Vastauksesi", "Your answer"),
    "corrected_mark": ("Rättat", "Rettet", "Rettet", "Korjattu", "Corrected"),
    "your_words": ("Det du sade eller skrev", "Det du sa eller skrev", "Det, du sagde eller skrev",
                   "Mitä sanoit tai kirjoitit", "What you said or wrote"),
    "by_machine": ("En maskin skrev ner det. Rätta det som blev fel.",
                   "En maskin skrev det ned. Rett det som ble feil.",
                   "En maskine skrev det ned. Ret det, der blev forkert.",
                   "Kone kirjoitti tämän. Korjaa, mikä meni väärin.",
                   "A machine wrote it down. Correct what it got wrong."),
    "no_words": ("Det finns ingen text till ljudet. Du kan skriva vad du sade.",
                 "Det finnes ingen tekst til lyden. Du kan skrive det du sa.",
                 "Der er ingen tekst til lyden. Du kan skrive, hvad du sagde.",
                 "Äänelle ei ole tekstiä. Voit kirjoittaa, mitä sanoit.",
                 "There is no text to the sound. You can write what you said."),
    "listen": ("Din inspelning", "Opptaket ditt", "Din optagelse", "Nauhoituksesi",
               "Your recording"),
    "may_contact": ("Får vi kontakta dig om det?", "Kan vi kontakte deg om det?",
                    "Må vi kontakte dig om det?", "Saammeko ottaa yhteyttä asiasta?",
                    "May we contact you about it?"),
    "may_contact_fine": ("Du kan ändra dig när du vill, så länge svaren finns här.",
                         "Du kan ombestemme deg når du vil, så lenge svarene er her.",
                         "Du kan ændre det, når du vil, så længe svarene er her.",
                         "Voit muuttaa mielesi milloin vain, kunhan vastaukset ovat täällä.",
                         "You can change your mind at any time while the answers are here."),
    "yes": ("Ja", "Ja", "Ja", "Kyllä", "Yes"),
    "no": ("Nej", "Nei", "Nej", "Ei", "No"),
    "not_asked": ("Det frågade vi inte.", "Det spurte vi ikke om.", "Det spurgte vi ikke om.",
                  "Emme kysyneet sitä.", "We did not ask."),
    "save": ("Spara rättelser", "Lagre rettelser", "Gem rettelser", "Tallenna korjaukset",
             "Save corrections"),
    "corrected": ("Rättat. Det som stod där förut finns inte kvar.",
                  "Rettet. Det som sto der før, er borte.",
                  "Rettet. Det, der stod før, er væk.",
                  "Korjattu. Aiempaa ei ole enää.",
                  "Corrected. What was there before is not kept."),
    "unchanged": ("Ingenting ändrades.", "Ingenting ble endret.", "Intet blev ændret.",
                  "Mitään ei muutettu.", "Nothing was changed."),
    "not_corrected": ("Det gick inte att spara: ett svar finns inte på skalan, eller så har "
                      "inspelningen inte kommit fram än.",
                      "Det kunne ikke lagres: et svar er ikke på skalaen, eller opptaket har ikke "
                      "kommet fram ennå.",
                      "Det kunne ikke gemmes: et svar er ikke på skalaen, eller optagelsen er ikke "
                      "kommet frem endnu.",
                      "Tallennus ei onnistunut: vastaus ei ole asteikolla, tai nauhoitus ei ole "
                      "vielä perillä.",
                      "It could not be saved: an answer is not on the scale, or the recording has "
                      "not arrived yet."),
    "corrected_fine": ("Vi sparar bara att något rättades, inte vad som stod där.",
                       "Vi lagrer bare at noe ble rettet, ikke hva som sto der.",
                       "Vi gemmer kun, at noget blev rettet, ikke hvad der stod.",
                       "Säilytämme vain tiedon korjauksesta, emme aiempaa sisältöä.",
                       "We keep only that something was corrected, not what it was."),
    "kept_title": ("Så länge sparas det", "Så lenge lagres det", "Så længe gemmes det",
                   "Näin kauan tietoja säilytetään", "How long it is kept"),
    "kept_answers": ("Dina svar sparas till {day} som längst.",
                     "Svarene dine lagres til {day} som lengst.",
                     "Dine svar gemmes højst til {day}.",
                     "Vastauksesi säilytetään enintään {day} saakka.",
                     "Your answers are kept until {day} at the latest."),
    "kept_words": ("Det du sade eller skrev, ljud och text, sparas till {day} som längst.",
                   "Det du sa eller skrev, lyd og tekst, lagres til {day} som lengst.",
                   "Det, du sagde eller skrev, lyd og tekst, gemmes højst til {day}.",
                   "Mitä sanoit tai kirjoitit, ääni ja teksti, säilytetään enintään {day} saakka.",
                   "What you said or wrote, sound and text, is kept until {day} at the latest."),
    "kept_open": ("Det finns ingen sista dag än: det raderas när det har behandlats.",
                  "Det er ingen siste dag ennå: det slettes når det er behandlet.",
                  "Der er ingen sidste dag endnu: det slettes, når det er behandlet.",
                  "Viimeistä päivää ei vielä ole: tiedot poistetaan, kun ne on käsitelty.",
                  "There is no last day yet: it is deleted when it has been dealt with."),
    "kept_longer": ("Något av det behövs längre: i ett öppet ärende, för ett rättsligt anspråk, "
                    "eller för att uppgifterna är spärrade.",
                    "Noe av det trengs lenger: i en åpen sak, for et rettskrav, eller fordi "
                    "opplysningene er sperret.",
                    "Noget af det er nødvendigt længere: i en åben sag, for et retskrav, eller "
                    "fordi oplysningerne er spærret.",
                    "Osaa tarvitaan pidempään: avoimessa asiassa, oikeusvaateen vuoksi tai koska "
                    "tietojen käsittely on rajoitettu.",
                    "Some of it is needed for longer: for an open case, a legal claim, or because "
                    "the data are frozen."),
    "kept_asked": ("Att du blev tillfrågad sparas lika länge som svaren, och koden bara som ett "
                   "avtryck som ingen kan läsa.",
                   "At du ble spurt, lagres like lenge som svarene, og koden bare som et avtrykk "
                   "som ingen kan lese.",
                   "At du blev spurgt, gemmes lige så længe som svarene, og koden kun som et "
                   "aftryk, ingen kan læse.",
                   "Tieto siitä, että sinulta kysyttiin, säilyy yhtä kauan kuin vastaukset, ja "
                   "koodista vain tiiviste, jota kukaan ei voi lukea.",
                   "That you were asked is kept as long as the answers, and of the code only a "
                   "mark that nobody can read."),
    "take": ("Ladda ner", "Last ned", "Hent", "Lataa", "Download"),
    "take_fine": ("En zip-fil med en sida att läsa, samma uppgifter för ett program, och ljudet.",
                  "En zip-fil med en side å lese, de samme opplysningene for et program, og lyden.",
                  "En zip-fil med en side at læse, de samme oplysninger til et program, og lyden.",
                  "Zip-tiedosto: luettava sivu, samat tiedot ohjelmalle ja ääni.",
                  "A zip file with a page to read, the same for a program, and the sound."),
    "delete": ("Radera mina svar", "Slett svarene mine", "Slet mine svar", "Poista vastaukseni",
               "Delete my answers"),
    "delete_lead": ("Svar, kommentarer, inspelningar, uppgifter om samtalet och ärenden som "
                    "personalen öppnat om dem, med anteckningar, raderas överallt, även hos "
                    "telefonleverantören. Det går inte att ångra. Att du blev tillfrågad finns "
                    "kvar en tid, så att ingen frågar om samma sak igen.",
                    "Svar, kommentarer, opptak, opplysninger om samtalen og saker som de ansatte "
                    "har åpnet om dem, med notater, slettes overalt, også hos "
                    "telefonleverandøren. Det kan ikke angres. At du ble spurt, står en stund, så "
                    "ingen spør om det samme igjen.",
                    "Svar, kommentarer, optagelser, oplysninger om samtalen og sager, som "
                    "medarbejderne har åbnet om dem, med notater, slettes overalt, også hos "
                    "telefonudbyderen. Det kan ikke fortrydes. At du blev spurgt, står en tid, så "
                    "ingen spørger om det samme igen.",
                    "Vastaukset, kommentit, nauhoitukset, puhelun tiedot ja henkilöstön niistä "
                    "avaamat asiat muistiinpanoineen poistetaan kaikkialta, myös "
                    "puhelinoperaattorilta. Poistoa ei voi perua. Tieto siitä, että sinulta "
                    "kysyttiin, säilyy jonkin aikaa, jottei samasta asiasta kysytä uudelleen.",
                    "Answers, comments, recordings, what is known of the call, and the cases that "
                    "staff opened about them, with their notes, are deleted everywhere, at the "
                    "telephone provider too. It cannot be undone. That you were asked stays for a "
                    "time, so that nobody asks about the same again."),
    "delete_sure": ("Ja, radera för alltid", "Ja, slett for alltid", "Ja, slet for altid",
                    "Kyllä, poista lopullisesti", "Yes, delete for good"),
    "gone_title": ("Dina svar är raderade", "Svarene dine er slettet", "Dine svar er slettet",
                   "Vastauksesi on poistettu", "Your answers are deleted"),
    "gone": ("Nycklarna är förstörda, så att även säkerhetskopior blir oläsliga, inom {days} "
             "dagar. Det som finns hos telefonleverantören tas bort inom kort.",
             "Nøklene er ødelagt, så også sikkerhetskopier blir uleselige, innen {days} dager. "
             "Det som finnes hos telefonleverandøren, fjernes om kort tid.",
             "Nøglerne er ødelagt, så også sikkerhedskopier bliver ulæselige, inden for {days} "
             "dage. Det, der findes hos telefonudbyderen, fjernes om kort tid.",
             "Avaimet on tuhottu, joten varmuuskopiotkaan eivät ole luettavissa enää {days} päivän "
             "kuluttua. Operaattorilla oleva poistetaan pian.",
             "The keys are destroyed, so no backup can be read either, {days} days from now at the "
             "latest. What lies at the telephone provider is removed shortly."),
    "receipt": ("Kvitto på raderingen", "Kvittering for slettingen", "Kvittering for sletningen",
                "Poiston kuitti", "Receipt of the deletion"),
    "goes_on": ("Raderingen har börjat och görs färdig av sig själv.",
                "Slettingen har begynt og fullføres av seg selv.",
                "Sletningen er begyndt og gøres færdig af sig selv.",
                "Poisto on alkanut ja jatkuu itsestään loppuun.",
                "The deletion has begun and is finished by itself."),
    "frozen": ("Dina uppgifter är spärrade: de varken rättas eller raderas förrän det är avgjort. "
               "Vänd dig till oss om du vill häva spärren.",
               "Opplysningene dine er sperret: de verken rettes eller slettes før det er avgjort. "
               "Ta kontakt hvis du vil oppheve sperren.",
               "Dine oplysninger er spærret: de hverken rettes eller slettes, før det er afgjort. "
               "Kontakt os, hvis du vil ophæve spærringen.",
               "Tietojesi käsittely on rajoitettu: niitä ei korjata eikä poisteta, ennen kuin asia "
               "on ratkaistu. Ota yhteyttä, jos haluat purkaa rajoituksen.",
               "Your data are frozen: they are neither corrected nor deleted before that is "
               "settled. Turn to us if you want it lifted."),
    "needed": ("Svaren kan inte raderas nu: de behövs i ett öppet ärende eller för ett rättsligt "
               "anspråk. Vänd dig till oss, så får du veta mer.",
               "Svarene kan ikke slettes nå: de trengs i en åpen sak eller for et rettskrav. Ta "
               "kontakt, så får du vite mer.",
               "Svarene kan ikke slettes nu: de er nødvendige i en åben sag eller for et "
               "retskrav. Kontakt os, så får du mere at vide.",
               "Vastauksia ei voi nyt poistaa: niitä tarvitaan avoimessa asiassa tai "
               "oikeusvaateen vuoksi. Ota yhteyttä, niin kerromme lisää.",
               "The answers cannot be deleted now: they are needed for an open case or a legal "
               "claim. Turn to us and you will be told more."),
    "under_way": ("Samtalet är inte avslutat än. Försök igen om några minuter.",
                  "Samtalen er ikke avsluttet ennå. Prøv igjen om noen minutter.",
                  "Samtalen er ikke afsluttet endnu. Prøv igen om et par minutter.",
                  "Puhelu ei ole vielä päättynyt. Yritä uudelleen muutaman minuutin kuluttua.",
                  "The call is not over yet. Try again in a few minutes."),
    "minutes": ("Sidan är öppen i {minutes} minuter och sparar ingenting på din enhet.",
                "Siden er åpen i {minutes} minutter og lagrer ingenting på enheten din.",
                "Siden er åben i {minutes} minutter og gemmer intet på din enhed.",
                "Sivu on auki {minutes} minuuttia eikä tallenna laitteellesi mitään.",
                "The page is open for {minutes} minutes and keeps nothing on your device."),
    "nothing": ("Här finns inga svar längre.", "Her er det ingen svar lenger.",
                "Her er ingen svar længere.", "Täällä ei ole enää vastauksia.",
                "There are no answers here any more."),
    "broken": ("Något gick fel hos oss, och ingenting ändrades. Försök igen.",
               "Noe gikk galt hos oss, og ingenting ble endret. Prøv igjen.",
               "Noget gik galt hos os, og intet blev ændret. Prøv igen.",
               "Jokin meni meillä vikaan, eikä mitään muutettu. Yritä uudelleen.",
               "Something went wrong on our side, and nothing was changed. Try again."),
}  # fmt: skip

MINE: Final[Mapping[str, MineWords]] = {
    tag: MineWords(**{name: row[place] for name, row in _ROWS.items()})
    for place, tag in enumerate(LANGUAGES)
}
