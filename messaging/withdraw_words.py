"""The words of the page on which a person takes a request back, in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("sv", "nb", "da", "fi", "en")


@dataclass(frozen=True, slots=True)
class WithdrawWords:
    """The page in one language."""

    title: str
    lead: str
    reference: str
    reference_hint: str
    go_on: str
    send: str
    sent: str
    take_back: str
    done_title: str
    done: str
    too_late_title: str
    too_late: str


_Row = tuple[str, str, str, str, str]
_ROWS: Final[Mapping[str, _Row]] = {
    "title": ("Ta tillbaka ett ärende", "Trekke tilbake en sak", "Træk en sag tilbage",
              "Peru asia", "Take a request back"),
    "lead": ("Har du ångrat det du frågade {organisation} om? Då gör vi inte det du bad om, och "
             "glömmer numret eller adressen du angav. Att du frågade står kvar i vår logg.",
             "Har du angret det du spurte {organisation} om? Da gjør vi ikke det du ba om, og "
             "glemmer nummeret eller adressen du oppga. At du spurte, står i loggen vår.",
             "Har du fortrudt det, du spurgte {organisation} om? Så gør vi ikke det, du bad om, og "
             "glemmer det nummer eller den adresse, du opgav. At du spurgte, står i vores log.",
             "Oletko muuttanut mieltäsi ({organisation})? Silloin emme tee, mitä pyysit, ja "
             "unohdamme antamasi numeron tai osoitteen. Lokiimme jää, että kysyit.",
             "Have you changed your mind about what you asked {organisation}? Then we do not do "
             "what you asked for, and forget the number or address you gave. That you asked stays "
             "in our log."),
    "reference": ("Ditt ärende", "Saken din", "Din sag", "Asiasi", "Your request"),
    "reference_hint": ("Åtta siffror, som du fick när du frågade",
                       "Åtte sifre, som du fikk da du spurte",
                       "Otte cifre, som du fik, da du spurgte",
                       "Kahdeksan numeroa, jotka sait kysyessäsi",
                       "Eight digits that you got when you asked"),
    "go_on": ("Vidare", "Videre", "Videre", "Jatka", "Go on"),
    "send": ("Skicka en kod till mig", "Send meg en kode", "Send mig en kode",
             "Lähetä minulle koodi", "Send me a code"),
    "sent": ("Finns ärendet, och finns du hos oss, har en kod skickats på det sätt du valde när du "
             "frågade.",
             "Finnes saken, og finnes du hos oss, er en kode sendt slik du valgte da du spurte.",
             "Findes sagen, og findes du hos os, er der sendt en kode på den måde, du valgte, da "
             "du spurgte.",
             "Jos asia on olemassa ja sinä meillä, koodi on lähetetty kysyessäsi valitsemallasi "
             "tavalla.",
             "If there is such a request, and you are known to us, a code was sent by the way that "
             "you chose when you asked."),
    "take_back": ("Ta tillbaka ärendet", "Trekk saken tilbake", "Træk sagen tilbage",
                  "Peru asia", "Take the request back"),
    "done_title": ("Ärendet är tillbakataget", "Saken er trukket tilbake",
                   "Sagen er trukket tilbage", "Asia on peruttu", "The request is taken back"),
    "done": ("Vi gör inte det du bad om. Du kan fråga igen när du vill.",
             "Vi gjør ikke det du ba om. Du kan spørre igjen når du vil.",
             "Vi gør ikke det, du bad om. Du kan spørge igen, når du vil.",
             "Emme tee, mitä pyysit. Voit kysyä uudelleen milloin vain.",
             "We do not do what you asked for. You can ask again whenever you like."),
    "too_late_title": ("Det är för sent", "Det er for sent", "Det er for sent",
                       "Se on liian myöhäistä", "It is too late"),
    "too_late": ("Det du bad om görs redan eller är gjort, så ärendet kan inte tas tillbaka.",
                 "Det du ba om, gjøres allerede eller er gjort, så saken kan ikke trekkes tilbake.",
                 "Det, du bad om, gøres allerede eller er gjort, så sagen kan ikke trækkes "
                 "tilbage.",
                 "Pyytämääsi tehdään jo tai se on tehty, joten asiaa ei voi perua.",
                 "What you asked for is being done or is done, so the request cannot be taken "
                 "back."),
}  # fmt: skip

WITHDRAW: Final[Mapping[str, WithdrawWords]] = {
    tag: WithdrawWords(**{name: row[place] for name, row in _ROWS.items()})
    for place, tag in enumerate(LANGUAGES)
}
