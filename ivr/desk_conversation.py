"""A call to the number we show: the desk's state and facts against the rows."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.phrases import Phrase
from ivr import callers, scripts
from ivr.conversations import keep_flow
from ivr.desk_flow import (
    DeletionAsked,
    DeskFact,
    ObjectedFor,
    apply_desk,
    back_to_menu,
)
from ivr.desk_prompts import Known, desk_prompt
from ivr.desk_state import CallerKind, DeskStage, DeskState
from ivr.flow_events import Event, HungUp, LanguageChanged, Objected, ObjectionMethod
from ivr.steps import Step
from privacy import requests
from privacy.kept import kept_of
from storage.house import house, utc_now
from storage.request_states import RequestChannel, RequestKind
from storage.tables import Call, Customer, Organisation
from survey import objections, restrictions
from survey.objections import Source
from survey.permission import Method

_METHODS = {ObjectionMethod.CALLS: Method.CALLS, ObjectionMethod.ALL: Method.ALL}


class DeskConversation:
    """One call to a line before any question, within one transaction that holds the call's row."""

    def __init__(self, session: Session, call: Call, version_id: UUID, *, state: DeskState) -> None:
        self._session = session
        self._call = call
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
        """Nothing is recorded at the desk."""
        return None

    @property
    def records_now(self) -> bool:
        """Nothing is recorded at the desk."""
        return False

    @property
    def leads_to_questions(self) -> bool:
        """The caller wants to answer: the call goes on as one about a survey."""
        return self.state.stage is DeskStage.QUESTIONS

    def take(self, event: Event | HungUp, *, at: datetime) -> bool:
        """Apply an event and store what became true; False when it changed nothing."""
        organisation = self._session.get_one(Organisation, self._call.organisation_id)
        turned = apply_desk(self.state, event, self._script, country=organisation.country)
        self.state = turned.state
        for fact in turned.facts:
            self._remember(fact, at=at)
        if turned.applied:
            self.keep()
        return turned.applied

    def offer_nothing(self) -> None:
        """Say that no questions are left after all, and go back to the menu without them."""
        menu = back_to_menu(self.state, says=(Phrase.NOTHING_TO_ANSWER,))
        self.state = replace(menu, may_answer=False)
        self.keep()

    def steps(self) -> tuple[Step, ...]:
        """The present document."""
        return desk_prompt(self.state, self._script, self._known())

    def keep(self) -> None:
        """Write the state to the call's row."""
        keep_flow(self._session, self._call, self.state.to_json())

    def _known(self) -> Known:
        """What this moment says of the customer; of anybody else nothing is even read."""
        if self.state.caller is not CallerKind.CUSTOMER:
            return Known()
        customer = callers.customer_of(self._session, self._call)
        if customer is None:
            return Known()
        rung = (
            callers.last_rung(self._session, self._call, customer) if self.state.opening else None
        )
        last_tried = rung[1] if rung else None
        if not self.state.telling:
            return Known(last_tried=last_tried)
        kept = kept_of(self._session, customer, now=utc_now())
        return Known(
            last_tried=last_tried,
            kept=kept,
            objected=bool(callers.objected_by(self._session, customer)),
            frozen=bool(restrictions.of_customer(self._session, customer)),
            held=kept.held,
        )

    def _remember(self, fact: DeskFact, *, at: datetime) -> None:
        match fact:
            case Objected():
                if self._call.caller_hash is not None:
                    self._object(self._call.caller_hash, fact.method, at=at)
            case ObjectedFor():
                subject = house().keyring.lookup_hash(
                    self._call.organisation_id, "phone", fact.number
                )
                self._object(subject, fact.method, at=at)
            case DeletionAsked():
                self._ask_for_deletion(at=at)
            case LanguageChanged():
                customer = self._customer()
                if customer is not None:
                    customer.locale = fact.language

    def _customer(self) -> Customer | None:
        if self.state.caller is not CallerKind.CUSTOMER:
            return None
        return callers.customer_of(self._session, self._call)

    def _object(self, subject: bytes, method: ObjectionMethod, *, at: datetime) -> None:
        objections.record_hashes(
            self._session,
            self._call.organisation_id,
            [subject],
            method=_METHODS[method],
            source=Source.CALLED_US,
            at=at,
        )

    def _ask_for_deletion(self, *, at: datetime) -> None:
        """Stop every contact now, and have somebody decide about the rest within the month.

        The shown number can be forged: contact can be taken up again, what is deleted is gone.
        """
        customer = self._customer()
        if customer is None:  # erased while they were on the telephone
            self.state = replace(self.state, says=(Phrase.KEPT_NOTHING, Phrase.ALREADY_OVER))
            return
        request = requests.open_request(
            self._session,
            customer,
            kind=RequestKind.ERASURE,
            channel=RequestChannel.TELEPHONE,
            at=at,
        )
        objections.record(self._session, customer, Method.ALL, source=Source.CALLED_US, at=at)
        self.state = replace(self.state, reference=request.reference)
