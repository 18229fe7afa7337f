"""Our few verbs against a real HTTP server that answers as a provider does."""

import json
import logging
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from config.providers import TRAITS, ProviderProfile
from storage.faults import GiveUp, TryAgain
from storage.provider import CallOrder, DeletionVerdict, TextAtProvider, TextOrder
from storage.provider_client import TelephoneProvider
from storage.provider_connections import RewritingHttpClient
from storage.provider_faults import (
    ProviderAway,
    ProviderBusy,
    ProviderRefusesUs,
    ProviderSaysNo,
    RecipientOptedOut,
    fault_of,
)
from storage.provider_media import RecordingNotThereYet, RecordingTooLarge, UnsafeRedirect
from storage.states import AttemptMethod, ContactPurpose
from tests.permits import forged_permit

API = "/2010-04-01/Accounts/AC1"
PERSON = "+46701740605"
LINE = "+46101000001"
ORDER = CallOrder(
    to=PERSON,
    from_=LINE,
    answer_url="https://genklang.example/voice/answer/t",
    status_url="https://genklang.example/voice/status/t",
    attempt_id=uuid4(),
    purpose=ContactPurpose.SURVEY,
    fallback_url="https://fallback.example/sv.xml",
    detected_url="https://genklang.example/voice/detected/t",
    ring_seconds=25,
    limit_seconds=300,
)
PERMIT = forged_permit(ORDER)


@dataclass
class Asked:
    method: str
    path: str
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    headers: dict[str, str]


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: bool = False


