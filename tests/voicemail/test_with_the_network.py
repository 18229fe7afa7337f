"""Intake and deletion against the simulated telephone network, with all it can spoil."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from config.settings import Settings
from simulator.server import OWN_NUMBER, Simulator, start
from simulator.settings import Settings as NetworkSettings
from storage import provider_copies, recordings
from storage.house import House, reading, transaction, utc_now
from storage.provider import CallOrder
from storage.provider_copies import CopyKind
from storage.states import CallState, ContactPurpose, ProviderCopyState, RecordingState
from storage.tables import Call, ProviderCopy, Recording
from tests.conftest import ACCOUNT_SID, AUTH_TOKEN
from tests.permits import forged_permit
from tests.rows import make_call, make_organisation
from voicemail import intake, strangers
from voicemail.provider_copies import delete_copy

PERSON = "+46701740605"


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Nothing."""


@dataclass
class Answering:
    """A service that records whoever answers and writes down what it is told."""

    origin: str = ""
    told: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        text = "<Response/>"
        if request.path == "/answer":
            text = (
                '<Response><Record action="/done" trim="do-not-trim" '
                'recordingStatusCallback="/ready" recordingStatusCallbackEvent="completed absent" '
                "/></Response>"
            )
        elif request.path == "/ready":
            self.told.append(request.form.to_dict())
        return Response(text, mimetype="text/xml")(environ, start_response)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Simulator]:
    with start(
        tmp_path / "network",
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        settings=NetworkSettings(cps=1000),
    ) as simulator:
        yield simulator


@pytest.fixture
def settings(settings: Settings, network: Simulator) -> Settings:
    """The settings of every room, with the simulated network as provider."""
    return settings.model_copy(update={"twilio_api_base_url": network.origin})


