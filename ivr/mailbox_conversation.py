"""A call to a mailbox: the flow's state and facts against the rows of the message."""

from datetime import datetime

from sqlalchemy.orm import Session

from ivr.conversations import keep_flow
from ivr.flow_events import Event, HungUp
from ivr.mailbox_flow import (
    MailboxFact,
    MailboxStage,
    MailboxState,
    MessageDiscarded,
    MessageEmpty,
    MessageKept,
    MessageRecorded,
    apply_mailbox,
    prompt_mailbox,
)
from ivr.steps import Step
from storage import messages, recordings
from storage.tables import Call, Mailbox
from survey.mailbox_script import mailbox_from_document


class MailboxConversation:
    """One call to a mailbox, within one transaction that holds the call's row."""

    def __init__(
        self, session: Session, call: Call, mailbox: Mailbox, *, state: MailboxState
    ) -> None:
        self._session = session
        self._call = call
        self._notice_id = mailbox.notice_id
        self._script = mailbox_from_document(mailbox.script)
        self.state = state

    @property
    def language(self) -> str:
        """The mailbox's language."""
        return self._script.language

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
        return self.state.stage is MailboxStage.RECORDING

    def take(self, event: Event | HungUp, *, at: datetime) -> bool:
        """Apply an event and store what became true; False when it changed nothing."""
        turned = apply_mailbox(self.state, event, self._script)
        for fact in turned.facts:
            self._remember(fact, at=at)
        if turned.applied:
            self.state = turned.state
            self.keep()
            if self.records_now:
                messages.told(self._session, self._call, self._notice_id)
        return turned.applied

    def steps(self) -> tuple[Step, ...]:
        """The present document."""
        return prompt_mailbox(self.state, self._script)

    def keep(self) -> None:
        """Write the state to the call's row."""
        keep_flow(self._session, self._call, self.state.to_json())

    def _remember(self, fact: MailboxFact, *, at: datetime) -> None:
        match fact:
            case MessageRecorded():
                message = messages.open_message(self._session, self._call, at=at)
                recordings.announce(
                    self._session,
                    self._call,
                    visit=fact.visit,
                    language=self.language,
                    at=at,
                    provider_sid=fact.provider_sid,
                    seconds=fact.seconds,
                    message_id=message.id,
                )
            case MessageEmpty():
                recordings.absent(
                    self._session,
                    self._call,
                    visit=fact.visit,
                    language=self.language,
                    at=at,
                    provider_sid=fact.provider_sid,
                )
            case MessageDiscarded():
                recordings.discard(self._session, self._call, visit=fact.visit, at=at)
            case MessageKept():
                messages.keep(self._session, self._call, at=at)
