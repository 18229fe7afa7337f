"""The document that the provider gets."""

from xml.etree import ElementTree as ET

import pytest

from config.providers import ProviderProfile
from ivr.addresses import CallAddresses
from ivr.steps import Gather, Hangup, Play, Record, Redirect, Reject, Say, Step, Waiting
from ivr.twiml import MOST_CHARACTERS, MOST_ENCODED_BYTES, VOICES, render, spoken_parts

URLS = CallAddresses("https://genklang.example", "abc")


def parsed(*steps: Step, profile: ProviderProfile = ProviderProfile.TWILIO) -> ET.Element:
    return ET.fromstring(render(steps, urls=URLS, profile=profile))  # noqa: S314 - our own text


def test_every_attribute_of_a_gather_is_written_out() -> None:
    gather = Gather((Say("Hej", "sv"), Play(3)), 2, "", 4, visit=7)

    element = parsed(gather)[0]

    assert element.tag == "Gather"
    assert element.attrib == {
        "input": "dtmf",
        "action": "https://genklang.example/voice/turn/abc/7/keys",
        "method": "POST",
        "numDigits": "2",
        "finishOnKey": "",
        "timeout": "4",
    }
    assert [child.tag for child in element] == ["Say", "Play"]
    assert element[1].text == "https://genklang.example/voice/hear/abc/3"


def test_every_attribute_of_a_recording_is_written_out() -> None:
    element = parsed(Record(120, 4, "1234567890*#", visit=5))[0]

    assert element.attrib == {
        "action": "https://genklang.example/voice/turn/abc/5/recorded",
        "method": "POST",
        "timeout": "4",
        "finishOnKey": "1234567890*#",
        "maxLength": "120",
        "playBeep": "true",
        "trim": "do-not-trim",
        "recordingStatusCallback": "https://genklang.example/voice/recording/abc/5",
        "recordingStatusCallbackMethod": "POST",
        "recordingStatusCallbackEvent": "completed absent",
    }


def test_redirect_hangup_and_reject() -> None:
    redirect, hangup, reject = parsed(Redirect(Waiting.UNRECORDED, 2), Hangup(), Reject())

    assert redirect.text == "https://genklang.example/voice/turn/abc/2/unrecorded"
    assert redirect.attrib == {"method": "POST"}
    assert (hangup.tag, reject.attrib) == ("Hangup", {"reason": "rejected"})


@pytest.mark.parametrize("profile", list(ProviderProfile))
def test_every_language_has_a_voice_with_every_provider(profile: ProviderProfile) -> None:
    for language in ("sv", "nb", "da", "fi", "en"):
        say = parsed(Say("x", language), profile=profile)[0]

        assert say.attrib["voice"] == VOICES[profile][language]
        assert say.attrib["language"].startswith(language)


def test_c_xml_1_any_text_gives_a_well_formed_document() -> None:
    text = "Hej \x00\x07\x1b & <b>\"du\"</b> 'å' \U0001f600 \ud800 \ufffe slut"

    say = parsed(Say(text, "sv"))[0]

    assert say.text == "Hej  & <b>\"du\"</b> 'å' \U0001f600   slut"


def test_text_of_nothing_speakable_is_left_out() -> None:
    document = parsed(Say(" \x00 ", "sv"), Hangup())

    assert [element.tag for element in document] == ["Hangup"]


def test_long_texts_are_cut_at_the_ends_of_sentences() -> None:
    sentence = "Så här lång är en mening om ingenting. "
    parts = list(spoken_parts(sentence * 300))

    assert all(part.endswith("ingenting.") for part in parts)
    assert " ".join(parts) == (sentence * 300).strip()
    assert all(len(part) <= MOST_CHARACTERS for part in parts)


@pytest.mark.parametrize("text", ["å" * 9000, "å " * 5000, "\U0001f600" * 2000, "x" * 3001])
def test_no_part_is_longer_than_a_provider_can_speak(text: str) -> None:
    from urllib.parse import quote_plus

    parts = list(spoken_parts(text))

    assert "".join(parts).replace(" ", "") == text.replace(" ", "")
    assert all(len(part) <= MOST_CHARACTERS for part in parts)
    assert all(len(quote_plus(part)) <= MOST_ENCODED_BYTES for part in parts)


def test_no_verb_is_used_that_some_provider_does_not_know() -> None:
    text = render(
        (Say("x", "sv"), Gather((Say("x", "sv"),), 1, "", 5, 1), Record(9, 4, "#", 1), Hangup()),
        urls=URLS,
        profile=ProviderProfile.SOMLENG,
    )

    assert "Pause" not in text
    assert "<Gather" in text
