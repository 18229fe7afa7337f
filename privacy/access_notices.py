"""What a person was told by us in a call or a text, each notice as it stood in the version of then.

Only what was said to somebody: nothing of a call that nobody answered, nothing about a recording
that never began. A version is never changed, so what it says is what was heard.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from config.phrases import OPENINGS, Phrase
from privacy.access_moments import Document, among
from storage import desk_heard
from storage.states import FollowUp, TextState
from storage.tables import (
    Attempt,
    Call,
    MailboxNotice,
    Recording,
    Response,
    SentText,
    SurveyVersion,
)


class NoticeKind(StrEnum):
    """At which moment a notice is given."""

    DESK = "desk"
    OPENING = "opening"
    COMMENT = "comment_notice"
    FOLLOW_UP = "follow_up_question"
    TEXT = "text"
    MAILBOX = "mailbox_notice"


# As the frozen scripts and the desk's state have it.
_FOLLOW_UP: Final = "follow_up"
_CUSTOMER: Final = "customer"
# A text in one of these reached nobody. Of one whose fate is not known the person may know more.
_NEVER_READ: Final = frozenset({TextState.ASKING, TextState.UNDELIVERED, TextState.NOT_SENT})


def name_of(version: SurveyVersion | None) -> str | None:
    """How a package names a version: the survey and the number."""
    return None if version is None else f"{version.survey_key} {version.number}"


def of_text(text: SentText, version: SurveyVersion | None, body: str | None) -> list[Document]:
    """The text itself, which says who asks, why, and how to say no; nothing if it never arrived."""
    if version is None or body is None or text.state in _NEVER_READ:
        return []
    return [_given(NoticeKind.TEXT, version, _language_of(body, version), body)]


def of_message(notice: MailboxNotice | None) -> Document:
    """What was said before the tone, with the ground and the purpose that it was kept on."""
    if notice is None:  # a message from before that was kept
        return {"legal_basis": None, "purpose": None, "notices_given": []}
    said = notice.document
    told = {
        "kind": NoticeKind.MAILBOX.value,
        "version": f"mailbox-notice {notice.number}",
        "language": said["language"],
        "text": said["text"],
    }
    return {
        "legal_basis": said["legal_basis"],
        "purpose": said["purpose"],
        "notices_given": [told],
    }


def of_calls(
    session: Session, organisation_id: UUID, calls: Sequence[Call]
) -> dict[UUID, list[Document]]:
    """What was said in each of these calls, in the order of a call."""
    return _Said(session, organisation_id, calls).each()


class _Said:
    """Reads what tells of it: where each call stands, its recordings, and what was asked last."""

    def __init__(self, session: Session, organisation_id: UUID, calls: Sequence[Call]) -> None:
        self._session, self._owner, self._calls = session, organisation_id, calls
        ids = [one.id for one in calls]
        self._desks = desk_heard.of_calls(session, organisation_id, ids)
        wanted = {one.survey_version_id for one in calls}
        wanted |= {one.version_id for one in self._desks.values()}
        self._versions: dict[UUID | None, SurveyVersion] = {
            one.id: one for one in self._among(SurveyVersion, SurveyVersion.id, wanted)
        }
        self._recorded: dict[UUID, list[Recording]] = {}
        for one in self._among(Recording, Recording.call_id, ids):
            self._recorded.setdefault(one.call_id, []).append(one)
        self._asked = self._asked_in([one.attempt_id for one in calls])

    def each(self) -> dict[UUID, list[Document]]:
        return {one.id: list(self._of(one)) for one in self._calls}

    def _of(self, call: Call) -> Iterator[Document]:
        version, state = self._versions.get(call.survey_version_id), call.flow or {}
        if version is None or call.answered_at is None:
            return
        desk = self._desks.get(call.id)
        if desk is not None:
            yield from _desk(self._versions[desk.version_id], desk.language, customer=True)
        if "caller" in state:  # it never went on from the desk
            yield from _desk(version, state["language"], customer=state["caller"] == _CUSTOMER)
        # Calls from before the desk was noted are known by the number they showed.
        came_in = desk is not None or call.caller_hash is not None
        for place, language in enumerate(state.get("heard", ())):
            # Whoever changes the language hears the whole of it, as the desk was not understood.
            phrase = OPENINGS[came_in and place == 0, state["resumed"]]
            yield from _phrase(NoticeKind.OPENING, version, language, phrase)
        for language in self._recorded_in(call):
            yield from _phrase(NoticeKind.COMMENT, version, language, Phrase.COMMENT_NOTICE)
        response = self._asked.get(call.id)
        if response is not None:
            yield from _follow_up(version, response, state["language"])

    def _recorded_in(self, call: Call) -> Iterable[str]:
        """The languages in which recordings began in a call about a survey, in their order."""
        rows = {one.visit: one.language for one in self._recorded.get(call.id, ())}
        state = call.flow or {}
        told = {visit: state["language"] for visit, _ in state.get("recorded_in", ())}
        return dict.fromkeys(language for _, language in sorted((told | rows).items()))

    def _asked_in(self, attempts: Iterable[UUID | None]) -> dict[UUID, Response]:
        """The call in which each response was asked whether one may follow up: the last one that
        had begun when it was said."""
        tried = self._among(Attempt, Attempt.id, attempts)
        responses = self._among(
            Response, Response.invitation_id, {one.invitation_id for one in tried}
        )
        asked = {
            one.invitation_id: one for one in responses if one.follow_up is not FollowUp.NOT_ASKED
        }
        theirs = {
            one.id: asked[one.invitation_id]
            for one in self._among(Attempt, Attempt.invitation_id, asked)
        }
        calls = self._among(Call, Call.attempt_id, theirs)
        last: dict[UUID, Call] = {}
        for call in sorted(calls, key=lambda one: (one.started_at, one.id)):
            response = theirs[call.attempt_id]
            said_at = response.follow_up_at or call.started_at
            if (call.flow or {}).get("heard") and call.started_at <= said_at:
                last[response.id] = call
        return {call.id: theirs[call.attempt_id] for call in last.values() if call.attempt_id}

    def _among(self, table: type[Any], column: Any, items: Iterable[UUID | None]) -> list[Any]:
        return among(self._session, table, column, items, self._owner)


def _desk(version: SurveyVersion, language: str, *, customer: bool) -> Iterator[Document]:
    phrase = Phrase.NUMBER_EXPLAINED if customer else Phrase.LINE_EXPLAINED
    return _phrase(NoticeKind.DESK, version, language, phrase)


def _phrase(
    kind: NoticeKind, version: SurveyVersion, language: str, phrase: Phrase
) -> Iterator[Document]:
    text = version.document.get("phrases", {}).get(language, {}).get(phrase.value)
    if text is not None:
        yield _given(kind, version, language, text)


def _follow_up(version: SurveyVersion, response: Response, language: str) -> Iterator[Document]:
    """The question in the words that were stored with the answer.

    Where the answer was put right later, on a page with words of its own, it is the question's only
    wording; of one with several nobody knows any more which it was.
    """
    for question in version.document.get("questions", ()):
        if question["kind"] != _FOLLOW_UP:
            continue
        texts = [question["prompt"], *(one["prompt"] for one in question["variants"])]
        wordings = [(tag, text) for one in texts for tag, text in one.items()]
        # Two languages may have the same words: the one that was spoken comes first.
        wordings.sort(key=lambda one: one[0] != language)
        for tag, text in wordings:
            if text == response.follow_up_wording:
                yield _given(NoticeKind.FOLLOW_UP, version, tag, text)
                return
        if len(texts) == 1 and language in question["prompt"]:
            text = question["prompt"][language]
            yield _given(NoticeKind.FOLLOW_UP, version, language, text)
            return


def _language_of(body: str, version: SurveyVersion) -> str | None:
    """In which language of the version a text was written, the number in it being filled in."""
    phrases: Mapping[str, Mapping[str, str]] = version.document.get("phrases", {})
    for language, texts in phrases.items():
        before, _, after = texts.get(Phrase.TEXT_CALL_BACK.value, "").partition("{number}")
        if before and body.startswith(before) and body.endswith(after):
            return language
    return None


def _given(kind: NoticeKind, version: SurveyVersion, language: str | None, text: str) -> Document:
    return {"kind": kind.value, "version": name_of(version), "language": language, "text": text}
