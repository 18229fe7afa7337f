"""A mark in every personal field: while nothing purges all are found, and then none; and each
shredder that is missing is missed."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from config.retention_rules import DataClass
from config.settings import Settings, load_settings
from messaging import sweep
from privacy import purge, schedules
from privacy.data_map import Place, columns
from privacy.data_map_tables import TABLES
from privacy.erasing import erase, hands_of
from privacy.kinds import Kind
from privacy.purge_roots import ROOTS
from privacy.shredders import SHREDDERS, TEXTS, Shredder
from storage import receipt_writing
from storage.house import House, close_house, open_house
from storage.house import house as the_house
from storage.keyring import WrappedKey
from storage.ledger_check import check
from storage.receipts import Receipt, What
from tests.conftest import environment_of_tests
from tests.privacy.planted import OF_COMMENTS, OF_MESSAGES, Planted, personal, plant, staff_keys
from tests.privacy.planted_numbers import numbers, on_the_map, rows_left, rows_of
from tests.rows import NOON, RETENTION, make_organisation
from tests.three_databases import keys_and_ledger_beside

DAYS = (181, 215, 397, 580, 1130)
"""181 days, 7, 13, 19 and 37 months."""
OVER = {
    DataClass.THROTTLE_TOKENS: 181,
    DataClass.TELEPHONE_MESSAGES: 215,
    DataClass.FREE_COMMENTS: 397,
    DataClass.ANSWERS: 580,
    DataClass.CONTACT_LOG: 580,
    DataClass.CASE_NOTES: 580,
}
"""When the time of a class is over; that of the others after all of them."""
SAYS_SO = {"state", "erased_at", "disabled_at"}
"""What says of a row that it was emptied."""
# After so many days this is the first thing that a missing shredder leaves behind.
MISSED = {
    "comments": (397, "comments.text_sealed"),
    "loose recordings": (397, OF_COMMENTS),
    "receipt codes": (181, "receipt_codes.code_hash"),
    "callers' numbers": (215, "calls.caller_sealed"),
    "answers": (580, "answers.choice"),
    "calls": (215, OF_MESSAGES),
    "cases": (580, "cases.note_sealed"),
    "contacts": (181, "1 interactions.case_reference_sealed"),
    "contact data": (181, "1 customers.name_sealed"),
    "interactions": (580, "interactions.case_reference_sealed"),
    "customers": (580, "customers.name_sealed"),
    "throttle tokens": (181, "throttle_tokens.subject_hash"),
    "register results": (181, "register_results.subject_hash"),
    "received texts": (181, "received_texts.subject_hash"),
    "consents": (1130, "consents.subject_hash"),
    "objections": (1130, "objections.subject_hash"),
    "restrictions": (1130, "restrictions.subject_hash"),
    "requests": (1130, "rights_requests.contact_sealed"),
    "disclosures": (1130, "disclosures.receiver_sealed"),
    "exports": (1130, "exports.path_sealed"),
    "holds": (1130, "holds.reason_sealed"),
    "listening log": (1130, "listenings (row)"),
    "sittings": (397, "sittings (row)"),
    "line probes": (1130, "line_probes (row)"),
    "accounts": (181, "users.sign_in_name_sealed"),
    "mailboxes": (215, "mailboxes.name"),
    "emptied accounts": (1130, "users (row)"),
    "alarms": (1130, "alarms.subject"),
    "provider copies": (580, "provider_copies.provider_sid"),
    "purge runs": (397, "purge_runs (row)"),
}


class _NoMessages:
    """A provider at which no text message lies."""

    def list_messages(self, **_: Any) -> Iterator[Any]:
        return iter(())


def purge_at(house: House, days: int, *, texts: bool = True) -> None:
    now = NOON + timedelta(days=days)
    if texts:
        sweep.sweep(provider=_NoMessages(), now=now)  # type: ignore[arg-type]
    totals = purge.run(hands=hands_of(house), database=house.database, now=now)
    assert totals.left == 0
    for database in (house.database, house.keyring.database, house.ledger.database):
        if not database.is_sqlite:
            with database.engine.connect() as connection:
                asked = connection.execution_options(isolation_level="AUTOCOMMIT")
                asked.execute(text("VACUUM FULL"))


def let_the_planner_look(house: House) -> None:
    """What PostgreSQL does by itself within minutes: it keeps figures of every column."""
    for database in (house.database, house.keyring.database, house.ledger.database):
        if not database.is_sqlite:
            with database.engine.begin() as asked:
                asked.execute(text("ANALYZE"))


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Settings]:
    """On PostgreSQL all three databases lie there."""
    told = environment_of_tests(database_url, redis_url, tmp_path)
    with keys_and_ledger_beside(database_url) as beside:
        yield load_settings(told | {name.upper(): url for name, url in beside.items()})


@pytest.fixture
def planted(house: House) -> Planted:
    """One organisation keeps contacts as long as answers, the other one for 180 days."""
    shorter = [
        one | ({"keep": "180 days"} if one["class"] == "contact_log" else {}) for one in RETENTION
    ]
    return plant(house, make_organisation(), make_organisation(retention=shorter))


def test_every_personal_field_of_the_data_map_is_planted(house: House, planted: Planted) -> None:
    assert planted.left(house) == planted.names
    assert {*personal(), *numbers()} <= planted.names


def test_all_of_it_is_found_while_nothing_purges_and_each_is_gone_when_its_time_is_over(
    house: House, planted: Planted
) -> None:
    assert planted.left(house) == planted.names
    # As the sweep of receipts does within minutes.
    receipt_writing.write_out(ledger=house.ledger, keyring=house.keyring, now=NOON)
    let_the_planner_look(house)

    left = {}
    for days in DAYS:
        purge_at(house, days)
        left[days] = planted.left(house)

    for days in DAYS:
        over = {
            one.name
            for one in columns(TABLES)
            if isinstance(one, Place) and OVER.get(one.data_class, DAYS[-1]) <= days  # type: ignore[arg-type]
        }
        both = over | {f"1 {name}" for name in over}
        assert left[days] & both == set(), days
    assert OF_MESSAGES not in left[215]
    assert OF_COMMENTS not in left[397]
    assert left[1130] == set()
    # States, times and a yes look like those of anybody: they are gone with the last row. The
    # provider is not asked here, so what calls left there is still to be deleted.
    assert rows_left(staff_keys()) == {"provider_copies"}
    with house.keyring.database.reading() as session:
        assert set(session.scalars(select(WrappedKey.item_id))) <= staff_keys()
    for chain in house.ledger.chains():
        assert check(house.ledger, chain, now=NOON + timedelta(days=1130)) == []


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes a shredder out of the purge, and puts the one before back."""
    whole = {name: getattr(schedules, name) for name in ("KINDS", "LOG_KINDS", "OF_THE_HOUSE")}

    def take(*missing: Shredder) -> None:
        for name, kinds in whole.items():
            left = [one for one in kinds if not any(_by(shredder, one) for shredder in missing)]
            monkeypatch.setattr(schedules, name, left)

    return take


