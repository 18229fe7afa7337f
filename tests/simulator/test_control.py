"""The switches from outside."""

import requests

PERSON, OURS = "+46701740605", "+46846500400"


def url(bench, path):
    return f"{bench.network.origin}/simulator/api/{path}"


def test_the_log_tells_the_whole_call_in_order(bench):
    bench.service.says("/keys", "<Response><Say language='sv-SE'>Tack</Say></Response>")
    document = '<Response><Gather action="/keys" numDigits="1"><Say>Betyg</Say></Gather></Response>'

    log = bench.call(bench.service.says("/answer", document), {"on": "betyg", "keys": "4"})

    kinds = [entry["kind"] for entry in log["entries"] if entry["kind"] != "state"]
    assert kinds == ["webhook", "twiml", "heard", "keys", "webhook", "twiml", "heard"]
    twiml = bench.entries(log, "twiml")[0]
    assert twiml["twiml"] == document
    assert bench.entries(log, "keys")[0]["digits"] == "4"
    assert bench.entries(log, "heard")[1]["language"] == "sv-SE"
    states = [entry["status"] for entry in bench.entries(log, "state")]
    assert states == ["queued", "initiated", "ringing", "in-progress", "completed"]
    numbers = [entry["number"] for entry in log["entries"]]
    assert numbers == sorted(numbers)


def test_a_script_that_could_not_be_followed_is_in_the_log(bench):
    log = bench.call(
        bench.service.says("/answer", "<Response><Say>Goodbye</Say></Response>"),
        {"on": "recommend", "keys": "10"},
    )

    (script,) = bench.entries(log, "script")
    assert "recommend" in script["message"]


def test_the_log_of_everything_goes_on_from_a_number(bench):
    first = bench.call(bench.service.says("/answer", "<Response><Hangup/></Response>"))
    last = bench.control("log")["entries"][-1]["number"]
    second = bench.call(bench.service.origin + "/answer")

    after = bench.control(f"log?after={last}")["entries"]

    sids = {entry["sid"] for entry in after}
    assert second["sid"] in sids
    assert first["sid"] not in sids


def test_what_is_left_is_counted(bench):
    log = bench.call(
        bench.service.says("/answer", '<Response><Record action="/x"/></Response>'),
        {"speak_seconds": 1, "end_by": "hang_up"},
    )

    left = bench.control("left")

    assert left["calls"] == {"count": 1, "sids": [log["sid"]]}
    assert left["recordings"]["count"] == 1
    assert left["messages"] == {"count": 0, "sids": []}


def test_a_reset_forgets_all_but_the_numbers_and_settings(bench):
    bench.control("settings", {"strict": False, "hold": ["ringing"]})
    bench.person({})
    bench.ring(bench.service.origin + "/answer")

    bench.control("reset", {})

    assert bench.control("left")["calls"]["count"] == 0
    assert bench.control("log")["entries"] == []
    assert bench.control("settings")["strict"] is False
    assert len(bench.client.incoming_phone_numbers.list()) == 1
    bench.control("settings", {"hold": []})
    bench.service.says("/answer", "<Response><Hangup/></Response>")
    assert bench.over(bench.ring(bench.service.origin + "/answer"))["status"] == "no-answer"


def test_a_mistake_is_answered_with_the_field(bench):
    for path, body, said in (
        ("settings", {"cps": 0}, "cps"),
        ("faults", {"lose": ["everything"]}, "lose"),
        ("scenario", {"scenario": {"customer": {"phone": "none"}}}, "customer.phone"),
        ("inbound", {"from": PERSON}, "to"),
        ("inbound", {"from": PERSON, "to": OURS}, "no inbound call is scripted"),
        ("message", {"from": PERSON, "to": "+46846500499", "body": "x"}, "not a number"),
        ("clock", {"now": "2026-01-01T00:00:00"}, "now"),
    ):
        refused = requests.post(url(bench, path), json=body, timeout=9)

        assert refused.status_code == 400, path
        assert said in refused.json()["error"]


def test_a_page_of_another_site_cannot_steer_the_network(bench):
    form = requests.post(url(bench, "reset"), data="{}", timeout=9)
    cross = requests.post(
        url(bench, "reset"), json={}, headers={"Sec-Fetch-Site": "cross-site"}, timeout=9
    )

    assert (form.status_code, cross.status_code) == (403, 403)


def test_the_network_clock_can_be_set(bench):
    bench.control("clock", {"now": "2030-05-04T12:00:00+02:00"})

    log = bench.call(bench.service.says("/answer", "<Response><Hangup/></Response>"))

    assert bench.client.calls(log["sid"]).fetch().date_created.year == 2030


def test_the_switches_can_be_read(bench):
    assert bench.control("settings")["profile"] == "twilio"
    assert bench.control("faults")["reorder"] is False


def test_a_call_that_never_was_has_no_log(bench):
    assert requests.get(url(bench, "calls/CA0/log"), timeout=9).status_code == 404
