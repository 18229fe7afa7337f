"""One's own answers as their page shows and hands them out: questions in words, nothing masked.

What people said and wrote themselves is shown to them whole; to staff it is shown masked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from messaging import own_ends
from messaging.own_ends import OwnEnds
from privacy import receivers
from storage.keyring import Keyring
from storage.restrictions import restricted_among
from storage.states import CommentKind, CommentState, FollowUp, TranscriptState
from storage.tables import (
    Answer,
    Comment,
    Invitation,
    Organisation,
    ReceiptCode,
    Response,
    SurveyVersion,
    Transcript,
)
from survey import corrections, responses
from survey.asked_as import asked_as, by_question
from survey.script import Question, SurveyScript
from survey.script_document import from_document


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be answered."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A score or a choice, with everything that could have been answered instead."""

    key: str
    question: str
    choices: tuple[Choice, ...]
    # The ends of the scale; None for a choice.
    scale: tuple[int, int] | None
    corrected: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A comment: its words, if there are any, and its sound, if there is any."""

    key: str
    question: str
    spoken: bool
    words: str
    by_machine: bool
    corrected: bool
    sound: UUID | None
    # Whether there is anything that words can be written to.
    writable: bool


@dataclass(frozen=True, slots=True)
class OwnAnswers:
    """Everything that one receipt code opens."""

    organisation: str
    day: str
    until: str
    given: tuple[Given, ...]
    said: tuple[Said, ...]
    follow_up: FollowUp
    frozen: bool
    ends: OwnEnds

    @property
    def sounds(self) -> dict[UUID, str]:
        """The name of each sound in the file that is handed out."""
        there = [one.sound for one in self.said if one.sound is not None]
        return {item: f"audio/{number:04d}.wav" for number, item in enumerate(there, start=1)}

    def document(self) -> dict[str, Any]:
        """The same for a program."""
        sounds = self.sounds
        return {
            "schema": "genklang-own-answers-1",
            "organisation": self.organisation,
            "answered_on": self.day,
            "answers": [
                {
                    "question": one.question,
                    "answer": next((c.value for c in one.choices if c.chosen), None),
                    "corrected": one.corrected,
                }
                for one in self.given
            ],
            "may_be_contacted": self.follow_up.value,
            "kept_until": {"answers": self.ends.answers, "comments": self.ends.words},
            "comments": [
                {
                    "question": one.question,
                    "words": one.words,
                    "corrected": one.corrected,
                    "audio": None if one.sound is None else sounds[one.sound],
                }
                for one in self.said
            ],
        }


def read(
    session: Session,
    code: ReceiptCode,
    *,
    language: str,
    keyring: Keyring,
    yes_no: tuple[str, str],
    now: datetime,
) -> OwnAnswers:
    """What the code opens, questions in that language where the survey has it."""
    response = session.get_one(Response, code.response_id)
    organisation = session.get_one(Organisation, code.organisation_id)
    script = from_document(session.get_one(SurveyVersion, response.survey_version_id).document)
    spoken = language if language in script.languages else response.language
    order = {question.key: place for place, question in enumerate(script.questions)}
    answers = session.scalars(
        select(Answer).where(
            Answer.organisation_id == code.organisation_id, Answer.response_id == response.id
        )
    ).all()
    written = session.scalars(
        select(Comment).where(
            Comment.organisation_id == code.organisation_id,
            Comment.response_id == response.id,
            Comment.state != CommentState.ERASED,
        )
    ).all()
    customer_id = session.get_one(Invitation, response.invitation_id).customer_id
    zone = ZoneInfo(organisation.timezone)
    known, answered = order.__getitem__, by_question(answers)
    return OwnAnswers(
        organisation=organisation.document.get("spoken_name", {}).get(language, organisation.name),
        day=_day(response.started_at, zone),
        until=_day(code.expires_at, zone),
        given=tuple(
            _given(one, script.question(one.question_key), answered, spoken, yes_no=yes_no)
            for one in sorted(answers, key=lambda row: known(row.question_key))
        ),
        said=tuple(
            _said(session, one, script, answered, spoken, keyring=keyring)
            for one in sorted(written, key=lambda row: known(row.question_key))
        ),
        follow_up=response.follow_up,
        frozen=bool(restricted_among(session, code.organisation_id, [customer_id])),
        ends=own_ends.of_response(session, organisation, response, now=now),
    )


def correct(
    session: Session,
    code: ReceiptCode,
    told: Mapping[str, str],
    *,
    asked: str,
    keyring: Keyring,
    now: datetime,
) -> bool:
    """Write what the person says is right over what is there; whether anything was.

    `asked` is how the page asks whether they may be contacted: a yes is kept with these words.

    Raises NoSuchScoreError or NoSuchCommentError.
    """
    response = session.get_one(Response, code.response_id)
    changed = False
    for answer in session.scalars(
        select(Answer)
        .where(Answer.organisation_id == code.organisation_id, Answer.response_id == response.id)
        .order_by(Answer.id)
    ).all():
        value = told.get(f"answer-{answer.question_key}")
        if value is not None:
            right = int(value) if answer.number is not None and value.isdecimal() else value
            changed |= corrections.correct_answer(
                session, answer, response.survey_version_id, value=right, at=now
            )
    for comment in session.scalars(
        select(Comment)
        .where(Comment.organisation_id == code.organisation_id, Comment.response_id == response.id)
        .order_by(Comment.id)
    ).all():
        words = told.get(f"words-{comment.question_key}")
        if words is not None and _plain(words) != _words(session, comment, keyring)[0]:
            corrections.rewrite(session, comment, words, keyring=keyring, at=now)
            changed = True
    wish = told.get("may-contact")
    if wish in (FollowUp.YES.value, FollowUp.NO.value):
        changed |= responses.change_follow_up(
            session, response, FollowUp(wish), wording=asked, at=now
        )
    if changed:
        receivers.pass_on(session, code.organisation_id, now=now)
    return changed


def _given(
    answer: Answer,
    asked: Question,
    answered: Mapping[str, int | str],
    language: str,
    *,
    yes_no: tuple[str, str],
) -> Given:
    if answer.number is not None:
        lowest, highest = corrections.scale(asked)
        choices = tuple(
            Choice(str(score), str(score), score == answer.number)
            for score in range(lowest, highest + 1)
        )
        ends: tuple[int, int] | None = (lowest, highest)
    else:
        labels = {one.value: one.label[language] for one in asked.choices} or dict(
            zip(("yes", "no"), yes_no, strict=True)
        )
        choices = tuple(
            Choice(value, labels[value], value == answer.choice)
            for value in corrections.values(asked)
        )
        ends = None
    put = asked_as(asked, answered)[language]
    return Given(asked.key, put, choices, ends, corrected=answer.corrected_at is not None)


def _said(
    session: Session,
    comment: Comment,
    script: SurveyScript,
    answered: Mapping[str, int | str],
    language: str,
    *,
    keyring: Keyring,
) -> Said:
    words, by_machine, writable = _words(session, comment, keyring)
    recording = corrections.current_recording(session, comment)
    return Said(
        key=comment.question_key,
        question=asked_as(script.question(comment.question_key), answered)[language],
        spoken=comment.kind is CommentKind.SPOKEN,
        words=words,
        by_machine=by_machine,
        corrected=comment.corrected_at is not None,
        sound=None if recording is None else recording.id,
        writable=writable,
    )


def _words(session: Session, comment: Comment, keyring: Keyring) -> tuple[str, bool, bool]:
    """The words as they are, whether a machine wrote them, and whether they can be written over."""
    if comment.kind is CommentKind.TYPED:
        (text,) = keyring.open_many([(comment.id, "comment.text", comment.text_sealed)])
        return _plain(text or ""), False, True
    recording = corrections.current_recording(session, comment)
    if recording is None:
        return "", False, False
    there = select(Transcript).where(
        Transcript.organisation_id == comment.organisation_id,
        Transcript.recording_id == recording.id,
    )
    transcript = session.scalars(there).one_or_none()
    if transcript is None or transcript.state is TranscriptState.ERASED:
        return "", False, False
    (document,) = keyring.open_many([(transcript.id, "transcript.words", transcript.words_sealed)])
    if document is None:
        return "", False, True
    text = " ".join(word for word, *_ in json.loads(document))
    return _plain(text), transcript.corrected_at is None, True


def _plain(text: str) -> str:
    return " ".join(text.split())


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
