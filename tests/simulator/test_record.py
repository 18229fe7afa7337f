"""Record: how speaking ends, what is kept of it, and what the service is told."""

import io
import threading
import time
import wave
from datetime import timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException


def recording(bench, attributes="", after="<Say>We heard nothing</Say>"):
    bench.service.says("/recorded", "<Response><Say>Thank you</Say></Response>")
    return bench.service.says(
        "/answer",
        '<Response><Record action="/recorded" recordingStatusCallback="/ready" '
        f"{attributes}/>{after}</Response>",
    )


def action(bench):
    (one,) = bench.service.at("/recorded")
    return one.form


def sound(bench, sid, extension=".wav"):
    path = f"/2010-04-01/Accounts/{bench.client.account_sid}/Recordings/{sid}{extension}"
    return requests.get(bench.network.origin + path, auth=bench.client.auth, timeout=9)


def seconds_of(wav):
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return file.getnframes() / file.getframerate()


@pytest.mark.conformance("C-REC-1")
def test_a_key_ends_the_recording(bench):
    bench.call(recording(bench, 'trim="do-not-trim"'), {"speak_seconds": 6, "end_by": "#"})

    form = action(bench)
    assert (form["Digits"], form["RecordingDuration"], form["CallStatus"]) == (
        "#",
        "6",
        "in-progress",
    )
    assert form["RecordingUrl"].rpartition("/")[2] == form["RecordingSid"]
    assert seconds_of(sound(bench, form["RecordingSid"]).content) == 6
    (ready,) = bench.service.at("/ready")
    assert ready.form["RecordingStatus"] == "completed"
    assert ready.form["RecordingDuration"] == "6"
    assert set(ready.form) == {
        "RecordingSource", "RecordingSid", "RecordingUrl", "RecordingStatus", "RecordingChannels",
        "ErrorCode", "CallSid", "RecordingStartTime", "AccountSid", "RecordingDuration",
    }  # fmt: skip


@pytest.mark.conformance("C-REC-2")
def test_silence_ends_the_recording_and_is_trimmed_only_if_wanted(bench):
    bench.call(recording(bench, 'timeout="4" trim="do-not-trim"'), {"speak_seconds": 3})
    kept = action(bench)
    bench.service.asked.clear()
    bench.call(recording(bench, 'timeout="4"'), {"speak_seconds": 3})
    trimmed = action(bench)

    assert kept["Digits"] == trimmed["Digits"] == ""
    # The action tells the length before trimming, the callback the final one.
    assert kept["RecordingDuration"] == trimmed["RecordingDuration"] == "7"
    assert seconds_of(sound(bench, kept["RecordingSid"]).content) == 7
    assert seconds_of(sound(bench, trimmed["RecordingSid"]).content) == pytest.approx(3, abs=0.05)
    assert bench.service.at("/ready")[0].form["RecordingDuration"] == "3"


@pytest.mark.conformance("C-REC-3")
def test_max_length_ends_the_recording(bench):
    bench.call(recording(bench, 'maxLength="5"'), {"speak_seconds": 60})

    assert (action(bench)["Digits"], action(bench)["RecordingDuration"]) == ("", "5")


@pytest.mark.conformance("C-REC-4")
def test_hanging_up_ends_the_recording_and_the_action_is_still_requested(bench):
    url = recording(bench)

    log = bench.call(
        url, {"speak_seconds": 12, "end_by": "hang_up"}, status_callback=url + "/status"
    )

    form = action(bench)
    assert (form["Digits"], form["CallStatus"]) == ("hangup", "completed")
    assert form["RecordingDuration"] == "12"
    assert [one["text"] for one in bench.entries(log, "heard")] == [""]  # the beep, no thanks
    assert log["status"] == "completed"
    assert [one.path for one in bench.service.asked] == [
        "/answer",
        "/recorded",
        "/answer/status",
        "/ready",
    ]


@pytest.mark.conformance("C-REC-5")
def test_an_empty_recording_is_stored_by_default(bench):
    bench.call(recording(bench, 'timeout="5" trim="do-not-trim"'), {"silence": True})

    assert action(bench)["RecordingDuration"] == "5"
    assert len(bench.client.recordings.list()) == 1
    assert not any(sound(bench, action(bench)["RecordingSid"]).content[44:])


@pytest.mark.conformance("C-REC-5")
def test_an_empty_recording_is_passed_over_in_the_older_way(bench):
    bench.control("settings", {"record_empty": "legacy"})

    log = bench.call(recording(bench), {"silence": True})

    assert bench.service.at("/recorded") == []
    assert bench.entries(log, "heard")[-1]["text"] == "We heard nothing"
    assert bench.client.recordings.list() == []


