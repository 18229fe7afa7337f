"""Calls of the API, through the official client and against the published description."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

PERSON = "+46701740605"
OURS = "+46846500400"


def answer_with(bench, *verbs):
    return bench.service.says("/answer", f"<Response>{''.join(verbs)}</Response>")


@pytest.mark.conformance("C-CALL-2")
def test_a_new_call_has_every_key_and_validates(bench, schema):
    path = f"/2010-04-01/Accounts/{bench.client.account_sid}/Calls.json"
    form = {"To": PERSON, "From": OURS, "Url": answer_with(bench, "<Hangup/>")}

    made = requests.post(bench.network.origin + path, data=form, auth=bench.client.auth, timeout=9)

    assert made.status_code == 201
    schema.check("POST", path, 201, made.json())
    shown = made.json()
    assert shown["status"] == "queued"
    assert shown["direction"] == "outbound-api"
    assert [shown[name] for name in ("start_time", "end_time", "duration", "price")] == [None] * 4
    assert shown["queue_time"] == "0"


@pytest.mark.conformance("C-CALL-2")
def test_a_finished_call_tells_its_times_and_length(bench, schema):
    bench.person({"ring_seconds": 6})

    sid = bench.ring(answer_with(bench, '<Pause length="600"/>'))
    bench.over(sid)

    call = bench.client.calls(sid).fetch()
    assert (call.status, call.duration) == ("completed", "600")
    assert (call.end_time - call.start_time).total_seconds() == 600
    assert call.queue_time == "0"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21201),
        ({"From": ""}, 21213),
        ({"To": "070-174 06 05"}, 21211),
        ({"From": "+46846500499"}, 21210),
        ({"From": "Genklang"}, 21212),
        ({"Url": "answer"}, 21205),
        ({"Url": ""}, 21205),
        ({"Timeout": "601"}, 21208),
        ({"SendDigits": "12x"}, 21206),
        ({"MachineDetection": "yes"}, 21234),
        ({"MachineDetection": "Enable", "AsyncAmd": "true"}, 21262),
        ({"MachineDetection": "Enable", "MachineDetectionTimeout": "60"}, 21263),
        ({"StatusCallback": "http://a_b.example/x"}, 21205),
    ],
)
def test_a_mistake_in_a_new_call_is_refused_with_the_providers_code(bench, change, code):
    form = {"To": PERSON, "From": OURS, "Url": "http://127.0.0.1:9/x"} | change
    path = f"/2010-04-01/Accounts/{bench.client.account_sid}/Calls.json"

    made = requests.post(bench.network.origin + path, data=form, auth=bench.client.auth, timeout=9)

    assert made.status_code == 400
    assert made.json()["code"] == code
    assert made.json()["status"] == 400
    assert made.json()["more_info"].endswith(str(code))
    assert bench.client.calls.list() == []


def test_wrong_credentials_are_told_so(bench):
    path = f"/2010-04-01/Accounts/{bench.client.account_sid}/Calls.json"
    url = bench.network.origin + path

    for auth in (
        None,
        (bench.client.account_sid, "wrong"),
        ("AC" + "f" * 32, bench.client.auth[1]),
    ):
        refused = requests.get(url, auth=auth, timeout=9)

        assert refused.status_code == 401
        assert refused.json()["code"] == 20003
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
    other = requests.get(url.replace("/AC", "/AD"), auth=bench.client.auth, timeout=9)
    assert other.status_code == 401


def test_an_api_key_opens_the_account(bench):
    path = f"/2010-04-01/Accounts/{bench.client.account_sid}/Calls.json"
    key = ("SK" + "0" * 32, "the secret of a key")

    assert requests.get(bench.network.origin + path, auth=key, timeout=9).ok


def test_the_api_is_reached_below_any_path(bench):
    path = f"/api/laml/2010-04-01/Accounts/{bench.client.account_sid}/Calls.json"

    listed = requests.get(bench.network.origin + path, auth=bench.client.auth, timeout=9)

    assert listed.ok
    assert listed.json()["uri"].startswith("/2010-04-01/Accounts/")


def test_lists_come_in_pages_and_the_official_client_walks_them(bench, schema):
    url = answer_with(bench, "<Hangup/>")
    bench.person(*[{}] * 7)
    sids = [bench.ring(url) for _ in range(7)]
    for sid in sids:
        bench.over(sid)

    walked = [call.sid for call in bench.client.calls.list(page_size=3)]
    page = bench.client.calls.page(page_size=3)

    assert walked == sids[::-1]
    assert len(list(page)) == 3
    assert page.next_page_url.startswith("https://api.twilio.com/2010-04-01/")


def test_calls_are_listed_by_number_state_and_day(bench):
    bench.person({"pickup": "busy"}, {})
    url = answer_with(bench, "<Hangup/>")
    busy, spoken = bench.ring(url), bench.ring(url)
    for sid in (busy, spoken):
        bench.over(sid)
    today = bench.client.calls(spoken).fetch().start_time.date()

    def found(**filters):
        return {call.sid for call in bench.client.calls.list(**filters)}

    assert found(status="busy") == {busy}
    assert found(to=PERSON, from_=OURS) == {busy, spoken}
    assert found(to="+46701740606") == set()
    assert found(start_time=today) == {busy, spoken}
    assert found(start_time_before=today.replace(year=2000)) == set()
    assert found(start_time_after=today) == {busy, spoken}


@pytest.mark.conformance("C-CALL-3")
def test_a_queued_call_meets_no_filter_by_start(bench):
    """Reconciliation must not filter by the time a call began."""
    bench.control("settings", {"hold": ["queued"]})
    sid = bench.ring(answer_with(bench, "<Hangup/>"))

    assert [call.sid for call in bench.client.calls.list(to=PERSON)] == [sid]
    assert bench.client.calls.list(start_time_after="2000-01-01") == []


@pytest.mark.conformance("C-CALL-3")
def test_a_call_made_by_a_request_that_timed_out_is_found_by_listing(bench):
    bench.control("faults", {"api": [{"on": "create_call", "how": "500-after"}]})
    url = answer_with(bench, "<Hangup/>")

    with pytest.raises(TwilioRestException) as failed:
        bench.ring(url)

    assert failed.value.status == 500
    assert len(bench.client.calls.list(to=PERSON, from_=OURS)) == 1


@pytest.mark.conformance("C-CALL-4")
def test_cancelling_a_queued_call_sends_no_callback(bench):
    bench.control("settings", {"hold": ["queued"]})
    sid = bench.ring(answer_with(bench, "<Hangup/>"), status_callback=bench.service.origin + "/s")

    call = bench.client.calls(sid).update(status="canceled")
    bench.over(sid)

    assert call.status == "canceled"
    assert bench.client.calls(sid).fetch().status == "canceled"
    assert bench.service.asked == []


@pytest.mark.conformance("C-CALL-4")
def test_cancelling_a_ringing_call_is_told(bench):
    bench.control("settings", {"hold": ["ringing"]})
    bench.person({})
    sid = bench.ring(answer_with(bench, "<Hangup/>"), status_callback=bench.service.origin + "/s")
    bench.until(lambda: bench.client.calls(sid).fetch().status == "ringing")

    bench.client.calls(sid).update(status="canceled")
    bench.over(sid)

    assert [one.form["CallStatus"] for one in bench.service.at("/s")] == ["canceled"]
    assert bench.service.at("/answer") == []


@pytest.mark.conformance("C-CALL-5")
def test_a_call_in_progress_can_be_ended_but_not_cancelled(bench):
    bench.control("settings", {"hold": ["in-progress"]})
    bench.person({})
    sid = bench.ring(answer_with(bench, "<Hangup/>"), status_callback=bench.service.origin + "/s")
    bench.until(lambda: bench.client.calls(sid).fetch().status == "in-progress")

    assert bench.client.calls(sid).update(status="canceled").status == "in-progress"
    bench.client.calls(sid).update(status="completed")
    bench.over(sid)

    assert bench.client.calls(sid).fetch().status == "completed"
    assert [one.form["CallStatus"] for one in bench.service.at("/s")] == ["completed"]


def test_a_live_call_is_redirected_to_another_document(bench):
    bench.control("settings", {"hold": ["in-progress"]})
    bench.person({})
    sid = bench.ring(answer_with(bench, "<Hangup/>"))
    bench.until(lambda: bench.client.calls(sid).fetch().status == "in-progress")
    other = bench.service.says("/other", "<Response><Say>Hello again</Say></Response>")

    bench.client.calls(sid).update(url=other)
    log = bench.over(sid)

    assert [one["text"] for one in bench.entries(log, "heard")] == ["Hello again"]
    assert bench.service.at("/answer") == []


def test_a_call_that_is_over_takes_no_orders(bench):
    bench.person({})
    sid = bench.ring(answer_with(bench, "<Hangup/>"))
    bench.over(sid)

    with pytest.raises(TwilioRestException) as refused:
        bench.client.calls(sid).update(status="completed")

    assert (refused.value.status, refused.value.code) == (400, 21220)


@pytest.mark.conformance("C-DEL-2", "C-DEL-5")
def test_a_live_call_cannot_be_deleted_and_a_finished_one_is_gone(bench):
    bench.control("settings", {"hold": ["ringing"]})
    bench.person({})
    sid = bench.ring(answer_with(bench, "<Hangup/>"))

    with pytest.raises(TwilioRestException) as refused:
        bench.client.calls(sid).delete()
    bench.control("release", {})
    bench.over(sid)

    assert refused.value.code == 20009
    assert bench.client.calls(sid).delete()
    with pytest.raises(TwilioRestException) as gone:
        bench.client.calls(sid).fetch()
    assert (gone.value.status, gone.value.code) == (404, 20404)
    assert bench.control("left")["calls"]["count"] == 0


@pytest.mark.conformance("C-DEL-5")
def test_deleting_too_early_is_refused_as_often_as_ordered(bench):
    bench.control("faults", {"early_delete": 2})
    bench.person({})
    sid = bench.ring(answer_with(bench, "<Hangup/>"))
    bench.over(sid)

    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            bench.client.calls(sid).delete()
        assert refused.value.code == 20009

    assert bench.client.calls(sid).delete()


@pytest.mark.conformance("C-HTTP-1")
@pytest.mark.parametrize(
    ("how", "status", "made"),
    [
        ("500", 500, 0),
        ("503", 503, 0),
        ("429", 429, 0),
        ("502-html", 502, 0),
        ("500-after", 500, 1),
    ],
)
def test_the_api_fails_as_ordered_and_then_works_again(bench, how, status, made):
    bench.control("faults", {"api": [{"on": "create_call", "how": how, "times": 1}]})
    path = f"/2010-04-01/Accounts/{bench.client.account_sid}/Calls.json"
    form = {"To": PERSON, "From": OURS, "Url": answer_with(bench, "<Hangup/>")}
    url = bench.network.origin + path

    failed = requests.post(url, data=form, auth=bench.client.auth, timeout=9)
    worked = requests.post(url, data=form, auth=bench.client.auth, timeout=9)

    assert (failed.status_code, worked.status_code) == (status, 201)
    assert len(bench.client.calls.list()) == made + 1


@pytest.mark.conformance("C-CALL-3")
def test_an_api_request_can_time_out_after_the_call_was_made(bench):
    bench.control("faults", {"api": [{"on": "create_call", "how": "timeout-after", "seconds": 5}]})
    path = f"/2010-04-01/Accounts/{bench.client.account_sid}/Calls.json"
    form = {"To": PERSON, "From": OURS, "Url": answer_with(bench, "<Hangup/>")}

    with pytest.raises(requests.Timeout):
        requests.post(bench.network.origin + path, data=form, auth=bench.client.auth, timeout=0.3)

    assert len(bench.client.calls.list(to=PERSON)) == 1


def test_calls_beyond_the_rate_wait_in_the_queue(bench):
    bench.control("settings", {"cps": 1})
    bench.person({}, {}, {})
    url = answer_with(bench, "<Hangup/>")

    sids = [bench.ring(url) for _ in range(3)]
    logs = [bench.over(sid) for sid in sids]

    dialled = [
        datetime.fromisoformat(state["at"])
        for log in logs
        for state in bench.entries(log, "state")
        if state["status"] == "initiated"
    ]
    gaps = [later - earlier for earlier, later in pairwise(dialled)]
    assert min(gaps) >= timedelta(seconds=0.99)
    for sid, moment in zip(sids, dialled, strict=True):
        call = bench.client.calls(sid).fetch()
        waited = moment.timestamp() - call.date_created.timestamp()
        assert int(call.queue_time) / 1000 == pytest.approx(
            waited, abs=1
        )  # dates are whole seconds


def test_what_is_not_there_is_not_found(bench):
    base = f"{bench.network.origin}/2010-04-01/Accounts/{bench.client.account_sid}"

    for path in ("Calls/CA0.json", "Recordings/RE0.json", "Messages/SM0.json", "Nothing.json"):
        missing = requests.get(f"{base}/{path}", auth=bench.client.auth, timeout=9)

        assert missing.status_code == 404
        assert missing.json()["code"] == 20404
