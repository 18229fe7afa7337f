"""Trying every number there is finds nobody who is gone, with all that an operator has left."""

import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from messaging import carrying_out
from privacy import request_steps
from storage import case_references, forgotten_names, keyring_backup, sign_in_names
from storage.columns import LASTING, PASSING
from storage.database import Database
from storage.forgotten_names import columns_bearing
from storage.house import House, close_house, open_house, reading, transaction
from storage.keyring_rows import LookupName, LookupSeed
from storage.receipts import SUBJECT_KIND
from storage.request_states import RequestState
from storage.tables import (
    Call,
    Customer,
    Interaction,
    Objection,
    Organisation,
    ReceivedText,
    RightsRequest,
)
from survey import objections
from survey.objections import Source
from survey.permission import Method
from tests.messaging.test_erasing_a_person import ask
from tests.privacy.backups import back_up, read, restore
from tests.privacy.test_nothing_to_read import raw_keys
from tests.privacy.test_receipts import write_out
from tests.privacy.test_restored_erasures import known_by_hash
from tests.privacy.test_restoring import restore_check
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, make_call, make_customer, make_organisation, named_case

NUMBER, CASE = "+46701740677", "ÄRENDE-zqx-4711"
MAIL = f"{NUMBER}@example.org"
LATER = NOON + timedelta(days=1130)
"""Everything's time is over."""
WORDS = ("phone", "email", case_references.HASHED_AS, sign_in_names.HASHED_AS, SUBJECT_KIND)
DAY = timedelta(days=1)


def tried(house: House, *texts: str) -> set[bytes]:
    """What these texts, or the true number, address and case, become under each key that is left.

    With nothing of ours but the formulas: the keys as they are, the names, and the seed.
    """
    database = Database(house.settings.keyring_url)
    with database.reading() as session:
        rows = session.scalars(select(LookupName)).all()
        seeds = session.scalars(select(LookupSeed.seed)).all()
    database.close()
    values = {one.encode() for one in texts or (NUMBER, MAIL, CASE)}
    values |= {word.encode() + b"\0" + one for word in WORDS for one in values}
    keys = {*raw_keys(house).values(), *seeds}
    found = {hmac.digest(key, value, "sha256") for key in keys for value in values}
    found |= {hashlib.sha256(value).digest() for value in values}
    found |= {hmac.digest(seed, one, "sha256") for seed in seeds for one in found}
    for row in rows:
        if row.found_by in found:
            found |= {one for one in (row.name, row.next_name, row.name_before) if one}
    return found


def seen_in(data: bytes, candidates: set[bytes]) -> int:
    """How many of them lie in the bytes, as they are or as PostgreSQL writes them."""
    return sum(one in data or one.hex().encode() in data for one in candidates)


def columns_known(candidates: set[bytes]) -> set[str]:
    """The columns of the main database in which one of them stands."""
    found = set[str]()
    for column in [*columns_bearing(PASSING), *columns_bearing(LASTING)]:
        with reading() as session:
            if candidates & set(session.scalars(select(column).where(column.is_not(None)))):
                found.add(f"{column.table.name}.{column.name}")
    return found


def person_everywhere(house: House) -> tuple[Organisation, Customer]:
    """Somebody known in every table that knows people, who said no before and after the backup."""
    organisation = make_organisation()
    customer = make_customer(organisation, phone=NUMBER)
    owner = organisation.id
    assert customer.phone_hash is not None
    leave_traces(house, organisation=organisation, customer=customer)
    call = make_call(owner)
    known_by_hash(owner, customer.phone_hash)
    with transaction() as session:
        session.get_one(Call, call.id).caller_hash = customer.phone_hash
        session.add(
            Interaction(
                **named_case(owner, CASE),
                customer_id=customer.id,
                happened_at=NOON,
                created_at=NOON,
            )
        )
    no_to(organisation, customer, Method.SMS, NOON)  # fmt: skip
    return organisation, customer


