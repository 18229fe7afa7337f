"""Which way a rule was changed: in doubt it is shorter, and longer has its ceiling."""

from typing import Any

import pytest

from config.retention_changes import RULES, Turn, beyond_ceilings, changes, goes_sooner

YEAR = {"class": "answers", "keep": "1 year", "from": "answered"}
HANDLED = {"class": "answers", "keep": "until handled", "from": "answered", "ceiling": "1 year"}

NOTES = {"class": "case_notes", "keep": "1 year", "from": "event"}
COMPLAINT = HANDLED | {"class": "complaints", "from": "received"}


def found(before: dict[str, Any], after: dict[str, Any]) -> Any:
    return changes(RULES.validate_python([before]), RULES.validate_python([after]))


@pytest.mark.parametrize(
    ("before", "after", "turn"),
    [
        (YEAR, YEAR | {"keep": "11 months"}, Turn.SHORTER),
        (YEAR, YEAR | {"keep": "365 days"}, Turn.SHORTER),
        (YEAR, YEAR | {"keep": "13 months"}, Turn.LONGER),
        (YEAR, YEAR | {"keep": "366 days"}, Turn.LONGER),
        (YEAR | {"keep": "6 months"}, YEAR | {"keep": "182 days"}, Turn.SHORTER),
        (YEAR | {"keep": "182 days"}, YEAR | {"keep": "6 months"}, Turn.SHORTER),
        (YEAR, YEAR | {"keep": "12 months"}, Turn.REWORDED),
        (YEAR, YEAR | {"from": "collected"}, Turn.REWORDED),
        # A case is about an answer, so its clock starts with that at the latest.
        (NOTES, NOTES | {"from": "collected"}, Turn.SHORTER),
        (NOTES, NOTES | {"from": "collected", "keep": "2 years"}, Turn.SHORTER),
        (NOTES | {"from": "collected"}, NOTES, Turn.LONGER),
        (NOTES | {"from": "collected"}, NOTES | {"keep": "11 months"}, Turn.SHORTER),
        (COMPLAINT, COMPLAINT | {"from": "collected"}, Turn.SHORTER),
        (COMPLAINT | {"from": "collected"}, COMPLAINT, Turn.LONGER),
        # What nothing ends by age has no clock.
        (NOTES, NOTES | {"from": "collected", "keep": "never by age"}, Turn.LONGER),
        (YEAR, YEAR | {"keep": "never by age"}, Turn.LONGER),
        (YEAR | {"keep": "never by age"}, YEAR, Turn.SHORTER),
        (YEAR, HANDLED, Turn.SHORTER),
        (YEAR, HANDLED | {"ceiling": "2 years"}, Turn.SHORTER),
        (HANDLED, YEAR, Turn.LONGER),
        (HANDLED, YEAR | {"keep": "6 months"}, Turn.SHORTER),
        (HANDLED, HANDLED | {"ceiling": "11 months"}, Turn.SHORTER),
        (HANDLED, HANDLED | {"ceiling": "2 years"}, Turn.LONGER),
        (YEAR | {"then": "anonymise"}, YEAR, Turn.SHORTER),
        (YEAR, YEAR | {"then": "anonymise"}, Turn.LONGER),
        (YEAR | {"extended_by": ["legal_hold"]}, YEAR, Turn.SHORTER),
        (YEAR, YEAR | {"extended_by": ["open_matter"]}, Turn.LONGER),
        (
            YEAR | {"extended_by": ["legal_hold"]},
            YEAR | {"extended_by": ["open_matter"], "keep": "2 years"},
            Turn.SHORTER,
        ),
    ],
)
def test_a_change_is_shorter_unless_it_is_surely_not(
    before: dict[str, Any], after: dict[str, Any], turn: Turn
) -> None:
    turns = {one.turn for one in found(before, after)}

    assert turns == {turn}
    assert goes_sooner(found(before, after)) == (turn is Turn.SHORTER)


def test_the_same_rules_in_another_order_are_no_change() -> None:
    other = {"class": "exports", "keep": "7 days", "from": "event"}
    one, turned = RULES.validate_python([YEAR, other]), RULES.validate_python([other, YEAR])

    assert changes(one, turned) == ()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (YEAR, YEAR | {"keep": "3 years"}, []),
        (
            YEAR,
            YEAR | {"keep": "37 months"},
            ["answers would be kept for 37 months; 3 years is the most"],
        ),
        (
            YEAR | {"class": "telephone_messages", "keep": "2 months"},
            YEAR | {"class": "telephone_messages", "keep": "182 days"},
            ["telephone_messages would be kept for 182 days; 6 months is the most"],
        ),
        (
            YEAR | {"class": "case_notes"},
            YEAR | {"class": "case_notes", "keep": "never by age"},
            ["case_notes would be kept for ever; 3 years is the most"],
        ),
        # Down, but not far enough: what is too long already may always be made shorter.
        (YEAR | {"keep": "9 years"}, YEAR | {"keep": "5 years"}, []),
        (YEAR | {"class": "objections"}, YEAR | {"class": "objections", "keep": "9 years"}, []),
    ],
)
def test_what_is_made_longer_has_a_ceiling(
    before: dict[str, Any], after: dict[str, Any], words: list[str]
) -> None:
    assert list(beyond_ceilings(found(before, after))) == words


def test_a_change_is_told_in_one_line() -> None:
    after = HANDLED | {"extended_by": ["legal_hold"], "then": "anonymise"}

    assert str(found(YEAR, after)[0]) == (
        "answers: 1 year from answered → until handled from answered, 1 year at most, extended by "
        "legal hold, then made anonymous (shorter)"
    )
