"""Case references of an older database are sealed on the way up, and there is no way back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import column, insert, select, table, text

from config.settings import Settings
from privacy.empty_house import search
from privacy.needles import Needle
from storage import case_references, schema, sign_in_names, upgrading, users
from storage.database import Database
from storage.house import House, close_house, open_house
from storage.keyring import Keyring
from storage.keyring_loss import KeyringLostError
from storage.master_keys import MasterKeys
from storage.tables import Customer, Interaction, Objection, Organisation, Role, Row, User
from tests.rows import NOON

REFERENCES = ("ÄRENDE-zqx-4711", "gone-0123456789abcdef", *(f"zqx-{n}" for n in range(1_200)))


@pytest.fixture
def before(settings: Settings) -> Iterator[Database]:
    """A database in which case references are open, of one organisation with one customer."""
    database = Database(settings.database_url)
    schema.downgrade(database, "0027")
    yield database
    database.close()


def fill(database: Database, organisation: UUID) -> list[UUID]:
    """Contacts with those references, in their order."""
    customer, cases = uuid4(), [uuid4() for _ in REFERENCES]
    rows = {
        "organisations": [
            {"id": organisation, "key": "o", "name": "O", "country": "SE", "document": {},
             "timezone": "Europe/Stockholm", "applied_at": NOON},
        ],
        "customers": [
            {"id": customer, "organisation_id": organisation, "minor": False, "created_at": NOON,
             "last_interaction_at": NOON},
        ],
        "interactions": [
            {"id": case, "organisation_id": organisation, "customer_id": customer,
             "case_reference": reference, "happened_at": NOON, "created_at": NOON}
            for case, reference in zip(cases, REFERENCES, strict=True)
        ],
    }  # fmt: skip
    with database.transaction() as session:
        for name, values in rows.items():
            there = Row.metadata.tables[name].c
            old = table(name, *(column(one, _type(there, one)) for one in values[0]))
            session.execute(old.insert(), values)
    return cases


def _type(there: Any, name: str) -> Any:
    return there[name].type if name in there else None


def keyring_of(settings: Settings, *organisations: UUID) -> None:
    keyring = Keyring(Database(settings.keyring_url), MasterKeys(settings.master_keys))
    keyring.prepare()
    keyring.make_keys(organisations)
    keyring.database.close()


def places_of(house: House, what: str) -> set[str]:
    # The server's log still has what was written before the update, for as long as it is kept.
    found = search(house, [Needle("x", (what.encode(),))], journal=False).found
    return {one.place for one in found}


def test_case_references_are_sealed_on_the_way_up_and_lie_nowhere_open(
    settings: Settings, before: Database
) -> None:
    organisation, told = uuid4(), list[tuple[int, int]]()
    cases = fill(before, organisation)
    keyring_of(settings, organisation)
    before.close()

    was = upgrading.upgrade(settings, tell=lambda *progress: told.append(progress))

    assert (was, schema.current(before)) == ("0027", schema.head())
    assert schema.differences(before) == []
    sealing, naming = len(REFERENCES), len(REFERENCES) - 1
    assert told == [(1_000, sealing), (sealing, sealing), (1_000, naming), (naming, naming)]
    house = open_house(settings)
    try:
        with house.database.reading() as session:
            found = {one.id: one for one in session.scalars(select(Interaction))}
        sealed = [(one, found[one].case_reference_sealed) for one in cases]
        hashes = case_references.hashes_of(house.keyring, organisation, REFERENCES)
        opened = case_references.opened(house.keyring, sealed)
        assert opened == ["" if one.startswith("gone-") else one for one in REFERENCES]
        assert [found[one].case_hash for one in cases] == [
            None if one.startswith("gone-") else hashes[one] for one in REFERENCES
        ]
        assert places_of(house, "RENDE-zqx-4711") == {"interactions.case_reference_sealed, opened"}
        house.keyring.destroy([cases[0]])
        assert places_of(house, "RENDE-zqx-4711") == set()
    finally:
        close_house()
    with pytest.raises(schema.OneWayError, match="put back a backup from before the upgrade"):
        schema.downgrade(before, "0027")
    assert schema.current(before) == schema.head()


def test_nothing_is_sealed_under_new_keys_beside_a_keyring_that_was_lost(
    settings: Settings, before: Database
) -> None:
    fill(before, uuid4())
    before.close()

    with pytest.raises(KeyringLostError):
        upgrading.upgrade(settings)

    assert schema.current(before) == "0027"
    with before.reading() as session:
        named = set(session.scalars(text("SELECT case_reference FROM interactions")))
    assert named == set(REFERENCES)


def test_whoever_is_known_by_a_hash_is_known_by_a_name_afterwards(
    settings: Settings, before: Database
) -> None:
    """In every table by the same one; a backup of the keyring that knows it is written at once."""
    settings = settings.model_copy(update={"keyring_backups_dir": settings.data_dir / "apart"})
    owner, other = uuid4(), uuid4()
    schema.upgrade(before)
    schema.downgrade(before, "0042")
    keyring = Keyring(Database(settings.keyring_url), MasterKeys(settings.master_keys))
    keyring.prepare()
    hashes = {one: keyring.keyed_hash(one, "phone", "+46701740605") for one in (owner, other)}
    keyring.database.close()
    with before.transaction() as session:
        for one, hashed in hashes.items():
            session.add(
                Organisation(
                    id=one,
                    key=str(one),
                    name="O",
                    country="SE",
                    document={},
                    timezone="Europe/Stockholm",
                    applied_at=NOON,
                )
            )
            session.flush()
            session.add(
                Customer(
                    organisation_id=one,
                    phone_hash=hashed,
                    created_at=NOON,
                    last_interaction_at=NOON,
                )
            )
            said = {"subject_hash": hashed, "method": "all", "source": "sms", "made_at": NOON}
            session.execute(insert(Objection).values(organisation_id=one, id=uuid4(), **said))
    before.close()  # fmt: skip

    assert upgrading.upgrade(settings) == "0042"

    house = open_house(settings)
    try:
        names = {one: house.keyring.lookup_hash(one, "phone", "+46701740605") for one in hashes}
        with house.database.reading() as session:
            people = session.execute(select(Customer.organisation_id, Customer.phone_hash)).all()
            noes = session.execute(select(Objection.organisation_id, Objection.subject_hash)).all()
        assert dict(map(tuple, people)) == dict(map(tuple, noes)) == names
        assert not {*names.values()} & {*hashes.values()}
        assert len(list((settings.data_dir / "apart").glob("*.keyring"))) == 1
        with pytest.raises(schema.OneWayError, match="names that only the keyring knows"):
            schema.downgrade(before, "0042")
    finally:
        close_house()


def put_accounts(database: Database, *named: tuple[str, bool]) -> list[UUID]:
    """Accounts as an older version has them: the name, and whether it was emptied."""
    there = Row.metadata.tables["users"].c
    old = table(
        "users", *(column(one, _type(there, one)) for one in
                   ("id", "sign_in_name", "role", "password_hash", "failed_sign_ins", "created_at",
                    "erased_at"))
    )  # fmt: skip
    items = [uuid4() for _ in named]
    with database.transaction() as session:
        for item, (name, is_emptied) in zip(items, named, strict=True):
            values = {
                "id": item, "sign_in_name": name, "role": Role.STAFF, "password_hash": "x",
                "failed_sign_ins": 0, "created_at": NOON,
                "erased_at": NOON if is_emptied else None,
            }  # fmt: skip
            session.execute(old.insert(), values)
    return items


def test_sign_in_names_are_sealed_on_the_way_up_and_lie_nowhere_open(
    settings: Settings, before: Database
) -> None:
    schema.upgrade(before)
    schema.downgrade(before, "0045")
    asa, bo, left = put_accounts(
        before, ("zqx-åsa.ek", False), ("zqx-bo", False), ("left-zqx0", True)
    )
    before.close()

    assert upgrading.upgrade(settings) == "0045"

    assert schema.differences(before) == []
    house = open_house(settings)
    try:
        with house.database.reading() as session:
            found = [users.find(session, house.keyring, one) for one in ("ZQX-Åsa.Ek", "zqx-bo")]
            assert users.find(session, house.keyring, "left-zqx0") is None
            emptied = session.get_one(User, left)
            everybody = list(session.scalars(select(User)))
        assert [one.id for one in found if one is not None] == [asa, bo]
        assert (emptied.sign_in_name_sealed, emptied.sign_in_name_hash) == (None, None)
        assert set(house.keyring.keys([asa, bo, left])) == {asa, bo}
        assert sign_in_names.names_of(house.keyring, everybody) == {
            asa: "zqx-åsa.ek",
            bo: "zqx-bo",
            left: sign_in_names.WHO_LEFT,
        }
        assert places_of(house, "zqx-åsa.ek") == {"users.sign_in_name_sealed, opened"}
        house.keyring.destroy([asa])
        assert places_of(house, "zqx-åsa.ek") == set()
    finally:
        close_house()
    with pytest.raises(schema.OneWayError, match="put back a backup from before the upgrade"):
        schema.downgrade(before, "0045")
    assert schema.current(before) == schema.head()


def test_emptied_accounts_go_back_and_up_again(settings: Settings, before: Database) -> None:
    schema.upgrade(before)
    schema.downgrade(before, "0045")
    items = put_accounts(before, ("left-1", True), ("left-2", True))
    upgrading.upgrade(settings)

    schema.downgrade(before, "0045")

    with before.reading() as session:
        names = set(session.scalars(text("SELECT sign_in_name FROM users")))
    assert names == {f"left-{one.hex}" for one in items}
    schema.upgrade(before)
    assert schema.differences(before) == []
