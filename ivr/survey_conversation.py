"""A call about a survey: the flow's state and facts against the rows of the response."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ivr import flow, scripts
from ivr.conversations import keep_flow, note_event
from ivr.flow_events import (
    AnswerGiven,
    CommentDiscarded,
    CommentRecorded,
    Event,
    Fact,
    Finished,
    FollowUpAnswered,
    HungUp,
    LanguageChanged,
    Objected,
    ObjectionMethod,
    QuestionPassed,
    ReceiptCodeDue,
    RecordingEmpty,
    TryLogged,
)
from ivr.flow_prompts import SpokenCode, TextedCode, prompt
from ivr.flow_state import Ending, FlowState, Stage
from ivr.live_calls import LiveCall
from ivr.steps import Step
from privacy import receipt_codes
from storage import recordings
from storage.house import house
from storage.prepared import Prepared
from storage.states import CommentKind, ResponseState, Verdict
from storage.tables import Attempt, Call, Customer, Invitation
from survey import history, objections, receipt_texts, responses
from survey.objections import Source
from survey.permission import Method
from survey.standing import ResponseId, Standing

_METHODS = {ObjectionMethod.CALLS: Method.CALLS, ObjectionMethod.ALL: Method.ALL}


class SurveyConversation:
    """One call about a survey, within one transaction that holds the call's row."""

    def __init__(
        self,
        session: Session,
        call: Call | LiveCall,
        version_id: UUID,
        *,
        standing: Standing,
        state: FlowState,
    ) -> None:
        self._session = session
        self._call = call
        self._version_id = version_id
        self._standing = standing
        self._script = scripts.of_version(session, version_id)
        self.state = state

    @property
    def language(self) -> str:
        """The language that is spoken now."""
        return self.state.language

    @property
    def visit(self) -> int:
        """The present visit."""
        return self.state.visit

    @property
    def listens_to(self) -> int | None:
        """The visit whose recording the caller waits to hear; None when they wait for none."""
        return self.state.recording if self.state.wants_audio else None

    @property
    def records_now(self) -> bool:
        """The present visit is a recording that has not been told to us yet."""
        return self.state.stage is Stage.RECORDING

    def take(self, event: Event | HungUp, *, at: datetime) -> bool:
        """Apply an event and store what became true; False when it changed nothing."""
        turned = flow.apply(self.state, event, self._script)
        for number, fact in enumerate(turned.facts):
            self._remember(fact, key=f"{self.state.visit}:{number}", at=at)
        if turned.applied:
            self.state = turned.state
            self.keep()
        return turned.applied

    def steps(self) -> tuple[Step, ...]:
        """The present document."""
        return prompt(self.state, self._script, code=self._code())

    def keep(self) -> None:
        """Write the state to the call's row."""
        keep_flow(self._session, self._call, self.state.to_json())

    def _remember(self, fact: Fact, *, key: str, at: datetime) -> None:
        match fact:
            case AnswerGiven():
                responses.give_answer(
                    self._session,
                    self._begun(at),
                    fact.question,
                    kind=fact.kind,
                    value=fact.value,
                    direction=fact.direction,
                    at=at,
                )
            case CommentRecorded():
                comment = responses.give_comment(
                    self._session, self._begun(at), fact.question, kind=CommentKind.SPOKEN, at=at
                )
                recordings.announce(
                    self._session,
                    self._call,
                    visit=fact.visit,
                    language=fact.language,
                    at=at,
                    provider_sid=fact.provider_sid,
                    seconds=fact.seconds,
                    comment_id=comment.id,
                )
            case RecordingEmpty():
                recordings.absent(
                    self._session,
                    self._call,
                    visit=fact.visit,
                    language=fact.language,
                    at=at,
                    provider_sid=fact.provider_sid,
                )
            case CommentDiscarded():
                recordings.discard(self._session, self._call, visit=fact.visit, at=at)
            case FollowUpAnswered():
                responses.answer_follow_up(
                    self._session, self._begun(at), yes=fact.yes, wording=fact.wording, at=at
                )
            case Objected():
                self._objected(fact.method, at=at)
            case LanguageChanged():
                self._speaks(fact.language)
            case ReceiptCodeDue():
                self._give_code(at)
            case Finished():
                self._finished(fact.how, at=at)
            case TryLogged():
                facts = {"question": fact.question, "what": fact.what.value, "n": fact.n}
                self._noted("try", key, facts, at=at)
            case QuestionPassed():
                facts = {"question": fact.question, "why": fact.why.value}
                self._noted("passed", key, facts, at=at)

    def _begun(self, at: datetime, *, by_answering: bool = True) -> ResponseId:
        """The response, which begins with the first thing that comes back."""
        if self._standing.response is not None:
            return self._standing.response
        begun = responses.begin(
            self._session,
            self._standing,
            version_id=self._version_id,
            language=self.state.language,
            at=at,
        )
        if by_answering:
            history.started(self._session, self._standing, self._call.attempt_id, at=at)
        self._standing = replace(self._standing, response=begun)
        return begun

    def _objected(self, method: ObjectionMethod, *, at: datetime) -> None:
        source = Source.CALL if self._call.caller_hash is None else Source.CALLED_US
        objections.record(self._session, self._customer(), _METHODS[method], source=source, at=at)
        if self.state.question is not None:
            responses.refuse(self._session, self._begun(at, by_answering=False), at=at)

    def _speaks(self, language: str) -> None:
        self._customer().locale = language
        if self._standing.response is not None:
            responses.speak(self._session, self._standing.response, language)

    def _finished(self, how: Ending, *, at: datetime) -> None:
        response = self._standing.response
        if how is Ending.COMPLETED:
            responses.conclude(self._session, self._begun(at), ResponseState.COMPLETED, at=at)
        elif how is Ending.UNANSWERED and response is not None:
            responses.conclude(self._session, response, ResponseState.PARTIAL, at=at)

    def _give_code(self, at: datetime) -> None:
        receipt_codes.give(
            self._session,
            self._call.organisation_id,
            self._begun(at).id,
            keyring=house().keyring,
            at=at,
            by_text=self._script.receipt_by_text and self._may_be_texted(at),
        )

    def _may_be_texted(self, at: datetime) -> bool:
        invitation = self._session.get_one(Invitation, self._standing.invitation_id)
        return receipt_texts.may_come(
            self._session, invitation, caller_hash=self._call.caller_hash, now=at
        )

    def _code(self) -> SpokenCode | TextedCode | None:
        response = self._standing.response
        if self.state.stage is not Stage.RECEIPT or response is None:
            return None
        code = receipt_codes.of_response(self._session, response.organisation_id, response.id)
        if code is None:
            return None
        if code.by_text_at is not None:
            return TextedCode()
        digits = receipt_codes.digits_of(code, keyring=house().keyring)
        return SpokenCode(receipt_codes.page(house().settings.public_base_url), digits)

    def _customer(self) -> Customer:
        return self._session.get_one(Customer, self._standing.customer_id)

    def _noted(self, kind: str, key: str, facts: Mapping[str, int | str], *, at: datetime) -> None:
        note_event(
            self._session,
            self._call,
            kind,
            dedup_key=f"{kind}:{key}",
            facts=dict(facts),
            verdict=Verdict.APPLIED,
            at=at,
        )


# Made once: every call that is answered asks.
_EARLIER: Final = Prepared(
    select(Call.flow)
    .join(Attempt, Attempt.id == Call.attempt_id)
    .where(
        Attempt.organisation_id == bindparam("owner"),
        Attempt.invitation_id == bindparam("item"),
        Call.id != bindparam("call"),
    )
    .order_by(Attempt.number)
)


def passed_before(
    session: Session, organisation_id: UUID, invitation_id: UUID, call_id: UUID
) -> tuple[str, ...]:
    """What was left behind in the earlier calls of this invitation: nobody is nagged about it."""
    names = {"owner": organisation_id, "item": invitation_id, "call": call_id}
    passed: dict[str, None] = {}
    for (document,) in _EARLIER.rows(session, names):
        passed |= dict.fromkeys(document["passed"] if document else ())
    return tuple(passed)
