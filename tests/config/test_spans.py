"""How long something waited is told roughly, in the largest unit that fits."""

from datetime import timedelta

import pytest

from config import spans


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "under a minute"), (60, "1 minute"), (3599, "59 minutes"), (7200, "2 hours"),
     (200_000, "2 days")],
)  # fmt: skip
def test_ages_are_told_roughly(seconds: int, words: str) -> None:
    assert spans.age(timedelta(seconds=seconds)) == words