@pytest.mark.conformance("C-REC-6")
@pytest.mark.parametrize("events", ["completed", "completed absent"])
def test_an_empty_recording_can_be_absent(bench, events):
    bench.control("settings", {"record_empty": "absent"})

    bench.call(recording(bench, f'recordingStatusCallbackEvent="{events}"'), {"silence": True})

    sid = action(bench)["RecordingSid"]
    assert bench.client.recordings(sid).fetch().status == "absent"
    assert sound(bench, sid).status_code == 404
    ready = [one.form["RecordingStatus"] for one in bench.service.at("/ready")]
    assert ready == (["absent"] if "absent" in events else [])


def test_every_event_of_a_recording_is_told_if_wanted(bench):
    url = recording(bench, 'recordingStatusCallbackEvent="in-progress completed"')

    bench.call(url, {"speak_seconds": 2, "end_by": "1"})

    ready = [one.form for one in bench.service.at("/ready")]
    assert [form["RecordingStatus"] for form in ready] == ["in-progress", "completed"]
    assert "RecordingDuration" not in ready[0]


@pytest.mark.conformance("C-REC-7")
@pytest.mark.parametrize(
    ("faults", "order"),
    [
        ({}, ["/recorded", "/ready"]),
        ({"recording_first": True}, ["/ready", "/recorded"]),
        ({"duplicate": ["recording"]}, ["/recorded", "/ready", "/ready"]),
        ({"lose": ["recording"]}, ["/recorded"]),
    ],
)
def test_the_recording_callback_comes_before_after_twice_or_never(bench, faults, order):
    bench.control("faults", faults)

    bench.call(recording(bench), {"speak_seconds": 3, "end_by": "#"})

    assert [one.path for one in bench.service.asked if one.path != "/answer"] == order
    tokens = {one.headers["I-Twilio-Idempotency-Token"] for one in bench.service.at("/ready")}
    assert len(tokens) <= 1
    # Whatever became of the callback, the recording is there.
    assert bench.client.recordings(action(bench)["RecordingSid"]).fetch().status == "completed"


@pytest.mark.conformance("C-REC-8")
def test_media_is_missing_at_first_and_then_there(bench):
    bench.control("faults", {"media": {"how": "404", "times": 2}})
    bench.call(recording(bench), {"speak_seconds": 3, "end_by": "#"})
    sid = action(bench)["RecordingSid"]

    assert [sound(bench, sid).status_code for _ in range(3)] == [404, 404, 200]


@pytest.mark.conformance("C-REC-8")
def test_media_is_missing_for_a_while(bench):
    bench.control("faults", {"media": {"how": "404", "seconds": 60}})
    bench.call(recording(bench), {"speak_seconds": 3, "end_by": "#"})
    sid = action(bench)["RecordingSid"]

    early = sound(bench, sid).status_code
    finished = bench.client.recordings(sid).fetch().date_updated
    bench.control("clock", {"now": (finished + timedelta(seconds=61)).isoformat()})

    assert (early, sound(bench, sid).status_code) == (404, 200)


@pytest.mark.parametrize(
    ("how", "kind", "length"),
    [("html", "text/html", None), ("empty", "audio/x-wav", 0), ("text", "audio/x-wav", None)],
)
def test_media_can_be_something_else_than_sound(bench, how, kind, length):
    bench.control("faults", {"media": {"how": how}})
    bench.call(recording(bench), {"speak_seconds": 1, "end_by": "#"})

    got = sound(bench, action(bench)["RecordingSid"])

    assert got.status_code == 200
    assert got.headers["Content-Type"].startswith(kind)
    assert not got.content.startswith(b"RIFF")
    assert length is None or len(got.content) == length


def test_media_can_be_cut_off_on_the_way(bench):
    bench.control("faults", {"media": {"how": "truncated", "times": 1}})
    bench.call(recording(bench), {"speak_seconds": 2, "end_by": "#"})
    sid = action(bench)["RecordingSid"]

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        sound(bench, sid)

    assert seconds_of(sound(bench, sid).content) == pytest.approx(2, abs=0.05)


def test_a_recording_can_claim_to_last_three_hours(bench):
    bench.control("faults", {"recording_seconds": 10_800})

    bench.call(recording(bench), {"speak_seconds": 1, "end_by": "#"})

    form = action(bench)
    assert form["RecordingDuration"] == "10800"
    assert bench.client.recordings(form["RecordingSid"]).fetch().duration == "10800"


