"""Names of whoever is gone are forgotten, and a no finds whoever said it all the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage import forgotten_names
from storage.columns import LASTING, PASSING
from storage.database import Database
from storage.forgotten_names import REST
from storage.house import House, reading, transaction
from storage.keyring_rows import LookupName
from storage.lookup_names import LookupNames
from storage.tables import Consent, Customer, Objection, Organisation, ThrottleToken
from survey import objections
from survey.objections import Source
from survey.permission import Method
from tests.rows import add, make_call, make_customer, make_organisation

NUMBER = "+46701740605"
KEPT = timedelta(days=7)


class CutOffError(Exception):
    """The process was killed."""


class Mortal(Database):
    """A database whose process dies before, or after, one of its writes."""

    def __init__(self, url: str, lives: list[int]) -> None:
        super().__init__(url)
        self.lives = lives

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        self._live()
        with super().transaction() as session:
            yield session
        self._live()

    def _live(self) -> None:
        self.lives[0] -= 1
        if self.lives[0] == 0:
            raise CutOffError


class Meeting(Database):
    """A database in which something else happens right after a write."""

    def __init__(self, url: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(url)
        self.meanwhile = meanwhile

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            yield session
        self.meanwhile()


def soon(house: House) -> datetime:
    """A moment after every name was made, with another seed than theirs."""
    now = datetime.now(UTC) + timedelta(minutes=1)
    house.keyring.names.renew_seed(now=now)
    return now


def sweep(house: House, at: datetime) -> tuple[int, int]:
    done = forgotten_names.sweep(house.database, house.keyring.names, kept=KEPT, now=at)
    return done.destroyed, done.renamed


def name_of(house: House, owner: Organisation, kind: str = "phone") -> bytes | None:
    """The name that the keyring tells, without anybody's having looked it up."""
    found_by = house.keyring.keyed_hash(owner.id, kind, NUMBER)
    return house.keyring.names.known(owner.id, [found_by]).get(found_by)


def say_no(owner: Organisation, hashes: list[bytes], at: datetime) -> None:
    with transaction() as session:
        objections.record_hashes(
            session, owner.id, hashes, method=Method.ALL, source=Source.COMMAND, at=at
        )


def noes(house: House, owner: Organisation) -> frozenset[Method]:
    """What is objected to under the name that the keyring tells."""
    name = name_of(house, owner)
    with reading() as session:
        return objections.in_force(session, owner.id, [name or b""]).get(name or b"", frozenset())


def rows() -> list[Objection]:
    with reading() as session:
        return list(session.scalars(select(Objection).order_by(Objection.made_at)))


def gone(*customers: Customer) -> None:
    with transaction() as session:
        session.execute(delete(Customer).where(Customer.id.in_([one.id for one in customers])))


def test_a_name_is_destroyed_when_no_row_bears_it_and_it_has_rested(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=NUMBER)
    now = soon(house)
    assert sweep(house, now) == sweep(house, now + REST) == (0, 0)
    gone(customer)

    assert sweep(house, now) == (0, 0)
    assert sweep(house, now + REST - timedelta(seconds=1)) == (0, 0)
    assert name_of(house, owner) == customer.phone_hash
    assert sweep(house, now + REST) == (2, 0)
    assert name_of(house, owner) is None
    again = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    assert again != customer.phone_hash


def test_a_name_that_rests_since_a_day_to_come_rests_anew_and_goes(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=NUMBER)
    now = soon(house)
    gone(customer)
    sweep(house, now + timedelta(days=400))

    assert sweep(house, now) == (0, 0)
    assert sweep(house, now + REST - timedelta(seconds=1)) == (0, 0)
    assert sweep(house, now + REST) == (2, 0)


