"""A client's register of staff as it is kept here: who is told of the messages in which mailbox."""

import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.keyring import Keyring
from storage.tables import Mailbox, Organisation


@dataclass(frozen=True, slots=True)
class Notified:
    """One mailbox, and the addresses to which its notices go."""

    mailbox: str
    name: str
    number: str
    language: str
    addresses: tuple[str, ...]


def register(session: Session, organisation: Organisation, *, keyring: Keyring) -> list[Notified]:
    """The organisation's mailboxes that take messages, by key."""
    mailboxes = session.scalars(
        select(Mailbox)
        .where(Mailbox.organisation_id == organisation.id, Mailbox.retired_at.is_(None))
        .order_by(Mailbox.key)
    ).all()
    opened = keyring.open_many([(one.id, "mailbox.notify", one.notify_sealed) for one in mailboxes])
    return [
        Notified(one.key, one.name, one.number, one.language, tuple(json.loads(told or "[]")))
        for one, told in zip(mailboxes, opened, strict=True)
    ]
