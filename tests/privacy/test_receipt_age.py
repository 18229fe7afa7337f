"""Receipts go by their class too: foretold, taken and overdue on the same days as all else.

On PostgreSQL the ledger lies there too.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from config.retention_rules import DataClass
from config.settings import Settings
from privacy import forecast, lateness, rehearsal
from privacy.commands import retention_group
from privacy.forecast import Calendar
from privacy.holds import of_class
from privacy.keepers import Keeper
from privacy.schedules import Schedule, schedule_of, schedule_of_the_house
from storage import restoration
from storage.house import House, reading, transaction, utc_now
from storage.receipts import Detail, Erased, Receipt, Way, What
from storage.tables import Alarm, Organisation
from tests.privacy.test_holds import LEGAL, hold
from tests.privacy.test_logs_by_age import after, schedule
from tests.privacy.traces import run
from tests.rows import NOON, make_organisation
from tests.three_databases import keys_and_ledger_beside

DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
TEN_DAYS = {"keep": "10 days"}
BACKUPS_KEPT = timedelta(days=12)


@pytest.fixture
def settings(settings: Settings) -> Iterator[Settings]:
    with keys_and_ledger_beside(settings.database_url) as beside:
        yield settings.model_copy(update={**beside, "backups_kept": BACKUPS_KEPT})


def owner(**rule: str) -> Organisation:
    return make_organisation(retention=schedule(receipts=rule or TEN_DAYS))


def receipted(
    house: House, organisation: Organisation | None, *moments: datetime, ids: bool = False
) -> None:
    """A line of the ledger for each moment; with ids kept beside it for as long as backups."""
    for at in sorted(moments):
        items = (uuid4(),)
        gone = Erased(table="customers", roots=items, way=Way.REMOVE, items=items)
        line = Receipt(
            what=What.PURGED, happened_at=at, data_class=DataClass.ANSWERS, count=1,
            organisation_id=None if organisation is None else organisation.id,
            detail=Detail(erased=gone) if ids else Detail(),
        )  # fmt: skip
        (place,) = house.ledger.append([line], at=at)
        with transaction() as session:
            restoration.advance(session, place, (), besides=())


def foretold(schedule: Schedule, *, now: datetime, until: datetime) -> Calendar:
    with reading() as session:
        return forecast.foretell(session, schedule, now=now, until=until)


def taken(house: House, schedule: Schedule, moment: datetime) -> int:
    return run(house, moment).counts.get(schedule.organisation_key, {}).get("receipts", 0)


def late(schedule: Schedule, *, now: datetime) -> list[tuple[str, int]]:
    with reading() as session:
        return [(one.counted_as, one.count) for one in lateness.overdue(session, schedule, now=now)]


def test_a_receipt_stays_until_its_last_moment_and_goes_in_the_next(house: House) -> None:
    organisation = owner()
    receipted(house, organisation, NOON)
    due, mine = after("10 days"), schedule_of(organisation)

    assert foretold(mine, now=NOON, until=due - MICROSECOND).totals["receipts"] == 0
    assert foretold(mine, now=NOON, until=due).totals["receipts"] == 1
    assert taken(house, mine, due - MICROSECOND) == 0
    assert taken(house, mine, due) == 1
    assert taken(house, mine, due + MICROSECOND) == 0


@pytest.mark.parametrize("seed", range(4))
def test_what_is_foretold_of_receipts_is_what_each_run_takes(house: House, seed: int) -> None:
    chance = random.Random(seed)
    organisation = owner()
    mine = schedule_of(organisation)
    # Beside some lines ids are kept, for longer than the line's own time: they wait, and the later
    # ones with them.
    drawn = [(NOON + chance.randrange(9 * 24) * HOUR, chance.random() < 0.2) for _ in range(30)]
    for at, ids in sorted(drawn):
        receipted(house, organisation, at, ids=ids)
    now, until = NOON + 9 * DAY, NOON + 19 * DAY  # before what the runs write is over itself

    calendar = foretold(mine, now=now, until=until)

    done: Counter[date] = Counter()
    for moment in sorted(calendar.moments):
        done[moment.astimezone(mine.zone).date()] += taken(house, mine, moment)
    assert done.total() > 10
    assert +done == +calendar.goes["receipts"]
    assert taken(house, mine, until) == 0


def test_what_is_over_within_the_pause_after_a_run_goes_together_at_its_end(house: House) -> None:
    organisation = owner()
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON, NOON + HOUR, NOON + 22 * HOUR, NOON + 30 * HOUR)
    first = after("10 days")

    calendar = foretold(mine, now=NOON, until=first + 3 * DAY)

    assert calendar.moments == {first, first + 23 * HOUR, first + 46 * HOUR}
    assert [taken(house, mine, at) for at in sorted(calendar.moments)] == [1, 2, 1]


def test_a_receipt_is_overdue_a_day_after_its_time_and_with_an_alarm(house: House) -> None:
    organisation = owner()
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON)
    end = after("10 days") + DAY

    assert late(mine, now=end - MICROSECOND) == []
    assert late(mine, now=end) == [("receipts", 1)]
    with reading() as session:
        lateness.look_for_overdue(session, now=end)
        assert session.scalars(select(Alarm.kind)).all() == [lateness.OVERDUE]


def test_the_pause_makes_nothing_overdue(house: House) -> None:
    organisation = owner()
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON, NOON + timedelta(minutes=1))
    first = after("10 days")
    assert taken(house, mine, first) == 1

    next_run = first + 23 * HOUR + timedelta(minutes=14)

    assert late(mine, now=next_run) == []
    assert taken(house, mine, next_run) == 1


def test_lines_that_a_clock_wrote_ahead_of_its_time_hold_nothing_up(house: House) -> None:
    organisation = owner()
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON)
    receipted(house, organisation, NOON + 400 * DAY)
    receipted(house, organisation, NOON + 401 * DAY)
    receipted(house, organisation, NOON + HOUR)
    due = after("10 days") + HOUR

    calendar = foretold(mine, now=NOON + HOUR, until=due + DAY)

    assert (calendar.moments, calendar.totals["receipts"]) == ({due - HOUR, due + 22 * HOUR}, 4)
    assert late(mine, now=due + DAY) == [("receipts", 4)]
    assert taken(house, mine, due) == 4


def test_a_line_that_a_clock_wrote_ahead_holds_nothing_up_when_its_day_has_come(
    house: House,
) -> None:
    """The period may be longer than the clock ran ahead."""
    organisation = owner(keep="20 days")
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON + 5 * DAY)
    receipted(house, organisation, NOON)

    assert taken(house, mine, after("20 days")) == 2


def test_a_checkpoint_whose_day_is_not_yet_is_no_pause(house: House) -> None:
    organisation = owner()
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON)
    assert taken(house, mine, NOON + 400 * DAY) == 1
    receipted(house, organisation, NOON)
    due = after("10 days")

    assert foretold(mine, now=NOON, until=due).moments == {due}
    assert taken(house, mine, due) == 2  # with what the run ahead wrote


def test_ids_that_a_clock_ahead_of_its_time_kept_too_long_go_in_time(house: House) -> None:
    organisation = owner()
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON + 400 * DAY, ids=True)
    receipted(house, organisation, NOON)
    run(house, NOON)

    assert taken(house, mine, NOON + BACKUPS_KEPT - MICROSECOND) == 0
    assert taken(house, mine, NOON + BACKUPS_KEPT) >= 2


def test_receipts_beside_which_ids_are_kept_are_neither_foretold_earlier_nor_overdue(
    house: House,
) -> None:
    organisation = owner()
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON, ids=True)
    receipted(house, organisation, NOON + HOUR)
    free = NOON + BACKUPS_KEPT

    calendar = foretold(mine, now=NOON, until=NOON + 20 * DAY)

    assert (calendar.moments, calendar.totals["receipts"]) == ({free}, 2)
    assert late(mine, now=free) == []
    assert taken(house, mine, free - MICROSECOND) == 0
    assert taken(house, mine, free) == 2


@pytest.mark.parametrize("last_day", [timedelta(days=15), None])
def test_held_receipts_are_kept_back_and_go_when_the_hold_ends(
    house: House, last_day: timedelta | None
) -> None:
    organisation = make_organisation(retention=schedule(receipts=TEN_DAYS | LEGAL))
    mine, end = schedule_of(organisation), None if last_day is None else NOON + last_day
    receipted(house, organisation, NOON, NOON + HOUR)
    hold(house, organisation, of_class(DataClass.RECEIPTS), ends_at=end)
    over, until = after("10 days") + HOUR, NOON + 18 * DAY

    calendar = foretold(mine, now=NOON, until=over)
    later = foretold(mine, now=NOON, until=until)

    assert (calendar.totals["receipts"], calendar.kept_back["receipts"]) == (0, 2)
    with reading() as session:
        assert forecast.in_the_way(session, mine, now=over)[Keeper.HOLD]["receipts"] == 2
    assert taken(house, mine, over) == 0
    assert late(mine, now=over + DAY) == []
    assert (later.totals["receipts"], later.kept_back["receipts"]) == ((2, 0) if end else (0, 2))
    if end is not None:
        assert later.moments == {end}
        assert taken(house, mine, end - MICROSECOND) == 0
        assert late(mine, now=end + DAY) == [("receipts", 2)]
        assert taken(house, mine, end) == 2


def test_receipts_that_never_go_by_age_are_told_nowhere(house: House) -> None:
    organisation = owner(keep="never by age")
    mine = schedule_of(organisation)
    receipted(house, organisation, NOON)
    ages = NOON + 9_000 * DAY

    assert foretold(mine, now=NOON, until=ages).totals["receipts"] == 0
    assert late(mine, now=ages) == []
    assert taken(house, mine, ages) == 0


def test_the_houses_own_receipts_are_told_and_taken_after_three_years(house: House) -> None:
    receipted(house, None, NOON)
    mine, due = schedule_of_the_house(), datetime(2029, 3, 10, 12, tzinfo=UTC)
    assert due == NOON.replace(year=NOON.year + 3)

    assert foretold(mine, now=NOON, until=due - MICROSECOND).totals["receipts"] == 0
    assert foretold(mine, now=NOON, until=due).totals["receipts"] == 1
    assert late(mine, now=due + DAY - MICROSECOND) == []
    assert late(mine, now=due + DAY) == [("receipts", 1)]
    assert taken(house, mine, due) == 1


def command(*arguments: str) -> Any:
    return CliRunner().invoke(retention_group, list(arguments), catch_exceptions=False)


def test_the_commands_tell_of_receipts(house: House) -> None:
    organisation = owner()
    old = utc_now() - 12 * DAY
    receipted(house, organisation, old)

    previewed, status, done = (command(name) for name in ("preview", "status", "run"))

    line = f"       1  receipts  {organisation.key}\n"
    assert line in previewed.stdout
    told = f"Overdue by more than a day: 1 receipts  {organisation.key}"
    assert (status.exit_code, told in status.stdout) == (1, True)
    assert line in done.stdout


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_rehearsal_tells_how_many_receipts_are_left(house: House) -> None:
    organisation, always = owner(), owner(keep="never by age")
    for one in (organisation, always):
        receipted(house, one, NOON, NOON + 5 * DAY)

    done = rehearsal.rehearse(house, at=after("10 days"))

    told = done.outcomes[organisation.key]["receipts"]
    # With the checkpoint that the run itself would write.
    assert (told.gone, told.left, told.note) == (1, 2, None)
    told = done.outcomes[always.key]["receipts"]
    assert (told.gone, told.left, told.note) == (0, 2, "never by age")