class Pretender:
    """Answers each request with the next scripted answer, the last one again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: list[Answer] = []
        pretender = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                form = parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True)
                parts = urlsplit(self.path)
                query = parse_qsl(parts.query, keep_blank_values=True)
                pretender.asked.append(
                    Asked(self.command, parts.path, query, form, dict(self.headers))
                )
                answers = pretender.answers
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if answer.silent:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                more = 10 if answer.cut else 0
                self.send_header("Content-Length", str(len(answer.body) + more))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = answer.cut

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the server's own names

            def log_message(self, *_: Any) -> None:
                """The tests read `asked` instead."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/prefix"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def will_say(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked.clear()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def pretender() -> Iterator[Pretender]:
    server = Pretender()
    yield server
    server.stop()


def provider_at(
    url: str, profile: ProviderProfile = ProviderProfile.TWILIO, *, timeout: float = 5.0
) -> TelephoneProvider:
    return TelephoneProvider(
        base_url=url,
        account_sid="AC1",
        user="SK1",
        secret="hush",
        traits=TRAITS[profile],
        timeout_seconds=timeout,
    )


@pytest.fixture
def provider(pretender: Pretender) -> TelephoneProvider:
    return provider_at(pretender.url)


def says(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


def refusal(status: int, code: Any = None) -> Answer:
    body: dict[str, Any] = {"status": status, "message": f"no, {PERSON}"}
    return says(body if code is None else body | {"code": code}, status)


@pytest.mark.conformance("C-CALL-1")
def test_c_call_1_a_call_is_ordered_with_exactly_what_is_documented(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(says({"sid": "CA1", "status": "queued", "to": PERSON}, 201))

    placed = provider.place_call(ORDER, PERMIT)

    asked = pretender.asked[0]
    assert (placed.sid, placed.status) == ("CA1", "queued")
    assert (asked.method, asked.path) == ("POST", f"/prefix{API}/Calls.json")
    assert sorted(asked.form) == sorted(
        [
            ("To", PERSON),
            ("From", LINE),
            ("Url", ORDER.answer_url),
            ("Method", "POST"),
            ("FallbackUrl", "https://fallback.example/sv.xml"),
            ("FallbackMethod", "GET"),
            ("StatusCallback", ORDER.status_url),
            ("StatusCallbackMethod", "POST"),
            ("StatusCallbackEvent", "ringing"),
            ("StatusCallbackEvent", "answered"),
            ("StatusCallbackEvent", "completed"),
            ("Timeout", "25"),
            ("TimeLimit", "300"),
            ("MachineDetection", "Enable"),
            ("AsyncAmd", "true"),
            ("AsyncAmdStatusCallback", "https://genklang.example/voice/detected/t"),
            ("AsyncAmdStatusCallbackMethod", "POST"),
        ]
    )
    assert asked.headers["Authorization"] == "Basic " + b64encode(b"SK1:hush").decode()


def test_a_provider_without_detection_is_not_asked_for_it(pretender: Pretender) -> None:
    pretender.will_say(says({"sid": "uuid-1"}, 200))

    placed = provider_at(pretender.url, ProviderProfile.SOMLENG).place_call(ORDER, PERMIT)

    names = {name for name, _ in pretender.asked[0].form}
    assert placed.sid == "uuid-1"
    assert not names & {"MachineDetection", "AsyncAmd", "Timeout", "AsyncAmdStatusCallback"}


@pytest.mark.parametrize(
    ("answer", "family", "code", "maybe"),
    [
        (refusal(429, 20429), ProviderBusy, "20429", False),
        (refusal(409, 20409), ProviderBusy, "20409", False),
        (refusal(500, 20500), ProviderAway, "20500", True),
        (refusal(503), ProviderAway, "503", True),
        (Answer(502, b"<html>bad gateway</html>", "text/html"), ProviderAway, "502", True),
        (Answer(201, b"<html>hello</html>", "text/html"), ProviderAway, "not_json", True),
        (says({"status": "queued"}, 201), ProviderAway, "no_sid", True),
        (Answer(silent=True), ProviderAway, "ConnectionError", True),
        (refusal(401, 20003), ProviderRefusesUs, "20003", None),
        (refusal(403, 20005), ProviderRefusesUs, "20005", None),
        (refusal(400, 21211), ProviderSaysNo, "21211", None),
        (refusal(422, "21211"), ProviderSaysNo, "21211", None),
        (refusal(400), ProviderSaysNo, "400", None),
    ],
)
def test_every_failure_to_place_a_call_is_of_one_family(
    pretender: Pretender,
    provider: TelephoneProvider,
    answer: Answer,
    family: type[TryAgain] | type[GiveUp],
    code: str,
    maybe: bool | None,
) -> None:
    pretender.will_say(answer)

    with pytest.raises(family) as fault:
        provider.place_call(ORDER, PERMIT)

    assert fault.value.code == code
    assert getattr(fault.value, "may_have_happened", None) == maybe
    assert PERSON not in str(fault.value)
    assert fault.value.__cause__ is None  # a traceback would carry the library's own text
    assert len(pretender.asked) == 1  # never repeated on a guess


def test_a_call_that_timed_out_may_have_been_placed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        provider = provider_at(url, timeout=0.3)

        with pytest.raises(TryAgain) as fault:
            provider.place_call(ORDER, PERMIT)

    assert fault.value.may_have_happened


def test_a_call_to_a_closed_door_was_never_placed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

    with pytest.raises(TryAgain) as fault:
        provider_at(url).place_call(ORDER, PERMIT)

    assert not fault.value.may_have_happened


def test_somebody_who_opted_out_at_the_provider_is_known_as_such() -> None:
    assert isinstance(fault_of(400, "21610"), RecipientOptedOut)


def a_call(sid: str, created: str | None, **more: Any) -> dict[str, Any]:
    return {"sid": sid, "status": "queued", "direction": "outbound-api", "duration": None,
            "date_created": created, "start_time": None, "end_time": None} | more  # fmt: skip


def test_calls_are_found_by_the_time_they_were_created(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    calls = [
        a_call("CA1", "Mon, 23 Nov 2026 11:59:59 +0000"),
        a_call("CA2", "Mon, 23 Nov 2026 12:00:00 +0000"),
        a_call("CA3", "Mon, 23 Nov 2026 12:00:05 +0000", duration="15", status="completed"),
    ]
    pretender.will_say(says({"calls": calls, "page": 0, "next_page_uri": None}))

    found = provider.find_calls(to=PERSON, from_=LINE, since=datetime(2026, 11, 23, 12, tzinfo=UTC))

    assert [call.sid for call in found] == ["CA3", "CA2"]
    assert (found[0].seconds, found[0].status) == (15, "completed")
    asked = dict(pretender.asked[0].query)
    assert (asked["To"], asked["From"]) == (PERSON, LINE)
    assert "StartTime" not in " ".join(asked)


def test_a_failed_list_is_of_a_family_too(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(refusal(429, 20429))

    with pytest.raises(ProviderBusy):
        provider.find_calls(to=PERSON, from_=LINE, since=datetime.now(UTC))


def test_a_call_nobody_knows_is_none(pretender: Pretender, provider: TelephoneProvider) -> None:
    pretender.will_say(refusal(404, 20404))

    assert provider.fetch_call("CA1") is None


@pytest.mark.conformance("C-CALL-4")
def test_hanging_up_a_call_that_does_not_ring_yet_withdraws_it(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(refusal(400, 21220), says(a_call("CA1", None)), says(a_call("CA1", None)))

    provider.end_call("CA1")

    assert [asked.form for asked in pretender.asked] == [
        [("Status", "completed")],
        [],
        [("Status", "canceled")],
    ]


@pytest.mark.conformance("C-CALL-5")
@pytest.mark.parametrize("answer", [refusal(404, 20404), says(a_call("CA1", None))])
def test_hanging_up_what_is_over_is_success(
    pretender: Pretender, provider: TelephoneProvider, answer: Answer
) -> None:
    pretender.will_say(answer)

    provider.end_call("CA1")

    assert len(pretender.asked) == 1


@pytest.mark.conformance("C-DEL-1")
def test_c_del_1_a_recording_is_gone_when_neither_record_nor_sound_is_found(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(Answer(204), refusal(404, 20404), Answer(404))

    deletion = provider.delete_recording("RE1")

    assert deletion.verdict is DeletionVerdict.CONFIRMED
    assert deletion.proof == ("DELETE 204", "GET 404", "GET .wav 404")


def test_a_sound_that_is_still_there_is_not_gone(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(Answer(204), refusal(404, 20404), Answer(200, b"RIFF", "audio/x-wav"))

    assert provider.delete_recording("RE1").verdict is DeletionVerdict.PENDING


def test_what_is_gone_already_is_confirmed(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(refusal(404, 20404))

    deletion = provider.delete_call("CA1")

    assert deletion.verdict is DeletionVerdict.CONFIRMED
    assert deletion.proof == ("DELETE 404", "GET 404")


@pytest.mark.conformance("C-DEL-5")
@pytest.mark.parametrize("status", [400, 409, 422])
def test_c_del_5_what_is_not_finished_is_pending_whatever_the_status(
    pretender: Pretender, provider: TelephoneProvider, status: int
) -> None:
    pretender.will_say(refusal(status, 20009))

    deletion = provider.delete_call("CA1")

    assert deletion.verdict is DeletionVerdict.PENDING
    assert deletion.proof == ("DELETE refused 20009",)


def test_what_a_provider_cannot_delete_is_said_so_without_asking(pretender: Pretender) -> None:
    pretender.will_say(Answer(204))
    somleng = provider_at(pretender.url, ProviderProfile.SOMLENG)

    deletions = [somleng.delete_call("1"), somleng.delete_recording("2")]

    assert {one.verdict for one in deletions} == {DeletionVerdict.UNSUPPORTED}
    assert pretender.asked == []


def test_the_sound_is_fetched_signed_in_from_our_own_address(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(Answer(200, b"RIFF" + b"x" * 200_000, "audio/x-wav; charset=binary"))

    media = provider.download_recording("RE1", max_bytes=1_000_000)

    asked = pretender.asked[0]
    assert (len(media.content), media.content_type) == (200_004, "audio/x-wav")
    assert asked.path == f"/prefix{API}/Recordings/RE1.wav"
    assert asked.headers["Authorization"].startswith("Basic ")


def test_a_strange_sid_stays_one_part_of_the_address(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(Answer(404))

    with pytest.raises(RecordingNotThereYet):
        provider.download_recording("v3:a/../b?c", max_bytes=9)

    assert pretender.asked[0].path == f"/prefix{API}/Recordings/v3%3Aa%2F..%2Fb%3Fc.wav"


@pytest.mark.parametrize(
    ("answer", "family"),
    [
        (Answer(404), RecordingNotThereYet),
        (Answer(401), ProviderRefusesUs),
        (Answer(400), ProviderSaysNo),
        (Answer(429), ProviderBusy),
        (Answer(503), ProviderAway),
        (Answer(200, b"x" * 11, "audio/x-wav"), RecordingTooLarge),
        (Answer(200, b"x" * 5, "audio/x-wav", cut=True), ProviderAway),
        (Answer(silent=True), ProviderAway),
        (Answer(302, headers={"Location": "http://169.254.169.254/"}), UnsafeRedirect),
        (Answer(302, headers={"Location": "file:///etc/passwd"}), UnsafeRedirect),
        (Answer(302, headers={"Location": "http://127.0.0.1:1/"}), UnsafeRedirect),
        (Answer(302), UnsafeRedirect),
    ],
)
def test_every_failure_to_fetch_sound_is_of_one_family(
    pretender: Pretender,
    provider: TelephoneProvider,
    answer: Answer,
    family: type[Exception],
) -> None:
    pretender.will_say(answer)

    with pytest.raises(family):
        provider.download_recording("RE1", max_bytes=10)


def test_a_redirect_within_the_configured_origin_is_followed_without_credentials(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    place = pretender.url.removesuffix("/prefix") + "/object-store/x.wav"
    pretender.will_say(
        Answer(302, headers={"Location": place}), Answer(200, b"RIFF", "audio/x-wav")
    )

    media = provider.download_recording("RE1", max_bytes=10)

    assert media.content == b"RIFF"
    assert pretender.asked[1].path == "/object-store/x.wav"
    assert "Authorization" in pretender.asked[0].headers
    assert "Authorization" not in pretender.asked[1].headers


def test_recordings_are_listed_over_all_pages(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    def page(sid: str, following: str | None) -> Answer:
        one = {"sid": sid, "call_sid": "CA1", "status": "completed", "duration": "7",
               "date_created": "Mon, 23 Nov 2026 12:00:00 +0000"}  # fmt: skip
        return says({"recordings": [one], "page": 0, "next_page_uri": following})

    pretender.will_say(page("RE1", f"{API}/Recordings.json?Page=1"), page("RE2", None))

    found = list(provider.list_recordings(since=datetime(2026, 11, 20, 5, tzinfo=UTC)))

    assert [(one.sid, one.seconds) for one in found] == [("RE1", 7), ("RE2", 7)]
    assert ("DateCreated>", "2026-11-20T05:00:00Z") in pretender.asked[0].query
    assert pretender.asked[1].path == f"/prefix{API}/Recordings.json"


@pytest.mark.parametrize(
    ("answer", "there"),
    [
        (says({"sid": "RE1", "status": "completed"}), True),
        (says({"sid": "RE1", "status": "deleted"}), False),
        (refusal(404, 20404), False),
    ],
)
def test_a_recording_exists_or_not(
    pretender: Pretender, provider: TelephoneProvider, answer: Answer, there: bool
) -> None:
    pretender.will_say(answer)

    assert provider.recording_exists("RE1") is there


def test_a_number_of_ours_is_pointed_at_us(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    numbers = {"incoming_phone_numbers": [{"sid": "PN1"}], "page": 0, "next_page_uri": None}
    pretender.will_say(says(numbers), says({"sid": "PN1"}))

    provider.point_number(LINE, voice_url="https://g/voice/inbound", status_url="https://g/s")

    assert dict(pretender.asked[1].form) == {
        "VoiceUrl": "https://g/voice/inbound",
        "VoiceMethod": "POST",
        "StatusCallback": "https://g/s",
        "StatusCallbackMethod": "POST",
    }
    assert pretender.asked[1].path.endswith("/IncomingPhoneNumbers/PN1.json")


def test_a_number_that_is_not_ours_cannot_be_pointed(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    nothing = {"incoming_phone_numbers": [], "page": 0, "next_page_uri": None}
    pretender.will_say(says(nothing))

    with pytest.raises(GiveUp, match="no such number"):
        provider.point_number(LINE, voice_url="https://g/v", status_url="https://g/s")


def test_messages_are_listed_and_deleted(pretender: Pretender, provider: TelephoneProvider) -> None:
    one = {"sid": "SM1", "status": "received", "direction": "inbound", "date_created": None}
    pretender.will_say(
        says({"messages": [one], "page": 0, "next_page_uri": None}),
        Answer(204),
        refusal(404, 20404),
    )

    found = list(provider.list_messages())
    deletion = provider.delete_message(found[0].sid)

    assert (found[0].direction, deletion.verdict) == ("inbound", DeletionVerdict.CONFIRMED)


TEXT = TextOrder(
    to=PERSON,
    from_=LINE,
    body="Hej",
    status_url="https://g/sms/status/t",
    attempt_id=uuid4(),
    purpose=ContactPurpose.SURVEY,
)


def test_a_text_is_ordered_with_exactly_what_is_documented(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    pretender.will_say(says({"sid": "SM1", "status": "queued", "to": PERSON, "body": "Hej"}, 201))

    taken = provider.send_message(TEXT, forged_permit(TEXT, AttemptMethod.SMS))

    asked = pretender.asked[0]
    assert (taken.sid, taken.status) == ("SM1", "queued")
    assert (asked.method, asked.path) == ("POST", f"/prefix{API}/Messages.json")
    assert sorted(asked.form) == [
        ("Body", "Hej"), ("From", LINE), ("StatusCallback", TEXT.status_url), ("To", PERSON),
    ]  # fmt: skip
    assert PERSON not in repr(TEXT)
    assert "Hej" not in repr(TEXT)


@pytest.mark.parametrize(
    ("answer", "family", "maybe"),
    [
        (refusal(429, 20429), ProviderBusy, False),
        (refusal(401, 20003), ProviderRefusesUs, False),
        (refusal(400, 21610), RecipientOptedOut, False),
        (refusal(500, 20500), ProviderAway, True),
        (Answer(silent=True), ProviderAway, True),
        (says({"status": "queued"}, 201), ProviderAway, True),
    ],
)
def test_a_text_that_is_refused_says_whether_it_may_be_on_its_way(
    pretender: Pretender, provider: TelephoneProvider, answer: Answer, family: Any, maybe: bool
) -> None:
    pretender.will_say(answer)

    with pytest.raises(family) as fault:
        provider.send_message(TEXT, forged_permit(TEXT, AttemptMethod.SMS))

    assert getattr(fault.value, "may_have_happened", False) is maybe
    assert len(pretender.asked) == 1


def test_our_messages_to_a_number_are_found_newest_first_whether_sent_yet_or_not(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    day = "Tue, 10 Mar 2026 {}:00:00 +0000"
    texts = [
        {"sid": "SM1", "direction": "outbound-api", "date_created": day.format("10")},
        {"sid": "SM2", "direction": "outbound-api", "date_created": day.format("12"),
         "price": "-0.04", "price_unit": "USD"},
        {"sid": "SM3", "direction": "outbound-reply", "date_created": day.format("12")},
        {"sid": "SM4", "direction": "outbound-api", "date_created": day.format("08")},
        {"sid": "SM5", "direction": "outbound-api", "date_created": None},
    ]  # fmt: skip
    pretender.will_say(says({"messages": texts, "page": 0, "next_page_uri": None}))

    found = provider.find_messages(
        to=PERSON, from_=LINE, since=datetime(2026, 3, 10, 9, tzinfo=UTC)
    )

    assert [one.sid for one in found] == ["SM5", "SM2", "SM1"]
    assert (found[1].price_micros, found[1].currency) == (40_000, "USD")
    assert {name for name, _ in pretender.asked[0].query} == {"To", "From", "PageSize"}


def test_where_a_message_stands_is_told_with_its_error_and_none_when_it_is_gone(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    one = {"sid": "SM1", "status": "undelivered", "error_code": 30006}
    pretender.will_say(says(one), refusal(404, 20404))

    there, gone = provider.fetch_message("SM1"), provider.fetch_message("SM1")

    assert there is not None
    assert (there.status, there.error_code, gone) == ("undelivered", "30006", None)


def test_one_message_is_read_with_whom_it_is_between(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    one = {"sid": "SM1", "from": PERSON, "to": LINE, "body": "STOPP"}
    pretender.will_say(says(one), refusal(404, 20404))

    read, gone = provider.read_message("SM1"), provider.read_message("SM2")

    assert read == TextAtProvider(PERSON, LINE, "STOPP")
    assert PERSON not in repr(read)
    assert "STOPP" not in repr(read)
    assert gone is None


def test_texts_to_a_number_are_pointed_only_when_an_address_is_given(
    pretender: Pretender, provider: TelephoneProvider
) -> None:
    one = {"sid": "PN1", "phone_number": LINE}
    found = {"incoming_phone_numbers": [one], "page": 0, "next_page_uri": None}
    pretender.will_say(says(found), says(one), says(found), says(one))

    provider.point_number(LINE, voice_url="https://g/v", status_url="https://g/s")
    provider.point_number(
        LINE, voice_url="https://g/v", status_url="https://g/s", text_url="https://g/sms"
    )

    told = [dict(asked.form) for asked in pretender.asked if asked.method == "POST"]
    assert "SmsUrl" not in told[0]
    assert (told[1]["SmsUrl"], told[1]["SmsMethod"]) == ("https://g/sms", "POST")


def test_no_number_is_logged_whatever_is_asked(
    pretender: Pretender, provider: TelephoneProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pretender.will_say(
        says({"sid": "CA1", "status": "queued"}, 201),
        says({"calls": [], "page": 0, "next_page_uri": None}),
    )

    provider.place_call(ORDER, PERMIT)
    provider.find_calls(to=PERSON, from_=LINE, since=datetime.now(UTC))

    written = "".join(str(record.__dict__) for record in caplog.records)
    assert "call.placed" in written
    assert PERSON not in written
    assert PERSON.removeprefix("+") not in written


def test_only_the_voice_and_sms_interface_is_ever_asked(pretender: Pretender) -> None:
    client = RewritingHttpClient(pretender.url, timeout=1.0)

    with pytest.raises(ValueError, match="outside"):
        client.request("GET", "https://lookups.twilio.com/v2/PhoneNumbers/+46701740605")


def test_each_thread_has_connections_of_its_own(provider: TelephoneProvider) -> None:
    seen: list[Callable[..., Any]] = []
    thread = threading.Thread(target=lambda: seen.append(provider._at.client))
    thread.start()
    thread.join()

    assert provider._at.client is provider._at.client
    assert seen[0] is not provider._at.client
