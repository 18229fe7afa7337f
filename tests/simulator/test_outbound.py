"""Calls the service makes: how they end, what is told, who is believed to have answered."""

import pytest

EVENTS = ["initiated", "ringing", "answered", "completed"]


def hello(bench):
    return bench.service.says("/answer", "<Response><Say>Hello</Say></Response>")


def ring(bench, script, **wanted):
    """Call somebody who picks up like this; the log, and the status callbacks as told."""
    bench.person(script)
    url = hello(bench)
    sid = bench.ring(
        url,
        status_callback=bench.service.origin + "/status",
        status_callback_event=EVENTS,
        **wanted,
    )
    log = bench.over(sid)
    return log, [one.form for one in bench.service.at("/status")]


@pytest.mark.conformance("C-CALL-6")
@pytest.mark.parametrize(
    ("pickup", "status", "sip"),
    [
        ("busy", "busy", "486"),
        ("no-answer", "no-answer", "487"),
        ("unreachable", "failed", "404"),
    ],
)
def test_a_call_nobody_answers_ends_in_a_state_of_its_own(bench, pickup, status, sip):
    log, told = ring(bench, {"pickup": pickup})

    assert log["status"] == status
    assert [form["CallStatus"] for form in told] == ["initiated", "ringing", status]
    assert [form["SequenceNumber"] for form in told] == ["0", "1", "2"]
    last = told[-1]
    assert (last["SipResponseCode"], last["CallDuration"], last["Duration"]) == (sip, "0", "0")
    assert bench.service.at("/answer") == []
    call = bench.client.calls(log["sid"]).fetch()
    assert (call.duration, call.status) == (None, status)


@pytest.mark.conformance("C-STA-1")
def test_an_answered_call_is_told_event_by_event(bench):
    _, told = ring(bench, {"ring_seconds": 6})

    assert [form["CallStatus"] for form in told] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert {form["CallbackSource"] for form in told} == {"call-progress-events"}
    assert told[-1]["SipResponseCode"] == "200"
    assert (told[-1]["CallDuration"], told[-1]["Duration"]) == ("1", "1")


def test_only_the_events_asked_for_are_told_and_keep_their_numbers(bench):
    bench.person({})
    sid = bench.ring(
        hello(bench),
        status_callback=bench.service.origin + "/status",
        status_callback_event=["answered"],
    )
    bench.over(sid)

    (only,) = bench.service.at("/status")
    assert (only.form["CallStatus"], only.form["SequenceNumber"]) == ("in-progress", "2")


def test_a_call_rings_no_longer_than_its_timeout(bench):
    log, _ = ring(bench, {"ring_seconds": 20}, timeout=15)

    assert log["status"] == "no-answer"
    call = bench.client.calls(log["sid"]).fetch()
    assert (call.end_time - call.start_time).total_seconds() == pytest.approx(16, abs=1)


def test_a_call_lasts_no_longer_than_its_time_limit(bench):
    bench.person({})
    url = bench.service.says("/answer", '<Response><Pause length="900"/></Response>')

    sid = bench.ring(url, time_limit=60)
    bench.over(sid)

    assert bench.client.calls(sid).fetch().duration == "60"


def test_a_number_nobody_knows_rings_unanswered(bench):
    sid = bench.client.calls.create(to="+46701740699", from_="+46846500400", url=hello(bench)).sid

    assert bench.over(sid)["status"] == "no-answer"


def test_the_nth_call_follows_the_nth_script(bench):
    bench.person({"pickup": "busy"}, {})
    url = hello(bench)

    states = [bench.over(bench.ring(url))["status"] for _ in range(3)]

    assert states == ["busy", "completed", "no-answer"]


