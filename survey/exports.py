"""Answers as lines for other programs: one per invitation that is over or brought something back.

Nothing of anybody whose data are frozen is among them.
Read in small parts, so memory does not grow with the number of people; transcripts leave masked.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from storage import case_references
from storage.database import Database
from storage.keyring import Keyring
from storage.restrictions import may_be_used
from storage.states import (
    CommentKind,
    FollowUp,
    InvitationState,
    RecordingState,
    ResponseState,
    TranscriptState,
)
from storage.tables import (
    Answer,
    Campaign,
    Comment,
    Interaction,
    Invitation,
    Organisation,
    Recording,
    Response,
    Transcript,
)
from survey.anonymity import research_among
from survey.export_columns import UNASKED_KINDS
from survey.invitations import OPEN

PART: Final = 200
_STATUS_OF_INVITATION: Final = {
    InvitationState.COMPLETED: "completed",
    InvitationState.PARTIAL: "partial",
    InvitationState.REFUSED: "refused",
    InvitationState.UNREACHED: "unreached",
    InvitationState.EXPIRED: "unreached",
}
_STATUS_OF_RESPONSE: Final = {
    ResponseState.STARTED: "partial",
    ResponseState.PARTIAL: "partial",
    ResponseState.COMPLETED: "completed",
    ResponseState.REFUSED: "refused",
}


SENSITIVE: Final = "sensitive"
"""The state of a comment whose words are in no export, as staff marked them."""


class Mask(Protocol):
    """Hides identity, card and telephone numbers in a text of the given language."""

    def __call__(self, text: str, *, language: str | None = None) -> str:
        """The text without them."""
        ...


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A free remark; `transcript` is None as long as, or because, there is none to show."""

    question: str
    kind: str
    state: str
    seconds: float | None
    language: str | None
    transcript: str | None


@dataclass(frozen=True, slots=True)
class ResponseLine:
    """One line of an export, its names fixed: other people's programs read them."""

    organisation: str
    campaign: str
    case_reference: str
    channel: str
    language: str | None
    status: str
    started_at: str | None
    completed_at: str | None
    answers: Mapping[str, int | str]
    follow_up: str
    comments: Sequence[CommentLine]
    objected: bool


def response_lines(
    database: Database, *, organisation: Organisation, keyring: Keyring, mask: Mask
) -> Iterator[ResponseLine]:
    """The lines of one organisation, the oldest invitation first.

    Each part is a reading of its own, so that a long export holds nothing up; an invitation that
    ends meanwhile may or may not be among them.
    """
    after: UUID | None = None
    while True:
        with database.reading() as session:
            part = _Part(session, organisation, after=after)
            lines = part.lines(keyring=keyring, mask=mask)
        yield from lines
        if part.last is None:
            return
        after = part.last


