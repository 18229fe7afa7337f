"""Placeholders: found, checked, filled."""

import pytest

from config.phrases import PLACEHOLDERS, Phrase
from config.wording import REQUIRED, fill, names_number, placeholder_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("From {organisation}.", None),
        ("From us.", "leaves out {organisation}, which people must hear or read"),
        (
            "From {organisation} to {name}.",
            "uses {name}, which is not filled in here; placeholders here: {organisation}",
        ),
        (
            "From {organisation} {",
            "has a brace that belongs to no placeholder; placeholders here: {organisation}",
        ),
        (
            "From {organisation!r}",
            "has a brace that belongs to no placeholder; placeholders here: {organisation}",
        ),
    ],
)
def test_a_sentence_is_checked_for_its_placeholders(text: str, fault: str | None) -> None:
    allowed = frozenset({"organisation"})

    assert placeholder_fault(text, allowed=allowed, required=allowed) == fault


def test_filling_puts_values_in_once_and_leaves_the_rest() -> None:
    filled = fill("{a} and {b}, press {key}.", {"a": "{b}", "b": "two"})

    assert filled == "{b} and two, press {key}."


@pytest.mark.parametrize(
    ("text", "number", "found"),
    [
        ("from 0 to 10", 0, True),
        ("from 0 to 10", 10, True),
        ("from 0 to 10", 1, False),
        ("press 1.", 1, True),
        ("press 12.", 2, False),
    ],
)
def test_a_number_counts_only_on_its_own(text: str, number: int, found: bool) -> None:
    assert names_number(text, number) is found


def test_what_must_be_used_may_be_used() -> None:
    for phrase, names in REQUIRED.items():
        assert names <= PLACEHOLDERS[phrase]


def test_the_notices_must_say_how_long_things_are_kept() -> None:
    assert "answers_period" in REQUIRED[Phrase.OPENING]
    assert "comments_period" in REQUIRED[Phrase.COMMENT_NOTICE]
    assert "messages_period" in REQUIRED[Phrase.MAILBOX_NOTICE]
