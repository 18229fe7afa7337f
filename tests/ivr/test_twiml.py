"""The document that the provider gets."""

from xml.etree import ElementTree as ET

import pytest
from twilio.twiml import TwiML
from twilio.twiml import voice_response as official

from config.providers import ProviderProfile
from ivr.addresses import CallAddresses
from ivr.steps import Gather, Hangup, Play, Record, Redirect, Reject, Say, Step, Waiting
from ivr.twiml import MOST_CHARACTERS, MOST_ENCODED_BYTES, VOICES, render, spoken_parts

URLS = CallAddresses("https://genklang.example", "abc")


def parsed(*steps: Step, profile: ProviderProfile = ProviderProfile.TWILIO) -> ET.Element:
    return ET.fromstring(render(steps, urls=URLS, profile=profile))  # noqa: S314 - our own text


def test_the_document_is_the_one_that_the_providers_own_builder_makes() -> None:
    text = "Hej & välkommen <du> till \"oss\": 'å' \U0001f600"
    steps = (
        Say(text, "sv"),
        Gather((Say(text, "en"), Play(3)), 2, "#", 4, visit=7),
        Record(120, 4, "1234567890*#", visit=5),
        Redirect(Waiting.UNRECORDED, 2),
        Reject(),
        Hangup(),
    )
    turn, said = "https://genklang.example/voice/turn/abc", {"loop": 1}
    swedish = {"language": "sv-SE", "voice": "Polly.Elin-Neural", **said}
    english = {"language": "en-GB", "voice": "Polly.Amy-Neural", **said}
    gather = official.Gather(
        input="dtmf",
        action=f"{turn}/7/keys",
        method="POST",
        num_digits=2,
        finish_on_key="#",
        timeout=4,
    )
    gather.say(text, **english)
    gather.play("https://genklang.example/voice/hear/abc/3", loop=1)
    expected: TwiML = official.VoiceResponse()
    expected.say(text, **swedish)
    expected.append(gather)
    expected.record(
        action=f"{turn}/5/recorded",
        method="POST",
        timeout=4,
        finish_on_key="1234567890*#",
        max_length=120,
        play_beep=True,
        trim="do-not-trim",
        recording_status_callback="https://genklang.example/voice/recording/abc/5",
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )
    expected.redirect(f"{turn}/2/unrecorded", method="POST")
    expected.reject(reason="rejected")
    expected.hangup()

    document = render(steps, urls=URLS)

    assert ET.canonicalize(document) == ET.canonicalize(str(expected))


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


@pytest.mark.conformance("C-XML-1")
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