class _Part:
    """Some invitations in the order of their ids, with everything that hangs on them."""

    def __init__(self, session: Session, organisation: Organisation, *, after: UUID | None) -> None:
        self._session = session
        self._organisation = organisation
        self._rows = self._invitations(after)
        self.last = self._rows[-1].id if len(self._rows) == PART else None

    def _invitations(self, after: UUID | None) -> Sequence[Any]:
        query = (
            select(
                Invitation.id,
                Invitation.state,
                Campaign.key.label("campaign"),
                Invitation.campaign_id,
                Interaction.id.label("interaction_id"),
                Interaction.case_reference_sealed,
                Response.id.label("response_id"),
                Response.state.label("response_state"),
                Response.channel,
                Response.language,
                Response.follow_up,
                Response.objected,
                Response.started_at,
                Response.completed_at,
            )
            .join(Campaign, Campaign.id == Invitation.campaign_id)
            .join(Interaction, Interaction.id == Invitation.interaction_id)
            .outerjoin(Response, Response.invitation_id == Invitation.id)
            .where(
                Invitation.organisation_id == self._organisation.id,
                or_(Invitation.state.not_in(OPEN), Response.id.is_not(None)),
                may_be_used(Invitation),
            )
            .order_by(Invitation.id)
            .limit(PART)
        )
        if after is not None:
            query = query.where(Invitation.id > after)
        return self._session.execute(query).all()

    def lines(self, *, keyring: Keyring, mask: Mask) -> list[ResponseLine]:
        responses = [row.response_id for row in self._rows if row.response_id is not None]
        answers = self._answers(responses)
        comments = self._comments(responses, keyring=keyring, mask=mask)
        references = case_references.opened(
            keyring, [(row.interaction_id, row.case_reference_sealed) for row in self._rows]
        )
        research = research_among(self._session, (row.campaign_id for row in self._rows))
        return [
            ResponseLine(
                organisation=self._organisation.key,
                campaign=row.campaign,
                # In research the client's own key would tell who answered.
                case_reference=reference
                if row.campaign_id not in research or row.follow_up is FollowUp.YES
                else "",
                channel=row.channel or "voice",
                language=row.language,
                status=_status(row.state, row.response_state),
                started_at=_iso(row.started_at),
                completed_at=_iso(row.completed_at),
                answers=answers.get(row.response_id, {}),
                follow_up=(row.follow_up or FollowUp.NOT_ASKED).value,
                comments=comments.get(row.response_id, ()),
                objected=bool(row.objected),
            )
            for row, reference in zip(self._rows, references, strict=True)
        ]

    def _answers(self, responses: Sequence[UUID]) -> dict[UUID, dict[str, int | str]]:
        found: dict[UUID, dict[str, int | str]] = {}
        rows = self._session.execute(
            select(Answer.response_id, Answer.question_key, Answer.number, Answer.choice)
            .where(
                Answer.organisation_id == self._organisation.id,
                Answer.response_id.in_(responses),
                Answer.kind.not_in(UNASKED_KINDS),
            )
            .order_by(Answer.answered_at, Answer.id)
        )
        for response_id, key, number, choice in rows:
            value = number if number is not None else choice
            if value is not None:
                found.setdefault(response_id, {})[key] = value
        return found

    def _comments(
        self, responses: Sequence[UUID], *, keyring: Keyring, mask: Mask
    ) -> dict[UUID, list[CommentLine]]:
        # A comment recorded again has several recordings; the last one not superseded counts, and
        # one that turned out to hold nothing only where there is no other.
        rows = self._session.execute(
            select(Comment, Response.language, Recording, Transcript)
            .join(Response, Response.id == Comment.response_id)
            .outerjoin(
                Recording,
                and_(Recording.comment_id == Comment.id, Recording.superseded.is_(False)),
            )
            .outerjoin(Transcript, Transcript.recording_id == Recording.id)
            .where(
                Comment.organisation_id == self._organisation.id,
                Comment.response_id.in_(responses),
            )
            .order_by(
                Comment.made_at,
                Comment.id,
                Recording.state != RecordingState.DROPPED,
                Recording.recorded_at,
                Recording.id,
            )
        ).all()
        latest = {row[0].id: row for row in rows}.values()
        texts = keyring.open_many([_sealed_text(*row) for row in latest])
        found: dict[UUID, list[CommentLine]] = {}
        for (comment, spoken, recording, _), text in zip(latest, texts, strict=True):
            language = recording.language if recording is not None else spoken
            found.setdefault(comment.response_id, []).append(
                CommentLine(
                    question=comment.question_key,
                    kind=comment.kind.value,
                    state=SENSITIVE if comment.sensitive_at else comment.state.value,
                    seconds=recording.seconds if recording is not None else None,
                    language=language,
                    transcript=_shown(comment.kind, text, language=language, mask=mask),
                )
            )
        return found


def _sealed_text(
    comment: Comment, _language: str, _recording: Recording | None, transcript: Transcript | None
) -> tuple[UUID, str, bytes | None]:
    if comment.sensitive_at is not None:
        return comment.id, "comment.text", None
    if comment.kind is CommentKind.TYPED:
        return comment.id, "comment.text", comment.text_sealed
    if transcript is None or transcript.state is not TranscriptState.DONE:
        return comment.id, "transcript.words", None
    return transcript.id, "transcript.words", transcript.words_sealed


def _shown(kind: CommentKind, text: str | None, *, language: str, mask: Mask) -> str | None:
    if text is None:
        return None
    if kind is CommentKind.SPOKEN:
        text = " ".join(word for word, *_ in json.loads(text))
    return mask(text, language=language)


def _status(state: InvitationState, response: ResponseState | None) -> str:
    if state in _STATUS_OF_INVITATION:
        return _STATUS_OF_INVITATION[state]
    # Withdrawn, or waiting for another attempt after one that was cut.
    return _STATUS_OF_RESPONSE[response] if response is not None else "unreached"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
