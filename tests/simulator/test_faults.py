"""Misbehaviour to order, as the service meets it."""

import pytest
from twilio.request_validator import RequestValidator

EVENTS = ["initiated", "ringing", "answered", "completed"]


def call(bench, document="<Response><Say>Hello</Say></Response>"):
    bench.person({"does": [{"keys": "1"}]})
    sid = bench.ring(
        bench.service.says("/answer", document),
        status_callback=bench.service.origin + "/status",
        status_callback_event=EVENTS,
    )
    return bench.over(sid)


def accepted(bench, asked):
    validator = RequestValidator(bench.client.auth[1])
    return validator.validate(asked.url, asked.form, asked.headers.get("X-Twilio-Signature", ""))


def states(bench):
    return [one.form["CallStatus"] for one in bench.service.at("/status")]


@pytest.mark.conformance("C-SIG-1")
def test_everything_is_signed_so_that_the_providers_library_accepts_it(bench):
    call(bench, '<Response><Gather action="/keys?a=%C3%A5&amp;b=+" numDigits="1"/></Response>')

    assert len(bench.service.at("/keys")) == 1
    assert all(accepted(bench, one) for one in bench.service.asked)


@pytest.mark.conformance("C-SIG-8")
def test_a_field_nobody_announced_is_sent_and_signed(bench):
    bench.control("faults", {"extra": {"StirVerstat": "TN-Validation-Passed-A"}})

    call(bench)

    assert all(one.form["StirVerstat"] for one in bench.service.asked)
    assert all(accepted(bench, one) for one in bench.service.asked)


@pytest.mark.conformance("C-SIG-7")
@pytest.mark.parametrize("signature", ["wrong", "missing"])
def test_a_wrong_or_missing_signature_is_not_accepted(bench, signature):
    bench.control("faults", {"signature": signature})

    call(bench)

    assert bench.service.asked
    assert not any(accepted(bench, one) for one in bench.service.asked)


@pytest.mark.conformance("C-SIG-7")
def test_a_body_changed_after_signing_is_not_accepted(bench):
    bench.control("faults", {"tamper": ["status"]})

    call(bench)

    assert accepted(bench, bench.service.at("/answer")[0])
    assert len(bench.service.at("/status")) == 4
    assert not any(accepted(bench, one) for one in bench.service.at("/status"))


def test_a_captured_request_is_replayed_word_for_word(bench):
    bench.control("faults", {"replay": ["document"]})

    call(bench)

    first, again = bench.service.at("/answer")
    assert first.raw == again.raw
    assert first.headers == again.headers
    assert bench.service.asked[-1] is again


@pytest.mark.conformance("C-STA-1")
def test_callbacks_are_delivered_twice(bench):
    bench.control("faults", {"duplicate": ["status"]})

    call(bench)

    assert states(bench)[:4] == ["initiated", "initiated", "ringing", "ringing"]
    tokens = [one.headers["I-Twilio-Idempotency-Token"] for one in bench.service.at("/status")]
    assert tokens[0] == tokens[1] != tokens[2]


def test_a_document_is_asked_for_twice_and_the_second_answer_counts(bench):
    bench.control("faults", {"duplicate": ["document"]})
    url = bench.service.says(
        "/answer", "<Response><Say>one</Say></Response>", "<Response><Say>two</Say></Response>"
    )

    log = bench.call(url)

    assert [one["text"] for one in bench.entries(log, "heard")] == ["two"]


@pytest.mark.conformance("C-STA-1")
def test_callbacks_arrive_last_first(bench):
    bench.control("faults", {"reorder": True})

    call(bench)

    assert states(bench) == ["completed", "in-progress", "ringing", "initiated"]
    numbers = [one.form["SequenceNumber"] for one in bench.service.at("/status")]
    assert numbers == ["3", "2", "1", "0"]


def test_callbacks_get_lost(bench):
    bench.control("faults", {"lose": ["status"]})

    log = call(bench)

    assert bench.service.at("/status") == []
    lost = [one for one in bench.entries(log, "webhook") if one["fault"] == "lost"]
    assert len(lost) == 4


def test_a_lost_document_looks_like_a_timeout(bench):
    bench.control("faults", {"lose": ["document"]})

    log = call(bench)

    assert bench.service.at("/answer") == []
    assert bench.entries(log, "error")[0]["code"] == 11200
    assert int(bench.client.calls(log["sid"]).fetch().duration) >= 15


def test_a_callback_comes_late(bench):
    bench.control("faults", {"delay": {"recording": 5}})
    bench.service.says("/recorded", '<Response><Pause length="3"/><Say>bye</Say></Response>')

    log = bench.call(
        bench.service.says(
            "/answer",
            '<Response><Record action="/recorded" recordingStatusCallback="/ready"/></Response>',
        ),
        {"speak_seconds": 2, "end_by": "#"},
        status_callback=bench.service.origin + "/status",
    )

    assert [one.path for one in bench.service.asked][-2:] == ["/status", "/ready"]
    assert log["status"] == "completed"


def test_a_service_that_cannot_be_connected_to_is_noted(bench):
    bench.control("faults", {"unreachable": ["document"]})

    log = call(bench)

    assert bench.entries(log, "error")[0]["code"] == 11205


def test_new_faults_replace_the_old_ones(bench):
    bench.control("faults", {"lose": ["status"]})
    bench.control("faults", {})

    call(bench)

    assert len(states(bench)) == 4


@pytest.mark.conformance("C-STA-1")
def test_callbacks_can_race_with_the_call(bench):
    bench.control("settings", {"racing": True})

    call(bench)

    assert sorted(states(bench)) == sorted(["initiated", "ringing", "in-progress", "completed"])
