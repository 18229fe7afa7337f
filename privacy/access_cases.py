"""The cases of a person in their package: how they were contacted, by what right, what they said.

The legal basis and the purpose are those of the time, whatever the campaign says by now.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from privacy import access_contacts, access_openings
from privacy.access_contacts import Why
from privacy.access_moments import Document, among, at
from privacy.access_questions import Questions
from privacy.access_sounds import Mask, Recordings
from privacy.persons import Person
from storage import case_references
from storage.keyring import Keyring
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Campaign,
    Comment,
    Interaction,
    Invitation,
    InvitationEvent,
    PermissionDecision,
    ReceiptCode,
    Recording,
    Response,
    Row,
    SurveyVersion,
)


class Cases:
    """Reads them, with what hangs on each."""

    def __init__(
        self,
        session: Session,
        person: Person,
        *,
        keyring: Keyring,
        mask: Mask,
        spoken: Recordings,
        why: Why | None = None,
        language: str | None = None,
    ) -> None:
        self._session, self._person = session, person
        self._keyring, self._mask, self._spoken, self._why = keyring, mask, spoken, why
        self._language = language

    def read(self) -> list[Document]:
        """The person's cases, those that led to no invitation last."""
        invitations = self._session.scalars(
            select(Invitation)
            .where(
                Invitation.organisation_id == self._person.organisation_id,
                Invitation.customer_id == self._person.customer_id,
            )
            .order_by(Invitation.created_at, Invitation.id)
        ).all()
        interactions = {
            one.id: one
            for one in self._among(Interaction, Interaction.customer_id, [self._person.customer_id])
        }
        asked = {one.interaction_id for one in invitations}
        contacts = self._contacts(invitations)
        cases = [
            self._case(interactions.get(one.interaction_id)) | contact
            for one, contact in zip(invitations, contacts, strict=True)
        ]
        return cases + [self._case(one) for item, one in interactions.items() if item not in asked]

    def _contacts(self, invitations: Sequence[Invitation]) -> list[Document]:
        ids = [one.id for one in invitations]
        campaigns = {
            one.id: one
            for one in self._among(Campaign, Campaign.id, [one.campaign_id for one in invitations])
        }
        responses = {
            one.invitation_id: one for one in self._among(Response, Response.invitation_id, ids)
        }
        codes = {
            one.response_id: one
            for one in self._among(
                ReceiptCode, ReceiptCode.response_id, [one.id for one in responses.values()]
            )
        }
        answers = self._below(Answer, Answer.response_id, [one.id for one in responses.values()])
        questions = self._questions(list(responses.values()), answers)
        comments = self._comments(questions)
        attempts = self._below(Attempt, Attempt.invitation_id, ids)
        tried = [one.id for those in attempts.values() for one in those]
        of = {one.id: campaigns[one.campaign_id] for one in invitations}
        told = access_contacts.attempts(
            self._session,
            self._person.organisation_id,
            [(a, of[a.invitation_id]) for those in attempts.values() for a in those],
            keyring=self._keyring,
        )
        events = self._below(InvitationEvent, InvitationEvent.invitation_id, ids)
        calls = {one.attempt_id: one for one in self._among(Call, Call.attempt_id, tried)}
        sounds = self._spoken.of(Recording.call_id, [one.id for one in calls.values()], loose=True)
        decisions = self._below(PermissionDecision, PermissionDecision.invitation_id, ids)
        found: list[Document] = []
        for one in invitations:
            campaign = campaigns[one.campaign_id]
            decided = sorted(decisions.get(one.id, ()), key=lambda each: each.decided_at)
            theirs = [calls[a.id].id for a in attempts.get(one.id, ()) if a.id in calls]
            hidden = one.interaction_id in self._person.left_out
            found.append(
                {
                    "campaign": campaign.key,
                    "legal_basis": access_contacts.of_its_time(
                        decided, "basis", campaign.rules.get("legal_basis")
                    ),
                    "purpose": access_contacts.of_its_time(decided, "purpose", None),
                    "state": one.state.value,
                    "planned_at": at(one.created_at),
                    "to_ask_from": at(one.due_at),
                    "to_ask_until": at(one.expires_at),
                    "waits_for": None if one.waits_for is None else str(one.waits_for),
                    "next_by": None if one.next_by is None else str(one.next_by),
                    "begun_at": at(one.started_at),
                    "ended_at": at(one.ended_at),
                    "history": access_contacts.history(events.get(one.id, ())),
                    "attempts": [told[a.id] for a in attempts.get(one.id, ())],
                    "decisions": [access_contacts.decision(each, self._why) for each in decided],
                    "response": self._response(
                        responses.get(one.id),
                        answers,
                        {} if hidden else comments,
                        codes,
                        questions,
                    ),
                    "recordings": []
                    if hidden
                    else [sound for call in theirs for sound in sounds.get(call, ())],
                    "words_left_out": hidden or None,
                }
            )
        return found

    def _case(self, one: Interaction | None) -> Document:
        if one is None:
            return {}
        return {
            "case_reference": case_references.reference_of(self._keyring, one) or None,
            "channel": one.channel,
            "reason": one.reason,
            "team": one.team,
            "happened_at": at(one.happened_at),
            "registered_at": at(one.created_at),
        }

    def _response(
        self,
        one: Response | None,
        answers: dict[UUID, list[Answer]],
        comments: dict[UUID, list[Document]],
        codes: dict[UUID, ReceiptCode],
        questions: dict[UUID, Questions],
    ) -> Document | None:
        if one is None:
            return None
        code = codes.get(one.id)
        return {
            "channel": one.channel,
            "language": one.language,
            "state": one.state.value,
            "started_at": at(one.started_at),
            "completed_at": at(one.completed_at),
            "reviewed_at": at(one.reviewed_at),
            "decided_at": at(one.decided_at),
            "handled_at": at(one.handled_at),
            "objected": one.objected,
            "own_code": None
            if code is None
            else {
                "made_at": at(code.made_at),
                "expires_at": at(code.expires_at),
                "by_text_at": at(code.by_text_at),
                "to_text_until": at(code.text_due_at),
                "erase_asked_at": at(code.erase_asked_at),
            },
            "follow_up": one.follow_up.value,
            "follow_up_at": at(one.follow_up_at),
            "follow_up_asked_as": one.follow_up_wording,
            "answers": [
                {
                    **questions[one.id].asked(answer.question_key),
                    "question": answer.question_key,
                    "kind": answer.kind,
                    "value": answer.number if answer.number is not None else answer.choice,
                    **questions[one.id].meaning(answer),
                    "answered_at": at(answer.answered_at),
                    "corrected_at": at(answer.corrected_at),
                }
                for answer in answers.get(one.id, ())
            ],
            "comments": comments.get(one.id, []),
        }

    def _questions(
        self, responses: Sequence[Response], answers: dict[UUID, list[Answer]]
    ) -> dict[UUID, Questions]:
        wanted = {one.survey_version_id for one in responses}
        versions = {
            one.id: one.document for one in self._among(SurveyVersion, SurveyVersion.id, wanted)
        }
        return {
            one.id: Questions(
                versions[one.survey_version_id], one, answers.get(one.id, ()), self._language
            )
            for one in responses
        }

    def _comments(self, questions: dict[UUID, Questions]) -> dict[UUID, list[Document]]:
        rows = self._among(Comment, Comment.response_id, questions)
        spoken = self._spoken.of(Recording.comment_id, [one.id for one in rows])
        typed = self._keyring.open_many([(one.id, "comment.text", one.text_sealed) for one in rows])
        read = access_openings.of(
            self._session, self._person.organisation_id, [one.id for one in rows]
        )
        marked = access_openings.marks(
            self._session, self._person.organisation_id, [one.id for one in rows]
        )
        found: dict[UUID, list[Document]] = {}
        for one, text in zip(rows, typed, strict=True):
            found.setdefault(one.response_id, []).append(
                {
                    **questions[one.response_id].asked(one.question_key),
                    "question": one.question_key,
                    "kind": one.kind.value,
                    "state": one.state.value,
                    "made_at": at(one.made_at),
                    "corrected_at": at(one.corrected_at),
                    "sensitive_at": at(one.sensitive_at),
                    "sensitive_until": at(one.sensitive_until),
                    "text": None if text is None else self._mask(text, ""),
                    "sensitive_steps": marked[one.id],
                    "read_by": read[one.id]["read_by"],
                    "recordings": spoken.get(one.id, []),
                }
            )
        return found

    def _among(self, table: type[Any], column: Any, items: Any) -> list[Any]:
        return among(self._session, table, column, items, self._person.organisation_id)

    def _below(
        self, table: type[Row], column: InstrumentedAttribute[UUID], items: Sequence[UUID]
    ) -> dict[UUID, list[Any]]:
        found: dict[UUID, list[Any]] = {}
        for one in self._among(table, column, items):
            found.setdefault(getattr(one, column.key), []).append(one)
        return found
