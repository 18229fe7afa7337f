"""Mails sent over a real SMTP connection end up in the folder and nowhere else."""

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from simulator import mail_catcher
from simulator.mail_catcher import MailCatcher


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[MailCatcher]:
    running = mail_catcher.start(directory=tmp_path / "mail")
    yield running
    running.stop()


def a_mail(subject: str = "Tack för samtalet", to: str = "eva@post.example") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "service@genklang.example", to, subject
    mail.set_content("Hej Åsa,\nläs mer på http://127.0.0.1/s/abc.\n")
    return mail


def send(catcher: MailCatcher, mail: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.port, timeout=10) as smtp:
        smtp.send_message(mail)


def test_a_mail_is_caught_with_its_words_and_both_ends(catcher: MailCatcher) -> None:
    send(catcher, a_mail())

    (mail,) = catcher.store.mails()
    assert mail.subject == "Tack för samtalet"
    assert mail.sender == "service@genklang.example"
    assert mail.recipients == ("eva@post.example",)
    assert mail.text == "Hej Åsa,\nläs mer på http://127.0.0.1/s/abc.\n"


def test_a_hidden_recipient_is_shown_because_the_envelope_counts(catcher: MailCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.port, timeout=10) as smtp:
        smtp.send_message(a_mail(), to_addrs=["eva@post.example", "hidden@post.example"])

    (mail,) = catcher.store.mails()
    assert mail.recipients == ("eva@post.example", "hidden@post.example")


def test_an_attachment_is_listed_with_its_size(catcher: MailCatcher) -> None:
    mail = a_mail()
    mail.add_attachment(b"RIFF" + bytes(96), maintype="audio", subtype="wav", filename="m.wav")

    send(catcher, mail)

    (caught,) = catcher.store.mails()
    (attachment,) = caught.attachments
    assert (attachment.name, attachment.content_type, attachment.size) == (
        "m.wav",
        "audio/wav",
        100,
    )


def test_any_login_is_right(catcher: MailCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.port, timeout=10) as smtp:
        smtp.login("anybody", "any password")
        smtp.send_message(a_mail())

    assert catcher.store.count() == 1


@pytest.mark.parametrize(
    ("address", "code"),
    [("no-such-mailbox-7@post.example", 550), ("try-later@post.example", 451)],
)
def test_the_addresses_that_refuse_do_so_for_good_or_for_now(
    catcher: MailCatcher, address: str, code: int
) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(catcher, a_mail(to=address))

    assert refusal.value.recipients[address][0] == code
    assert catcher.store.count() == 0


def test_a_restart_finds_the_mails_and_numbers_go_on(tmp_path: Path) -> None:
    first = mail_catcher.start(directory=tmp_path)
    send(first, a_mail("one"))
    first.stop()

    second = mail_catcher.start(directory=tmp_path)
    send(second, a_mail("two"))
    second.stop()

    assert [(mail.number, mail.subject) for mail in second.store.mails()] == [
        (2, "two"),
        (1, "one"),
    ]


def test_stopping_closes_the_port_even_while_somebody_is_connected(tmp_path: Path) -> None:
    catcher = mail_catcher.start(directory=tmp_path)
    with socket.create_connection(("127.0.0.1", catcher.port), timeout=10) as lingering:
        lingering.recv(100)
        catcher.stop()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", catcher.port), timeout=2)


def test_a_taken_port_is_refused_by_name_of_the_error(tmp_path: Path, catcher: MailCatcher) -> None:
    with pytest.raises(OSError, match="in use"):
        mail_catcher.start(catcher.port, directory=tmp_path / "other")
