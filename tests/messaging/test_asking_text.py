"""The text after a machine, as it is shipped: in five languages, short, and with a way out."""

import pytest

from config.directory import Configuration
from messaging.asking_text import names_a_way_out, text_for
from messaging.text_parts import parts_of
from storage.house import House, reading
from storage.tables import Customer, Line
from tests.messaging.conftest import LINE
from tests.messaging.exchange import campaign_of

OURS = Line(number=LINE)


def written(locale: str | None) -> str:
    with reading() as session:
        return text_for(session, campaign_of(session), Customer(locale=locale), OURS)


@pytest.mark.parametrize(
    ("locale", "word"),
    [("sv", "ringde"), ("nb-NO", "ringte"), ("nn", "ringte"), ("da", "ringede"), ("fi", "Soitimme"),
     ("en", "called"), ("pl", "ringde"), (None, "ringde")],
)  # fmt: skip
def test_in_the_persons_language_it_says_who_and_whom_to_call_back(
    shipped: House, locale: str | None, word: str
) -> None:
    text = written(locale)

    assert text.startswith("Exempelkredit: ")
    assert (word in text, "+46 8 465 004 00" in text, "{" in text) == (True, True, False)


def test_every_organisations_text_names_a_way_out_and_takes_two_parts_at_most(
    shipped: House, files: Configuration
) -> None:
    from sqlalchemy import select

    from storage.tables import Campaign

    with reading() as session:
        for campaign in session.scalars(select(Campaign)):
            for locale in ("sv", "nb", "da", "fi", "en"):
                text = text_for(session, campaign, Customer(locale=locale), OURS)
                assert names_a_way_out(text), text
                assert parts_of(text) <= 2, text


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("Reply STOP to end", True), ("Svara STOPP.", True), ("Vastaa LOPETA!", True),
     ("Please stop by", False), ("Call +46", False), ("", False)],
)  # fmt: skip
def test_a_way_out_is_a_word_in_capitals_that_we_understand(text: str, is_one: bool) -> None:
    assert names_a_way_out(text) is is_one
