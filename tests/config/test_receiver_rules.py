"""A receiver outside the EU and EEA names what allows it, and none is listed twice."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from config.receiver_rules import Receiver, ReceiverRole, faults


def receiver(
    name: str = "A", country: str = "IE", transfer: str | None = None, work: Any = "calls"
) -> Receiver:
    return Receiver(
        name=name, role=ReceiverRole.PROCESSOR, work=work, gets="numbers", country=country,
        transfer=transfer, since=date(2026, 1, 15),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([receiver(), receiver("B", "NO")], []),
        ([receiver(country="US", transfer="standard contractual clauses")], []),
        (
            [receiver(country="US")],
            [(0, "country", "US is outside the EU and EEA; say in transfer what allows it")],
        ),
        ([receiver(), receiver()], [(1, "name", "A is given twice; keep one of them")]),
        ([receiver(work={"fi": "puhelut", "sv": "samtal"})], []),
        (
            [receiver(work={"en": "calls", "sv": "samtal"})],
            [(0, "work", "has no wording in fi; write one of each")],
        ),
    ],
)
def test_what_is_wrong_with_a_list_is_said(
    given: list[Receiver], expected: list[tuple[int, str, str]]
) -> None:
    assert list(faults(given, languages=("sv", "fi"))) == expected


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ({"no": "samtaler"}, "'no' is not a language spoken here"),
        ({"sv": " "}, "is empty"),
        ({"sv": 3}, "says no text in sv"),
        ({}, "is no text; write one, or one per language"),
        (["calls"], "is no text; write one, or one per language"),
        ("c" * 401, "has 401 characters; 400 is the limit"),
    ],
)
def test_a_text_that_is_none_is_refused_with_what_would_be_right(work: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        receiver(work=work)
