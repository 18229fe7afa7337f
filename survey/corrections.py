"""Putting right what somebody answered: the new stands in the place of the old, also in figures.

The old value is not kept, only the moment at which it was put right. Words get a row of their own
under another id, and so another key: the old one is destroyed, and no backup tells them any more.
"""

import json
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from storage import case_references, comments, receipt_notes, recordings, statistic_cells
from storage.faults import GiveUp
from storage.identity import new_id
from storage.keyring import Keyring
from storage.receipts import Detail, Erased, Receipt, Way, What
from storage.states import CommentKind, CommentState, RecordingState, TranscriptState
from storage.tables import (
    Answer,
    Comment,
    Customer,
    Hold,
    Interaction,
    Invitation,
    Recording,
    Response,
    SurveyVersion,
    Transcript,
)
from survey.script import Question
from survey.script_document import from_document

MOST_CHARACTERS: Final = 10_000
"""Of a comment that somebody writes anew; ten minutes of speech are fewer."""
BY_HAND: Final = "by hand"
"""What stands in the place of a model's name where no machine heard the words."""


Worded = TypeVar("Worded", Comment, Transcript)


class NoSuchScoreError(GiveUp):
    """The person gave no such score, or the new one is not on its scale; nothing was changed."""


class NoSuchCommentError(GiveUp):
    """There are no such words, or nobody can write over them now; nothing was changed."""


def correct_score(
    session: Session,
    customer: Customer,
    *,
    case_reference: str,
    question: str,
    number: int,
    keyring: Keyring,
    at: datetime,
) -> None:
    """Write another score over what the customer answered about that case.

    The old one is not kept, and a figure that holds it holds the new one instead. Raises
    NoSuchScoreError.
    """
    case = case_references.hash_of(keyring, customer.organisation_id, case_reference)
    found = _answers(session, customer, case=case, question=question)
    scores = [one for one in found if one[0].number is not None]
    if not scores:
        raise NoSuchScoreError(f"there is no score of this person for {question!r} in that case")
    for answer, version_id in scores:
        correct_answer(session, answer, version_id, value=number, at=at)


def correct_choice(
    session: Session,
    customer: Customer,
    *,
    case_reference: str,
    question: str,
    value: str,
    keyring: Keyring,
    at: datetime,
) -> None:
    """The same for a question without a scale. Raises NoSuchScoreError."""
    case = case_references.hash_of(keyring, customer.organisation_id, case_reference)
    found = _answers(session, customer, case=case, question=question)
    choices = [one for one in found if one[0].number is None]
    if not choices:
        raise NoSuchScoreError(f"there is no choice of this person for {question!r} in that case")
    for answer, version_id in choices:
        correct_answer(session, answer, version_id, value=value, at=at)


def comment_of(
    session: Session, customer: Customer, *, case_reference: str, question: str, keyring: Keyring
) -> Comment:
    """What the customer said or wrote about that case. Raises NoSuchCommentError."""
    case = case_references.hash_of(keyring, customer.organisation_id, case_reference)
    comment = session.scalars(
        select(Comment)
        .join(Response, Response.id == Comment.response_id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Interaction, Interaction.id == Invitation.interaction_id)
        .where(
            Comment.organisation_id == customer.organisation_id,
            Comment.question_key == question,
            Comment.state != CommentState.ERASED,
            Invitation.customer_id == customer.id,
            Interaction.case_hash == case,
        )
        .limit(1)
    ).first()
    if comment is None:
        raise NoSuchCommentError(
            f"there is no comment of this person to {question!r} in that case", code="no_comment"
        )
    return comment


def _answers(
    session: Session, customer: Customer, *, case: bytes, question: str
) -> list[tuple[Answer, UUID]]:
    """The answers with the version of the survey that asked."""
    found = session.execute(
        select(Answer, Response.survey_version_id)
        .join(Response, Response.id == Answer.response_id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Interaction, Interaction.id == Invitation.interaction_id)
        .where(
            Answer.organisation_id == customer.organisation_id,
            Invitation.customer_id == customer.id,
            Interaction.case_hash == case,
            Answer.question_key == question,
        )
    )
    return [(answer, version_id) for answer, version_id in found]