@pytest.fixture
def service() -> Iterator[Answering]:
    answering = Answering()
    server = make_server("127.0.0.1", 0, answering, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    answering.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield answering
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Stage:
    """A house, the network it telephones through, and the service that answers."""

    house: House
    network: Simulator
    service: Answering

    def control(self, path: str, body: dict[str, Any]) -> Any:
        answer = requests.post(f"{self.network.origin}/simulator/api/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def speak(self, deed: dict[str, Any], *, ready: bool = True) -> Recording:
        """A call in which somebody does this while being recorded; our row of the recording."""
        calls = [{"does": [deed]}]
        self.control("scenario", {"scenario": {"customer": {"phone": PERSON}, "calls": calls}})
        order = CallOrder(
            to=PERSON, from_=OWN_NUMBER, answer_url=f"{self.service.origin}/answer",
            status_url=f"{self.service.origin}/status",
            attempt_id=uuid4(), purpose=ContactPurpose.SURVEY,
        )  # fmt: skip
        placed = self.house.provider.place_call(order, forged_permit(order))
        log = f"{self.network.origin}/simulator/api/calls/{placed.sid}/log?wait=1"
        assert requests.get(log, timeout=60).json()["over"]
        (told,) = self.service.told
        row = make_call(make_organisation().id, at=utc_now(), state=CallState.COMPLETED)
        with transaction() as session:
            call = session.get_one(Call, row.id)
            call.provider_sid = placed.sid
            session.flush()
            if not ready:
                return recordings.announce(
                    session, call, visit=1, language="sv", at=utc_now(),
                    provider_sid=told["RecordingSid"],
                )  # fmt: skip
            recordings.ready(
                session, call, visit=1, language="sv", at=utc_now(),
                provider_sid=told["RecordingSid"], seconds=int(told["RecordingDuration"]),
            )  # fmt: skip
            return session.scalars(select(Recording)).one()

    def bring(self, recording: Recording, *, at: datetime) -> RecordingState | None:
        return intake.bring_home(
            recording.id,
            provider=self.house.provider,
            blobs=self.house.blobs,
            keyring=self.house.keyring,
            now=at,
        )

    def bring_patiently(self, recording: Recording) -> tuple[RecordingState | None, int]:
        """Try at the times the row names until it is settled; the state and the number of tries."""
        at, tries = utc_now() + timedelta(minutes=3), 0
        while True:
            state = self.bring(recording, at=at)
            tries += 1
            with reading() as session:
                again = session.get_one(Recording, recording.id).next_try_at
            if state not in (RecordingState.ANNOUNCED, RecordingState.READY) or tries > 20:
                return state, tries
            assert again is not None
            at = again


@pytest.fixture
def stage(house: House, network: Simulator, service: Answering) -> Stage:
    return Stage(house, network, service)


SPOKEN = {"speak_seconds": 6, "end_by": "#"}


@pytest.mark.conformance("C-DEL-1")
def test_what_was_said_comes_home_and_is_gone_there(stage: Stage) -> None:
    recording = stage.speak(SPOKEN)

    assert stage.bring_patiently(recording) == (RecordingState.STORED, 1)

    with reading() as session:
        copy = session.scalars(select(ProviderCopy)).one()
        stored = session.get_one(Recording, recording.id)
    assert (stored.seconds, stored.sample_rate) == (6.0, 8_000)
    assert copy.delete_at is not None
    state = delete_copy(copy.id, provider=stage.house.provider, now=copy.delete_at)
    assert state is ProviderCopyState.GONE
    assert not stage.house.provider.recording_exists(recording.provider_sid or "")
    with reading() as session:
        proof = session.scalars(select(ProviderCopy.proof)).one()
    assert [one["step"] for one in proof] == ["DELETE 204", "GET 404", "GET .wav 404"]


@pytest.mark.parametrize("how", ["404", "html", "truncated", "empty", "text"])
def test_spoiled_media_is_never_stored_and_the_whole_one_is(stage: Stage, how: str) -> None:
    recording = stage.speak(SPOKEN)
    stage.control("faults", {"media": {"how": how, "times": 3}})

    assert stage.bring_patiently(recording) == (RecordingState.STORED, 4)


def test_media_that_stays_an_error_page_fails_aloud_and_stays_there(stage: Stage) -> None:
    recording = stage.speak(SPOKEN)
    stage.control("faults", {"media": {"how": "html", "times": 1_000}})

    state, tries = stage.bring_patiently(recording)

    assert (state, tries) == (RecordingState.FAILED, intake.MOST_BAD_MEDIA)
    assert stage.house.provider.recording_exists(recording.provider_sid or "")


def test_a_lost_callback_is_made_good_by_asking(stage: Stage) -> None:
    recording = stage.speak(SPOKEN, ready=False)

    assert stage.bring_patiently(recording) == (RecordingState.STORED, 1)


def test_silence_is_dropped(stage: Stage) -> None:
    recording = stage.speak({"silence": True})

    assert stage.bring_patiently(recording)[0] is RecordingState.DROPPED


@pytest.mark.conformance("C-DEL-2")
def test_a_call_is_deleted_there_after_its_recording(stage: Stage) -> None:
    recording = stage.speak(SPOKEN)
    stage.bring_patiently(recording)
    with transaction() as session:
        call = session.scalars(select(Call)).one()
        assert call.provider_sid is not None
        copy = provider_copies.note(
            session, CopyKind.CALL, call.provider_sid, organisation_id=None, at=utc_now()
        )
        provider_copies.let_go(session, CopyKind.CALL, call.provider_sid, at=utc_now())
    later = utc_now() + timedelta(hours=1)
    with reading() as session:
        sound = session.scalars(select(ProviderCopy).where(ProviderCopy.id != copy.id)).one()

    delete_copy(sound.id, provider=stage.house.provider, now=later)
    state = delete_copy(copy.id, provider=stage.house.provider, now=later)

    assert state is ProviderCopyState.GONE
    assert stage.house.provider.fetch_call(call.provider_sid) is None


def test_a_recording_nobody_here_knows_is_found_and_let_go(stage: Stage) -> None:
    recording = stage.speak(SPOKEN)
    with transaction() as session:
        session.delete(session.get_one(Recording, recording.id))
        session.delete(session.scalars(select(ProviderCopy)).one())

    provider = stage.house.provider
    assert strangers.remove_strangers(provider=provider, now=utc_now()) == 0
    later = utc_now() + timedelta(hours=3)
    assert strangers.remove_strangers(provider=provider, now=later) == 1
