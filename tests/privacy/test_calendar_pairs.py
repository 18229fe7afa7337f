"""For every kind of row that goes by age: the day before its last one it is kept, on it it goes.

In five zones, over leap days, ends of months and both changes of the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from config.retention_rules import DataClass
from privacy import retention
from privacy.kinds import KINDS, Kind
from privacy.log_kinds import BY_COLLECTION, LOG_KINDS, OF_THE_HOUSE
from privacy.retention import Schedule
from privacy.schedules import schedule_of, schedule_of_the_house
from storage.house import House, reading, transaction
from storage.states import ProviderCopyState
from storage.tables import (
    Alarm,
    Case,
    Consent,
    Interaction,
    Organisation,
    ProviderCopy,
    PurgeRun,
    Row,
    Sitting,
    User,
)
from tests.privacy.planted import live
from tests.rows import (
    NOON,
    RETENTION,
    add,
    make_campaign,
    make_customer,
    make_invitation,
    make_mailbox,
    make_organisation,
    make_response,
    named_case,
    sid,
)

ZONES: Final = (
    "Europe/Stockholm",
    "Europe/Helsinki",
    "Europe/Lisbon",
    "Atlantic/Azores",
    "Australia/Lord_Howe",  # half an hour, and summer there is winter here
)
# By hand from a calendar: when what began on the first day is over.
ENDS: Final = {
    "2024-02-29 12:00": {  # a leap day, and over the next year's last of February
        "90 days": "2024-05-29 12:00",
        "6 months": "2024-08-29 12:00",
        "12 months": "2025-02-28 12:00",
        "1 year": "2025-02-28 12:00",
        "18 months": "2025-08-29 12:00",
        "3 years": "2027-02-28 12:00",
    },
    "2027-08-31 23:30": {  # an end of a month, into a leap year
        "90 days": "2027-11-29 23:30",
        "6 months": "2028-02-29 23:30",
        "12 months": "2028-08-31 23:30",
        "1 year": "2028-08-31 23:30",
        "18 months": "2029-02-28 23:30",
        "3 years": "2030-08-31 23:30",
    },
    "2024-12-30 00:30": {  # 90 days to the day on which European clocks go forward
        "90 days": "2025-03-30 00:30",
        "6 months": "2025-06-30 00:30",
        "12 months": "2025-12-30 00:30",
        "1 year": "2025-12-30 00:30",
        "18 months": "2026-06-30 00:30",
        "3 years": "2027-12-30 00:30",
    },
    "2025-04-25 12:00": {  # 18 months to the day on which they go back
        "90 days": "2025-07-24 12:00",
        "6 months": "2025-10-25 12:00",
        "12 months": "2026-04-25 12:00",
        "1 year": "2026-04-25 12:00",
        "18 months": "2026-10-25 12:00",
        "3 years": "2028-04-25 12:00",
    },
}
EVERY: Final = (*KINDS, *LOG_KINDS)
NOT_BY_KINDS: Final = {
    DataClass.OBJECTIONS: "what stands stays; what was withdrawn goes by the request log",
    DataClass.RECEIPTS: "lines of the ledger, by privacy.receipt_age (test_receipt_age)",
    DataClass.EXPORTS: "files, not rows",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows they are, and by which clock."""

    schedule: Schedule
    kinds: tuple[Kind, ...]


@pytest.fixture
def owners(house: House) -> list[Owner]:
    """An organisation in each zone with rows of every kind, and the house itself."""
    found = []
    for zone in ZONES:
        organisation = make_organisation(timezone=zone)
        live(house, organisation)
        add(*loose(organisation))
        found.append(Owner(schedule_of(organisation), (*EVERY, *BY_COLLECTION.values())))
    add(*_of_staff(None))
    add(
        PurgeRun(started_at=NOON, finished_at=NOON, counts={}),
        Alarm(kind="x", raised_at=NOON, cleared_at=NOON),
        Alarm(kind="x", raised_at=NOON),
        ProviderCopy(
            kind="call", provider_sid=sid("CA"), state=ProviderCopyState.GONE, gone_at=NOON,
            created_at=NOON,
        ),
        _lasting_copy(None),
    )  # fmt: skip
    return [*found, Owner(schedule_of_the_house(), OF_THE_HOUSE)]


