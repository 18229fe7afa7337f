"""Documents: how they are fetched, what is refused, and what happens when one fails."""

import pytest
from twilio.twiml.voice_response import VoiceResponse


def heard(bench, log):
    return [one["text"] for one in bench.entries(log, "heard")]


def codes(bench, log, kind="error"):
    return [one["code"] for one in bench.entries(log, kind)]


def call(bench, document, *does, **how):
    return bench.call(bench.service.says("/answer", document, **how), *does)


APOLOGY = "We are sorry. An application error has occurred. Goodbye."


@pytest.mark.conformance("C-XML-1")
def test_what_the_official_builder_writes_is_run(bench):
    response = VoiceResponse()
    response.say("Blåbär & <smultron> \"45\" 'x' 🙂", voice="Polly.Elin-Neural", language="sv-SE")
    response.pause(length=3)
    response.redirect(bench.service.says("/next", "<Response><Hangup/></Response>"))

    log = call(bench, str(response))

    first, pause = bench.entries(log, "heard")
    assert first["text"] == "Blåbär & <smultron> \"45\" 'x' 🙂"
    assert (first["voice"], first["language"]) == ("Polly.Elin-Neural", "sv-SE")
    assert (pause["sound"], pause["seconds"]) == ("pause", 3)
    assert len(bench.service.at("/next")) == 1
    assert codes(bench, log) == []


def test_speech_mark_up_is_left_out_of_what_is_heard(bench):
    log = call(
        bench,
        '<Response><Say voice="Polly.Liv">Ring <say-as interpret-as="digits">112</say-as>'
        " <break/>nå</Say></Response>",
    )

    assert heard(bench, log) == ["Ring 112 nå"]


@pytest.mark.parametrize(
    ("document", "how", "code"),
    [
        ("<Response><Say>unfinished", {}, 12100),
        ("<Answer/>", {}, 12100),
        ("<!DOCTYPE x [<!ENTITY y 'z'>]><Response>&y;</Response>", {}, 12100),
        ("<Response><Sing>la</Sing></Response>", {}, 12200),
        ("<Response><say>hello</say></Response>", {}, 12200),
        ('<Response><Say tempo="2">hello</Say></Response>', {}, 12200),
        ("<Response><Dial>+46701740605</Dial></Response>", {}, 12200),
        ("<Response><Gather><Record/></Gather></Response>", {}, 12200),
        ('<Response><Gather timeout="soon"/></Response>', {}, 13313),
        ('<Response><Gather finishOnKey="12"/></Response>', {}, 13310),
        ('<Response><Record maxLength="1"/></Response>', {}, 13610),
        ('<Response><Record recordingStatusCallbackEvent="done"/></Response>', {}, 13621),
        ('<Response><Pause length="-1"/></Response>', {}, 13910),
        ('<Response><Redirect method="PUT">/x</Redirect></Response>', {}, 13710),
        ("<Response><Redirect>mailto:x</Redirect></Response>", {}, 11100),
        ("{}", {"mimetype": "application/json"}, 12300),
        ("", {}, 11770),
        (f"<Response><Say>{'x' * 70_000}</Say></Response>", {}, 11750),
        ("<Response/>", {"status": 500}, 11200),
        ("<Response/>", {"status": 403}, 11200),
        ("", {"status": 302, "headers": {"Location": "/answer"}}, 11215),
    ],
)
def test_a_document_that_fails_is_noted_with_the_providers_code(bench, document, how, code):
    log = call(bench, document, **how)

    assert codes(bench, log) == [code]
    assert heard(bench, log) == [APOLOGY]
    assert log["status"] == "completed"


@pytest.mark.parametrize(
    ("document", "code", "rest"),
    [
        ("<Response><Sing>la</Sing><Say>on</Say></Response>", 12200, ["on"]),
        ('<Response><Say tempo="2">on</Say></Response>', 12200, ["on"]),
        ("<Response><Say> </Say><Say>on</Say></Response>", 13520, ["on"]),
        (f"<Response><Say>{'å' * 800}</Say><Say>on</Say></Response>", 13521, ["on"]),
        (
            f'<Response><Say voice="Polly.Liv">{"x" * 3001}</Say><Say>on</Say></Response>',
            13521,
            ["on"],
        ),
    ],
)
def test_the_lenient_network_warns_and_goes_on(bench, document, code, rest):
    bench.control("settings", {"strict": False})

    log = call(bench, document)

    assert codes(bench, log, "warning") == [code]
    assert heard(bench, log) == rest


@pytest.mark.conformance("C-HTTP-2")
def test_the_fallback_is_asked_when_a_document_fails(bench):
    url = bench.service.says("/answer", "", status=500)
    fallback = bench.service.says("/fallback", "<Response><Say>Sorry</Say></Response>")
    bench.person({})

    log = bench.over(bench.ring(url, fallback_url=fallback))

    (asked,) = bench.service.at("/fallback")
    assert (asked.form["ErrorCode"], asked.form["ErrorUrl"]) == ("11200", url)
    assert asked.form["CallSid"] == log["sid"]
    assert heard(bench, log) == ["Sorry"]


