"""Text messages: counting segments, keeping opt-outs, delivering in both directions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from simulator import parameters, twiml
from simulator.courier import DeliveryError
from simulator.dispatch import Session
from simulator.faults import Webhook
from simulator.journal import Kind
from simulator.plant import Plant
from simulator.records import Address, MessageRecord, MessageStatus, NumberRecord
from simulator.settings import Stage

LONGEST_BODY: Final = 1600
STOP_WORDS: Final = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS: Final = frozenset({"HELP", "INFO"})
_STOPPED: Final = "You have successfully been unsubscribed. Reply START to resubscribe."
_STARTED: Final = "You have successfully been re-subscribed. Reply STOP to unsubscribe."
_HELP: Final = "Reply STOP to unsubscribe."
_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED: Final = frozenset("^{}\\[~]|€\f")


def segments(body: str) -> int:
    """How many messages the text takes: 160/153 letters of GSM-7, else 70/67 of UCS-2."""
    if all(letter in _GSM or letter in _GSM_ESCAPED for letter in body):
        length = sum(2 if letter in _GSM_ESCAPED else 1 for letter in body)
        single, joined = 160, 153
    else:
        length = len(body.encode("utf-16-be")) // 2
        single, joined = 70, 67
    return 1 if length <= single else -(-length // joined)


class Texting:
    """Sends and receives for one network; each message travels on a thread of its own."""

    def __init__(self, plant: Plant, *, delivered: Callable[[MessageRecord], None]) -> None:
        self._plant = plant
        self._delivered = delivered
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self.released = threading.Event()

    def send(self, message: MessageRecord) -> MessageRecord:
        """Accept a message of the service and deliver it in the background."""
        self._plant.store.messages.put(message)
        self._start(lambda: self._deliver(message))
        return message

    def receive(self, message: MessageRecord, number: NumberRecord) -> MessageRecord:
        """Take a message from a person to one of the service's numbers."""
        self._plant.store.messages.put(message)
        self._start(lambda: self._hand_over(message, number))
        return message

    def wait(self, timeout: float) -> bool:
        """True once no message is on its way any more."""
        for thread in self._underway():
            thread.join(timeout)
        return not self._underway()

    def _underway(self) -> list[threading.Thread]:
        with self._lock:
            return [thread for thread in self._threads if thread.is_alive()]

    def _start(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name="message", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _deliver(self, message: MessageRecord) -> None:
        plant = self._plant
        self.released.clear()
        while Stage.MESSAGE in plant.settings().hold and not plant.stopping.is_set():
            if self.released.wait(0.2):
                break
        if plant.stopping.is_set():
            return
        session = Session(message.sid)
        error = plant.faults.now.message_error
        now = plant.clock.now()
        sent = replace(message, status=MessageStatus.SENT, sent_at=now, updated_at=now)
        last = MessageStatus.DELIVERED if error is None else MessageStatus.UNDELIVERED
        arrived = replace(sent, status=last, error_code=error)
        steps = [sent, arrived]
        # The record is at its last state before anybody is told of it.
        for step in steps:
            self._update(step)
        if error is None:
            self._delivered(arrived)
        if plant.faults.now.reorder:
            steps.reverse()
        for step in steps:
            if message.status_callback is not None:
                fields = parameters.message_status(
                    step, account_sid=plant.account.sid, at=plant.clock.now()
                )
                plant.dispatch.callback(
                    Webhook.MESSAGE,
                    message.status_callback,
                    fields,
                    session,
                    at=plant.clock.now(),
                )
        plant.dispatch.replay(session, at=plant.clock.now())

    def _update(self, message: MessageRecord) -> None:
        # A message deleted or redacted meanwhile must not come back.
        current = self._plant.store.messages.get(message.sid)
        if current is not None:
            self._plant.store.messages.put(replace(message, body=current.body))
        self._plant.note(
            message.sid, Kind.MESSAGE, self._plant.clock.now(), status=message.status.value
        )

    def _hand_over(self, message: MessageRecord, number: NumberRecord) -> None:
        plant, now = self._plant, self._plant.clock.now()
        self._mind_opt_out(message)
        if not number.sms_url:
            plant.note(message.sid, Kind.WARNING, now, code=0, message="the number has no sms_url")
            return
        fields = parameters.inbound_message(message, account_sid=plant.account.sid)
        body, error = self._ask(message, Address(number.sms_url, number.sms_method), fields)
        if error is not None and number.sms_fallback_url:
            fallback = Address(number.sms_fallback_url, number.sms_fallback_method)
            told = {"ErrorCode": str(error), "ErrorUrl": number.sms_url}
            body, error = self._ask(message, fallback, fields | told)
        self._run(body, message)

    def _ask(
        self, message: MessageRecord, address: Address, fields: parameters.Fields
    ) -> tuple[bytes, int | None]:
        """What the service answers to a message, or nothing and the error's code."""
        plant, now, session = self._plant, self._plant.clock.now(), Session(message.sid)
        try:
            reply = plant.dispatch.document(Webhook.MESSAGE, address, fields, session, at=now)
        except DeliveryError as fault:
            plant.note(message.sid, Kind.ERROR, now, code=fault.code, message=fault.reason)
            return b"", fault.code
        plant.dispatch.replay(session, at=now)
        if reply.status >= 400:
            plant.note(message.sid, Kind.ERROR, now, code=11200, message=f"status {reply.status}")
            return b"", 11200
        return reply.body, None

    def _run(self, body: bytes, message: MessageRecord) -> None:
        plant, now = self._plant, self._plant.clock.now()
        if not body.strip():
            return
        try:
            verbs = twiml.parse(body)
        except twiml.MalformedError as fault:
            plant.note(message.sid, Kind.ERROR, now, code=12100, message=str(fault))
            return
        for verb in verbs:
            if verb.name != "Message":
                plant.note(
                    message.sid, Kind.WARNING, now, code=12200, message=f"<{verb.name}> not known"
                )
                continue
            self._reply(message, verb.text)

    def _mind_opt_out(self, message: MessageRecord) -> None:
        """The provider itself acts on the whole message being one of its words."""
        word = message.body.strip().upper()
        theirs, ours = message.sender or "", message.recipient
        if word in STOP_WORDS:
            self._reply(message, _STOPPED)
            self._plant.store.opt_out(ours=ours, theirs=theirs)
        elif word in START_WORDS:
            self._plant.store.opt_in(ours=ours, theirs=theirs)
            self._reply(message, _STARTED)
        elif word in HELP_WORDS:
            self._reply(message, _HELP)

    def _reply(self, message: MessageRecord, body: str) -> None:
        plant, now = self._plant, self._plant.clock.now()
        theirs, ours = message.sender or "", message.recipient
        if plant.store.opted_out(ours=ours, theirs=theirs):
            plant.note(message.sid, Kind.ERROR, now, code=21610, message="recipient opted out")
            return
        reply = MessageRecord(
            sid=plant.sid("SM"),
            sender=ours,
            recipient=theirs,
            body=body,
            direction="outbound-reply",
            status=MessageStatus.DELIVERED,
            created_at=now,
            updated_at=now,
            sent_at=now,
            segments=segments(body),
        )
        plant.store.messages.put(reply)
        self._delivered(reply)