def test_a_no_that_was_renamed_on_a_day_to_come_loses_its_old_name_in_time(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=NUMBER)
    now = soon(house)
    say_no(owner, [customer.phone_hash or b""], now)
    gone(customer)
    ahead = now + timedelta(days=400)
    for at in (ahead, ahead + REST, ahead + 2 * REST):
        sweep(house, at)
    assert len(rows()) == 4  # of the number and the address, each under both names

    assert sweep(house, now) == (0, 0)
    sweep(house, now + KEPT + forgotten_names.LONGEST_BACKUP)
    assert len(rows()) == 4
    sweep(house, now + KEPT + forgotten_names.LONGEST_BACKUP + timedelta(seconds=1))
    assert len(rows()) == 2
    # Nobody looked it up, so it keeps the name that it has.
    assert sweep(house, now + timedelta(days=30)) == (0, 0)

    assert noes(house, owner) == {Method.ALL}
    house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    later = now + timedelta(days=31)
    assert [sweep(house, later + n * REST) for n in range(3)] == [(0, 0), (0, 0), (0, 1)]


def test_a_no_that_was_looked_up_on_a_day_to_come_gets_its_next_name_in_time(house: House) -> None:
    owner = make_organisation()
    now = soon(house)
    say_no(owner, [house.keyring.lookup_hash(owner.id, "phone", NUMBER)], now)
    ahead = now + timedelta(days=400)
    assert [sweep(house, ahead + n * REST) for n in range(3)] == [(0, 0), (0, 0), (0, 1)]
    renamed = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    sweep(house, ahead + 3 * REST)

    sweep(house, now)
    later = now + KEPT + 2 * forgotten_names.LONGEST_BACKUP
    assert [sweep(house, later + n * REST) for n in range(3)] == [(0, 0), (0, 0), (0, 1)]

    assert name_of(house, owner) != renamed
    assert noes(house, owner) == {Method.ALL}


def test_whoever_looks_a_name_up_wakes_it(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=NUMBER)
    now = soon(house)
    gone(customer)
    sweep(house, now)

    assert house.keyring.lookup_hash(owner.id, "phone", NUMBER) == customer.phone_hash
    assert sweep(house, now + REST) == (1, 0)  # the address, which nobody looked up
    assert name_of(house, owner) == customer.phone_hash
    assert sweep(house, now + 2 * REST) == (1, 0)


def test_a_name_of_this_very_seed_waits_for_the_next(house: House) -> None:
    """Made from the same seed it would come back the same, and a backup would tell whose it is."""
    owner = make_organisation()
    customer = make_customer(owner, phone=NUMBER)
    gone(customer)
    now = datetime.now(UTC)
    sweep(house, now)
    assert sweep(house, now + REST) == (0, 0)

    house.keyring.names.renew_seed(now=now + REST)

    assert sweep(house, now + REST) == (2, 0)
    assert house.keyring.lookup_hash(owner.id, "phone", NUMBER) != customer.phone_hash


@pytest.mark.parametrize("kind", ["token", "caller"])
def test_any_row_that_goes_with_its_person_keeps_the_name(house: House, kind: str) -> None:
    owner = make_organisation()
    name = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    now = soon(house)
    row: Any
    if kind == "token":
        row = ThrottleToken(
            organisation_id=owner.id, subject_hash=name, invitation_id=uuid4(), asked_at=now
        )
        add(row)
    else:
        row = make_call(owner.id)
        with transaction() as session:
            session.get_one(type(row), row.id).caller_hash = name
    say_no(owner, [name], now)

    sweep(house, now)
    assert sweep(house, now + REST) == (0, 0)
    assert name_of(house, owner) == name
    with transaction() as session:
        session.delete(session.get_one(type(row), row.id))
    assert sweep(house, now + REST) == sweep(house, now + 2 * REST) == (0, 0)
    assert sweep(house, now + 3 * REST) == (0, 1)