@pytest.mark.conformance("C-HTTP-2")
def test_the_fallback_can_be_asked_with_get(bench):
    fallback = bench.service.says("/fallback", "<Response><Say>Sorry</Say></Response>")
    bench.person({})

    log = bench.over(
        bench.ring("http://127.0.0.1:9/down", fallback_url=fallback, fallback_method="GET")
    )

    (asked,) = bench.service.at("/fallback")
    assert (asked.method, asked.raw) == ("GET", b"")
    assert "ErrorCode=11205" in asked.query
    assert heard(bench, log) == ["Sorry"]


def test_a_fallback_that_fails_as_well_ends_the_call(bench):
    url = bench.service.says("/answer", "", status=500)
    bench.person({})

    log = bench.over(bench.ring(url, fallback_url=url))

    assert codes(bench, log) == [11200, 11200]
    assert heard(bench, log) == [APOLOGY]


@pytest.mark.conformance("C-HTTP-2")
def test_a_slow_service_is_cut_off_at_the_deadline(bench):
    bench.control("settings", {"webhook_seconds": 0.3})
    slow = bench.service.origin + "/slow"
    bench.service.answers["/slow"] = lambda asked: bench.service.dawdle(1.0)

    log = bench.call(slow)

    assert codes(bench, log) == [11200]
    (webhook,) = bench.entries(log, "webhook")
    assert (webhook["status"], webhook["error"]) == (None, 11200)


def test_an_address_that_is_not_on_this_machine_is_not_called(bench):
    log = bench.call("http://genklang.example/voice/answer")

    assert codes(bench, log) == [11210]
    assert "this machine only" in bench.entries(log, "error")[0]["message"]


def test_relative_addresses_are_seen_from_the_document(bench):
    bench.service.says("/voice/next", "<Response><Hangup/></Response>")
    url = bench.service.says("/voice/answer", "<Response><Redirect>next?x=1</Redirect></Response>")

    bench.call(url)

    assert [one.query for one in bench.service.at("/voice/next")] == ["x=1"]


def test_a_document_given_with_the_request_has_no_address_of_its_own(bench):
    bench.person({}, {})

    said = bench.over(
        bench.client.calls.create(
            to="+46701740605", from_="+46846500400", twiml="<Response><Say>Hello</Say></Response>"
        ).sid
    )
    lost = bench.over(
        bench.client.calls.create(
            to="+46701740605", from_="+46846500400", twiml="<Response><Record/></Response>"
        ).sid
    )

    assert heard(bench, said) == ["Hello"]
    assert codes(bench, lost) == [11100]


def test_http_redirects_are_followed_without_what_was_posted(bench):
    bench.service.says("/answer", "", status=302, headers={"Location": "/moved"})
    bench.service.says("/moved", "<Response><Say>Here</Say></Response>")

    log = bench.call(bench.service.origin + "/answer")

    (moved,) = bench.service.at("/moved")
    assert (moved.method, moved.raw) == ("GET", b"")
    assert heard(bench, log) == ["Here"]


def test_plain_text_is_spoken(bench):
    log = call(bench, "Good day", mimetype="text/plain")

    assert heard(bench, log) == ["Good day"]


def test_a_document_that_goes_in_circles_is_stopped(bench):
    url = bench.service.says("/answer", "<Response><Redirect>/answer</Redirect></Response>")

    log = bench.call(url)

    assert codes(bench, log) == [12400]
    assert len(bench.service.at("/answer")) == 100


def test_the_first_document_has_every_standard_field(bench):
    call(bench, "<Response><Hangup/></Response>")

    (asked,) = bench.service.at("/answer")
    places = {
        who + place
        for who in ("From", "To", "Caller", "Called")
        for place in ("City", "State", "Zip", "Country")
    }
    assert set(asked.form) == places | {
        "AccountSid", "ApiVersion", "CallSid", "CallStatus", "Direction", "From", "To", "Caller",
        "Called",
    }  # fmt: skip
    assert asked.form["CallStatus"] == "in-progress"
    assert (asked.form["Direction"], asked.form["ToCity"]) == ("outbound-api", "")
    assert asked.headers["User-Agent"] == "TwilioProxy/1.1"


def test_the_order_of_fields_is_never_the_same(bench):
    url = bench.service.says("/answer", "<Response><Hangup/></Response>")
    for _ in range(3):
        bench.call(url)

    orders = {
        tuple(pair.partition(b"=")[0] for pair in one.raw.split(b"&"))
        for one in bench.service.at("/answer")
    }

    assert len(orders) == 3


def test_cookies_are_kept_for_one_call(bench):
    bench.service.says("/next", "<Response><Hangup/></Response>")
    url = bench.service.says(
        "/answer",
        "<Response><Redirect>/next</Redirect></Response>",
        headers={"Set-Cookie": "seen=1; Path=/"},
    )

    bench.call(url)
    bench.call(url)

    assert [one.headers.get("Cookie") for one in bench.service.at("/answer")] == [None, None]
    assert bench.service.at("/next")[0].headers["Cookie"] == "seen=1"
