"""What the official site offers, and what is said where it offers nothing."""

import re
from pathlib import Path

import pytest

from transcription.catalogue import language_of
from transcription.published import (
    OFFICIAL_SITE,
    PUBLISHED,
    WITHOUT_A_MODEL,
    Algorithm,
    NoPublishedModel,
    Size,
    published,
)


def test_english_and_swedish_have_an_official_model() -> None:
    assert published("sv").name == "vosk-model-small-sv-rhasspy-0.15"
    assert published("en").size is Size.SMALL
    assert published("en", Size.LARGE).name == "vosk-model-en-us-0.22"


@pytest.mark.parametrize("language", ["nb", "da", "fi"])
def test_norwegian_danish_and_finnish_have_none_and_that_is_said_plainly(language: str) -> None:
    with pytest.raises(NoPublishedModel) as caught:
        published(language)

    assert f"no official Vosk model for {WITHOUT_A_MODEL[language]}" in str(caught.value)
    assert "kept as audio only" in str(caught.value)
    assert f"VOSK_MODELS_DIR/{language}" in str(caught.value)


def test_a_size_that_is_not_offered_is_answered_with_those_that_are() -> None:
    with pytest.raises(NoPublishedModel, match="there is: small"):
        published("sv", Size.LARGE)


def test_every_entry_can_be_checked_and_is_known_by_its_directory() -> None:
    length = {Algorithm.SHA256: 64, Algorithm.MD5: 32}
    for model in PUBLISHED:
        assert model.checksum is not None
        assert re.fullmatch(
            f"[0-9a-f]{{{length[model.checksum.algorithm]}}}", model.checksum.digest
        )
        match = re.match(r"vosk-model-(?:small-)?([a-z]+)-", model.name)
        assert match is not None
        assert language_of(match[1]) == model.language
        assert not re.search(r"[^a-z0-9.-]", model.path)


def test_the_official_site_is_the_only_host_in_the_room() -> None:
    room = Path(__file__).parents[2] / "transcription"

    hosts = {
        host
        for path in room.glob("*.py")
        for host in re.findall(r"https?://[^/\s\"']+", path.read_text(encoding="utf-8"))
    }

    assert hosts == {OFFICIAL_SITE.removesuffix("/vosk/models/")}
