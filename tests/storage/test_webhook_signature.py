"""Only the provider is let in. The ids C-SIG-1 to 9 are those of the provider's contract."""

from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask, request
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from storage.house import House
from storage.webhook_signature import is_genuine, raw_target, require_provider_signature

LONG_KEY = "12345678901234567890123456789012"
BASE = "https://genklang.example"


@pytest.mark.parametrize(
    ("key", "url", "form", "signature"),
    [
        pytest.param(
            "12345",
            "https://example.com/myapp.php?foo=1&bar=2",
            [
                ("CallSid", "CA1234567890ABCDE"),
                ("Caller", "+14158675310"),
                ("Digits", "1234"),
                ("From", "+14158675310"),
                ("To", "+18005551212"),
            ],
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
            id="C-SIG-1",
            marks=pytest.mark.conformance("C-SIG-1"),
        ),
        pytest.param(
            "12345",
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            [
                ("CallSid", "CA1234567890ABCDE"),
                ("Caller", "+14158675309"),
                ("Digits", "1234"),
                ("From", "+14158675309"),
                ("To", "+18005551212"),
            ],
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            id="C-SIG-2",
            marks=pytest.mark.conformance("C-SIG-2"),
        ),
        pytest.param(
            LONG_KEY,
            "https://app.example.org/voice/answer?step=1",
            [
                ("CallSid", "CA00000000000000000000000000000001"),
                ("CallStatus", "in-progress"),
                ("Digits", ""),
                ("From", "+4790000001"),
                ("FromCity", "Tromsø"),
                ("To", "+4790000002"),
            ],
            "bpbu946DPj1rr6p1IsKpptNV6kw=",
            id="C-SIG-3",
            marks=pytest.mark.conformance("C-SIG-3"),
        ),
        pytest.param(
            LONG_KEY,
            "https://app.example.org/voice/answer?CallSid=CA1&From=%2B4790000001",
            [],
            "U/VaQjqLRb9fjc/DKaosVvo66oc=",
            id="C-SIG-4",
            marks=pytest.mark.conformance("C-SIG-4"),
        ),
        pytest.param(
            LONG_KEY,
            "https://app.example.org/x",
            [("A", "2"), ("A", "1"), ("A", "1"), ("B", " x ")],
            "jhN+CQKAVffOGSBRfflOdbpM5dY=",
            id="C-SIG-5",
            marks=pytest.mark.conformance("C-SIG-5"),
        ),
        pytest.param(
            LONG_KEY,
            "https://app.example.org/json?bodySHA256="
            "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
            [],
            "EuiDm0s3gE4X3ruHljFfcnieavo=",
            id="C-SIG-6",
            marks=pytest.mark.conformance("C-SIG-6"),
        ),
    ],
)
def test_the_known_signatures_are_accepted_and_nothing_near_them(
    key: str, url: str, form: list[tuple[str, str]], signature: str
) -> None:
    given = MultiDict(form)

    assert is_genuine(url, given, signature, keys=[key])
    assert is_genuine(url, given, signature, keys=["an older key", key])
    assert not is_genuine(url + "x", given, signature, keys=[key])
    assert not is_genuine(url, MultiDict([*form, ("Z", "")]), signature, keys=[key])
    assert not is_genuine(url, given, signature, keys=["another key"])
    assert not is_genuine(url, given, signature[:-2] + "x=", keys=[key])


@pytest.fixture
def client(house: House) -> Iterator[FlaskClient]:
    """A guarded view that says what it was sent."""
    app = Flask(__name__)
    app.testing = True
    blueprint = Blueprint("guarded", __name__, url_prefix="/voice")
    blueprint.before_request(require_provider_signature)

    @blueprint.route("/<path:rest>", methods=["GET", "POST"])
    def echo(rest: str) -> str:
        return request.form.get("Digits", "nothing")

    app.register_blueprint(blueprint)
    with app.test_client() as client:
        yield client


