"""A receiver outside the EU and EEA names what allows it, and none is listed twice."""

from datetime import date

import pytest

from config.receiver_rules import Receiver, ReceiverRole, faults


def receiver(name: str = "A", country: str = "IE", transfer: str | None = None) -> Receiver:
    return Receiver(
        name=name, role=ReceiverRole.PROCESSOR, work="calls", gets="numbers", country=country,
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
    ],
)
def test_what_is_wrong_with_a_list_is_said(
    given: list[Receiver], expected: list[tuple[int, str, str]]
) -> None:
    assert list(faults(given)) == expected
