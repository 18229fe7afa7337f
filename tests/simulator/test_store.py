"""What is kept, and what is really gone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.records import CallRecord, CallStatus, MessageRecord, MessageStatus
from simulator.store import Store

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path)
    yield opened
    opened.close()


def call(number, *, called="+46701740605", status=CallStatus.QUEUED):
    return CallRecord(
        f"CA{number}",
        "+46846500400",
        called,
        "outbound-api",
        status,
        NOW,
        NOW,
        status_events=("a",),
    )


def message(body):
    return MessageRecord(
        "SM1", "+46846500400", "+46701740605", body, "inbound", MessageStatus.RECEIVED, NOW, NOW
    )


def test_a_record_comes_back_as_it_was_put(store):
    store.calls.put(call(1))

    assert store.calls.get("CA1") == call(1)
    assert store.calls.get("CA2") is None
    assert store.messages.get("CA1") is None


def test_records_are_found_newest_first_by_what_they_equal(store):
    for number in range(1200):
        store.calls.put(call(number, called=f"+4670174{number % 2}"))
    store.calls.put(call(7, called="+46701741", status=CallStatus.BUSY))

    assert [one.sid for one in store.calls.newest_first()][:2] == ["CA1199", "CA1198"]
    assert len(list(store.calls.newest_first())) == 1200
    assert len(list(store.calls.newest_first(recipient="+46701740"))) == 600
    assert [one.sid for one in store.calls.newest_first(status="busy")] == ["CA7"]
    with pytest.raises(ValueError, match="colour"):
        list(store.calls.newest_first(colour="red"))


def test_a_deleted_record_is_in_no_file_any_more(store, tmp_path):
    marker = "a sentence that nobody else would write"
    store.messages.put(message(marker))
    assert any(marker.encode() in path.read_bytes() for path in _files(tmp_path))

    store.messages.delete("SM1")

    assert not any(marker.encode() in path.read_bytes() for path in _files(tmp_path))


def test_an_emptied_body_is_in_no_file_any_more(store, tmp_path):
    marker = "a sentence that nobody else would write " * 20
    store.messages.put(message(marker))

    store.messages.put(message(""))

    assert not any(marker[:30].encode() in path.read_bytes() for path in _files(tmp_path))


def test_opting_out_holds_for_one_pair_of_numbers(store):
    store.opt_out(ours="+1", theirs="+2")
    store.opt_out(ours="+1", theirs="+2")

    assert store.opted_out(ours="+1", theirs="+2")
    assert not store.opted_out(ours="+3", theirs="+2")
    store.opt_in(ours="+1", theirs="+2")
    assert not store.opted_out(ours="+1", theirs="+2")


def test_clearing_takes_sound_and_records(store, tmp_path):
    store.calls.put(call(1))
    store.save_media("RE1", b"RIFF")

    store.clear()

    assert store.calls.get("CA1") is None
    assert not store.media_path("RE1").exists()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
