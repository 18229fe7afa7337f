"""The stage on which whole calls are played: a simulated network, the real web over HTTP, real
jobs on a real Redis-protocol server, real speech recognition, and a clock that can be wound."""

import dataclasses
import functools
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import requests
import time_machine
from rq import SimpleWorker
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

import wsgi
from config.directory import Configuration, load_configuration
from ivr import dialling
from simulator import mail_catcher
from simulator import server as network
from simulator.scenario import Scenario, scenario_from
from storage.faults import TryAgain
from storage.house import House, reading, transaction, utc_now
from storage.queue import SERIALIZER, JobName, QueueName
from storage.states import CampaignState, InvitationState
from storage.tables import Invitation, Line, Mailbox
from survey import objections
from survey.exports import response_lines
from survey.interactions import ToldInteraction, register
from survey.objections import Source
from survey.organisations import apply
from survey.permission import Method
from survey.places import find_campaign, find_organisation
from tests import lines
from transcription.masking import mask_text

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parent / "files"


@functools.cache
def shipped() -> Configuration:
    """What the operator's folder says; nobody changes it, so it is read once."""
    return load_configuration(ROOT / "config")


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - inherited name
        """Nothing: requests bear tokens."""


class _Worker(SimpleWorker):
    """A worker of RQ that nobody commands from afar: it needs no thread to listen for that."""

    def subscribe(self) -> None:
        """Nothing to listen to."""

    def unsubscribe(self) -> None:
        """Nothing was listened to."""


@dataclass
class Web:
    """The service's web application on a loopback port; it can be taken down and put up again."""

    origin: str
    _server: Any
    _thread: threading.Thread

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve(app: Any, port: int) -> Web:
    """Serve a WSGI application in a thread."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    return Web(f"http://127.0.0.1:{server.server_port}", server, thread)


@dataclass
class Played:
    """What a scenario left behind."""

    line: dict[str, Any] | None
    entries: list[dict[str, Any]]
    left: dict[str, Any]
    expect: dict[str, Any]

    @property
    def problems(self) -> list[dict[str, Any]]:
        """What the network found to complain of, in our documents or in the person's script."""
        return [e for e in self.entries if e["kind"] in ("error", "warning", "script")]

    @property
    def heard(self) -> list[str]:
        """Every sentence that was spoken to the person, in order."""
        return [e["text"] for e in self.entries if e["kind"] == "heard"]

    @property
    def documents(self) -> list[Element]:
        """Every document that we answered with, in order."""
        return [
            fromstring(e["twiml"])  # noqa: S314 - our own documents
            for e in self.entries
            if e["kind"] == "twiml" and e["twiml"]
        ]


