"""Public forms are taken so often from one place and no oftener, and who it is is not kept."""

import pytest

from messaging import patience
from messaging.patience import Patience


def taken(door: Patience, place: str, *, now: float, tries: int) -> int:
    return sum(door.allows(place, now=now) for _ in range(tries))


def test_so_many_are_taken_at_once_and_then_one_in_each_interval() -> None:
    door = Patience(at_once=3, seconds_each=10)

    assert taken(door, "a", now=100, tries=5) == 3
    assert taken(door, "a", now=109.9, tries=2) == 0
    assert taken(door, "a", now=110, tries=2) == 1
    assert taken(door, "a", now=1000, tries=9) == 3


def test_places_do_not_wait_for_each_other() -> None:
    door = Patience(at_once=1, seconds_each=60)

    assert [door.allows(place, now=0) for place in ("a", "b", "a", "b")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_place_is_forgotten_once_it_no_longer_matters() -> None:
    door = Patience(at_once=1, seconds_each=60)
    door.allows("a", now=0)

    door.allows("b", now=61)

    assert len(door) == 1


def test_however_many_places_there_are_only_so_many_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "MOST_PLACES", 50)
    door = Patience(at_once=1, seconds_each=60)

    for number in range(500):
        door.allows(f"place {number}", now=0)

    assert len(door) <= 50


def test_the_address_itself_is_not_kept() -> None:
    door = Patience(at_once=1, seconds_each=60)

    door.allows("203.0.113.77", now=0)

    assert "203.0.113.77" not in repr(vars(door))
