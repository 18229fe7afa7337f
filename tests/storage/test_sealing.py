"""Sealed bytes open for their own item and kind, whole or in part, and for nothing else."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import sealing
from storage.sealing import SEGMENT_BYTES, BrokenSealError

KEY = sealing.new_data_key()
ITEM = uuid4()


def test_what_is_sealed_opens_again_and_does_not_lie_open() -> None:
    sealed = sealing.seal(KEY, b"+46701740605", item=ITEM, kind="customer.phone")

    assert sealing.unseal(KEY, sealed, item=ITEM, kind="customer.phone") == b"+46701740605"
    assert b"4670" not in sealed


@pytest.mark.parametrize(
    ("key", "item", "kind"),
    [
        (sealing.new_data_key(), ITEM, "customer.phone"),
        (KEY, uuid4(), "customer.phone"),
        (KEY, ITEM, "customer.email"),
    ],
    ids=["another key", "another item", "another kind"],
)
def test_a_seal_does_not_open_for(key: bytes, item: object, kind: str) -> None:
    sealed = sealing.seal(KEY, b"secret", item=ITEM, kind="customer.phone")

    with pytest.raises(BrokenSealError):
        sealing.unseal(key, sealed, item=item, kind=kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 40])
def test_rubbish_is_a_broken_seal_and_nothing_else(sealed: bytes) -> None:
    with pytest.raises(BrokenSealError):
        sealing.unseal(KEY, sealed, item=ITEM, kind="k")
    with pytest.raises(BrokenSealError):
        sealing.unseal_file(KEY, sealed, item=ITEM, kind="k")


@pytest.mark.parametrize("length", [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1])
def test_a_file_of_any_length_around_a_segment_opens_again(length: int) -> None:
    plain = bytes(i % 251 for i in range(length))
    sealed = sealing.seal_file(KEY, plain, item=ITEM, kind="recording.audio")

    assert sealing.unseal_file(KEY, sealed, item=ITEM, kind="recording.audio") == plain
    assert sealing.plain_length(len(sealed)) == length


PLAIN = bytes(i % 251 for i in range(3 * SEGMENT_BYTES + 1234))
SEALED = sealing.seal_file(KEY, PLAIN, item=ITEM, kind="recording.audio")


@given(st.integers(0, len(PLAIN) - 1), st.integers(1, len(PLAIN)))
def test_any_part_of_a_file_opens_from_its_own_segments(start: int, length: int) -> None:
    end = min(start + length, len(PLAIN))
    first, last = sealing.sealed_span(start, end, len(SEALED))

    part = sealing.unseal_span(
        KEY, SEALED[first:last], item=ITEM, kind="recording.audio",
        start=start, end=end, sealed_length=len(SEALED),
    )  # fmt: skip

    assert part == PLAIN[start:end]


def test_a_file_that_was_cut_at_a_segment_is_noticed() -> None:
    whole = 4 + 12 + SEGMENT_BYTES + 16

    with pytest.raises(BrokenSealError):
        sealing.unseal_file(KEY, SEALED[:whole], item=ITEM, kind="recording.audio")


def test_swapped_segments_are_noticed() -> None:
    size = 12 + SEGMENT_BYTES + 16
    first, second = SEALED[4 : 4 + size], SEALED[4 + size : 4 + 2 * size]

    with pytest.raises(BrokenSealError):
        sealing.unseal_file(
            KEY, SEALED[:4] + second + first + SEALED[4 + 2 * size :], item=ITEM,
            kind="recording.audio",
        )  # fmt: skip