def _by(shredder: Shredder, kind: Kind) -> bool:
    table = ROOTS.get(kind.table, kind.table)
    return (table, kind.way) == (shredder.table, shredder.way)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_shredder_that_is_missing_leaves_something_that_is_found(
    settings: Settings, planted: Planted, without: Callable[..., None]
) -> None:
    assert set(MISSED) == {one.name for one in SHREDDERS}
    for days in DAYS:
        for shredder in SHREDDERS:
            since, mark = MISSED[shredder.name]
            if since == days:
                without(shredder)
                with copied(settings) as copy:
                    purge_at(copy, days, texts=shredder is not TEXTS)
                    assert planted.left(copy, only=[mark]) == {mark}, shredder.name
        without()
        purge_at(the_house(), days)
        left = planted.left(
            the_house(), only=[mark for since, mark in MISSED.values() if since <= days]
        )
        assert left == set(), days


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_missing_shredders_leave_on_postgresql_is_found_until_they_are_back(
    house: House, planted: Planted, without: Callable[..., None]
) -> None:
    # All of a day at once: a database there is not copied as cheaply as a file.
    for days in DAYS:
        missing = [one for one in SHREDDERS if MISSED[one.name][0] == days]
        marks = [MISSED[one.name][1] for one in missing]
        without(*missing)
        purge_at(house, days, texts=TEXTS not in missing)
        assert planted.left(house, only=marks) == {*marks}, days
        without()
        purge_at(house, days)
        assert planted.left(house, only=marks) == set(), days


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_data_map_calls_emptied_is_emptied_and_nothing_else_is(
    house: House, planted: Planted
) -> None:
    emptied = {name: entry for name, entry in TABLES.items() if entry.emptied}
    before = {name: rows_of(name) for name in emptied}
    assert planted.names

    for shredder in {entry.emptied_by for entry in emptied.values()}:
        assert shredder is not None
        roots = list(before[shredder.table.__tablename__])
        receipt = Receipt(What.ERASED, NOON)
        erase(receipt, shredder.table, roots, shredder.way, hands=hands_of(house), now=NOON)

    for name, entry in emptied.items():
        after = rows_of(name)
        assert set(after) == set(before[name]), name
        pairs = [(row, after[item]) for item, row in before[name].items() if row != after[item]]
        for column in (one.split(".")[1] for one in on_the_map() if one.startswith(f"{name}.")):
            if column in entry.emptied:
                assert any(was[column] for was, _ in pairs), f"{name}.{column} was not planted"
                assert all(_is_empty(now[column]) for _, now in pairs), f"{name}.{column}"
            elif column not in SAYS_SO:
                assert all(was[column] == now[column] for was, now in pairs), f"{name}.{column}"


def _is_empty(value: Any) -> bool:
    return not value


@contextmanager
def copied(settings: Settings) -> Iterator[House]:
    """Another house with the same in it, open in place of this one until it is over."""
    house, folder = the_house(), settings.data_dir / "copy"
    folder.mkdir()
    for database in (house.database, house.keyring.database, house.ledger.database):
        assert database.checkpoint()
    for name in ("genklang.db", "keyring.db", "ledger.db", "recordings"):
        source = settings.data_dir / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    close_house()
    told = environment_of_tests(f"sqlite:///{folder}/genklang.db", settings.redis_url, folder)
    copy = open_house(load_settings(told))
    try:
        yield copy
    finally:
        close_house()
        shutil.rmtree(folder)
        open_house(settings)
