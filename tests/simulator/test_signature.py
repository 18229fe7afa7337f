"""The provider's signature, by the published vectors and by its own library."""

import hashlib

import pytest
from twilio.request_validator import RequestValidator

from simulator.signature import form_signature, signed_address, url_signature

LONG = "12345678901234567890123456789012"


@pytest.mark.conformance("C-SIG-1")
def test_first_vector_of_a_form_post():
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }

    made = form_signature("12345", "https://example.com/myapp.php?foo=1&bar=2", fields.items())

    assert made == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.conformance("C-SIG-2")
def test_second_vector_of_a_form_post():
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }

    made = form_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields.items())

    assert made == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.conformance("C-SIG-3")
def test_an_empty_value_and_a_nordic_letter_count():
    fields = {
        "CallSid": "CA00000000000000000000000000000001",
        "CallStatus": "in-progress",
        "Digits": "",
        "From": "+4790000001",
        "FromCity": "Tromsø",
        "To": "+4790000002",
    }

    made = form_signature(LONG, "https://app.example.org/voice/answer?step=1", fields.items())

    assert made == "bpbu946DPj1rr6p1IsKpptNV6kw="


@pytest.mark.conformance("C-SIG-4")
def test_a_get_is_signed_over_its_address_alone():
    url = "https://app.example.org/voice/answer?CallSid=CA1&From=%2B4790000001"

    assert url_signature(LONG, url) == "U/VaQjqLRb9fjc/DKaosVvo66oc="


@pytest.mark.conformance("C-SIG-5")
def test_a_repeated_name_counts_with_each_distinct_value():
    fields = [("A", "2"), ("A", "1"), ("A", "1"), ("B", " x ")]

    assert form_signature(LONG, "https://app.example.org/x", fields) == (
        "jhN+CQKAVffOGSBRfflOdbpM5dY="
    )


@pytest.mark.conformance("C-SIG-6")
def test_a_json_body_is_signed_by_its_hash_in_the_address():
    digest = hashlib.sha256(b'{"a":1}').hexdigest()

    made = url_signature(LONG, f"https://app.example.org/json?bodySHA256={digest}")

    assert made == "EuiDm0s3gE4X3ruHljFfcnieavo="


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.org/voice/answer",
        "https://app.example.org:8443/voice/answer?a=%C3%A5%2Fb",
        "http://127.0.0.1:8080/voice/answer#rc=2&rp=5xx",
        "http://app.example.org/voice/answer?",
    ],
)
def test_the_providers_own_library_accepts_what_is_signed(url):
    fields = {"From": "+4790000001", "FromCity": "", "Body": "åäö  + %20", "To": "anonymous"}

    made = form_signature(LONG, signed_address(url), fields.items())

    assert RequestValidator(LONG).validate(url.partition("#")[0], fields, made)


def test_credentials_and_the_port_of_https_are_no_part_of_what_is_signed():
    assert signed_address("https://user:pw@h.example:8443/x?y#rc=1") == "https://h.example/x?y"
    assert signed_address("http://h.example:8080/x?") == "http://h.example:8080/x"
