"""A caller who presses, speaks and hangs up: in the pure flow, and over HTTP with real rows."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from config.directory import Configuration, load_configuration
from config.phrases import Phrase
from config.settings import PROJECT
from ivr import webhooks
from ivr.flow import apply, start
from ivr.flow_events import (
    AudioLooked,
    Event,
    Fact,
    HungUp,
    Keys,
    Recorded,
    Silence,
    Unrecorded,
)
from ivr.flow_prompts import SpokenCode, prompt
from ivr.flow_state import FlowState
from ivr.orders import Order, claim
from ivr.steps import Gather, Play, Say, Step
from simulator import server
from simulator.server import Simulator
from simulator.settings import Settings as NetworkSettings
from simulator.settings import Stage
from storage.house import House, house, reading, transaction, utc_now
from storage.tables import Call
from survey import interactions
from survey.interactions import ToldInteraction
from survey.places import find_campaign
from survey.script import Condition, Direction, Question, QuestionKind, SurveyScript
from tests.applied_files import apply_files
from tests.conftest import ACCOUNT_SID, AUTH_TOKEN

LANGUAGES = ("sv", "nb", "da", "fi", "en")
CODE = SpokenCode("genklang.example/mine", "123456789012345")


def phrases(languages: tuple[str, ...]) -> Mapping[str, Mapping[Phrase, str]]:
    """Every phrase in every language as `sv:opening`, so a test sees what was said."""
    kept = {
        Phrase.LANGUAGE_NAME_KEY: " {key}",
        Phrase.CHOICE_KEY: " {label} {key}",
        Phrase.RECEIPT_CODE: " {page}",
    }
    return {
        language: {phrase: f"{language}:{phrase}{kept.get(phrase, '')}" for phrase in Phrase}
        for language in languages
    }


def texts(name: str, languages: tuple[str, ...] = LANGUAGES) -> Mapping[str, str]:
    return {language: f"{language}:{name}" for language in languages}


def consumer_credit(**changes: Any) -> SurveyScript:
    """The lender's script: two scores, a comment, and a follow-up for the dissatisfied."""
    options: dict[str, Any] = {
        "survey": "after-case",
        "organisation": "Lånebolaget",
        "languages": ("sv", "en"),
        "phrases": phrases(LANGUAGES),
        "questions": (
            Question(
                key="satisfaction",
                kind=QuestionKind.CSAT,
                prompt=texts("satisfaction"),
                lowest=1,
                highest=5,
                direction=Direction.HIGH_IS_GOOD,
            ),
            Question(
                key="recommend",
                kind=QuestionKind.NPS,
                prompt=texts("recommend"),
                lowest=0,
                highest=10,
                direction=Direction.HIGH_IS_GOOD,
            ),
            Question(key="comment", kind=QuestionKind.COMMENT, prompt=texts("comment")),
            Question(
                key="follow_up",
                kind=QuestionKind.FOLLOW_UP,
                prompt=texts("follow_up"),
                ask_when=Condition("recommend", at_most=6),
            ),
        ),
    }
    return SurveyScript(**(options | changes))


class Caller:
    """One call: what was heard last, and every fact so far."""

    def __init__(self, script: SurveyScript, state: FlowState) -> None:
        self.script = script
        self.state = state
        self.facts: list[Fact] = []
        self.last: tuple[Fact, ...] = ()

    def _give(self, event: Event | HungUp) -> "Caller":
        turned = apply(self.state, event, self.script)
        self.state, self.last = turned.state, turned.facts
        self.facts.extend(turned.facts)
        return self

    def press(self, digits: str) -> "Caller":
        return self._give(Keys(self.state.visit, digits))

    def silent(self) -> "Caller":
        return self._give(Silence(self.state.visit))

    def speak(self, seconds: int | None = 9, sid: str | None = "RE1", **how: Any) -> "Caller":
        return self._give(Recorded(self.state.visit, provider_sid=sid, seconds=seconds, **how))

    def say_nothing(self) -> "Caller":
        return self._give(Unrecorded(self.state.visit))

    def look(self, *, home: bool) -> "Caller":
        return self._give(AudioLooked(self.state.visit, home=home))

    def hang_up(self) -> "Caller":
        return self._give(HungUp())

    @property
    def steps(self) -> tuple[Step, ...]:
        return prompt(self.state, self.script, code=CODE)

    @property
    def hears(self) -> list[str]:
        """The texts of the present document in order; a played recording as `recording N`."""
        heard: list[str] = []
        for step in self.steps:
            inner = step.children if isinstance(step, Gather) else (step,)
            for part in inner:
                if isinstance(part, Say):
                    heard.append(part.text)
                elif isinstance(part, Play):
                    heard.append(f"recording {part.visit}")
        return heard


