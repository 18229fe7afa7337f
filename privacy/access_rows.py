"""Everything that is kept of one person, read from the rows and opened; for the person's own eyes.

Names of staff are not among it, only their roles. What others said or wrote is not either, and
numbers that somebody speaks are hidden by the `mask` that is handed in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from privacy.access_sounds import Document, Mask, Recordings, among, at, on
from privacy.persons import Person
from storage import case_references
from storage.keyring import Keyring
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Campaign,
    Case,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Mailbox,
    Message,
    PermissionDecision,
    Recording,
    Response,
    Row,
    SentText,
    SurveyVersion,
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


def read(session: Session, person: Person, *, keyring: Keyring, mask: Mask) -> Kept:
    """What is kept of the person; what was erased meanwhile is left out."""
    return _Reader(session, person, keyring=keyring, mask=mask).kept()


class _Reader:
    def __init__(self, session: Session, person: Person, *, keyring: Keyring, mask: Mask) -> None:
        self._session, self._person = session, person
        self._keyring, self._mask = keyring, mask
        self._spoken = Recordings(session, person.organisation_id, keyring=keyring, mask=mask)

    def kept(self) -> Kept:
        mine = Invitation.organisation_id == self._person.organisation_id
        invitations = self._session.scalars(
            select(Invitation)
            .where(mine, Invitation.customer_id == self._person.customer_id)
            .order_by(Invitation.created_at, Invitation.id)
        ).all()
        called = self._session.scalars(
            select(Call)
            .where(
                Call.organisation_id == self._person.organisation_id,
                Call.caller_hash.in_(self._person.hashes),
            )
            .order_by(Call.started_at, Call.id)
        ).all()
        cases = self._cases(invitations)
        messages = self._messages(called)
        return Kept(
            about=self._about(),
            cases=cases,
            messages=messages,
            matters=self._matters(),
            calls=[{"started_at": at(one.started_at), "seconds": one.seconds} for one in called],
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
            "known_since": at(one.created_at),
            "last_contact_at": at(one.last_interaction_at),
        }

    def _cases(self, invitations: Sequence[Invitation]) -> list[Document]:
        ids = [one.id for one in invitations]
        interactions = {
            one.id: one
            for one in self._among(Interaction, Interaction.customer_id, [self._person.customer_id])
        }
        campaigns = {
            one.id: one
            for one in self._among(Campaign, Campaign.id, {one.campaign_id for one in invitations})
        }
        responses = {
            one.invitation_id: one for one in self._among(Response, Response.invitation_id, ids)
        }
        answers = self._below(Answer, Answer.response_id, [one.id for one in responses.values()])
        comments = self._comments([one.id for one in responses.values()])
        attempts = self._below(Attempt, Attempt.invitation_id, ids)
        tried = [a.id for those in attempts.values() for a in those]
        told = self._told(tried)
        decisions = self._below(PermissionDecision, PermissionDecision.invitation_id, ids)
        asked = {one.interaction_id for one in invitations}
        cases = [
            self._case(interactions.get(one.interaction_id))
            | {
                "campaign": campaigns[one.campaign_id].key,
                "legal_basis": campaigns[one.campaign_id].rules.get("legal_basis"),
                "state": one.state.value,
                "attempts": [_attempt(a) | told.get(a.id, {}) for a in attempts.get(one.id, ())],
                "decisions": [_decision(d) for d in decisions.get(one.id, ())],
                "response": self._response(responses.get(one.id), answers, comments),
            }
            for one in invitations
        ]
        return cases + [self._case(one) for item, one in interactions.items() if item not in asked]

    def _case(self, one: Interaction | None) -> Document:
        if one is None:
            return {}
        return {
            "case_reference": case_references.reference_of(self._keyring, one) or None,
            "channel": one.channel,
            "reason": one.reason,
            "team": one.team,
            "happened_at": at(one.happened_at),
        }

    def _told(self, attempts: Sequence[UUID]) -> dict[UUID, Document]:
        """What each attempt that was a text said, and which wording each was made with."""
        texts = self._among(SentText, SentText.attempt_id, attempts)
        calls = self._among(Call, Call.attempt_id, attempts)
        bodies = self._keyring.open_many(
            [(one.id, "sent_text.body", one.body_sealed) for one in texts]
        )
        versions = {
            one.id: f"{one.survey_key} {one.number}"
            for one in self._among(
                SurveyVersion, SurveyVersion.id, {one.survey_version_id for one in (*texts, *calls)}
            )
        }
        # Of a call that nobody answered no wording was heard.
        found: dict[UUID, Document] = {
            one.attempt_id: {"wording": versions.get(one.survey_version_id)}
            for one in calls
            if one.answered_at is not None
        }
        for one, body in zip(texts, bodies, strict=True):
            found[one.attempt_id] = {"text": body, "wording": versions.get(one.survey_version_id)}
        return found

    def _response(
        self,
        one: Response | None,
        answers: dict[UUID, list[Answer]],
        comments: dict[UUID, list[Document]],
    ) -> Document | None:
        if one is None:
            return None
        return {
            "channel": one.channel,
            "language": one.language,
            "state": one.state.value,
            "started_at": at(one.started_at),
            "completed_at": at(one.completed_at),
            "follow_up": one.follow_up.value,
            "follow_up_asked_as": one.follow_up_wording,
            "answers": [
                {
                    "question": answer.question_key,
                    "kind": answer.kind,
                    "value": answer.number if answer.number is not None else answer.choice,
                    "answered_at": at(answer.answered_at),
                }
                for answer in answers.get(one.id, ())
            ],
            "comments": comments.get(one.id, []),
        }

    def _comments(self, responses: Sequence[UUID]) -> dict[UUID, list[Document]]:
        rows = self._among(Comment, Comment.response_id, responses)
        spoken = self._spoken.of(Recording.comment_id, [one.id for one in rows])
        typed = self._keyring.open_many([(one.id, "comment.text", one.text_sealed) for one in rows])
        found: dict[UUID, list[Document]] = {}
        for one, text in zip(rows, typed, strict=True):
            found.setdefault(one.response_id, []).append(
                {
                    "question": one.question_key,
                    "kind": one.kind.value,
                    "state": one.state.value,
                    "made_at": at(one.made_at),
                    "text": None if text is None else self._mask(text, ""),
                    "recordings": spoken.get(one.id, []),
                }
            )
        return found

    def _matters(self) -> list[Document]:
        rows = self._among(Case, Case.customer_id, [self._person.customer_id])
        notes = self._keyring.open_many([(one.id, "case.note", one.note_sealed) for one in rows])
        return [
            {
                "kind": one.kind.value,
                "state": one.state.value,
                "opened_at": at(one.opened_at),
                "closed_at": at(one.closed_at),
                "note": None if note is None else self._mask(note, ""),
            }
            for one, note in zip(rows, notes, strict=True)
        ]

    def _messages(self, called: Sequence[Call]) -> list[Document]:
        rows = self._among(Message, Message.call_id, [one.id for one in called])
        boxes = {
            one.id: one.name
            for one in self._among(Mailbox, Mailbox.id, {one.mailbox_id for one in rows})
        }
        spoken = self._spoken.of(Recording.message_id, [one.id for one in rows])
        return [
            {
                "mailbox": boxes[one.mailbox_id],
                "state": one.state.value,
                "received_at": at(one.received_at),
                "read_at": at(one.read_at),
                "recordings": spoken.get(one.id, []),
            }
            for one in rows
        ]

    def _among(self, table: type[Any], column: Any, items: Iterable[UUID | None]) -> list[Any]:
        return among(self._session, table, column, items, self._person.organisation_id)

    def _below(
        self, table: type[Row], column: InstrumentedAttribute[UUID], items: Sequence[UUID]
    ) -> dict[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = {}
        for one in self._among(table, column, items):
            found.setdefault(getattr(one, column.key), []).append(one)
        return found


def _attempt(one: Attempt) -> Document:
    return {
        "method": one.method.value,
        "at": at(one.placing_at),
        "ended_at": at(one.ended_at),
        "outcome": None if one.disposition is None else one.disposition.value,
    }


def _decision(one: PermissionDecision) -> Document:
    return {
        "method": one.method,
        "allowed": one.allowed,
        "rule": one.rule,
        "at": at(one.decided_at),
    }
