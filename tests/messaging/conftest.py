"""People who text the shipped organisations' numbers, as the provider's webhooks tell it."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from config.directory import Configuration, load_configuration
from config.settings import PROJECT
from messaging import webhooks
from storage.house import House, house
from tests.applied_files import apply_files

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
PERSON = "+46701740605"
LINE = "+46846500400"


class Texter:
    """Somebody with a telephone; every request is signed as the provider signs it."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._sids = itertools.count(1)

    def post(self, **form: str) -> TestResponse:
        """The provider's webhook, whatever is in it."""
        signature = RequestValidator(house().settings.webhook_keys[0]).compute_signature(
            house().settings.public_base_url + "/sms/inbound", form
        )
        return self.client.post(
            "/sms/inbound", data=form, headers={"X-Twilio-Signature": signature}
        )

    def text(self, body: str, *, sid: str | None = None, **more: str) -> list[str]:
        """Send a text message; the messages that come back."""
        form = {
            "MessageSid": sid or f"SM{next(self._sids):032x}",
            "From": PERSON,
            "To": LINE,
            "Body": body,
        }
        answer = self.post(**(form | more))
        assert answer.status_code == 200, answer.text
        assert answer.content_type.startswith("text/xml")
        root = ET.fromstring(answer.text)  # noqa: S314 - our own document
        return [one.text or "" for one in root.iter("Message")]


@pytest.fixture(scope="session")
def files() -> Configuration:
    """The operator's files as they are shipped."""
    return load_configuration(PROJECT / "config")


@pytest.fixture
def shipped(house: House, files: Configuration) -> House:
    """A house with the shipped organisations."""
    apply_files(house, files, now=NOON)
    return house


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Noon on a working day in Stockholm, and the means to move on from it."""
    with time_machine.travel(NOON, tick=True) as traveller:
        yield traveller


@pytest.fixture
def texter(shipped: House, clock: time_machine.Traveller) -> Iterator[Texter]:
    """Somebody who texts."""
    app = Flask("texts")
    app.register_blueprint(webhooks.bp)
    with app.test_client() as client:
        yield Texter(client)