@pytest.fixture
def lender() -> Callable[..., SurveyScript]:
    """Makes the lender's script, with changes."""
    return consumer_credit


@pytest.fixture
def all_phrases() -> Callable[[tuple[str, ...]], Mapping[str, Mapping[Phrase, str]]]:
    """Every phrase in the given languages."""
    return phrases


@pytest.fixture
def call() -> Callable[..., Caller]:
    """Rings somebody; the lender's script in Swedish unless told otherwise."""

    def ring(script: SurveyScript | None = None, **how: Any) -> Caller:
        chosen = script or consumer_credit()
        options: dict[str, Any] = {"answered": {}, "locale": "sv", "resumed": False}
        return Caller(chosen, start(chosen, **(options | how)))

    return ring


@pytest.fixture
def caller_at() -> Callable[[SurveyScript, FlowState], Caller]:
    """Somebody in the middle of a call."""
    return Caller


# Calls over HTTP, against real rows.

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # a Tuesday, noon in Stockholm
PERSON = "+46701740605"
LINE = "+46846500400"
MAILBOX = "+46313900611"
VOICE = "/voice"


@dataclass
class Document:
    """What a webhook answered."""

    status: int
    text: str

    @property
    def root(self) -> ET.Element:
        return ET.fromstring(self.text)  # noqa: S314 - our own document

    @property
    def verbs(self) -> list[str]:
        return [element.tag for element in self.root]

    @property
    def says(self) -> list[str]:
        return [element.text or "" for element in self.root.iter("Say")]

    @property
    def plays(self) -> list[str]:
        return [element.text or "" for element in self.root.iter("Play")]

    @property
    def visit(self) -> int:
        found = re.search(r"/turn/\w+/(\d+)/", self.text)
        assert found, self.text
        return int(found.group(1))


class Handset:
    """One call as the provider's webhooks tell it; every request is signed."""

    def __init__(self, client: FlaskClient, token: str, *, sid: str, **form: str) -> None:
        self.client = client
        self.token = token
        self.sid = sid
        self.form = form
        self.document = Document(0, "")

    def post(self, path: str, **form: str) -> Document:
        """A signed form to that path below /voice."""
        target = VOICE + path
        whole = {"CallSid": self.sid, **self.form, **form}
        signature = RequestValidator(house().settings.webhook_keys[0]).compute_signature(
            house().settings.public_base_url + target, whole
        )
        answer = self.client.post(target, data=whole, headers={"X-Twilio-Signature": signature})
        return Document(answer.status_code, answer.text)

    def _go(self, path: str, **form: str) -> "Handset":
        self.document = self.post(path, **form)
        assert self.document.status == 200, self.document.text
        return self

    def answer(self, **form: str) -> "Handset":
        return self._go(f"/answer/{self.token}", CallStatus="in-progress", **form)

    def press(self, digits: str, visit: int | None = None) -> "Handset":
        at = self.document.visit if visit is None else visit
        return self._go(f"/turn/{self.token}/{at}/keys", Digits=digits)

    def silent(self, visit: int | None = None) -> "Handset":
        at = self.document.visit if visit is None else visit
        return self._go(f"/turn/{self.token}/{at}/silence")

    def speak(self, sid: str, seconds: int = 7, visit: int | None = None, **form: str) -> "Handset":
        at = self.document.visit if visit is None else visit
        return self._go(
            f"/turn/{self.token}/{at}/recorded",
            RecordingSid=sid,
            RecordingDuration=str(seconds),
            **form,
        )

    def say_nothing(self, visit: int | None = None) -> "Handset":
        at = self.document.visit if visit is None else visit
        return self._go(f"/turn/{self.token}/{at}/unrecorded")

    def recording(self, visit: int, sid: str, status: str = "completed", seconds: int = 7) -> int:
        """The recording callback; its HTTP status."""
        return self.post(
            f"/recording/{self.token}/{visit}",
            RecordingSid=sid,
            RecordingStatus=status,
            RecordingDuration=str(seconds),
        ).status

    def status(self, state: str, sequence: int = 0, **form: str) -> int:
        """A status callback; its HTTP status."""
        path = f"/status/{self.token}" if self.token else "/inbound/status"
        return self.post(path, CallStatus=state, SequenceNumber=str(sequence), **form).status

    def detected(self, answered_by: str) -> int:
        return self.post(f"/detected/{self.token}", AnsweredBy=answered_by).status