def no_to(organisation: Organisation, customer: Customer, method: Method, at: datetime) -> None:
    hashes = [one for one in (customer.phone_hash, customer.email_hash) if one is not None]
    with transaction() as session:
        objections.record_hashes(
            session, organisation.id, hashes, method=method, source=Source.COMMAND, at=at
        )


def erase_on_request(house: House, customer: Customer) -> None:
    state = carrying_out.carry_out(ask(customer).id, house=house, now=NOON + timedelta(hours=1))
    assert state is RequestState.DONE
    with transaction() as session:
        request = session.scalars(select(RightsRequest)).one()
        request_steps.tell(session, request, keyring=house.keyring, at=NOON)
    write_out(house)


def pass_days(house: House, apart: Path, start: datetime, *, sweeping: bool) -> None:
    """Ten days of what is done by itself: backups of the keyring, and the sweep of names."""
    kept, now = house.settings.keyring_backups_kept, start
    for _ in range(10):
        for _ in range(4):
            now += timedelta(hours=6)
            if sweeping:
                forgotten_names.sweep(house.database, house.keyring.names, kept=kept, now=now)
        keyring_backup.remove_old(apart, kept=kept, now=now)
        keyring_backup.back_up(house.keyring, apart, now=now)
    write_out(house)


@pytest.mark.parametrize("sweeping", [True, False], ids=["sweeping", "not sweeping"])
@pytest.mark.parametrize("way", ["erased", "by age"])
def test_no_number_that_is_tried_is_in_a_backup_of_whoever_is_gone(
    house: House, tmp_path: Path, way: str, sweeping: bool
) -> None:
    """Nor is an address or a case. With the sweep switched off all of them are found."""
    organisation, customer = person_everywhere(house)
    keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    assert len(columns_known(tried(house))) == 10
    back_up(house, tmp_path / "backup")
    assert seen_in(read(tmp_path / "backup"), tried(house)) >= 3
    if way == "erased":
        erase_on_request(house, customer)
    else:
        run(house, LATER)
        with transaction() as session:  # as the sweep of texts does after two days
            session.execute(delete(ReceivedText))
    pass_days(house, tmp_path / "apart", LATER, sweeping=sweeping)
    said = {Method.SMS, Method.ALL} if way == "erased" else {Method.SMS}
    assert no_of(house, organisation) == said

    kept = noes()

    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)
    backup, candidates = read(tmp_path / "backup"), tried(opened)
    found, columns = seen_in(backup, candidates), columns_known(candidates)
    ledger = {one for one in candidates if seen_in(ledger_of(opened), {one})}
    restore_check()

    assert (found > 0, "customers.phone_hash" in columns) == (not sweeping, not sweeping)
    if sweeping:
        assert columns == set()
        # What is known of a no leads to no row of the backup, and no receipt to a number.
        assert ledger <= {row.subject_hash for row in kept}
        ids = {one for row in kept for one in (row.id, row.wish_id) if one is not None}
        assert seen_in(backup, {form.encode() for one in ids for form in (one.hex, str(one))}) == 0
        assert {row.made_at.minute + row.made_at.second for row in kept} == {0}
    # The no, of which the backup may know nothing, is heeded after all that.
    assert no_of(opened, organisation) == said
    close_house()


def ledger_of(house: House) -> bytes:
    """All that the ledger says, of what is in force and of what lies beside its lines."""
    chains = house.ledger.chains()
    details = [repr(detail) for chain in chains for detail in house.ledger.details(chain)]
    lines = [repr(line) for chain in chains for line in house.ledger.details(chain)]
    return "".join([*details, *lines]).encode()


def noes() -> list[Objection]:
    with reading() as session:
        return list(session.scalars(select(Objection)))


def no_of(house: House, organisation: Organisation) -> frozenset[Method]:
    """What is objected to under the number, by whoever comes with it."""
    name = house.keyring.lookup_hash(organisation.id, "phone", NUMBER)
    with reading() as session:
        return objections.in_force(session, organisation.id, [name]).get(name, frozenset())