def loose(organisation: Organisation) -> Iterator[Row]:
    """A case nobody is asked about, a person without one, and people who did not answer."""
    campaign = make_campaign(organisation)
    make_customer(organisation, phone="+46701740611")
    customer = make_customer(organisation, phone="+46701740612")
    make_response(campaign, make_invitation(campaign, customer), score=None)
    make_invitation(campaign, customer)
    make_mailbox(organisation, retired_at=NOON)
    yield _lasting_copy(organisation)
    yield Alarm(organisation_id=organisation.id, kind="x", raised_at=NOON)
    yield from _of_staff(organisation)
    yield Interaction(
        **named_case(organisation.id), customer_id=customer.id, happened_at=NOON, created_at=NOON,
    )  # fmt: skip
    yield Consent(
        organisation_id=organisation.id, method="call", source="form", given_at=NOON,
        expires_at=NOON,
    )  # fmt: skip


def _lasting_copy(organisation: Organisation | None) -> ProviderCopy:
    """What the provider cannot delete."""
    return ProviderCopy(
        organisation_id=organisation and organisation.id, kind="call", provider_sid=sid("CA"),
        state=ProviderCopyState.UNSUPPORTED, created_at=NOON,
    )  # fmt: skip


def _of_staff(organisation: Organisation | None) -> Iterator[Row]:
    """Somebody who was there, somebody who left, and an account that was emptied."""
    of = {"organisation_id": organisation and organisation.id, "password_hash": "x",
          "created_at": NOON}  # fmt: skip
    user = User(id=uuid4(), **of)
    add(user)
    yield Sitting(user_id=user.id, begun_at=NOON, seen_at=NOON)
    yield User(id=uuid4(), **of, disabled_at=NOON, erase_at=NOON)
    yield User(id=uuid4(), **of, disabled_at=NOON, erased_at=NOON)


def test_every_class_has_a_pair() -> None:
    assert {kind.data_class for kind in EVERY} == set(DataClass) - set(NOT_BY_KINDS)
    periods = {rule["keep"] for rule in RETENTION} - {"never by age", "until handled", "7 days"}
    assert all(set(ends) == {*periods, "1 year"} for ends in ENDS.values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_day_before_it_is_kept_and_on_the_day_it_goes(
    house: House, owners: list[Owner]
) -> None:
    for start, ends in ENDS.items():
        for owner in owners:
            zone = owner.schedule.zone
            for kind in owner.kinds:
                rows = begin(owner, kind, at=moment(start, zone))
                period = owner.schedule.period(kind.data_class)
                whole = period is None or kind.expires is not None
                end = moment(start if whole else ends[str(period)], zone)
                told = (start, zone.key, kind.counted_as)

                assert rows > 0, told
                assert over(owner, kind, end - timedelta(days=1)) == 0, told
                assert over(owner, kind, end - timedelta(microseconds=1)) == 0, told
                assert over(owner, kind, end) == rows, told


def moment(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def begin(owner: Owner, kind: Kind, *, at: datetime) -> int:
    """Have the clock of all rows of that kind start at that moment; how many there are."""
    schedule = owner.schedule
    clock = kind.start
    if kind.expires is None and schedule.period(kind.data_class) is None:
        clock = kind.handled  # type: ignore[assignment]
    if kind.start is Case.aged_from:
        clock = Case.closed_at  # what a case is reckoned from once it is closed
    table = Row.metadata.tables[kind.table.__tablename__]
    of = kind.organisation if kind.organisation is not None else table.c.organisation_id
    mine = kind.rows().where(of == schedule.organisation_id).with_only_columns(table.c.id)
    with transaction() as session:
        ids = session.scalars(mine).all()
        session.execute(
            update(clock.class_)
            .where(clock.class_.id.in_(ids))
            .values({clock.key: at})
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def over(owner: Owner, kind: Kind, now: datetime) -> int:
    with reading() as session:
        found = retention.due(session, owner.schedule, kind, now=now, limit=1_000)
    return len(retention.over(owner.schedule, kind, found, now=now))
