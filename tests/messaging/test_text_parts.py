"""In how many parts a text travels: what is paid, and what the network counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.text_parts import parts_of
from simulator.texting import segments


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("åäöæøÅÄÖÆØ" * 16, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # A letter of two places is not cut in half: 76 of them fill 152 places of 153.
        ("€" * 153, 3),
        ("–" * 70, 1),
        ("–" * 71, 2),
        ("–" * 134, 2),
        ("–" * 135, 3),
        ("\N{SLIGHTLY SMILING FACE}" * 35, 1),
        ("\N{SLIGHTLY SMILING FACE}" * 36, 2),
    ],
)
def test_a_text_takes_so_many_parts(text: str, parts: int) -> None:
    assert parts_of(text) == parts


@given(st.text(alphabet="abcåäö€[]–\N{SLIGHTLY SMILING FACE} ", max_size=700))
def test_never_fewer_than_the_network_counts_and_at_most_one_more(text: str) -> None:
    assert segments(text) <= parts_of(text) <= segments(text) + 1
