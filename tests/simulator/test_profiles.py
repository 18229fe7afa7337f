"""The dialects of compatible providers, through the same client."""

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from simulator.settings import Settings

RECORDING = (
    '<Response><Record action="/recorded" recordingStatusCallback="/ready"'
    ' trim="do-not-trim"/></Response>'
)


@pytest.fixture
def network_settings(request):
    return Settings(cps=1000, profile=request.param)


somleng = pytest.mark.parametrize("network_settings", ["somleng"], indirect=True)
signalwire = pytest.mark.parametrize("network_settings", ["signalwire"], indirect=True)
every = pytest.mark.parametrize(
    "network_settings", ["twilio", "somleng", "signalwire"], indirect=True
)


@pytest.mark.conformance("C-PROF-1")
@every
def test_a_whole_conversation_works(bench):
    service = bench.service
    service.says("/keys", RECORDING)
    service.says("/recorded", "<Response><Say>Thank you</Say><Hangup/></Response>")
    url = service.says(
        "/answer",
        '<Response><Gather action="/keys" numDigits="2"><Say>Zero to ten</Say></Gather></Response>',
    )

    log = bench.call(
        url,
        {"keys": "10"},
        {"speak_seconds": 4, "end_by": "#"},
        status_callback=service.origin + "/status",
    )

    assert log["status"] == "completed"
    assert service.at("/keys")[0].form["Digits"] == "10"
    form = service.at("/recorded")[0].form
    assert form["RecordingDuration"] == "4"
    (ready,) = service.at("/ready")
    assert ready.form["RecordingUrl"] == form["RecordingUrl"]
    (status,) = service.at("/status")
    assert status.form["CallStatus"] == "completed"
    sound = requests.get(form["RecordingUrl"] + ".wav", auth=bench.client.auth, timeout=9)
    assert sound.content.startswith(b"RIFF")


@pytest.mark.conformance("C-PROF-1")
@somleng
def test_the_second_dialect_tells_little_and_once(bench):
    log = bench.call(
        bench.service.says("/answer", RECORDING),
        {"speak_seconds": 4, "end_by": "hang_up"},
        status_callback=bench.service.origin + "/status",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )

    first = bench.service.at("/answer")[0].form
    assert set(first) == {
        "AccountSid",
        "ApiVersion",
        "CallSid",
        "CallStatus",
        "Direction",
        "From",
        "To",
    }
    assert first["CallStatus"] == "ringing"
    assert "-" in first["CallSid"]
    assert bench.service.at("/recorded") == []  # not requested after a hang-up
    (status,) = bench.service.at("/status")
    assert (status.form["CallStatus"], status.form["SequenceNumber"]) == ("completed", "0")
    with pytest.raises(TwilioRestException) as refused:
        bench.client.calls(log["sid"]).delete()
    assert refused.value.status == 405
    with pytest.raises(TwilioRestException):
        bench.client.recordings(bench.client.recordings.list()[0].sid).delete()


@pytest.mark.conformance("C-PROF-1")
@somleng
def test_the_second_dialect_knows_no_pause_and_no_fallback(bench):
    bench.control("settings", {"strict": False})
    url = bench.service.says("/answer", '<Response><Say>Hi</Say><Pause length="1"/></Response>')
    bench.person({})

    log = bench.over(bench.ring(url, fallback_url=bench.service.origin + "/fallback"))

    assert bench.entries(log, "error")[0]["code"] == 12200
    assert bench.service.at("/fallback") == []


@pytest.mark.conformance("C-PROF-1")
@somleng
def test_the_second_dialect_writes_codes_as_text_and_keeps_sound_elsewhere(bench):
    base = f"{bench.network.origin}/2010-04-01/Accounts/{bench.client.account_sid}"

    refused = requests.post(f"{base}/Calls.json", data={}, auth=bench.client.auth, timeout=9)
    bench.call(bench.service.says("/answer", RECORDING), {"speak_seconds": 1, "end_by": "#"})
    url = bench.service.at("/recorded")[0].form["RecordingUrl"]
    moved = requests.get(url, allow_redirects=False, timeout=9)

    assert (refused.status_code, refused.json()["code"]) == (422, "21201")
    assert moved.status_code == 302
    assert "/object-store/" in moved.headers["Location"]


@pytest.mark.conformance("C-PROF-1")
@signalwire
def test_the_third_dialect_signs_under_another_name(bench):
    base = f"{bench.network.origin}/api/laml/2010-04-01/Accounts/{bench.client.account_sid}"
    bench.person({})
    url = bench.service.says("/answer", "<Response><Hangup/></Response>")

    made = requests.post(
        f"{base}/Calls.json",
        data={"To": "+46701740605", "From": "+46846500400", "Url": url},
        auth=bench.client.auth,
        timeout=9,
    )
    bench.over(made.json()["sid"])

    assert made.status_code == 200
    (asked,) = bench.service.at("/answer")
    assert "X-Twilio-Signature" not in asked.headers
    mark = asked.headers["X-Signalwire-Signature"]
    assert RequestValidator(bench.client.auth[1]).validate(asked.url, asked.form, mark)


@pytest.mark.conformance("C-PROF-1")
@signalwire
def test_the_third_dialect_waits_five_seconds(bench):
    assert bench.network.exchange.settings.deadline == 5


@every
def test_the_deadline_can_be_shortened_for_a_test(bench):
    bench.control("settings", {"webhook_seconds": 0.2})

    assert bench.network.exchange.settings.deadline == 0.2