def correct_answer(
    session: Session, answer: Answer, version_id: UUID, *, value: int | str, at: datetime
) -> bool:
    """Write another score or choice over an answer to that version; False if it is the same.

    Raises NoSuchScoreError for a value that the question does not have.
    """
    if value in (answer.number, answer.choice):
        return False
    asked = _asked(session, version_id, answer.question_key)
    if answer.number is None:
        if value not in values(asked):
            raise NoSuchScoreError(f"{value!r} is no answer to {answer.question_key}")
        answer.choice = str(value)
    else:
        lowest, highest = scale(asked)
        if not isinstance(value, int) or not lowest <= value <= highest:
            raise NoSuchScoreError(f"{answer.question_key} has a scale from {lowest} to {highest}")
        statistic_cells.correct(session, answer, number=value)
    answer.corrected_at = at
    session.flush()
    return True


def scale(asked: Question) -> tuple[int, int]:
    """The ends of a question's scale."""
    return asked.lowest or 0, 10 if asked.highest is None else asked.highest


def values(asked: Question) -> tuple[str, ...]:
    """What can be stored for a question without a scale."""
    return tuple(choice.value for choice in asked.choices) or ("yes", "no")


def _asked(session: Session, version_id: UUID, question: str) -> Question:
    return from_document(session.get_one(SurveyVersion, version_id).document).question(question)


def rewrite(
    session: Session, comment: Comment, text: str, *, keyring: Keyring, at: datetime
) -> None:
    """Write what was really said or meant over a comment's words; the sound stays as it is.

    A machine that is at it meanwhile does not write over it. Raises NoSuchCommentError.
    """
    text = " ".join(text.split())[:MOST_CHARACTERS]
    if comment.kind is CommentKind.TYPED:
        session.refresh(comment, with_for_update=True)
        if comment.state is CommentState.ERASED:
            raise NoSuchCommentError("the comment is deleted", code="deleted")
        fresh = _in_another_row(session, comment, at=at)
        fresh.text_sealed = keyring.seal_one(fresh.id, "comment.text", text)
        fresh.corrected_at = at
        held = update(Hold).where(Hold.organisation_id == fresh.organisation_id)
        session.execute(held.where(Hold.comment_id == comment.id).values(comment_id=fresh.id))
        session.flush()
        return
    transcript = _in_another_row(session, _transcript(session, comment), at=at)
    words = [[word, 0.0, 0.0, 1.0] for word in text.split()]
    transcript.words_sealed = keyring.seal_one(transcript.id, "transcript.words", json.dumps(words))
    transcript.model, transcript.error_code = BY_HAND, None
    transcript.lease_until = transcript.next_try_at = None
    transcript.state, transcript.done_at = TranscriptState.DONE, at
    transcript.corrected_at = comment.corrected_at = at
    session.flush()
    comments.settle(session, comment.id, at=at)


def _in_another_row(session: Session, row: Worded, *, at: datetime) -> Worded:
    """The same row under another id; that the old one's key is to go is noted with it."""
    table = row.__table__
    values = {column.name: getattr(row, column.name) for column in table.columns}
    session.delete(row)
    session.flush()
    fresh = type(row)(**values | {"id": new_id()})
    session.add(fresh)
    session.flush()
    gone = Erased(row.__tablename__, (values["id"],), Way.REMOVE, items=(values["id"],))
    receipt_notes.note(
        session,
        Receipt(
            what=What.CORRECTED,
            happened_at=at,
            organisation_id=values["organisation_id"],
            data_class=DataClass.FREE_COMMENTS,
            kind=row.__tablename__,
            rule="correction",
            count=1,
            keys=1,
            detail=Detail(erased=gone),
        ),
        urgent=True,
    )
    return fresh


def _transcript(session: Session, comment: Comment) -> Transcript:
    """The transcript of the recording that counts, locked after its call as everywhere."""
    recording = current_recording(session, comment)
    if recording is not None:
        recordings.lock(session, recording.id)
        session.refresh(recording)
        there = select(Transcript).where(
            Transcript.organisation_id == comment.organisation_id,
            Transcript.recording_id == recording.id,
            Transcript.state != TranscriptState.ERASED,
        )
        found = session.scalars(there.with_for_update()).one_or_none()
        if found is not None and recording.state is RecordingState.STORED:
            return found
    raise NoSuchCommentError("there is no recording to write words to", code="no_recording")


def current_recording(session: Session, comment: Comment) -> Recording | None:
    """The recording of a comment that counts: the last one that is here and not recorded again."""
    return session.scalars(
        select(Recording)
        .where(
            Recording.organisation_id == comment.organisation_id,
            Recording.comment_id == comment.id,
            Recording.superseded.is_(False),
            Recording.state == RecordingState.STORED,
        )
        .order_by(Recording.recorded_at.desc(), Recording.visit.desc())
        .limit(1)
    ).first()