def test_a_no_that_outlives_its_person_stands_under_another_name(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=NUMBER)
    name, mail = customer.phone_hash or b"", customer.email_hash or b""
    now = soon(house).replace(hour=15)
    say_no(owner, [name], now)
    add(Consent(organisation_id=owner.id, subject_hash=name, method="call", source="web form",
                given_at=now))  # fmt: skip
    before = {row.subject_hash: row for row in rows()}
    assert set(before) == {name, mail}
    gone(customer)

    sweep(house, now)
    assert sweep(house, now + REST) == (0, 0)
    assert name_of(house, owner) == name  # the ledger hears of the new rows first
    assert sweep(house, now + 2 * REST) == (0, 2)

    fresh = name_of(house, owner) or b""
    after = {row.subject_hash: row for row in rows() if row.subject_hash not in before}
    assert fresh in after
    assert len(after) == 2
    assert noes(house, owner) == {Method.ALL}
    made = after[fresh]
    assert made.id != before[name].id
    assert made.wish_id != before[name].wish_id
    assert len({one.wish_id for one in after.values()}) == 1
    assert made.made_at.minute == made.made_at.second == made.made_at.microsecond == 0
    assert timedelta() <= now - made.made_at < timedelta(days=1)
    with reading() as session:
        assert set(session.scalars(select(Consent.subject_hash))) == {name, fresh}
    # Until no backup of the keyring knows the old name any more the old rows stand beside.
    assert sweep(house, now + KEPT) == (0, 0)
    assert name in {row.subject_hash for row in rows()}
    assert sweep(house, now + KEPT + timedelta(days=2)) == (0, 0)
    assert {row.subject_hash for row in rows()} == set(after)
    assert noes(house, owner) == {Method.ALL}
    with reading() as session:
        assert set(session.scalars(select(Consent.subject_hash))) == {fresh}
    with house.keyring.database.reading() as session:
        kept = session.scalars(select(LookupName)).all()
    assert {one.name for one in kept} == set(after)
    assert {(one.name_before, one.next_name) for one in kept} == {(None, None)}


def test_a_no_is_renamed_once_and_again_when_somebody_came_meanwhile(house: House) -> None:
    owner = make_organisation()
    name = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    now = soon(house)
    say_no(owner, [name], now)
    sweep(house, now)
    sweep(house, now + REST)
    assert sweep(house, now + REST) == (0, 1)
    assert sweep(house, now + 2 * REST) == (0, 0)
    later = now + KEPT + timedelta(days=2)
    assert sweep(house, later) == (0, 0)

    second = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    sweep(house, later)
    sweep(house, later + REST)

    assert sweep(house, later + REST) == (0, 1)
    assert name_of(house, owner) not in {name, second}
    assert noes(house, owner) == {Method.ALL}


def test_a_no_that_was_taken_back_under_its_new_name_is_none(house: House) -> None:
    owner = make_organisation()
    name = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    now = soon(house)
    say_no(owner, [name], now)
    for _ in range(3):
        sweep(house, now)
        sweep(house, now + REST)

    with transaction() as session:
        found = [house.keyring.lookup_hash(owner.id, "phone", NUMBER)]
        objections.take_back(session, owner.id, found, source=Source.COMMAND, at=now)

    assert noes(house, owner) == frozenset()
    for days in range(1, 20):
        sweep(house, now + timedelta(days=days))
        assert noes(house, owner) == frozenset()


def test_a_sweep_may_die_at_any_write_and_the_no_is_found_all_the_time(house: House) -> None:
    deaths = 0
    for number in range(1, 40):
        owner = make_organisation()
        name = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
        house.keyring.lookup_hash(owner.id, "email", NUMBER)
        now = soon(house)
        say_no(owner, [name], now)
        steps = [now, now + REST, now + 2 * REST, now + KEPT + timedelta(days=2)]
        lives = [number]
        main = Mortal(house.settings.database_url, lives)
        names = LookupNames(Mortal(house.settings.keyring_url, lives))
        try:
            for at in steps:
                forgotten_names.sweep(main, names, kept=KEPT, now=at)
        except CutOffError:
            deaths += 1
            assert noes(house, owner) == {Method.ALL}
        main.close()
        names.database.close()

        for later in (*steps, now + timedelta(days=30), now + timedelta(days=60)):
            sweep(house, later)
            assert noes(house, owner) == {Method.ALL}

        assert name_of(house, owner) not in {None, name}
        assert name_of(house, owner, "email") is None
        with reading() as session:
            mine = select(Objection.subject_hash).where(Objection.organisation_id == owner.id)
            assert session.scalars(mine).all() == [name_of(house, owner)]
        _leave(owner.id)
    assert deaths > 8


