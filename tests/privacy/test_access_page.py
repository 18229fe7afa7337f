"""The page of a package as the person reads it: whose it is, which clock, and what comes first."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from privacy import access_page
from privacy.access_words import ACCESS
from storage.house import House
from tests.privacy.test_access_package import data_of, everything, package
from tests.rows import NOON, make_organisation

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OWNER: dict[str, Any] = {
    "name": "Exempelbolaget",
    "privacy_email": "privacy@example.org",
    "data_protection_officer": "Ombudet <AB>",
    "authority": "Myndigheten",
}


def page(document: dict[str, Any], language: str = "en", zone: ZoneInfo = STOCKHOLM) -> str:
    return access_page.written({"organisation": OWNER} | document, language, zone=zone)


@pytest.mark.parametrize("language", list(ACCESS))
def test_it_names_the_rights_and_who_to_turn_to(language: str) -> None:
    words = ACCESS[language]

    told = page({}, language)

    assert words.rights in told
    assert '<a href="mailto:privacy@example.org">privacy@example.org</a>.' in told
    assert words.officer.format(officer="Ombudet &lt;AB&gt;") in told
    assert f"{words.complain}: Myndigheten." in told


def test_an_organisation_without_officer_has_no_line_about_one() -> None:
    told = page({"organisation": OWNER | {"data_protection_officer": None, "authority": None}})

    assert "Data protection officer" not in told
    assert "You can also complain to the supervisory authority." in told


def test_times_are_on_the_clock_of_the_organisation_which_is_named_once() -> None:
    person = {
        "person": {"known_since": "2026-01-15T23:30:00+00:00", "customer_since": "2026-01-15"}
    }

    swedish, finnish = page(person, "sv"), page(person, "fi", ZoneInfo("Europe/Helsinki"))

    assert "<dd>2026-01-16 00:30</dd>" in swedish
    assert "<dd>2026-01-16 01:30</dd>" in finnish
    assert "<dd>2026-01-15</dd>" in swedish  # a day is a day in every zone
    assert swedish.count("Europe/Stockholm (centraleuropeisk tid)") == 1
    assert "aikavyöhykkeellä Europe/Helsinki (Itä-Euroopan aika)." in finnish
    assert "<dd>2026-07-15 12:00</dd>" in page({"asked": [{"at": "2026-07-15T10:00:00+00:00"}]})
    assert "in the time zone UTC." in page({}, zone=ZoneInfo("UTC"))


def test_the_package_shows_the_organisations_clock_and_keeps_utc_for_programs(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation(timezone="Europe/Helsinki"))

    archive = package(house, customer, tmp_path, language="fi")

    heard = data_of(archive)["objections"][0]["at"]
    told = archive.read("index.html").decode()
    assert heard == NOON.isoformat(timespec="seconds")
    assert f"<dd>{NOON.astimezone(ZoneInfo('Europe/Helsinki')):%Y-%m-%d %H:%M}</dd>" in told
    assert f"<dd>{NOON:%Y-%m-%d %H:%M}</dd>" not in told


def test_what_the_person_gave_stands_before_how_they_were_contacted_and_open(
    house: House, tmp_path: Path
) -> None:
    archive = package(house, everything(house, make_organisation()), tmp_path, language="en")

    told = archive.read("index.html").decode()
    case = told[told.index(">Cases and answers<") : told.index(">Telephone messages<")]
    label = ACCESS["en"].labels
    given = [f">{label[name]}</dt>" for name in ("answers", "comments")]
    given += ["<audio", ">bra</dd>", ">Ring Eva, •••</dd>"]
    kept = [f">{label[name]}</dt>" for name in ("attempts", "decisions", "legal_basis", "state")]
    folded = case.index(f"<summary>{ACCESS['en'].contacted}</summary>")
    assert all(case.index(one) < folded for one in given)
    assert all(case.rindex(one) > folded for one in kept)
    assert [one for one in given if folds_at(case, case.index(one))] == []
    assert [one for one in kept if not folds_at(case, case.rindex(one))] == []
    assert "<script" not in told


def test_the_sound_of_a_message_stands_open_before_the_rest_of_it(
    house: House, tmp_path: Path
) -> None:
    archive = package(house, everything(house, make_organisation()), tmp_path, language="en")

    told = archive.read("index.html").decode()
    message = told[told.index(">Telephone messages<") :]
    assert folds_at(message, message.index("<audio")) == 0
    assert folds_at(message, message.index(f">{ACCESS['en'].labels['state']}</dt>")) == 1


def folds_at(text: str, place: int) -> int:
    """How many folded parts are around that place."""
    return text.count("<details>", 0, place) - text.count("</details>", 0, place)


def test_folding_loses_nothing() -> None:
    thing = {
        "audio": "audio/0001.wav", "transcript": "bra", "seconds": 3.0, "language": "fi",
        "recorded_at": "2026-01-15T10:00:00+00:00", "said_again": True,
    }  # fmt: skip
    answer = {"question": "recommend", "value": 9, "answered_at": "2026-01-14T10:00:00+00:00"}
    said = {"answers": [answer], "comments": [{"recordings": [thing]}], "channel": "voice"}
    case = {"team": "Nord", "response": said}

    told = page({"cases": [case]})

    told = told[told.index("<section>") :]
    for one in (
        "recommend",
        "2026-01-14 11:00",
        "audio/0001.wav",
        "bra",
        "3.0",
        "Finnish",
        "2026-01-15 11:00",
        "yes",
        "Nord",
    ):
        assert told.count(one) == 1, one
    assert "<dd>telephone</dd>" in told
    assert told.count("<details>") == told.count("</details>") == 3