@dataclass
class Stage:
    """Everything a scenario needs; one per test."""

    house: House
    simulator: network.Simulator
    web: Web
    catcher: mail_catcher.MailCatcher
    traveller: Any

    def install(self, scenario: Scenario) -> None:
        """Tell the network what the person does and how it misbehaves."""
        self.api("scenario", {"scenario": scenario.model_dump(mode="json", by_alias=True),
                              "beside": str(FILES)})  # fmt: skip

    def api(self, path: str, body: dict[str, Any] | None = None, **params: Any) -> Any:
        """A call of the network's control interface."""
        url = f"{self.simulator.origin}/simulator/api/{path}"
        if body is None:
            answer = requests.get(url, params=params, timeout=60)
        else:
            answer = requests.post(url, json=body, timeout=60)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def invite(self, customer: dict[str, Any]) -> None:
        """Tell the service of the customer's closed case, an hour and a half ago."""
        with transaction() as session:
            _, campaign = find_campaign(
                session, organisation=customer["organisation"], campaign=customer["campaign"]
            )
            campaign.rules = campaign.rules | customer.get("rules", {})
            register(
                session,
                ToldInteraction(
                    case_reference=customer["case_reference"],
                    phone=customer["phone"],
                    phone_as_given=customer["phone"],
                    name=customer.get("name"),
                    email=customer.get("email"),
                    locale=customer.get("locale"),
                    channel="call",
                    reason="invoice",
                    happened_at=utc_now() - timedelta(minutes=90),
                ),
                campaign=campaign,
                keyring=self.house.keyring,
                now=utc_now(),
            )

    def dial(self) -> None:
        """Wind to the moment the next call is due, let the dialler place it, wait till it is over.

        A provider that is busy or away is asked again a minute later, as the dialler does.
        """
        with reading() as session:
            due = session.scalars(
                select(Invitation.due_at)
                .where(Invitation.state.in_([InvitationState.PLANNED, InvitationState.TRYING]))
                .order_by(Invitation.due_at)
            ).first()
        if due is not None and due >= utc_now():
            self.wind(seconds=(due - utc_now()).total_seconds() + 1)
        for _ in range(5):
            try:
                dialling.run_once(now=utc_now())
            except TryAgain:
                self.wind(minutes=1)
            else:
                break
        self.api("log", wait=1)

    def text(self) -> None:
        """Wind to the moment a text is due, if one is, and let the service send it."""
        with reading() as session:
            due = session.scalars(
                select(Invitation.due_at).where(Invitation.next_by.is_not(None))
            ).first()
        if due is None:
            return
        if due >= utc_now():
            self.wind(seconds=(due - utc_now()).total_seconds() + 1)
        self.house.bell.ring(JobName.SEND_TEXTS)
        self.work()
        self.api("log", wait=1)

    def work(self) -> None:
        """Run every job in the queues until there is none left."""
        for _ in range(50):
            busy = False
            for name in QueueName:
                queue = self.house.bell.queue(name)
                if queue.count:
                    busy = True
                    _Worker(
                        [queue], connection=self.house.bell.redis, serializer=SERIALIZER,
                        log_job_description=False,
                    ).work(burst=True, logging_level="CRITICAL")  # fmt: skip
            if not busy:
                return
        raise AssertionError("jobs keep ringing for ever")

    def sweep(self) -> None:
        """Let the sweeps look, as the schedule would, and do what they ask for."""
        for job in (JobName.SWEEP_CALLS, JobName.SWEEP_RECORDINGS, JobName.SWEEP_TRANSCRIPTS,
                    JobName.SWEEP_DELIVERIES, JobName.SWEEP_TEXTS):  # fmt: skip
            self.house.bell.ring(job)
        self.work()

    def wind(self, **by: float) -> None:
        """Move the clock of the whole process forward."""
        self.traveller.shift(timedelta(**by))
        lines.as_after_a_while()

    def settle(self, *, patience: int = 0) -> None:
        """Wait out retries, backoff and late callbacks: sweeps over the next hours.

        With patience so many more sweeps, for what fails again and again.
        """
        self.work()
        for minutes in (1, 5, 10, 30, 120, *[20] * patience):
            self.wind(minutes=minutes)
            self.sweep()

    def meanwhile(self, customer: dict[str, Any]) -> None:
        """What happens elsewhere before the customer calls back."""
        what = customer["meanwhile"]
        if what == "expired":
            self.wind(days=8)
            self.sweep()
            return
        with transaction() as session:
            owner, campaign = find_campaign(
                session, organisation=customer["organisation"], campaign=customer["campaign"]
            )
            if what == "stopped":
                campaign.state = CampaignState.STOPPED
                return
            assert what == "withdrawn", what
            subject = self.house.keyring.lookup_hash(owner.id, "phone", customer["phone"])
            objections.record_hashes(
                session, owner.id, [subject], method=Method.CALLS, source=Source.LETTER,
                at=utc_now(),
            )  # fmt: skip

    def play(self, path: Path, *, profile: str | None = None) -> Played:
        """Play a scenario file from the closed case to the transcript, on that provider."""
        document = tomllib.loads(path.read_text("utf-8"))
        if profile is not None:
            document["network"] = document.get("network", {}) | {"profile": profile}
        scenario, customer = scenario_from(document, name=path.name), document["customer"]
        self.play_out(scenario, customer)
        self.settle(patience=scenario.expect.get("patience", 0))
        return self.outcome(customer, expect=scenario.expect)

    def play_out(self, scenario: Scenario, customer: dict[str, Any]) -> None:
        """Play a scenario's calls from the closed case on, but not what comes hours later."""
        self.install(scenario)
        if any(call.direction == "outbound" for call in scenario.calls):
            self.invite(customer)
        for call in scenario.calls:
            if call.direction == "inbound":
                if customer.get("meanwhile"):
                    self.meanwhile(customer)
                shown = call.sender or customer["phone"]
                self.api("inbound", {"from": shown, "to": call.to, "person": customer["phone"]})
                self.api("log", wait=1)
            else:
                self.dial()
            self.work()
            self.text()

    def outcome(self, customer: dict[str, Any], *, expect: dict[str, Any]) -> Played:
        """What is there now."""
        line = None
        if "case_reference" in customer:
            with reading() as session:
                owner = find_organisation(session, customer["organisation"])
            for one in response_lines(
                self.house.database, organisation=owner, keyring=self.house.keyring, mask=mask_text
            ):
                if one.case_reference == customer["case_reference"]:
                    line = dataclasses.asdict(one)
        return Played(line, self.api("log")["entries"], self.api("left"), expect)


@contextmanager
def set_stage(settings: Any, house: House, folder: Path) -> Iterator[Stage]:
    """A stage on an open house whose PUBLIC_BASE_URL and provider are this machine's ports."""
    ports = {"web": int(settings.public_base_url.rsplit(":", 1)[1]),
             "network": int(settings.twilio_api_base_url.rsplit(":", 1)[1])}  # fmt: skip
    with transaction() as session:
        apply(
            session, shipped(), keyring=house.keyring, now=utc_now(),
            rings_at_any_hour=True,
        )  # fmt: skip
        numbers = [*session.scalars(select(Line.number)), *session.scalars(select(Mailbox.number))]
    app = wsgi.create_app(settings)
    web = serve(app, ports["web"])
    simulator = network.start(
        folder / "network", account_sid=settings.twilio_account_sid,
        auth_token=settings.auth_tokens[0], port=ports["network"], numbers=numbers,
    )  # fmt: skip
    catcher = mail_catcher.start(
        int(settings.mail_url.rsplit(":", 1)[1]), directory=folder / "mail"
    )
    ready = Stage(house, simulator, web, catcher, None)
    try:
        for number in numbers:
            house.provider.point_number(
                number, voice_url=f"{web.origin}/voice/inbound",
                status_url=f"{web.origin}/voice/inbound/status",
                text_url=f"{web.origin}/sms/inbound",
            )  # fmt: skip
        with time_machine.travel(utc_now(), tick=True) as ready.traveller:
            yield ready
    finally:
        catcher.stop()
        simulator.stop()
        ready.web.stop()  # a test may have put another one up
