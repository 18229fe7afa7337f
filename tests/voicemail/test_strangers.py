"""Recordings at the provider that nobody here knows are removed, the young ones not yet."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage import provider_copies, recordings, there_again
from storage.house import House, reading, transaction
from storage.provider_copies import CopyKind
from storage.receipt_writing import write_out
from storage.receipts import HOUSE_CHAIN
from storage.states import CallState, ProviderCopyState
from storage.tables import Alarm, Call, ProviderCopy
from tests.rows import NOON, make_call, make_organisation, sid
from voicemail.provider_copies import delete_copy
from voicemail.strangers import ALARM, remove_strangers

NOW = NOON + timedelta(days=2)


def let_go() -> dict[str, Any]:
    with reading() as session:
        return {c.provider_sid: c.delete_at for c in session.scalars(select(ProviderCopy))}


def test_a_stranger_older_than_a_day_is_reported_and_let_go(house: House, site: Any) -> None:
    site.keep("RE-old", "CA-unknown", created_at=NOW - timedelta(days=1, seconds=1))

    assert remove_strangers(provider=house.provider, now=NOW) == 1

    assert let_go() == {"RE-old": NOW}
    with reading() as session:
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.subject) == (ALARM, "RE-old")


def test_a_stranger_of_today_may_be_on_its_way(house: House, site: Any) -> None:
    site.keep("RE-young", "CA-unknown", created_at=NOW - timedelta(days=1) + timedelta(seconds=1))

    assert remove_strangers(provider=house.provider, now=NOW) == 0
    assert let_go() == {}


@pytest.mark.parametrize(
    ("age", "state", "removed"),
    [
        (timedelta(hours=2, seconds=1), CallState.COMPLETED, 1),
        (timedelta(hours=2), CallState.COMPLETED, 0),
        (timedelta(hours=3), CallState.IN_PROGRESS, 0),
        (timedelta(hours=25), CallState.IN_PROGRESS, 1),
    ],
)
def test_one_of_our_own_calls_goes_sooner(
    house: House, site: Any, age: timedelta, state: CallState, removed: int
) -> None:
    call = make_call(make_organisation().id, state=state)
    site.keep("RE-ours", call.provider_sid, created_at=NOW - age)

    assert remove_strangers(provider=house.provider, now=NOW) == removed


def test_what_a_nameless_recording_of_ours_may_still_be_is_left(house: House, site: Any) -> None:
    call = make_call(make_organisation().id)
    with transaction() as session:
        call = session.get_one(Call, call.id)
        recordings.announce(session, call, visit=1, language="sv", at=NOON)
    site.keep("RE-ours", call.provider_sid, created_at=NOW - timedelta(hours=5))

    assert remove_strangers(provider=house.provider, now=NOW) == 0


def test_a_recording_we_know_is_no_stranger(house: House, site: Any) -> None:
    name = sid("RE")
    site.keep(name, "CA-1", created_at=NOON)
    with transaction() as session:
        provider_copies.note(session, CopyKind.RECORDING, name, organisation_id=None, at=NOON)

    assert remove_strangers(provider=house.provider, now=NOW) == 0
    assert let_go() == {name: None}


def gone(house: House, name: str) -> UUID:
    """A copy of which the provider said that it is gone."""
    with transaction() as session:
        copy = provider_copies.note(
            session, CopyKind.RECORDING, name, organisation_id=None, at=NOON
        )
        provider_copies.let_go(session, CopyKind.RECORDING, name, at=NOON)
    assert delete_copy(copy.id, provider=house.provider, now=NOON) is ProviderCopyState.GONE
    return copy.id


def open_alarms() -> list[tuple[str, str]]:
    with reading() as session:
        wanted = select(Alarm.kind, Alarm.subject).where(Alarm.cleared_at.is_(None))
        return [(kind, subject) for kind, subject in session.execute(wanted)]


def told(house: House, *, now: datetime) -> list[str]:
    """What the house's chain says, line by line."""
    write_out(ledger=house.ledger, keyring=house.keyring, now=now)
    return [json.loads(line.body)["what"] for line in house.ledger.lines(HOUSE_CHAIN)]


def test_what_was_called_gone_and_is_listed_all_the_same_is_taken_back_and_deleted_again(
    house: House, site: Any
) -> None:
    copy_id = gone(house, "RE-lied")
    site.keep("RE-lied", "CA-1", created_at=NOON)

    assert remove_strangers(provider=house.provider, now=NOW) == 1

    with reading() as session:
        copy = session.get_one(ProviderCopy, copy_id)
    assert (copy.state, copy.delete_at, copy.gone_at) == (ProviderCopyState.PRESENT, NOW, None)
    assert open_alarms() == [(there_again.ALARM, "RE-lied")]
    assert told(house, now=NOW) == ["provider_confirmed", "still_at_provider"]

    assert delete_copy(copy_id, provider=house.provider, now=NOW) is ProviderCopyState.GONE
    assert site.recordings == {}
    assert told(house, now=NOW)[2:] == ["provider_confirmed"]
    assert remove_strangers(provider=house.provider, now=NOW + timedelta(days=1)) == 0
    assert open_alarms() == []


@pytest.mark.parametrize(
    ("status", "later"), [("deleted", timedelta(days=2)), ("completed", timedelta(minutes=59))]
)
def test_the_note_of_a_deletion_and_a_list_that_lags_take_nothing_back(
    house: House, site: Any, status: str, later: timedelta
) -> None:
    gone(house, "RE-gone")
    site.keep("RE-gone", "CA-1", created_at=NOON, status=status)

    assert remove_strangers(provider=house.provider, now=NOON + later) == 0
    assert open_alarms() == []


def test_the_alarm_about_a_stranger_ends_once_it_is_gone_and_listed_no_more(
    house: House, site: Any
) -> None:
    site.keep("RE-old", "CA-unknown", created_at=NOON)
    remove_strangers(provider=house.provider, now=NOW)
    with reading() as session:
        (copy_id,) = session.scalars(select(ProviderCopy.id))
    remove_strangers(provider=house.provider, now=NOW + timedelta(hours=2))
    assert open_alarms() == [(ALARM, "RE-old")]

    delete_copy(copy_id, provider=house.provider, now=NOW + timedelta(hours=3))
    remove_strangers(provider=house.provider, now=NOW + timedelta(days=1))

    assert open_alarms() == []
