"""What a scenario file cannot say: things at the same time, or to the service itself."""

import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from sqlalchemy import select

from embedded import fallback
from embedded.setup import point_numbers
from ivr import dialling
from simulator.scenario import scenario_from
from simulator.settings import Stage as Hold
from storage.house import House, reading, utc_now
from storage.queue import QueueName
from storage.states import CallState, Disposition
from storage.tables import Attempt, Call, PermissionDecision
from tests.scenarios.stage import FILES, Stage, serve


def script_of(name: str) -> dict[str, object]:
    return tomllib.loads((FILES / f"{name}.toml").read_text("utf-8"))


def test_two_cases_of_one_customer_are_never_rung_at_the_same_time(stage: Stage) -> None:
    document = script_of("one-is-not-ten")
    document["calls"] = document["calls"] * 2  # type: ignore[operator]
    stage.install(scenario_from(document))
    customer = dict(document["customer"])  # type: ignore[call-overload]
    stage.invite(customer)
    stage.invite(customer | {"case_reference": "K-2"})
    stage.api("settings", {"hold": [Hold.ANSWERED.value]})
    dialling.run_once(now=utc_now())

    dialling.run_once(now=utc_now())

    with reading() as session:
        assert len(session.scalars(select(Attempt)).all()) == 1
        refusals = session.scalars(
            select(PermissionDecision.rule).where(PermissionDecision.allowed.is_(False))
        ).all()
    assert set(refusals) == {"on_the_line"}
    stage.api("settings", {"hold": []})
    stage.api("release", {})
    stage.api("log", wait=1)
    stage.wind(minutes=30)
    stage.dial()
    with reading() as session:
        assert len(session.scalars(select(Attempt)).all()) == 2


def test_a_customer_who_calls_in_while_being_rung_gets_a_line_of_their_own(stage: Stage) -> None:
    document = script_of("one-is-not-ten")
    stage.install(scenario_from(document))
    customer = dict(document["customer"])  # type: ignore[call-overload]
    stage.invite(customer)
    stage.api("settings", {"hold": [Hold.ANSWERED.value]})
    dialling.run_once(now=utc_now())
    stage.api("settings", {"hold": []})
    script = {"direction": "inbound", "does": [{"hang_up": True}]}

    stage.api("inbound", {"from": customer["phone"], "to": "+46313900611", "script": script})
    stage.api("release", {})
    stage.api("log", wait=1)
    stage.settle()

    played = stage.outcome(customer, expect={})
    assert played.line is not None
    assert played.line["answers"] == {"satisfaction": 4, "recommend": 1}
    with reading() as session:
        calls = session.scalars(select(Call)).all()
    assert len(calls) == 2
    assert len({c.token for c in calls}) == 2


@pytest.mark.conformance("C-CALL-4")
def test_a_call_that_the_network_cancels_while_it_rings_is_no_answer_and_nobodys_last(
    stage: Stage,
) -> None:
    document = script_of("one-is-not-ten")
    stage.install(scenario_from(document))
    customer = dict(document["customer"])  # type: ignore[call-overload]
    stage.invite(customer)
    stage.api("settings", {"hold": [Hold.RINGING.value]})
    dialling.run_once(now=utc_now())
    with reading() as session:
        (sid,) = session.scalars(select(Call.provider_sid)).all()
    assert sid is not None

    stage.house.provider.end_call(sid)
    stage.api("settings", {"hold": []})
    stage.api("log", wait=1)
    stage.settle()

    with reading() as session:
        assert session.scalars(select(Call.state)).one() is CallState.CANCELED
        assert session.scalars(select(Attempt.disposition)).one() is Disposition.CANCELED
    played = stage.outcome(customer, expect={})
    assert played.heard == []
    assert played.left["calls"]["count"] == 0