@pytest.mark.conformance("C-AMD-1")
@pytest.mark.parametrize(
    ("script", "mode", "answered_by"),
    [
        ({}, "Enable", "human"),
        ({"greeting_seconds": 4}, "Enable", "machine_start"),
        ({"pickup": "machine", "greeting_seconds": 8}, "Enable", "machine_start"),
        ({"pickup": "fax"}, "Enable", "fax"),
        ({"pickup": "unknown"}, "Enable", "unknown"),
        ({}, "DetectMessageEnd", "human"),
        ({"pickup": "machine", "greeting_seconds": 8}, "DetectMessageEnd", "machine_end_beep"),
        (
            {"pickup": "machine", "message_end": "silence"},
            "DetectMessageEnd",
            "machine_end_silence",
        ),
        ({"pickup": "machine", "message_end": "other"}, "DetectMessageEnd", "machine_end_other"),
        ({"pickup": "machine", "greeting_seconds": 40}, "DetectMessageEnd", "unknown"),
    ],
)
def test_the_first_document_waits_for_the_verdict(bench, script, mode, answered_by):
    log, told = ring(bench, script, machine_detection=mode)

    (first,) = bench.service.at("/answer")
    assert first.form["AnsweredBy"] == answered_by
    assert int(first.form["MachineDetectionDuration"]) > 0
    assert told[-1]["AnsweredBy"] == answered_by
    assert bench.client.calls(log["sid"]).fetch().answered_by == answered_by


@pytest.mark.conformance("C-AMD-1")
@pytest.mark.parametrize(
    ("script", "answered_by"),
    [
        ({}, "human"),
        ({"pickup": "machine", "greeting_seconds": 8}, "machine_end_beep"),
        ({"pickup": "fax"}, "fax"),
    ],
)
def test_the_verdict_can_come_while_the_call_goes_on(bench, script, answered_by):
    bench.person(script)
    url = bench.service.says("/answer", '<Response><Pause length="60"/></Response>')

    log = bench.over(
        bench.ring(
            url,
            machine_detection="DetectMessageEnd",
            async_amd="true",
            async_amd_status_callback=bench.service.origin + "/detected",
        )
    )

    assert [one.path for one in bench.service.asked] == ["/answer", "/detected"]
    assert "AnsweredBy" not in bench.service.at("/answer")[0].form
    (verdict,) = bench.service.at("/detected")
    assert verdict.form["AnsweredBy"] == answered_by
    assert set(verdict.form) == {
        "CallSid",
        "AccountSid",
        "AnsweredBy",
        "MachineDetectionDuration",
    }
    assert bench.client.calls(log["sid"]).fetch().answered_by == answered_by


@pytest.mark.conformance("C-AMD-1")
def test_the_service_hangs_up_on_a_machine_when_the_verdict_arrives(bench):
    bench.person({"pickup": "machine", "greeting_seconds": 8})
    url = bench.service.says("/answer", '<Response><Pause length="600"/></Response>')
    hung_up = []

    def hang_up(asked):
        hung_up.append(bench.client.calls(asked.form["CallSid"]).update(status="completed").sid)
        return bench.service.answer_nothing()

    bench.service.answers["/detected"] = hang_up

    sid = bench.ring(
        url,
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=bench.service.origin + "/detected",
    )
    bench.over(sid)

    assert hung_up == [sid]
    assert int(bench.client.calls(sid).fetch().duration) < 5


def test_a_held_call_goes_on_when_it_is_released(bench):
    bench.control("settings", {"hold": ["ringing"]})
    bench.person({})
    sid = bench.ring(hello(bench))
    bench.until(lambda: bench.client.calls(sid).fetch().status == "ringing")
    assert bench.service.asked == []

    assert bench.control("release", {"sid": sid}) == {"released": 1}

    assert bench.over(sid)["status"] == "completed"


def test_twenty_calls_at_once_all_come_to_their_end(bench):
    url = bench.service.says("/answer", '<Response><Pause length="30"/></Response>')
    bench.person(*[{}] * 20)

    sids = [bench.ring(url) for _ in range(20)]

    assert {bench.over(sid)["status"] for sid in sids} == {"completed"}
    assert len(bench.service.at("/answer")) == 20