def test_what_was_taken_back_meanwhile_stays_so_wherever_a_sweep_dies(house: House) -> None:
    for number in range(1, 14):
        now = soon(house) + number * timedelta(days=12)
        owner, name = with_a_no(house, now)
        with transaction() as session:
            found = [house.keyring.lookup_hash(owner.id, "phone", NUMBER)]
            assert found == [name]
            objections.take_back(session, owner.id, found, source=Source.COMMAND, at=now)
        lives = [number]
        main = Mortal(house.settings.database_url, lives)
        names = LookupNames(Mortal(house.settings.keyring_url, lives))
        with suppress(CutOffError):
            forgotten_names.sweep(main, names, kept=KEPT, now=now + REST)
        main.close()
        names.database.close()

        for hours in range(6, 24 * 12, 6):
            sweep(house, now + timedelta(hours=hours))
            assert noes(house, owner) == frozenset()
        assert name_of(house, owner) != name
        _leave(owner.id)


def _leave(owner: UUID) -> None:
    with transaction() as session:
        session.execute(delete(Objection).where(Objection.organisation_id == owner))


def with_a_no(house: House, at: datetime) -> tuple[Organisation, bytes]:
    """Somebody whose no is about to get its new name, and the name it has."""
    owner = make_organisation()
    name = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    say_no(owner, [name], at)
    sweep(house, at)
    assert sweep(house, at + REST) == (0, 0)
    return owner, name


def test_of_two_sweeps_at_once_one_ends_it_and_the_other_leaves_it(house: House) -> None:
    now = soon(house)
    owner, name = with_a_no(house, now)
    ended = list[tuple[int, int]]()
    main = Meeting(house.settings.database_url, lambda: ended.append(sweep(house, now + REST)))

    done = forgotten_names.sweep(main, house.keyring.names, kept=KEPT, now=now + REST)

    main.close()
    assert (done.renamed, ended) == (0, [(0, 1)])
    assert name_of(house, owner) != name
    assert noes(house, owner) == {Method.ALL}
    sweep(house, now + KEPT + timedelta(days=2))
    assert [row.subject_hash for row in rows()] == [name_of(house, owner)]


def test_whoever_is_looked_up_in_the_midst_of_it_keeps_their_name(house: House) -> None:
    now = soon(house)
    owner, name = with_a_no(house, now)
    assert {row.subject_hash for row in rows()} > {name}
    main = Meeting(
        house.settings.database_url,
        lambda: house.keyring.lookup_hash(owner.id, "phone", NUMBER),
    )

    done = forgotten_names.sweep(main, house.keyring.names, kept=KEPT, now=now + REST)

    main.close()
    assert done.renamed == 0
    assert name_of(house, owner) == name
    assert [row.subject_hash for row in rows()] == [name]
    assert noes(house, owner) == {Method.ALL}


def test_whoever_is_looked_up_while_their_no_is_renamed_keeps_their_name(house: House) -> None:
    owner = make_organisation()
    name = house.keyring.lookup_hash(owner.id, "phone", NUMBER)
    now = soon(house)
    say_no(owner, [name], now)
    sweep(house, now)
    (page,) = house.keyring.names.pages(10)
    with house.keyring.database.transaction() as session:
        # Where a sweep was cut off: the new name is noted, and the no stands under both.
        session.get_one(LookupName, (owner.id, page[0].found_by)).next_name = b"n" * 32
    say_no(owner, [b"n" * 32], now)

    assert house.keyring.lookup_hash(owner.id, "phone", NUMBER) == name
    sweep(house, now + REST)

    assert [row.subject_hash for row in rows()] == [name]
    assert (name_of(house, owner), noes(house, owner)) == (name, {Method.ALL})


def test_every_column_of_names_is_of_one_kind_and_few_outlive_their_person() -> None:
    lasting = {f"{c.table.name}.{c.name}" for c in forgotten_names.columns_bearing(LASTING)}
    passing = {f"{c.table.name}.{c.name}" for c in forgotten_names.columns_bearing(PASSING)}

    assert lasting == {"objections.subject_hash", "consents.subject_hash"}
    assert len(passing) == 12
    for column in forgotten_names.columns_bearing(PASSING):
        assert "organisation_id" in column.table.c
