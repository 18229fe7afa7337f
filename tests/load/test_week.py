"""A campaign's week under a clock that jumps: what people remember of it is what the rows say."""

from datetime import date
from pathlib import Path
from typing import Final

import pytest

from storage.house import House
from tests.load.week import live
from tests.load.week_checks import check
from tests.load.week_told import Told

# Friday, the weekend with the changed clock, and on; not the blocked day, nor Good Friday.
WEEK: Final = {
    *(date(2026, 3, day) for day in (27, 28, 29, 30)),
    *(date(2026, 4, day) for day in (1, 2, 4)),
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_week_is_what_people_remember_of_it(house: House, tmp_path: Path) -> None:
    week = live(house, tmp_path / "config", count=200, ceiling_of_day=45)

    told = Told(week)
    check(told)
    assert told.days().keys() >= WEEK


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_a_week_that_asks_a_share_people_remember_the_same_on_postgresql(
    house: House, tmp_path: Path
) -> None:
    week = live(house, tmp_path / "config", count=160, share=50, ceiling_of_day=20)

    told = Told(week)
    check(told)
    assert told.days().keys() >= WEEK
