"""Text messages in both directions."""

import pytest
from twilio.base.exceptions import TwilioRestException

from simulator.texting import segments

PERSON = "+46701740605"
OURS = "+46846500400"


@pytest.fixture
def pointed(bench):
    (number,) = bench.client.incoming_phone_numbers.list()
    number.update(sms_url=bench.service.origin + "/sms")
    return number


def send(bench, body="How did it go?", **wanted):
    return bench.client.messages.create(to=PERSON, from_=OURS, body=body, **wanted)


def quiet(bench):
    bench.control("log?wait=1&after=999999999")


def text_in(bench, body):
    sid = bench.control("message", {"from": PERSON, "to": OURS, "body": body})["sid"]
    quiet(bench)
    return sid


def test_a_message_is_queued_then_sent_then_delivered(bench, schema):
    sent = send(bench, "Hej! 🙂", status_callback=bench.service.origin + "/told")
    quiet(bench)

    assert (sent.status, sent.direction, sent.num_segments) == ("queued", "outbound-api", "1")
    told = [one.form for one in bench.service.at("/told")]
    assert [form["MessageStatus"] for form in told] == ["sent", "delivered"]
    assert {form["SmsSid"] for form in told} == {sent.sid}
    assert len(told[1]["RawDlrDoneDate"]) == 10
    assert bench.client.messages(sent.sid).fetch().status == "delivered"


def test_a_message_that_cannot_be_delivered_tells_why(bench):
    bench.control("faults", {"message_error": 30003})

    sent = send(bench, status_callback=bench.service.origin + "/told")
    quiet(bench)

    assert bench.service.at("/told")[-1].form["ErrorCode"] == "30003"
    shown = bench.client.messages(sent.sid).fetch()
    assert (shown.status, shown.error_code) == ("undelivered", 30003)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": ""}, 21604),
        ({"from_": ""}, 21603),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"from_": "+46846500499"}, 21606),
        ({"to": "0701740605"}, 21211),
    ],
)
def test_a_mistake_in_a_message_is_refused(bench, change, code):
    form = {"to": PERSON, "from_": OURS, "body": "Hello"} | change

    with pytest.raises(TwilioRestException) as refused:
        bench.client.messages.create(**form)

    assert (refused.value.status, refused.value.code) == (400, code)


def test_a_sender_can_be_a_word(bench):
    sent = bench.client.messages.create(to=PERSON, from_="Genklang", body="Hello")

    assert sent.from_ == "Genklang"


@pytest.mark.conformance("C-SMS-1")
def test_whoever_texts_stop_is_not_texted_again(bench, pointed):
    sid = text_in(bench, " stop ")

    (asked,) = bench.service.at("/sms")
    assert (asked.form["Body"], asked.form["MessageSid"]) == (" stop ", sid)
    assert (asked.form["SmsStatus"], asked.form["From"]) == ("received", PERSON)
    with pytest.raises(TwilioRestException) as refused:
        send(bench)
    assert (refused.value.status, refused.value.code) == (400, 21610)
    replies = bench.client.messages.list(to=PERSON)
    assert [one.direction for one in replies] == ["outbound-reply"]

    text_in(bench, "START")
    assert send(bench).status == "queued"


@pytest.mark.conformance("C-SMS-1")
@pytest.mark.parametrize("word", ["STOPP", "SLUTA", "AFMELD", "LOPETA", "please stop"])
def test_the_network_knows_no_nordic_word_and_no_sentence(bench, pointed, word):
    text_in(bench, word)

    assert bench.service.at("/sms")[0].form["Body"] == word
    assert send(bench).status == "queued"


def test_the_answer_to_a_message_is_sent_back(bench, pointed):
    bench.service.says("/sms", "<Response><Message>Thank you!</Message></Response>")

    text_in(bench, "8")

    (reply,) = bench.client.messages.list(to=PERSON)
    assert (reply.body, reply.direction) == ("Thank you!", "outbound-reply")


def test_the_fallback_hears_of_a_message_the_service_failed_on(bench, pointed):
    pointed.update(sms_fallback_url=bench.service.origin + "/plan-b")
    bench.service.says("/sms", "", status=500)
    bench.service.says("/plan-b", "<Response><Message>Later</Message></Response>")

    text_in(bench, "8")

    (asked,) = bench.service.at("/plan-b")
    assert (asked.form["Body"], asked.form["ErrorCode"]) == ("8", "11200")
    assert [one.body for one in bench.client.messages.list(to=PERSON)] == ["Later"]


@pytest.mark.conformance("C-DEL-3", "C-DEL-4")
def test_a_message_is_redacted_and_deleted(bench, pointed):
    sent = send(bench)
    received = text_in(bench, "9")

    redacted = bench.client.messages(sent.sid).update(body="")
    assert redacted.body == ""
    assert bench.client.messages(sent.sid).fetch().body == ""
    for sid in (sent.sid, received):
        assert bench.client.messages(sid).delete()
        with pytest.raises(TwilioRestException) as gone:
            bench.client.messages(sid).fetch()
        assert gone.value.code == 20404
    assert bench.control("left")["messages"] == {"count": 0, "sids": []}


@pytest.mark.conformance("C-DEL-5")
def test_a_message_under_way_cannot_be_deleted(bench):
    bench.control("settings", {"hold": ["message"]})
    sent = send(bench)

    with pytest.raises(TwilioRestException) as refused:
        bench.client.messages(sent.sid).delete()
    bench.control("settings", {"hold": []})
    bench.control("release", {})
    quiet(bench)

    assert refused.value.code == 20009
    assert bench.client.messages(sent.sid).delete()


def test_messages_are_listed_by_number(bench, schema):
    for _ in range(3):
        send(bench)
    quiet(bench)

    assert len(bench.client.messages.list(to=PERSON, from_=OURS)) == 3
    assert bench.client.messages.list(to=OURS) == []
    assert len(bench.client.messages.list(date_sent_after="2020-01-01", page_size=2)) == 3
    assert bench.client.messages(send(bench).sid).media.list() == []


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("å" * 160, 1),
        ("å" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("–" * 70, 1),
        ("–" * 71, 2),
        ("–" * 134, 2),
        ("–" * 135, 3),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
    ],
)
def test_segments_are_counted_as_the_network_counts_them(body, count):
    assert segments(body) == count
