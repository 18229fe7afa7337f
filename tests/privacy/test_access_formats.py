"""What the page of a package writes out instead of a code."""

from typing import Final
from zoneinfo import ZoneInfo

import pytest

from console import case_forms
from privacy import access_formats, access_page
from privacy.access_words import ACCESS
from tests.rows import NOON

PERIODS: Final = {
    "12 months": ("12 månader", "12 måneder", "12 måneder", "12 kuukautta", "12 months"),
    "180 days": ("180 dagar", "180 dager", "180 dage", "180 päivää", "180 days"),
    "3 years": ("3 år", "3 år", "3 år", "3 vuotta", "3 years"),
    "1 month": ("1 månad", "1 måned", "1 måned", "1 kuukausi", "1 month"),
    "1 year": ("1 år", "1 år", "1 år", "1 vuosi", "1 year"),
    "until handled": (
        "tills det är avslutat", "til det er avsluttet", "til det er afsluttet",
        "kunnes käsitelty", "until handled",
    ),
    "never by age": (
        "så länge det behövs", "så lenge det trengs", "så længe det behøves",
        "niin kauan kuin tarvitaan", "never by age",
    ),
}  # fmt: skip


@pytest.mark.parametrize("keep", list(PERIODS))
def test_how_long_something_is_kept_is_in_the_persons_language(keep: str) -> None:
    for language, words in zip(("sv", "nb", "da", "fi", "en"), PERIODS[keep], strict=True):
        page = shown({"kept_for": [{"class": "calls", "keep": keep, "ceiling": keep}]}, language)
        assert page.count(f"<dd>{words}</dd>") == 2


def test_countries_and_languages_are_named() -> None:
    companies = {"companies": [{"country": "IE"}, {"country": "fi"}, {"country": "Utopia"}]}

    assert [f"<dd>{one}</dd>" in shown(companies, "fi") for one in ("Irlanti", "Suomi")] == [
        True
    ] * 2
    assert "<dd>Utopia</dd>" in shown(companies, "fi")
    assert "<dd>suomi</dd>" in shown({"person": {"language": "fi"}}, "fi")
    assert "<dd>finska</dd>" in shown({"person": {"language": "fi"}}, "sv")


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi"])
def test_what_staff_wrote_down_and_why_somebody_was_told_is_not_in_english(language: str) -> None:
    form = {"case_reference": "A-1", "phone": "0701740605"}
    told = case_forms.read(form, country="SE", languages=("sv",), now=NOON).told
    assert told is not None
    source = told.about.source
    assert source is not None

    page = shown({"person": {"source": source}, "cases": [{"purpose": "service"}]}, language)

    assert source not in page
    assert f"<dd>{ACCESS[language].values['source:written down by staff']}</dd>" in page
    assert f"<dd>{ACCESS[language].values['purpose:service']}</dd>" in page


def test_no_other_field_is_taken_for_a_period_or_a_code() -> None:
    assert access_formats.in_words("reason", "12 months", "sv") is None
    assert access_formats.in_words("team", "fi", "sv") is None


def shown(document: dict[str, object], language: str) -> str:
    owner = {"organisation": {"name": "Exempelbolaget", "authority": None}}
    return access_page.written(owner | document, language, zone=ZoneInfo("Europe/Stockholm"))
