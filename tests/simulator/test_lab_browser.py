"""The phone lab in a real browser with a microphone: ring, answer, keys, voice, hang up."""

import io
import os
import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
import requests
import soundfile
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.wrappers import Response

from simulator.lab_network import phone_lab
from simulator.lab_silence import SilenceDetector
from simulator.mail_catcher_pages import mail_page
from simulator.mail_catcher_store import MailStore
from simulator.population_voices import Tone, Voice, voices
from simulator.server import OWN_NUMBER, Simulator, start
from simulator.settings import ClockKind, Settings
from simulator.speech import as_wav

pytestmark = pytest.mark.browser

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a token of thirty-two characters"
LAB = "+46701740605"
SAMPLE = voices("sv", Tone.NEGATIVE)[0]


class Bench(Protocol):
    """What the shared fixture offers; see conftest."""

    network: Simulator
    service: Any
    client: Any

    def over(self, sid: str) -> dict[str, Any]: ...


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as a microphone would hear it, at the rate of a sound card, over and over."""
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    samples = np.frombuffer(SAMPLE.pcm(), dtype="<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return path


@pytest.fixture(scope="module")
def browser(microphone: Path) -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={microphone}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Simulator]:
    with start(
        tmp_path / "network",
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        settings=Settings(clock=ClockKind.REAL, cps=100),
        installs=[phone_lab(), mail_page(MailStore(tmp_path / "mail"))],
    ) as simulator:
        yield simulator


@pytest.fixture
def page(network: Simulator, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"{network.origin}/lab/?pace=8")
    expect(page.locator("body")).to_have_attribute("data-link", "up")
    yield page
    context.close()
    assert broken == []


@pytest.fixture
def survey(service: Any) -> str:
    """A question with two digits, a comment, a goodbye; the address of the first document."""
    service.says(
        "/first",
        '<Response><Say language="sv-SE">Hej! Det här är en enkät.</Say>'
        f'<Gather numDigits="2" action="{service.origin}/answered" timeout="20">'
        '<Say language="sv-SE">Hur nöjd är du, från 0 till 10? Tryck nu.</Say></Gather>'
        "</Response>",
    )
    service.says(
        "/answered",
        '<Response><Say language="sv-SE">Berätta mer efter tonen.</Say>'
        f'<Record action="{service.origin}/recorded" finishOnKey="#" timeout="5" maxLength="60"/>'
        "</Response>",
    )
    service.says("/recorded", '<Response><Say language="sv-SE">Tack och hej!</Say></Response>')
    return f"{service.origin}/first"


def state(page: Page, name: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", name, timeout=15_000)


def rung(bench: Bench, survey: str, page: Page) -> str:
    call = bench.client.calls.create(to=LAB, from_=OWN_NUMBER, url=survey)
    state(page, "ringing")
    return str(call.sid)


def loudness(samples: Any) -> Any:
    """Root mean square of each 50 ms."""
    whole = len(samples) // 400 * 400
    return np.sqrt(np.mean(samples[:whole].reshape(-1, 400).astype(float) ** 2, axis=1))


def likeness(heard: Any, voice: Voice) -> float:
    """How well the loud and quiet moments agree with the voice said over and over; 1 at best."""
    said = np.frombuffer(voice.pcm(), dtype="<i2")
    endless = np.concatenate((said,) * (len(heard) // len(said) + 2))
    here = loudness(heard)
    return max(
        float(np.corrcoef(here, loudness(endless[at : at + len(heard)]))[0, 1])
        for at in range(0, len(said), 100)
    )


def test_a_whole_call_with_a_reload_while_it_rings(bench: Bench, survey: str, page: Page) -> None:
    sid = rung(bench, survey, page)
    page.reload()
    state(page, "ringing")
    expect(page.locator("#other")).to_have_text("+46 8 465 004 00")
    page.click("#answer")
    state(page, "in-call")
    expect(page.locator("#caption")).to_have_text("Tryck nu.", timeout=15_000)
    expect(page.locator("#caption")).to_have_attribute("lang", "sv-SE")
    page.click('[data-key="1"]')
    page.keyboard.press("0")
    state(page, "recording")
    expect(page.locator("#recording-indicator")).to_be_visible()
    page.wait_for_function(
        "parseFloat(document.querySelector('#meter').style.getPropertyValue('--level')) > 0.05"
    )
    time.sleep(4.5)
    page.click('[data-key="#"]')
    state(page, "ended")
    bench.over(sid)

    assert bench.service.at("/answered")[0].form["Digits"] == "10"
    expect(page.locator("#transcript")).to_contain_text("Tack och hej!")
    expect(page.locator("#log li")).to_have_count(1)
    recording = bench.service.at("/recorded")[0].form["RecordingUrl"] + ".wav"
    wav = requests.get(recording, auth=(ACCOUNT, TOKEN), timeout=10).content
    heard, rate = soundfile.read(io.BytesIO(wav), dtype="int16")
    assert rate == 8000
    # About the 4.5 seconds and more that were spoken, less the second before the key that the
    # provider loses.
    assert 3.0 < len(heard) / rate < 6.5
    detector = SilenceDetector()
    detector.listen(heard.tobytes())
    assert detector.spoke
    # And of all sentences it is the one that was said, from wherever the microphone was in it.
    words = [v for lang in ("sv", "en") for v in voices(lang, *Tone) if v.text]
    assert max(words, key=lambda voice: likeness(heard, voice)) == SAMPLE
    assert likeness(heard, SAMPLE) > 0.6


def test_hanging_up_ends_the_call_at_once(bench: Bench, survey: str, page: Page) -> None:
    sid = rung(bench, survey, page)
    page.click("#answer")
    state(page, "in-call")

    page.click("#hangup")

    state(page, "ended")
    expect(page.locator("#status")).to_contain_text("The call is over")
    bench.over(sid)
    assert bench.client.calls(sid).fetch().status == "completed"
    assert bench.service.at("/answered") == []
    page.click("#close")
    state(page, "idle")


def test_a_recording_that_is_played_lasts_as_long_as_it_is(bench: Bench, page: Page) -> None:
    service = bench.service
    service.answers["/sound"] = lambda _: Response(as_wav(SAMPLE.pcm()), mimetype="audio/wav")
    played = service.says(
        "/played",
        f"<Response><Play>{service.origin}/sound</Play>"
        '<Say language="sv-SE">Slut.</Say></Response>',
    )
    sid = rung(bench, played, page)

    page.click("#answer")
    expect(page.locator("#caption")).to_contain_text("A recording is played", timeout=15_000)
    began = time.monotonic()
    expect(page.locator("#transcript")).to_contain_text("Slut.", timeout=20_000)

    assert SAMPLE.seconds - 1 < time.monotonic() - began < SAMPLE.seconds + 8
    state(page, "ended")
    bench.over(sid)


def test_declining_is_busy(bench: Bench, survey: str, page: Page) -> None:
    sid = rung(bench, survey, page)

    page.click("#decline")

    bench.over(sid)
    assert bench.client.calls(sid).fetch().status == "busy"


def test_whoever_rang_last_is_the_first_to_be_called_back(
    bench: Bench, survey: str, page: Page
) -> None:
    bench.client.incoming_phone_numbers.create(phone_number="+46846500410", friendly_name="Another")
    page.reload()
    expect(page.locator("#to")).to_contain_text("Another")
    page.select_option("#to", "+46846500410")

    sid = rung(bench, survey, page)
    page.click("#decline")

    bench.over(sid)
    expect(page.locator("#to")).to_have_value(OWN_NUMBER)


def test_an_answer_goes_to_whoever_texted_last(bench: Bench, page: Page) -> None:
    another = "+46846500410"
    bench.client.incoming_phone_numbers.create(phone_number=another, friendly_name="Another")
    page.reload()
    expect(page.locator("#sms-to")).to_contain_text("Another")
    page.select_option("#sms-to", OWN_NUMBER)

    bench.client.messages.create(to=LAB, from_=another, body="Svara STOP")

    expect(page.locator("#sms-to")).to_have_value(another)
    page.reload()
    expect(page.locator("#sms-to")).to_have_value(another)
    page.fill("#sms-body", "STOP")
    bench.client.messages.create(to=LAB, from_=OWN_NUMBER, body="Hej")
    expect(page.locator("#texts li")).to_have_count(2)
    expect(page.locator("#sms-to")).to_have_value(another)
    page.fill("#sms-body", "")
    bench.client.messages.create(to=LAB, from_=OWN_NUMBER, body="Hej igen")
    expect(page.locator("#sms-to")).to_have_value(OWN_NUMBER)


def test_hanging_up_in_the_middle_of_a_word_keeps_what_was_said(
    bench: Bench, survey: str, page: Page
) -> None:
    sid = rung(bench, survey, page)
    page.click("#answer")
    expect(page.locator("#caption")).to_have_text("Tryck nu.", timeout=15_000)
    page.keyboard.type("07")
    state(page, "recording")
    time.sleep(2.5)
    page.click("#hangup")
    bench.over(sid)

    form = bench.service.at("/recorded")[0].form
    assert form["Digits"] == "hangup"
    assert int(form["RecordingDuration"]) >= 1


def test_the_page_rings_the_service_and_texts_it(bench: Bench, survey: str, page: Page) -> None:
    (number,) = bench.client.incoming_phone_numbers.list()
    number.update(
        voice_url=survey,
        friendly_name="Message line",
        sms_url=bench.service.says("/sms", "<Response><Message>Svar</Message></Response>"),
    )
    page.reload()
    expect(page.locator("#to")).to_contain_text("Message line · +46 8 465 004 00")

    page.check("#withhold")
    page.click("#place-call")
    state(page, "in-call")
    page.click("#hangup")
    state(page, "ended")
    assert bench.service.at("/first")[0].form["From"] == "anonymous"
    page.fill("#sms-body", "Hej <b>där</b>!")
    page.click("#sms-send")

    expect(page.locator("#texts li")).to_have_count(2)
    expect(page.locator("#texts li").first).to_contain_text("Hej <b>där</b>!")
    expect(page.locator("#texts li").last).to_contain_text("Svar")
    expect(page.locator("#sms-body")).to_have_value("")


def test_another_number_is_another_telephone(bench: Bench, survey: str, page: Page) -> None:
    page.fill("#number", "070-174 06 06")
    page.press("#number", "Enter")
    expect(page.locator("#number-problem")).to_contain_text("starts with +")

    page.fill("#number", "0046 70-174 06 06")
    page.press("#number", "Enter")
    expect(page.locator("#number")).to_have_value("+46 70 174 06 06")
    expect(page.locator("#other")).to_have_text("+46 70 174 06 06")
    bench.client.calls.create(to="+46701740606", from_=OWN_NUMBER, url=survey)

    state(page, "ringing")


def test_the_page_can_be_used_without_seeing_or_pointing(page: Page) -> None:
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('input, select, textarea, button')]
            .filter((one) => !(one.labels?.length || one.ariaLabel || one.textContent.trim()))
            .map((one) => one.outerHTML)"""
    )
    twice = page.evaluate(
        """() => [...document.querySelectorAll('[id]')].map((one) => one.id)
            .filter((id, n, all) => all.indexOf(id) !== n)"""
    )

    assert unnamed == []
    assert twice == []
    assert page.locator("#caption").get_attribute("aria-live") == "polite"
    expect(page.get_by_role("note")).to_have_text("Simulation: no real telephone is called.")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_of_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})

    for address in ("/lab/", "/mail/"):
        page.goto(page.url.split("/lab")[0].split("/mail")[0] + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize(("hertz", "kept"), [(1000, True), (3000, True), (5000, False)])
def test_sound_above_the_telephone_s_reach_is_filtered_and_not_folded_back(
    page: Page, rate: int, hertz: int, kept: bool
) -> None:
    out = np.array(
        page.evaluate(
            """async ([rate, hertz]) => {
                const { Resampler } = await import('/lab/static/lab_resampler.js');
                const made = new Resampler(rate);
                const out = [];
                let n = 0;
                // In uneven blocks, as sound cards give them.
                for (const size of [128, 1000, 37, 2048, 1, 999].concat(Array(30).fill(2048))) {
                    const block = Float32Array.from({ length: size },
                        () => 0.5 * Math.sin(2 * Math.PI * hertz * n++ / rate));
                    out.push(...made.push(block));
                }
                return [out, n];
            }""",
            [rate, hertz],
        )[0],
        dtype=float,
    )
    settled = out[400:-400]

    level = np.sqrt(np.mean(settled**2)) / (0.5 * 32767 / np.sqrt(2))
    if kept:
        assert level == pytest.approx(1.0, abs=0.06)
        loudest = np.argmax(np.abs(np.fft.rfft(settled * np.hanning(len(settled)))))
        assert loudest * 8000 / len(settled) == pytest.approx(hertz, abs=5)
    else:
        assert level < 0.02