def signed(house: House, target: str, form: dict[str, str]) -> str:
    validator = RequestValidator(house.settings.webhook_keys[0])
    signature = validator.compute_signature(BASE + target, form)
    assert isinstance(signature, str)
    return signature


def post(
    client: FlaskClient, target: str, form: dict[str, str], signature: str | None
) -> tuple[int, bytes]:
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    answer = client.post(target, data=form, headers=headers)
    return answer.status_code, answer.data


def test_a_signed_request_reaches_the_view(client: FlaskClient, house: House) -> None:
    form = {"Digits": "7", "FromCity": "Tromsø", "Empty": ""}

    answer = post(client, "/voice/x", form, signed(house, "/voice/x", form))

    assert answer == (200, b"7")


@pytest.mark.conformance("C-SIG-7")
@pytest.mark.parametrize(
    "signature",
    [None, "", "wrong", "å", "=" * 5000, "L/OH5YylLD5NRKLltdqwSvS0BnU="],
    ids=["missing", "empty", "wrong", "not ascii", "long", "another account's"],
)
def test_c_sig_7_anything_else_is_refused_with_an_empty_body(
    client: FlaskClient, signature: str | None
) -> None:
    form = {"Digits": "7"}

    answer = post(client, "/voice/x", form, signature)

    assert answer == (403, b"")


@pytest.mark.conformance("C-SIG-8")
def test_c_sig_8_an_unknown_parameter_is_part_of_the_signature(
    client: FlaskClient, house: House
) -> None:
    form = {"Digits": "7", "NewParameterOf2031": "x"}

    good = post(client, "/voice/x", form, signed(house, "/voice/x", form))
    bad = post(client, "/voice/x", form, signed(house, "/voice/x", {"Digits": "7"}))

    assert (good[0], bad[0]) == (200, 403)


@pytest.mark.conformance("C-SIG-9")
@pytest.mark.parametrize(
    "target",
    ["/voice/%C3%A5%2Fb", "/voice/x?", "/voice/x?a=%2B1&b=", "/voice/a+b?c=d+e", "/voice/x?a"],
)
def test_c_sig_9_the_address_is_taken_exactly_as_it_was_sent(
    client: FlaskClient, house: House, target: str
) -> None:
    form = {"Digits": "7"}
    signature = signed(house, target, form)

    answer = client.post(
        "/voice/ignored",
        data=form,
        headers={"X-Twilio-Signature": signature},
        environ_overrides={
            "REQUEST_URI": target,
            "RAW_URI": target,
            "PATH_INFO": "/voice/x",
        },
    )

    assert answer.status_code == 200


def test_host_and_forwarding_headers_decide_nothing(client: FlaskClient, house: House) -> None:
    form = {"Digits": "7"}
    validator = RequestValidator(house.settings.webhook_keys[0])
    elsewhere = validator.compute_signature("https://evil.example/voice/x", form)

    answer = client.post(
        "/voice/x",
        data=form,
        headers={
            "X-Twilio-Signature": elsewhere,
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https",
        },
    )

    assert answer.status_code == 403


def test_a_get_is_signed_by_its_address_alone(client: FlaskClient, house: House) -> None:
    target = "/voice/x?CallSid=CA1&From=%2B479"

    answer = client.get(target, headers={"X-Twilio-Signature": signed(house, target, {})})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("environ", "target"),
    [
        ({"REQUEST_URI": "/a%2Fb?"}, "/a%2Fb?"),
        ({"RAW_URI": "/a?b=%20"}, "/a?b=%20"),
        ({"REQUEST_URI": "https://evil.example/a?b"}, "/a?b"),
        ({"PATH_INFO": "/a", "QUERY_STRING": "b=c"}, "/a?b=c"),
        ({"PATH_INFO": "/\xc3\xa5", "QUERY_STRING": ""}, "/%C3%A5"),
    ],
)
def test_the_raw_target_comes_from_the_request_line(
    environ: dict[str, object], target: str
) -> None:
    assert raw_target(environ) == target
