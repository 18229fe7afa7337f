"""Gather: how keys end a question and what the service is told."""

import pytest


def asking(bench, attributes="", after="<Say>Nothing came</Say>", prompt="<Say>Press now</Say>"):
    bench.service.says("/keys", "<Response><Say>Thank you</Say></Response>")
    return bench.service.says(
        "/answer",
        f'<Response><Gather action="/keys" {attributes}>{prompt}</Gather>{after}</Response>',
    )


def told(bench):
    """Digits and finish key of each Gather action that reached the service."""
    return [(one.form["Digits"], one.form["FinishedOnKey"]) for one in bench.service.at("/keys")]


def heard(bench, log):
    return [one["text"] for one in bench.entries(log, "heard")]


@pytest.mark.conformance("C-GAT-1")
def test_the_last_of_num_digits_ends_the_question(bench):
    log = bench.call(asking(bench, 'numDigits="2"'), {"keys": "10"})

    assert told(bench) == [("10", "")]
    assert heard(bench, log) == ["Press now", "Thank you"]
    action = bench.service.at("/keys")[0].form
    assert (action["msg"], action["CallStatus"]) == ("Gather End", "in-progress")


@pytest.mark.conformance("C-GAT-2")
def test_the_finish_key_ends_the_question_and_is_not_a_digit(bench):
    bench.call(asking(bench, 'finishOnKey="*"'), {"keys": "7*"})

    assert told(bench) == [("7", "*")]


@pytest.mark.conformance("C-GAT-2")
def test_hash_is_the_finish_key_unless_another_is_named_and_none_is_possible(bench):
    bench.call(asking(bench), {"keys": "4#"})
    bench.call(asking(bench, 'finishOnKey="" numDigits="2"'), {"keys": "4#"})

    assert told(bench) == [("4", "#"), ("4#", "")]


@pytest.mark.conformance("C-GAT-3")
def test_a_pause_after_some_keys_ends_the_question_with_them(bench):
    log = bench.call(asking(bench, 'timeout="3"'), {"keys": "1"})

    assert told(bench) == [("1", "")]
    assert bench.entries(log, "keys")[0]["digits"] == "1"


@pytest.mark.conformance("C-GAT-3")
def test_no_key_lets_the_document_go_on(bench):
    log = bench.call(asking(bench, 'timeout="3"'), {"silence": True})

    assert told(bench) == []
    assert heard(bench, log) == ["Press now", "Nothing came"]


@pytest.mark.conformance("C-GAT-3")
def test_no_key_and_nothing_left_ends_the_call(bench):
    log = bench.call(asking(bench, after=""))

    assert log["status"] == "completed"
    assert told(bench) == []


@pytest.mark.conformance("C-GAT-4")
def test_a_key_stops_the_prompt(bench):
    url = asking(bench, 'numDigits="1"', prompt="<Say>A long explanation</Say><Say>and more</Say>")

    log = bench.call(url, {"keys": "5", "during_prompt": True, "after_seconds": 0.5})

    first = bench.entries(log, "heard")[0]
    assert (first["seconds"], first["ended"]) == (0.5, "key")
    assert told(bench) == [("5", "")]
    assert "and more" not in heard(bench, log)


@pytest.mark.conformance("C-GAT-4")
def test_a_prompt_outside_a_question_cannot_be_interrupted(bench):
    bench.service.says("/keys", "<Response/>")
    url = bench.service.says(
        "/answer",
        "<Response><Say>Welcome to the survey</Say>"
        '<Gather action="/keys" numDigits="1"><Say>Press now</Say></Gather></Response>',
    )

    log = bench.call(url, {"keys": "5", "during_prompt": True, "after_seconds": 0.2})

    assert [one["ended"] for one in bench.entries(log, "heard")] == ["played", "key"]


@pytest.mark.conformance("C-GAT-5")
def test_the_finish_key_alone_is_no_input(bench):
    log = bench.call(asking(bench), {"keys": "#"})

    assert told(bench) == []
    assert heard(bench, log)[-1] == "Nothing came"


@pytest.mark.conformance("C-GAT-6")
@pytest.mark.parametrize("deed", [{"silence": True}, {"keys": "#"}])
def test_an_empty_answer_is_told_if_that_is_wanted(bench, deed):
    bench.call(asking(bench, 'actionOnEmptyResult="true"'), deed)

    assert [digits for digits, _ in told(bench)] == [""]


def test_hanging_up_during_a_question_requests_nothing(bench):
    url = asking(bench, 'actionOnEmptyResult="true"')

    log = bench.call(url, {"hang_up": True, "on": "press now"}, status_callback=url + "/s")

    assert told(bench) == []
    assert log["status"] == "completed"
    assert [one.form["CallStatus"] for one in bench.service.at("/answer/s")] == ["completed"]


def test_the_time_starts_after_the_prompt_and_again_with_each_key(bench):
    url = asking(bench, 'timeout="2"', prompt='<Pause length="60"/>')

    log = bench.call(url, {"keys": "123", "after_seconds": 1.9})

    assert told(bench) == [("123", "")]
    call = bench.client.calls(log["sid"]).fetch()
    # prompt, first key, two more keys, the time-out, the thanks
    assert int(call.duration) == round(60 + 1.9 + 0.8 + 2 + 0.64)


def test_without_an_action_the_same_document_is_asked_for_again(bench):
    url = bench.service.says(
        "/answer",
        '<Response><Gather numDigits="1"/></Response>',
        "<Response><Hangup/></Response>",
    )

    bench.call(url, {"keys": "3"})

    assert [one.form.get("Digits") for one in bench.service.at("/answer")] == [None, "3"]