def test_a_recording_can_fail_to_be_there_by_order(bench):
    bench.control("faults", {"recording_absent": True})

    bench.call(recording(bench), {"speak_seconds": 4, "end_by": "#"})

    sid = action(bench)["RecordingSid"]
    assert bench.client.recordings(sid).fetch().status == "absent"
    assert sound(bench, sid).status_code == 404


def test_the_sound_needs_credentials_unless_that_is_switched_off(bench):
    bench.call(recording(bench), {"speak_seconds": 1, "end_by": "#"})
    url = action(bench)["RecordingUrl"]

    closed = requests.get(url, timeout=9)
    bench.control("settings", {"media_auth": False})
    opened = requests.get(url, timeout=9)

    assert (closed.status_code, closed.json()["code"]) == (401, 20003)
    assert opened.headers["Content-Type"] == "audio/x-wav"
    assert opened.content.startswith(b"RIFF")
    assert sound(bench, action(bench)["RecordingSid"], ".mp3").status_code == 404
    assert requests.get(url + "?RequestedChannels=2", timeout=9).status_code == 400


@pytest.mark.conformance("C-DEL-1")
def test_a_deleted_recording_leaves_only_its_metadata_behind(bench, schema):
    log = bench.call(recording(bench), {"speak_seconds": 1, "end_by": "#"})
    sid = action(bench)["RecordingSid"]
    assert [one.sid for one in bench.client.calls(log["sid"]).recordings.list()] == [sid]

    assert bench.client.recordings(sid).delete()

    with pytest.raises(TwilioRestException) as gone:
        bench.client.recordings(sid).fetch()
    assert gone.value.code == 20404
    assert sound(bench, sid).status_code == 404
    assert bench.client.recordings.list() == []
    (soft,) = bench.client.recordings.list(include_soft_deleted=True)
    assert (soft.sid, soft.status) == (sid, "deleted")
    assert bench.client.recordings(sid).fetch(include_soft_deleted=True).status == "deleted"
    assert not bench.network.exchange.store.media_path(sid).exists()
    assert bench.control("left")["recordings"]["count"] == 0
    with pytest.raises(TwilioRestException):
        bench.client.recordings(sid).delete()


@pytest.mark.conformance("C-DEL-2")
def test_deleting_a_call_leaves_its_recordings_in_place(bench):
    log = bench.call(recording(bench), {"speak_seconds": 1, "end_by": "#"})
    sid = action(bench)["RecordingSid"]

    bench.client.calls(log["sid"]).delete()

    assert bench.client.recordings(sid).fetch().status == "completed"
    with pytest.raises(TwilioException, match="Unable to fetch page"):
        bench.client.calls(log["sid"]).recordings.list()


@pytest.mark.conformance("C-DEL-5")
def test_deletion_can_be_denied(bench):
    bench.call(recording(bench), {"speak_seconds": 1, "end_by": "#"})
    sid = action(bench)["RecordingSid"]
    bench.control("faults", {"refuse_delete": ["recording"]})

    with pytest.raises(TwilioRestException) as refused:
        bench.client.recordings(sid).delete()

    assert (refused.value.status, refused.value.code) == (403, 20006)
    assert sound(bench, sid).ok


def test_recordings_are_listed_by_call_and_day(bench, schema):
    log = bench.call(recording(bench), {"speak_seconds": 1, "end_by": "#"})
    bench.service.asked.clear()
    bench.call(recording(bench), {"speak_seconds": 1, "end_by": "#"})
    other = action(bench)["RecordingSid"]

    ours = bench.client.recordings.list(call_sid=log["sid"])

    assert len(ours) == 1
    assert ours[0].sid != other
    assert len(bench.client.recordings.list(date_created_after="2020-01-01")) == 2
    assert bench.client.recordings.list(date_created_before="2020-01-01") == []


def test_a_call_can_wait_until_the_service_has_fetched_the_recording(bench):
    bench.control("settings", {"recording_patience": 10})
    url = recording(bench, 'maxLength="30"')
    bench.service.says("/recorded", '<Response><Pause length="5"/><Play>/own</Play></Response>')
    left_when_played = []

    def fetch_later(asked):
        def fetch():
            time.sleep(0.3)
            bench.client.recordings(asked.form["RecordingSid"]).delete()

        threading.Thread(target=fetch).start()
        return bench.service.answer_nothing()

    def play(asked):
        # What the network still has is asked here: our own thread may learn later that it is gone.
        left_when_played.append(len(bench.client.recordings.list()))
        return bench.service.answer_nothing()

    bench.service.answers |= {"/ready": fetch_later, "/own": play}

    bench.call(url, {"speak_seconds": 2, "end_by": "#"})

    assert left_when_played == [0]
