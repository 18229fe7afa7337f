"""Sending one mail over SMTP, and telling what may be tried again from what was refused."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from storage import permits
from storage.faults import GiveUp, TryAgain
from storage.permits import AskedFor, Permit
from storage.states import AttemptMethod, ContactPurpose

TIMEOUT_SECONDS: Final = 20.0
_PORT: Final = {"smtp": 25, "smtps": 465}


class MailServerAway(TryAgain):
    """The mail server did not take the mail now; `code` is its reply code or the kind of fault."""


class MailRefused(GiveUp):
    """The mail server refused the mail for good; `code` is its reply code."""


@dataclass(frozen=True, slots=True)
class CustomerMail:
    """A mail to one person whom we ask; `to` is the address that was decided about."""

    to: str = field(repr=False)
    attempt_id: UUID
    purpose: ContactPurpose
    content: EmailMessage = field(repr=False)


def send_to_customer(mail: CustomerMail, permit: Permit, *, url: str | None) -> None:
    """Mail somebody we ask, on the strength of a stored permission decision.

    Raises TypeError, before any server is asked, for anything but the permit for this very mail,
    and ValueError for a mail whose head names anybody else; otherwise as `send_to_staff`.
    """
    permits.require(permit, AttemptMethod.EMAIL, mail)
    if _addressed(mail.content) != [mail.to.lower()]:
        raise ValueError("the mail is addressed to others than the one who was decided about")
    send_to_staff(mail.content, url=url)


def _addressed(mail: EmailMessage) -> list[str]:
    heads = [str(one) for name in ("To", "Cc", "Bcc") for one in mail.get_all(name, [])]
    return [address.lower() for _, address in getaddresses(heads)]


def send_asked_for(mail: EmailMessage, paper: AskedFor, *, url: str | None) -> None:
    """Mail somebody what they asked for about their own data, on the strength of a stored code.

    Raises TypeError, before any server is asked, for any other paper; otherwise as `send_to_staff`.
    """
    permits.require_asked(paper, AttemptMethod.EMAIL)
    send_to_staff(mail, url=url)


def send_to_staff(mail: EmailMessage, *, url: str | None) -> None:
    """Hand a mail to the server that MAIL_URL names; its reader works here or asked for it.

    STARTTLS is used whenever the server offers it, and required before a password is sent.
    Raises MailServerAway or MailRefused; their texts hold no address.
    """
    if url is None:
        raise MailServerAway("MAIL_URL is not set, so no mail can be sent", code="no_mail_url")
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port or _PORT[parts.scheme]
    try:
        with _connected(parts.scheme, host, port) as server:
            if parts.username is not None:
                if not isinstance(server.sock, ssl.SSLSocket) and not _is_local(host):
                    raise MailServerAway(
                        "the mail server offers no encryption, so it gets no password",
                        code="no_tls",
                    )
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        raise _judged(next(iter(refused.recipients.values()))[0]) from None
    except smtplib.SMTPAuthenticationError as refused:
        # Mended by whoever set the password; the notice must not be lost meanwhile.
        raise MailServerAway("the mail server refuses us", code=str(refused.smtp_code)) from None
    except smtplib.SMTPResponseException as answer:
        raise _judged(answer.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise MailRefused("the mail server cannot take such an address", code="utf8") from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerAway("the mail server gave no answer", code=type(error).__name__) from None


def _connected(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(
            host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _judged(code: int) -> MailServerAway | MailRefused:
    if 500 <= code < 600:
        return MailRefused("the mail server refused the mail", code=str(code))
    return MailServerAway("the mail server asks to come back later", code=str(code))


def _is_local(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")
