"""Which part of a file a Range header asks for, and that exactly this part is opened."""

from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import sealing
from storage.blobs import BlobStore
from storage.playing import KIND, opened
from storage.ranges import Span, Unsatisfiable, wanted

LENGTH = 3 * sealing.SEGMENT_BYTES + 1234
ITEM, KEY = uuid4(), sealing.new_data_key()
PLAIN = bytes(i * 7 % 251 for i in range(LENGTH))


@pytest.fixture(scope="module")
def blobs() -> BlobStore:
    store = BlobStore("memory://")
    store.put(ITEM, sealing.seal_file(KEY, PLAIN, item=ITEM, kind=KIND))
    return store


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, Span(0, 1000, partial=False)),
        ("bytes=0-", Span(0, 1000, partial=True)),
        ("bytes=0-0", Span(0, 1, partial=True)),
        ("bytes=10-19", Span(10, 20, partial=True)),
        ("Bytes = 10 - 19", Span(10, 20, partial=True)),
        ("bytes=999-", Span(999, 1000, partial=True)),
        ("bytes=990-5000", Span(990, 1000, partial=True)),
        ("bytes=-1", Span(999, 1000, partial=True)),
        ("bytes=-1000", Span(0, 1000, partial=True)),
        ("bytes=-5000", Span(0, 1000, partial=True)),
        # No ranges at all, or several: the whole file, which the standard allows.
        ("bytes=-", Span(0, 1000, partial=False)),
        ("bytes=20-10", Span(0, 1000, partial=False)),
        ("bytes=0-1,5-6", Span(0, 1000, partial=False)),
        ("seconds=1-2", Span(0, 1000, partial=False)),
        ("bytes=one-two", Span(0, 1000, partial=False)),
        ("bytes=" + "9" * 4000 + "-", Span(0, 1000, partial=False)),
    ],
)
def test_a_range_header_asks_for_one_span_or_the_whole(header: str | None, span: Span) -> None:
    assert wanted(header, 1000) == span


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_a_range_past_the_end_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted(header, 1000)


@given(st.integers(0, LENGTH - 1), st.integers(1, LENGTH))
@settings(max_examples=150, deadline=None)
def test_any_range_equals_the_slice_of_the_plain_sound(
    blobs: BlobStore, start: int, size: int
) -> None:
    span = wanted(f"bytes={start}-{start + size - 1}", LENGTH)
    sealed_length = blobs.length(ITEM)

    pieces = list(opened(blobs, ITEM, span, key=KEY, sealed_length=sealed_length))

    assert b"".join(pieces) == PLAIN[start : start + size]


@given(st.text(alphabet="bytes=0123456789-, ", max_size=30), st.integers(1, LENGTH))
@settings(max_examples=300, deadline=None)
def test_whatever_the_header_says_the_span_lies_within_the_file(header: str, length: int) -> None:
    try:
        span = wanted(header, length)
    except Unsatisfiable:
        return
    assert 0 <= span.start < span.end <= length


def test_only_the_segments_of_the_span_are_fetched(
    blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []
    true_span = blobs.span
    monkeypatch.setattr(
        blobs, "span", lambda item, a, b: fetched.append(b - a) or true_span(item, a, b)
    )

    span = Span(sealing.SEGMENT_BYTES + 5, sealing.SEGMENT_BYTES + 9, partial=True)
    (piece,) = opened(blobs, ITEM, span, key=KEY, sealed_length=blobs.length(ITEM))

    assert piece == PLAIN[span.start : span.end]
    assert fetched == [sealing.SEGMENT_BYTES + sealing.NONCE_BYTES + sealing.TAG_BYTES]
