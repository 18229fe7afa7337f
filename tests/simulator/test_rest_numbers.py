"""The service's own numbers."""

import pytest
from twilio.base.exceptions import TwilioRestException


def test_a_number_is_bought_pointed_somewhere_and_given_back(bench, schema):
    numbers = bench.client.incoming_phone_numbers

    bought = numbers.create(phone_number="+46846500401", voice_url="http://127.0.0.1:9/in")
    changed = numbers(bought.sid).update(voice_method="GET", friendly_name="Second line")

    assert (bought.voice_url, changed.voice_method) == ("http://127.0.0.1:9/in", "GET")
    assert [one.sid for one in numbers.list(phone_number="+46846500401")] == [bought.sid]
    assert {one.friendly_name for one in numbers.list()} == {"+46846500400", "Second line"}
    assert numbers(bought.sid).delete()
    assert len(numbers.list()) == 1


def test_a_number_must_be_in_international_form(bench):
    with pytest.raises(TwilioRestException) as refused:
        bench.client.incoming_phone_numbers.create(phone_number="08-465 004 01")

    assert refused.value.code == 21421


def test_a_method_must_be_get_or_post(bench):
    (number,) = bench.client.incoming_phone_numbers.list()

    with pytest.raises(TwilioRestException):
        number.update(voice_method="PUT")