class Telephone:
    """Plans cases and places calls without a network: the provider's part is the test's."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.placed = 0

    def invite(
        self,
        reference: str = "case-1",
        *,
        phone: str = PERSON,
        locale: str | None = "sv",
        organisation: str = "consumer-credit",
    ) -> UUID | None:
        """The invitation of a case two hours old; None when the person must not be asked."""
        with transaction() as session:
            _, campaign = find_campaign(session, organisation=organisation, campaign="after-case")
            told = ToldInteraction(
                reference, phone, phone, utc_now() - timedelta(hours=2), locale=locale
            )
            registered = interactions.register(
                session, told, campaign=campaign, keyring=house().keyring, now=utc_now()
            )
        return registered.invitation_id

    def claim(self) -> Order:
        """The next due call, committed as PLACING."""
        with transaction() as session:
            claimed = claim(session, now=utc_now(), limit=1)
        assert len(claimed.orders) == 1, claimed
        return claimed.orders[0]

    def ring(self) -> Handset:
        """The next due call, as if the provider had taken it."""
        order = self.claim()
        self.placed += 1
        with reading() as session:
            token = session.get_one(Call, order.call_id).token
        return Handset(
            self.client, token, sid=f"CA{self.placed:032x}", To=PERSON, Direction="outbound-api"
        )

    def call_in(self, to: str, *, caller: str = PERSON, sid: str = "CA" + "f" * 32) -> Handset:
        """Somebody calls one of our numbers."""
        handset = Handset(self.client, "", sid=sid, From=caller, To=to, Direction="inbound")
        handset.document = handset.post("/inbound", CallStatus="ringing")
        found = re.search(r"/turn/(\w+)/", handset.document.text)
        handset.token = found.group(1) if found else ""
        return handset


@pytest.fixture(scope="session")
def files() -> Configuration:
    """Two of the organisations that are shipped: one that rings people, one that they ring."""
    whole = load_configuration(PROJECT / "config")
    wanted = ("consumer-credit", "answering-service")
    return replace(whole, organisations={key: whole.organisations[key] for key in wanted})


@pytest.fixture
def telephone(house: House, files: Configuration) -> Iterator[Telephone]:
    """The shipped organisations at noon on a working day, and the webhooks over HTTP."""
    with time_machine.travel(NOON, tick=True):
        apply_files(house, files, now=NOON)
        app = Flask("webhooks")
        app.register_blueprint(webhooks.bp)
        with app.test_client() as client:
            yield Telephone(client)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Simulator]:
    """A network in which every call waits in the queue, so that nothing calls back."""
    with (
        time_machine.travel(NOON, tick=True),
        server.start(
            tmp_path / "network",
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            settings=NetworkSettings(hold=frozenset({Stage.QUEUED}), cps=100.0),
            webhook_base="http://127.0.0.1:9",
            numbers=[LINE],
        ) as running,
    ):
        yield running


def rows(table: Any) -> list[Any]:
    """All rows of a table, oldest first."""
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def the(table: Any) -> Any:
    """The only row of a table."""
    found = rows(table)
    assert len(found) == 1, found
    return found[0]


def rung(network: Simulator) -> list[str]:
    """The sids of all calls that the network was ever asked for."""
    return [call.sid for call in network.exchange.store.calls.newest_first()]
