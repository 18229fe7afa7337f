"""The network's log."""

from datetime import UTC, datetime

from simulator.journal import Journal, Kind

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def test_entries_are_numbered_and_found_by_call_and_by_number():
    journal = Journal()
    journal.add("CA1", Kind.STATE, NOW, status="queued")
    journal.add("CA2", Kind.HEARD, NOW, text="Hello")

    (entry,) = journal.of("CA2")
    assert entry.as_json() == {
        "number": 2,
        "at": "2026-05-04T12:00:00+00:00",
        "sid": "CA2",
        "kind": "heard",
        "text": "Hello",
    }
    assert [one.number for one in journal.after(1)] == [2]


def test_the_oldest_entries_are_forgotten_first():
    journal = Journal(longest=3)
    for number in range(5):
        journal.add("CA1", Kind.STATE, NOW, step=number)

    assert [one.data["step"] for one in journal.of("CA1")] == [2, 3, 4]
    journal.clear()
    assert journal.after(0) == []
