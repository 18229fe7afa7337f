"""The lab and the town on a whole network: real API, real TwiML, a service that is asked."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
import requests
import soundfile

from simulator.lab_network import phone_lab
from simulator.population import Population
from simulator.population_people import Habit, Person, person
from simulator.population_voices import Tone, voices
from simulator.server import OWN_NUMBER, Simulator, start
from simulator.settings import Settings

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a token of thirty-two characters"
LAB = "+46701740605"
TOWN = Population(300, seed=1)


class Bench(Protocol):
    """What the shared fixture offers; see conftest."""

    network: Simulator
    service: Any
    client: Any

    def over(self, sid: str) -> dict[str, Any]: ...
    def until(self, what: Any, *, seconds: float = 10) -> Any: ...


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Simulator]:
    with start(
        tmp_path / "network",
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        settings=Settings(cps=1000),
        installs=[phone_lab(TOWN)],
    ) as simulator:
        yield simulator


@pytest.fixture
def survey(service: Any) -> str:
    """A question, a comment, a goodbye; the address of the first document."""
    question = "Hur nöjd är du? Tryck en siffra från 1 till 5."
    service.says(
        "/first",
        f'<Response><Gather numDigits="1" action="{service.origin}/answered">'
        f'<Say language="sv-SE">{question}</Say></Gather>'
        f"<Redirect>{service.origin}/answered</Redirect></Response>",
    )
    service.says(
        "/answered",
        f'<Response><Say language="sv-SE">Berätta mer efter tonen.</Say>'
        f'<Record action="{service.origin}/recorded" finishOnKey="#" timeout="3" maxLength="60"/>'
        f"</Response>",
    )
    service.says("/recorded", '<Response><Say language="sv-SE">Tack!</Say></Response>')
    return f"{service.origin}/first"


class Page:
    """A lab page without a browser: reads the stream, posts what one would click."""

    def __init__(self, origin: str, number: str = LAB) -> None:
        self._base = f"{origin}/lab/phones/{number}"
        self._open = requests.get(f"{self._base}/events", stream=True, timeout=30)
        self.picture: dict[str, Any] = {}
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.wait(lambda picture: picture)

    def _read(self) -> None:
        try:
            for line in self._open.iter_lines(chunk_size=1):
                if line.startswith(b"data: "):
                    with self._news:
                        self.picture = json.loads(line[6:])
                        self._news.notify_all()
        except (requests.RequestException, AttributeError, ValueError):
            return  # closed by the test

    def wait(self, what: Any) -> dict[str, Any]:
        with self._news:
            assert self._news.wait_for(lambda: what(self.picture), 15), self.picture
            return self.picture

    def post(self, path: str, **fields: Any) -> requests.Response:
        return requests.post(f"{self._base}/{path}", json=fields, timeout=10)

    def say(self, window: int, piece: int, pcm: bytes) -> requests.Response:
        return requests.post(f"{self._base}/speech/{window}/{piece}", data=pcm, timeout=10)

    def hear(self, words: str) -> dict[str, Any]:
        picture = self.wait(lambda now: now["sound"] and words in now["sound"]["text"])
        self.post("heard", sound=picture["sound"]["id"])
        return picture

    def close(self) -> None:
        self._open.close()
        self._thread.join(5)


@pytest.fixture
def page(network: Simulator) -> Iterator[Page]:
    page = Page(network.origin)
    yield page
    page.close()


def test_a_call_is_answered_on_the_page_with_keys_and_voice(
    bench: Bench, survey: str, page: Page
) -> None:
    call = bench.client.calls.create(to=LAB, from_=OWN_NUMBER, url=survey)

    assert page.wait(lambda now: now["state"] == "ringing")["other"] == OWN_NUMBER
    page.post("answer")
    page.wait(lambda now: now["sound"] and "Hur nöjd" in now["sound"]["text"])
    page.post("key", key="4")
    page.hear("Berätta mer")
    window = page.wait(lambda now: now["speech"])["speech"]["id"]
    spoken = voices("sv", Tone.MIXED)[0].pcm()
    for piece, start_at in enumerate(range(0, len(spoken), 16000)):
        assert page.say(window, piece, spoken[start_at : start_at + 16000]).status_code == 204
    assert page.say(window, 99, spoken[:100]).json() == {"wanted": piece + 1}
    page.post("key", key="#")
    page.hear("Tack!")
    ended = page.wait(lambda now: now["state"] == "ended")
    bench.over(call.sid)

    (answered,) = bench.service.at("/answered")
    assert answered.form["Digits"] == "4"
    (recorded,) = bench.service.at("/recorded")
    assert recorded.form["Digits"] == "#"
    assert ended["log"][0]["ending"] == "completed"
    wav = requests.get(
        recorded.form["RecordingUrl"] + ".wav", auth=(ACCOUNT, TOKEN), timeout=10
    ).content
    heard, rate = _decoded(wav)
    said = np.frombuffer(spoken, dtype="<i2").astype(float)
    assert rate == 8000
    # The network trims silence at both ends and loses the last second before the key, as the
    # provider does; what is left is the very same sound.
    assert 0.9 * (len(said) - rate) < len(heard) <= len(said)
    assert any(np.array_equal(heard, said[at : at + len(heard)]) for at in range(2 * rate))


def test_a_number_whose_page_is_not_open_is_not_answered(bench: Bench, survey: str) -> None:
    call = bench.client.calls.create(to=LAB, from_=OWN_NUMBER, url=survey)
    bench.over(call.sid)

    assert bench.client.calls(call.sid).fetch().status == "no-answer"


def test_two_pages_with_two_numbers_are_two_telephones(
    bench: Bench, survey: str, page: Page
) -> None:
    other = Page(bench.network.origin, "+46701740606")

    bench.client.calls.create(to="+46701740606", from_=OWN_NUMBER, url=survey)

    other.wait(lambda now: now["state"] == "ringing")
    assert page.picture["state"] == "idle"
    other.post("decline")
    other.wait(lambda now: now["state"] == "ended" and now["ending"] == "busy")
    other.close()


def test_the_page_rings_the_service_and_leaves_a_message(
    bench: Bench, survey: str, page: Page
) -> None:
    (number,) = bench.client.incoming_phone_numbers.list()
    number.update(voice_url=survey, friendly_name="Message line")
    listed = requests.get(f"{bench.network.origin}/lab/numbers", timeout=10).json()
    assert listed == [{"number": OWN_NUMBER, "name": "Message line"}]

    assert page.post("call", to=OWN_NUMBER).status_code == 204
    assert page.post("call", to=OWN_NUMBER).status_code == 409
    page.wait(lambda now: now["sound"] and "Hur nöjd" in now["sound"]["text"])
    page.post("hangup")
    ended = page.wait(lambda now: now["state"] == "ended")

    assert (ended["outgoing"], ended["other"]) == (True, OWN_NUMBER)
    first = bench.service.at("/first")[0].form
    assert (first["From"], first["To"], first["Direction"]) == (LAB, OWN_NUMBER, "inbound")
    page.post("close")
    page.wait(lambda now: now["state"] == "idle")


@pytest.mark.parametrize(("withheld", "shown"), [(True, "anonymous"), (False, LAB)])
def test_the_page_may_withhold_its_number(
    bench: Bench, survey: str, page: Page, withheld: bool, shown: str
) -> None:
    (number,) = bench.client.incoming_phone_numbers.list()
    number.update(voice_url=survey)

    assert page.post("call", to=OWN_NUMBER, withheld=withheld).status_code == 204
    page.wait(lambda now: now["sound"] and "Hur nöjd" in now["sound"]["text"])
    page.post("hangup")
    page.wait(lambda now: now["state"] == "ended")

    assert bench.service.at("/first")[0].form["From"] == shown


def test_text_messages_go_both_ways(bench: Bench, page: Page) -> None:
    (number,) = bench.client.incoming_phone_numbers.list()
    reply = bench.service.says("/sms", "<Response><Message>Tack!</Message></Response>")
    number.update(sms_url=reply)

    bench.client.messages.create(to=LAB, from_=OWN_NUMBER, body="Hur var det?")
    page.wait(lambda now: [text["body"] for text in now["texts"]] == ["Hur var det?"])
    page.post("text", to=OWN_NUMBER, body="Bra!")
    texts = page.wait(lambda now: len(now["texts"]) == 3)["texts"]

    assert [(text["outgoing"], text["body"]) for text in texts] == [
        (False, "Hur var det?"),
        (True, "Bra!"),
        (False, "Tack!"),
    ]
    assert bench.service.at("/sms")[0].form["Body"] == "Bra!"


def test_a_telephone_keeps_its_texts_when_the_providers_copies_are_emptied_and_deleted(
    bench: Bench, page: Page
) -> None:
    emptied = bench.client.messages.create(to=LAB, from_=OWN_NUMBER, body="Hur var det?")
    deleted = bench.client.messages.create(to=LAB, from_=OWN_NUMBER, body="Er kod: 2345")
    page.wait(lambda now: len(now["texts"]) == 2)
    bench.until(lambda: deleted.fetch().status == emptied.fetch().status == "delivered")
    emptied.update(body="")
    assert deleted.delete()

    bench.client.messages.create(to=LAB, from_=OWN_NUMBER, body="Tack!")
    texts = page.wait(lambda now: len(now["texts"]) == 3)["texts"]

    assert [text["body"] for text in texts] == ["Hur var det?", "Er kod: 2345", "Tack!"]


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("key", {"key": "12"}, 400),
        ("key", {}, 400),
        ("call", {"to": "+46999999999"}, 400),
        ("text", {"to": OWN_NUMBER, "body": ""}, 400),
        ("text", {"to": "+46999999999", "body": "x"}, 400),
        ("heard", {"sound": "x"}, 400),
        ("speech/1/sample", {"sample": "sv-01"}, 410),
        ("speech/1/sample", {"sample": "../sv-01"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(
    page: Page, path: str, fields: dict[str, str], status: int
) -> None:
    assert page.post(path, **fields).status_code == status


def test_a_number_must_be_a_number(network: Simulator) -> None:
    answer = requests.get(f"{network.origin}/lab/phones/nobody/events", timeout=10)

    assert answer.status_code == 400
    assert "+46701740605" in answer.json()["error"]


def test_another_site_in_the_same_browser_cannot_use_the_telephone(network: Simulator) -> None:
    answer = requests.post(
        f"{network.origin}/lab/phones/{LAB}/hangup",
        headers={"Sec-Fetch-Site": "cross-site"},
        timeout=10,
    )

    assert answer.status_code == 403


def test_the_town_does_on_the_network_what_its_habits_say(bench: Bench, survey: str) -> None:
    people = [person(index, seed=1) for index in range(60)]
    calls = [
        bench.client.calls.create(to=who.number, from_=OWN_NUMBER, url=survey).sid for who in people
    ]
    for sid in calls:
        bench.over(sid)

    endings = {
        who: bench.client.calls(sid).fetch().status for who, sid in zip(people, calls, strict=True)
    }
    assert all(status == _expected(who) for who, status in endings.items()), endings
    recorded = {call.form["CallSid"]: call for call in bench.service.at("/recorded")}
    answering = [who for who in people if who.habit is Habit.ANSWERS]
    assert len(answering) > 10
    for who, sid in zip(people, calls, strict=True):
        if who.habit is not Habit.ANSWERS:
            continue
        seconds = int(recorded[sid].form["RecordingDuration"])
        assert who.voice.seconds - 1.5 <= seconds <= who.voice.seconds + 5
    board = requests.get(f"{bench.network.origin}/lab/board", timeout=10).json()
    shown = {line["number"]: line for line in board["calls"]}
    assert shown[people[-1].number]["person"] == people[-1].name


def test_the_town_answers_a_text_message_with_a_score(bench: Bench) -> None:
    (number,) = bench.client.incoming_phone_numbers.list()
    number.update(sms_url=bench.service.says("/sms", "<Response/>"))
    who = next(
        each
        for each in (person(index, seed=1) for index in range(300))
        if each.habit is Habit.ANSWERS and each.locale == "sv"
    )

    bench.client.messages.create(
        to=who.number, from_=OWN_NUMBER, body="Hur nöjd är du, från 1 till 5?"
    )

    asked = bench.until(lambda: bench.service.at("/sms"))
    assert asked[0].form["From"] == who.number
    assert asked[0].form["Body"] in set("12345")


def _expected(who: Person) -> str:
    return {
        Habit.BUSY: "busy",
        Habit.AWAY: "no-answer",
        Habit.UNREACHABLE: "failed",
    }.get(who.habit, "completed")


def _decoded(wav: bytes) -> tuple[Any, int]:
    import io

    samples, rate = soundfile.read(io.BytesIO(wav), dtype="int16")
    return samples.astype(float), rate
