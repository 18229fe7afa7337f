"""Everything that is kept of one person, read from the rows and opened; for the person's own eyes.

Names of staff are not among it, only their roles. What others said or wrote is not either, and
numbers that somebody speaks are hidden by the `mask` that is handed in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy import access_notices, access_openings
from privacy.access_cases import Cases
from privacy.access_contacts import Why, told_call
from privacy.access_moments import Document, among, at, on
from privacy.access_sounds import Mask, Recordings
from privacy.persons import Person
from storage.keyring import Keyring
from storage.tables import (
    Call,
    Case,
    Customer,
    Delivery,
    Mailbox,
    MailboxNotice,
    Message,
    Recording,
)


@dataclass(slots=True)
class Kept:
    """What is kept, as a JSON document, and the recordings whose sound belongs to it."""

    about: Document | None
    cases: list[Document]
    messages: list[Document]
    matters: list[Document]
    calls: list[Document]
    # The ids of these calls.
    called: list[UUID]
    # The name of each sound in the package, by the recording's id.
    sounds: dict[UUID, str]


def read(
    session: Session,
    person: Person,
    *,
    keyring: Keyring,
    mask: Mask,
    why: Why | None = None,
    language: str | None = None,
) -> Kept:
    """What is kept of the person; what was erased meanwhile is left out.

    What they chose is told in that language, where the survey has it.
    """
    spoken = Recordings(session, person.organisation_id, keyring=keyring, mask=mask)
    cases = Cases(
        session, person, keyring=keyring, mask=mask, spoken=spoken, why=why, language=language
    )
    return _Reader(session, person, keyring=keyring, mask=mask, spoken=spoken).kept(cases)


class _Reader:
    def __init__(
        self,
        session: Session,
        person: Person,
        *,
        keyring: Keyring,
        mask: Mask,
        spoken: Recordings,
    ) -> None:
        self._session, self._person = session, person
        self._keyring, self._mask, self._spoken = keyring, mask, spoken

    def kept(self, cases: Cases) -> Kept:
        called = self._session.scalars(
            select(Call)
            .where(
                Call.organisation_id == self._person.organisation_id,
                Call.caller_hash.in_(self._person.hashes),
            )
            .order_by(Call.started_at, Call.id)
        ).all()
        told = cases.read()
        messages = self._messages(called)
        return Kept(
            about=self._about(),
            cases=told,
            messages=messages,
            matters=self._matters(),
            calls=self._calls(called),
            called=[one.id for one in called],
            sounds=self._spoken.sounds,
        )

    def _about(self) -> Document | None:
        if self._person.customer_id is None:
            return None
        one = self._session.get(Customer, self._person.customer_id)
        if one is None:
            return None
        fields = ("name", "phone", "phone_as_given", "email")
        opened = self._keyring.open_many(
            [(one.id, f"customer.{name}", getattr(one, f"{name}_sealed")) for name in fields]
        )
        return {
            **dict(zip(fields, opened, strict=True)),
            "language": one.locale,
            "minor": one.minor,
            "guardian_leave_on": on(one.guardian_leave_on),
            "customer_since": on(one.customer_since),
            "customer_until": on(one.customer_until),
            "source": one.source,
            "known_since": at(one.created_at),
            "last_contact_at": at(one.last_interaction_at),
        }

    def _matters(self) -> list[Document]:
        rows = self._among(Case, Case.customer_id, [self._person.customer_id])
        notes = self._keyring.open_many([(one.id, "case.note", one.note_sealed) for one in rows])
        return [
            {
                "kind": one.kind.value,
                "state": one.state.value,
                "opened_at": at(one.opened_at),
                "collected_at": at(one.collected_at),
                "reviewed_at": at(one.reviewed_at),
                "decided_at": at(one.decided_at),
                "answered_at": at(one.answered_at),
                "closed_at": at(one.closed_at),
                "note": None if note is None or self._hides(one.id) else self._mask(note, ""),
                "words_left_out": self._hides(one.id),
            }
            for one, note in zip(rows, notes, strict=True)
        ]

    def _messages(self, called: Sequence[Call]) -> list[Document]:
        rows = self._among(Message, Message.call_id, [one.id for one in called])
        boxes = {
            one.id: one.name
            for one in self._among(Mailbox, Mailbox.id, {one.mailbox_id for one in rows})
        }
        said = {
            one.id: one
            for one in self._among(MailboxNotice, MailboxNotice.id, {one.notice_id for one in rows})
        }
        notices: dict[UUID, list[Document]] = {}
        for sent in self._among(Delivery, Delivery.message_id, [one.id for one in rows]):
            notices.setdefault(sent.message_id, []).append(
                {
                    "method": sent.method,
                    "state": sent.state.value,
                    "at": at(sent.created_at),
                    "sent_at": at(sent.sent_at),
                }
            )
        spoken = self._spoken.of(Recording.message_id, [one.id for one in rows])
        marked = access_openings.marks(
            self._session, self._person.organisation_id, [one.id for one in rows]
        )
        callers = self._keyring.open_many(
            [(one.id, "message.caller", one.caller_sealed) for one in rows]
        )
        return [
            {
                "caller": caller,
                "mailbox": boxes[one.mailbox_id],
                **access_notices.of_message(said.get(one.notice_id)),
                "state": one.state.value,
                "received_at": at(one.received_at),
                "read_at": at(one.read_at),
                "sensitive_at": at(one.sensitive_at),
                "sensitive_until": at(one.sensitive_until),
                "sensitive_steps": marked[one.id],
                "notices": notices.get(one.id, []),
                "recordings": [] if self._hides(one.call_id) else spoken.get(one.id, []),
                "words_left_out": self._hides(one.call_id),
            }
            for one, caller in zip(rows, callers, strict=True)
        ]

    def _calls(self, called: Sequence[Call]) -> list[Document]:
        sounds = self._spoken.of(Recording.call_id, [one.id for one in called], loose=True)
        callers = self._keyring.open_many(
            [(one.id, "call.caller", one.caller_sealed) for one in called]
        )
        given = access_notices.of_calls(self._session, self._person.organisation_id, called)
        return [
            {
                **told_call(one),
                "caller": caller,
                "notices_given": given[one.id],
                "recordings": [] if self._hides(one.id) else sounds.get(one.id, []),
                "words_left_out": self._hides(one.id),
            }
            for one, caller in zip(called, callers, strict=True)
        ]

    def _hides(self, part: UUID) -> bool | None:
        """Whether the request was refused for that part: what was said in it is not told."""
        return part in self._person.left_out or None

    def _among(self, table: type[Any], column: Any, items: Iterable[UUID | None]) -> list[Any]:
        return among(self._session, table, column, items, self._person.organisation_id)
