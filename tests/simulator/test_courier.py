"""Carrying requests: connection rules, credentials, encodings."""

from werkzeug.wrappers import Response

from simulator.speech import as_wav, tones


def hangup(bench, path="/answer"):
    return bench.service.says(path, "<Response><Hangup/></Response>")


def failing(bench, *statuses):
    """Answers with each status in turn, then for good with a document."""
    left = list(statuses)

    def answer(asked):
        if left:
            return Response(status=left.pop(0))
        return Response("<Response><Hangup/></Response>", mimetype="text/xml")

    bench.service.answers["/answer"] = answer
    return bench.service.origin + "/answer"


def test_a_failing_service_is_not_asked_again_by_itself(bench):
    log = bench.call(failing(bench, 500))

    assert len(bench.service.at("/answer")) == 1
    assert bench.entries(log, "error")[0]["code"] == 11200


def test_the_fragment_asks_for_retries_and_is_neither_sent_nor_signed(bench):
    log = bench.call(failing(bench, 500, 503) + "#rc=2&rp=5xx,ct")

    first, second, third = bench.service.at("/answer")
    assert bench.entries(log, "error") == []
    assert first.headers["X-Twilio-Signature"] == third.headers["X-Twilio-Signature"]
    tokens = {one.headers["I-Twilio-Idempotency-Token"] for one in (first, second, third)}
    assert len(tokens) == 1


def test_the_fragment_shortens_the_deadline(bench):
    bench.service.answers["/slow"] = lambda asked: bench.service.dawdle(1.5)

    log = bench.call(bench.service.origin + "/slow#rt=200")

    assert bench.entries(log, "error")[0]["code"] == 11200


def test_credentials_in_an_address_are_used_when_they_are_asked_for(bench):
    def answer(asked):
        if "Authorization" not in asked.headers:
            return Response(status=401, headers={"WWW-Authenticate": "Basic"})
        return Response("<Response><Hangup/></Response>", mimetype="text/xml")

    bench.service.answers["/answer"] = answer
    url = bench.service.origin.replace("://", "://ada:l%40ve@") + "/answer"

    log = bench.call(url)

    assert bench.entries(log, "error") == []
    first, second = bench.service.at("/answer")
    assert "Authorization" not in first.headers
    assert second.headers["Authorization"] == "Basic YWRhOmxAdmU="


def test_documents_write_a_space_as_plus_and_callbacks_as_percent(bench):
    bench.service.says("/recorded", "<Response/>")
    url = bench.service.says(
        "/answer",
        '<Response><Gather action="/keys" numDigits="1"/></Response>',
    )

    bench.call(url, {"keys": "1"}, status_callback=bench.service.origin + "/status")

    assert b"msg=Gather+End" in bench.service.at("/keys")[0].raw
    status = bench.service.at("/status")[0].raw
    assert b"%20" in status
    assert b"+" not in status


def test_a_document_can_be_asked_for_with_get(bench):
    bench.call(hangup(bench) + "?step=1", method="GET")

    (asked,) = bench.service.at("/answer")
    assert asked.method == "GET"
    assert asked.query.startswith("step=1&")
    assert "CallStatus=in-progress" in asked.query


def test_sound_is_fetched_without_call_parameters_and_unsigned(bench):
    wav = as_wav(tones(2.5))
    bench.service.answers["/hello.wav"] = lambda asked: Response(wav, mimetype="audio/wav")

    log = bench.call(
        bench.service.says("/answer", '<Response><Play loop="2">/hello.wav</Play></Response>')
    )

    (asked,) = bench.service.at("/hello.wav")
    assert (asked.method, asked.query) == ("GET", "")
    assert "X-Twilio-Signature" not in asked.headers
    assert [one["seconds"] for one in bench.entries(log, "heard")] == [2.5, 2.5]


def test_sound_that_is_none_is_noted_and_the_document_goes_on(bench):
    bench.service.answers["/page"] = lambda asked: Response("<h1>no</h1>", mimetype="text/html")
    bench.service.answers["/text"] = lambda asked: Response("nothing", mimetype="audio/wav")

    log = bench.call(
        bench.service.says(
            "/answer",
            "<Response><Play>/page</Play><Play>/text</Play><Play>/gone</Play>"
            "<Play>http://127.0.0.1:9/x</Play><Say>On</Say></Response>",
        )
    )

    assert [one["code"] for one in bench.entries(log, "error")] == [12300, 12300, 12300, 11205]
    assert bench.entries(log, "heard")[-1]["text"] == "On"
