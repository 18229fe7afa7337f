"""Recordings at the provider that nobody here knows are removed, the young ones not yet."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storage import provider_copies, recordings
from storage.house import House, reading, transaction
from storage.provider_copies import CopyKind
from storage.states import CallState
from storage.tables import Alarm, Call, ProviderCopy
from tests.rows import NOON, make_call, make_organisation, sid
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
