"""The words of a notice, in the language of its mailbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice may say: `received_at` on the organisation's clock, whole `seconds` or None
    when the sound could not be fetched, and a link that asks for sign-in."""

    mailbox: str
    language: str
    received_at: datetime
    seconds: int | None
    link: str


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    arrived: str
    length: str
    lost: str
    listen: str
    moment: str


_WORDS: Final = {
    "sv": _Words(
        subject="Nytt telefonmeddelande till {mailbox}",
        arrived="Ett telefonmeddelande till {mailbox} kom in {moment}.",
        length="Det är {seconds} sekunder långt.",
        lost="Ljudet kunde inte hämtas ännu. Vi fortsätter att försöka.",
        listen="Logga in för att lyssna:",
        moment="%Y-%m-%d kl. %H.%M",
    ),
    "nb": _Words(
        subject="Ny telefonbeskjed til {mailbox}",
        arrived="En telefonbeskjed til {mailbox} kom inn {moment}.",
        length="Den varer i {seconds} sekunder.",
        lost="Lyden kunne ikke hentes ennå. Vi fortsetter å prøve.",
        listen="Logg inn for å lytte:",
        moment="%d.%m.%Y kl. %H.%M",
    ),
    "da": _Words(
        subject="Ny telefonbesked til {mailbox}",
        arrived="En telefonbesked til {mailbox} kom ind den {moment}.",
        length="Den varer {seconds} sekunder.",
        lost="Lyden kunne ikke hentes endnu. Vi bliver ved med at prøve.",
        listen="Log ind for at lytte:",
        moment="%d.%m.%Y kl. %H.%M",
    ),
    "fi": _Words(
        subject="Uusi puhelinviesti: {mailbox}",
        arrived="Puhelinviesti saapui {moment}: {mailbox}.",
        length="Viestin pituus on {seconds} sekuntia.",
        lost="Ääntä ei ole vielä saatu haettua. Yritämme edelleen.",
        listen="Kirjaudu sisään ja kuuntele:",
        moment="%d.%m.%Y klo %H.%M",
    ),
    "en": _Words(
        subject="New telephone message for {mailbox}",
        arrived="A telephone message for {mailbox} arrived on {moment}.",
        length="It is {seconds} seconds long.",
        lost="The sound could not be fetched yet. We keep trying.",
        listen="Sign in to listen:",
        moment="%d %B %Y at %H:%M",
    ),
}


def write(notice: Notice) -> tuple[str, str]:
    """Subject and body; English for a language without words of its own."""
    words = _WORDS.get(notice.language.partition("-")[0], _WORDS["en"])
    moment = notice.received_at.strftime(words.moment)
    length = words.lost if notice.seconds is None else words.length.format(seconds=notice.seconds)
    arrived = words.arrived.format(mailbox=notice.mailbox, moment=moment)
    subject = words.subject.format(mailbox=notice.mailbox)
    return subject, f"{arrived} {length}\n\n{words.listen}\n{notice.link}\n"