@contextmanager
def workers_of(house: House, stage: Stage) -> Iterator[None]:
    """Jobs of recordings are done while the call goes on, as by a worker process."""
    over = threading.Event()

    def work() -> None:
        from voicemail.jobs import fetch_recording

        while not over.wait(0.05):
            for job in house.bell.queue(QueueName.RECORDINGS).jobs:
                if job.func_name.endswith("fetch_recording"):
                    fetch_recording(*job.args)
                    job.delete()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_comment_that_is_home_is_played_back_to_its_caller(stage: Stage) -> None:
    document = script_of("comment-heard-again")
    stage.install(scenario_from(document))
    stage.api("settings", {"clock": "virtual", "recording_patience": 8.0})
    customer = dict(document["customer"])  # type: ignore[call-overload]
    stage.invite(customer)

    with workers_of(stage.house, stage):
        stage.dial()
    stage.work()

    entries = stage.api("log")["entries"]
    played = [e for e in entries if e["kind"] == "heard" and e["sound"] == "play"]
    assert len(played) == 1
    assert played[0]["seconds"] == pytest.approx(4.95, abs=0.6)


@contextmanager
def documents_on(port: int) -> Iterator[None]:
    """The static fallback documents, served as beside the application."""
    server = fallback.server(port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.conformance("C-HTTP-2")
def test_when_the_web_is_down_the_caller_hears_an_apology(stage: Stage) -> None:
    document = script_of("hang-up-after-the-first-answer")
    stage.install(scenario_from(document))
    customer = dict(document["customer"])  # type: ignore[call-overload]
    stage.invite(customer)
    stage.api("settings", {"hold": [Hold.ANSWERED.value]})
    dialling.run_once(now=utc_now())
    stage.web.stop()
    base = stage.house.settings.fallback_base_url
    assert base is not None

    with documents_on(int(base.rsplit(":", 1)[1])):
        stage.api("settings", {"hold": []})
        stage.api("release", {})
        stage.api("log", wait=1)

    played = stage.outcome(customer, expect={})
    assert any("technical fault" in sentence for sentence in played.heard)
    assert [e["code"] for e in played.entries if e["kind"] == "error"] != []


@pytest.mark.parametrize(
    ("number", "apology"),
    [
        ("+46313900611", "ett tekniskt fel"),  # a mailbox
        ("+46313900600", "teknisk feil"),  # a line that rings in Norwegian
        ("+46313900620", "tekninen"),  # one in Finnish
    ],
)
def test_when_the_web_is_down_who_calls_a_number_of_ours_hears_an_apology_in_its_language(
    stage: Stage, number: str, apology: str
) -> None:
    settings = stage.house.settings
    point_numbers(settings)
    stage.web.stop()
    assert settings.fallback_base_url is not None

    with documents_on(int(settings.fallback_base_url.rsplit(":", 1)[1])):
        stage.api("inbound", {"from": "+46701740605", "to": number, "script": {}})
        stage.api("log", wait=1)

    entries = stage.api("log")["entries"]
    heard = [entry["text"] for entry in entries if entry["kind"] == "heard"]
    assert len(heard) == 1
    assert apology in heard[0]


def test_without_documents_beside_us_a_number_has_no_fallback(stage: Stage) -> None:
    settings = stage.house.settings
    point_numbers(settings)
    assert pointed(stage)

    point_numbers(settings.model_copy(update={"fallback_base_url": None}))

    assert pointed(stage) == set()


def pointed(stage: Stage) -> set[str]:
    """The addresses that the network would ask when ours fail."""
    settings = stage.house.settings
    address = (
        f"{stage.simulator.origin}/2010-04-01/Accounts/{settings.twilio_account_sid}"
        "/IncomingPhoneNumbers.json?PageSize=100"
    )
    auth = (settings.twilio_account_sid, settings.auth_tokens[0])
    answer = requests.get(address, auth=auth, timeout=60).json()
    urls = {one["voice_fallback_url"] for one in answer["incoming_phone_numbers"]}
    return {url for url in urls if url}


def test_the_web_that_comes_back_up_takes_the_next_call(stage: Stage) -> None:
    document = script_of("one-is-not-ten")
    stage.install(scenario_from(document))
    customer = dict(document["customer"])  # type: ignore[call-overload]
    stage.invite(customer)
    port = int(stage.web.origin.rsplit(":", 1)[1])
    stage.web.stop()
    import wsgi

    stage.web = serve(wsgi.create_app(stage.house.settings), port)
    stage.dial()
    stage.settle()

    played = stage.outcome(customer, expect={})
    assert played.line is not None
    assert played.line["status"] == "completed"


def test_there_is_a_fallback_document_for_every_language() -> None:
    names = {path.stem for path in fallback.FOLDER.glob("*.xml")}

    assert names == {"sv", "nb", "da", "fi", "en"}
