"""Calls that people make to the service's number."""

import pytest
import requests

PERSON = "+46701740605"
OURS = "+46846500400"


@pytest.fixture
def pointed(bench):
    """The service's number, pointing at the service."""
    (number,) = bench.client.incoming_phone_numbers.list()
    origin = bench.service.origin
    number.update(
        voice_url=origin + "/inbound",
        voice_fallback_url=origin + "/fallback",
        voice_fallback_method="GET",
        status_callback=origin + "/status",
    )
    return number


def call_in(bench, *does, **script):
    sid = bench.control(
        "inbound", {"from": PERSON, "to": OURS, "script": {"does": list(does), **script}}
    )["sid"]
    return bench.over(sid)


def test_an_inbound_call_rings_until_the_service_says_something(bench, pointed, schema):
    bench.service.says("/inbound", '<Response><Gather action="/keys" numDigits="1"/></Response>')
    bench.service.says("/keys", "<Response><Say>Goodbye</Say></Response>")

    log = call_in(bench, {"keys": "1"})

    first, keys = bench.service.at("/inbound")[0].form, bench.service.at("/keys")[0].form
    assert (first["CallStatus"], first["Direction"]) == ("ringing", "inbound")
    assert (first["From"], first["To"]) == (PERSON, OURS)
    assert (keys["CallStatus"], keys["Digits"]) == ("in-progress", "1")
    (told,) = bench.service.at("/status")
    assert told.form["CallStatus"] == "completed"
    assert int(told.form["CallDuration"]) >= 1
    call = bench.client.calls(log["sid"]).fetch()
    assert (call.direction, call.phone_number_sid) == ("inbound", pointed.sid)


@pytest.mark.parametrize(("reason", "status"), [("rejected", "no-answer"), ("busy", "busy")])
def test_a_rejected_call_was_never_answered(bench, pointed, reason, status):
    bench.service.says("/inbound", f'<Response><Reject reason="{reason}"/></Response>')

    log = call_in(bench)

    assert log["status"] == status
    assert bench.client.calls(log["sid"]).fetch().duration is None


def test_a_leading_pause_lets_it_ring_on(bench, pointed):
    bench.service.says("/inbound", '<Response><Pause length="7"/><Say>Hello</Say></Response>')

    log = call_in(bench)

    call = bench.client.calls(log["sid"]).fetch()
    assert call.duration == "1"
    assert (call.end_time - call.date_created).total_seconds() == pytest.approx(8, abs=1)


@pytest.mark.conformance("C-HTTP-2")
def test_the_fallback_of_the_number_is_asked_when_the_service_is_down(bench, pointed):
    bench.service.says("/inbound", "", status=503)
    bench.service.says("/fallback", "<Response><Say>Call later</Say></Response>")

    log = call_in(bench)

    assert "ErrorCode=11200" in bench.service.at("/fallback")[0].query
    assert bench.entries(log, "heard")[-1]["text"] == "Call later"


@pytest.mark.conformance("C-REC-4")
def test_hanging_up_while_speaking_to_the_number_requests_the_action(bench, pointed):
    bench.service.says("/inbound", '<Response><Record action="/recorded"/></Response>')

    call_in(bench, {"speak_seconds": 5, "end_by": "hang_up"})

    (form,) = [one.form for one in bench.service.at("/recorded")]
    assert (form["Digits"], form["CallStatus"], form["Direction"]) == (
        "hangup",
        "completed",
        "inbound",
    )


def test_a_scenario_can_script_the_call_back(bench, pointed):
    bench.service.says("/inbound", "<Response><Say>Hello</Say></Response>")
    bench.person({"direction": "inbound", "does": [{"on": "hello", "hang_up": True}]})

    sid = bench.control("inbound", {"from": PERSON, "to": OURS})["sid"]

    assert bench.entries(bench.over(sid), "heard")[0]["ended"] == "hang_up"


def test_a_scripted_person_may_show_another_number_or_none(bench, pointed):
    bench.service.says("/inbound", "<Response><Say>Hello</Say></Response>")
    bench.person({"direction": "inbound", "does": [{"on": "hello", "hang_up": True}]})

    sid = bench.control("inbound", {"from": "anonymous", "to": OURS, "person": PERSON})["sid"]

    bench.over(sid)
    assert bench.service.at("/inbound")[0].form["From"] == "anonymous"


def test_somebody_who_withholds_the_number_can_call(bench, pointed):
    bench.service.says("/inbound", "<Response><Hangup/></Response>")

    sid = bench.control("inbound", {"from": "anonymous", "to": OURS, "script": {}})["sid"]

    bench.over(sid)
    assert bench.service.at("/inbound")[0].form["From"] == "anonymous"


def test_a_number_that_is_not_ours_cannot_be_called(bench):
    url = f"{bench.network.origin}/simulator/api/inbound"

    refused = requests.post(
        url, json={"from": PERSON, "to": "+46846500499", "script": {}}, timeout=9
    )

    assert refused.status_code == 400
    assert OURS in refused.json()["error"]


def test_a_number_without_an_address_fails_its_callers(bench):
    log = call_in(bench)

    assert log["status"] == "failed"
    assert bench.entries(log, "error")[0]["code"] == 11100
