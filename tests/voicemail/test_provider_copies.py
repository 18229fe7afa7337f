"""What lies at the provider is deleted there, asked for again, and only then called gone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from config.providers import TRAITS, ProviderProfile
from config.settings import Settings
from storage import alarms
from storage import provider_copies as rows
from storage.house import House, reading, transaction
from storage.provider import open_provider
from storage.provider_copies import CopyKind
from storage.queue import QueueName
from storage.states import ProviderCopyState
from storage.tables import Alarm, ProviderCopy
from tests.rows import NOON, make_organisation, sid
from voicemail.provider_copies import ALARM, PATIENCE, delete_copy

MINUTE = timedelta(minutes=1)


def noted(kind: CopyKind = CopyKind.RECORDING, name: str | None = None, **more: Any) -> UUID:
    name = name or sid("RE")
    with transaction() as session:
        copy = rows.note(session, kind, name, organisation_id=None, at=NOON, **more)
        rows.let_go(session, kind, name, at=NOON)
        return copy.id


def get(copy_id: UUID) -> ProviderCopy:
    with reading() as session:
        return session.get_one(ProviderCopy, copy_id)


def steps(copy_id: UUID) -> list[str]:
    return [one["step"] for one in get(copy_id).proof]


def test_a_recording_is_gone_once_neither_record_nor_sound_is_found(
    house: House, site: Any
) -> None:
    name = sid("RE")
    site.keep(name, sid("CA"))
    copy_id = noted(name=name)

    assert delete_copy(copy_id, provider=house.provider, now=NOON) is ProviderCopyState.GONE

    assert name not in site.recordings
    assert steps(copy_id) == ["DELETE 204", "GET 404", "GET .wav 404"]
    assert {one["at"] for one in get(copy_id).proof} == {NOON.isoformat()}
    assert get(copy_id).gone_at == NOON


def test_gone_already_is_success(house: House) -> None:
    copy_id = noted()

    assert delete_copy(copy_id, provider=house.provider, now=NOON) is ProviderCopyState.GONE
    assert steps(copy_id)[0] == "DELETE 404"


def test_letting_go_rings_once_after_the_commit(house: House) -> None:
    copy_id = noted()
    with transaction() as session:
        rows.let_go(session, CopyKind.RECORDING, get(copy_id).provider_sid, at=NOON + MINUTE)

    assert get(copy_id).delete_at == NOON
    jobs = house.bell.queue(QueueName.RECORDINGS).jobs
    assert [job.args for job in jobs] == [[str(copy_id)]]


def test_noting_twice_is_one_row(house: House) -> None:
    name = sid("RE")

    assert noted(name=name) == noted(name=name, call_sid="CA1")
    with reading() as session:
        assert session.scalars(select(ProviderCopy)).one().call_sid == "CA1"


def test_nothing_still_needed_is_deleted(house: House, site: Any) -> None:
    name = sid("RE")
    with transaction() as session:
        copy = rows.note(session, CopyKind.RECORDING, name, organisation_id=None, at=NOON)

    assert delete_copy(copy.id, provider=house.provider, now=NOON) is ProviderCopyState.PRESENT
    assert site.asked == []


def test_what_is_not_finished_there_is_asked_for_until_it_is_and_after_two_weeks_is_an_alarm(
    house: House, site: Any
) -> None:
    name = sid("RE")
    kept = site.keep(name, sid("CA"), delete_refusals=[400] * 100)
    copy_id = noted(name=name)
    at = NOON
    while at <= NOON + PATIENCE:
        assert delete_copy(copy_id, provider=house.provider, now=at) is ProviderCopyState.PRESENT
        with reading() as session:
            assert session.scalars(select(Alarm)).all() == []
        at = get(copy_id).lease_until
    delete_copy(copy_id, provider=house.provider, now=at)

    with reading() as session:
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.subject) == (ALARM, str(copy_id))
    assert get(copy_id).first_refused_at == NOON
    assert get(copy_id).tries < 80  # not a storm

    kept.delete_refusals = []
    at = get(copy_id).lease_until
    assert delete_copy(copy_id, provider=house.provider, now=at) is ProviderCopyState.GONE
    with reading() as session:
        assert session.scalars(select(Alarm.cleared_at)).one() == at


def test_a_call_goes_only_after_its_recordings(house: House, site: Any) -> None:
    call, recording = sid("CA"), sid("RE")
    site.calls.add(call)
    site.keep(recording, call)
    recording_copy = noted(name=recording, call_sid=call)
    call_copy = noted(CopyKind.CALL, call)

    assert delete_copy(call_copy, provider=house.provider, now=NOON) is ProviderCopyState.PRESENT
    assert call in site.calls
    delete_copy(recording_copy, provider=house.provider, now=NOON)
    later = NOON + MINUTE
    assert delete_copy(call_copy, provider=house.provider, now=later) is ProviderCopyState.GONE
    assert site.calls == set()


def test_a_text_message_is_deleted_too(house: House, site: Any) -> None:
    name = sid("SM")
    site.messages.add(name)

    state = delete_copy(noted(CopyKind.MESSAGE, name), provider=house.provider, now=NOON)

    assert state is ProviderCopyState.GONE
    assert site.messages == set()


def test_a_provider_that_cannot_delete_is_shown_as_such(
    house: House, settings: Settings, site: Any
) -> None:
    somleng = settings.model_copy(update={"provider_profile": ProviderProfile.SOMLENG})
    assert not TRAITS[ProviderProfile.SOMLENG].deletes_recordings
    copy_id = noted()
    with transaction() as session:
        alarms.sound(session, ALARM, subject=str(copy_id), at=NOON)

    state = delete_copy(copy_id, provider=open_provider(somleng), now=NOON)

    assert state is ProviderCopyState.UNSUPPORTED
    assert site.asked == []
    with reading() as session:  # there is nothing to wait for
        assert session.scalars(select(Alarm.cleared_at)).one() == NOON


def test_a_provider_that_is_away_is_asked_again(house: House, site: Any) -> None:
    name = sid("RE")
    site.keep(name, sid("CA"), delete_refusals=[503])
    copy_id = noted(name=name)

    assert delete_copy(copy_id, provider=house.provider, now=NOON) is ProviderCopyState.PRESENT
    early = delete_copy(copy_id, provider=house.provider, now=NOON + MINUTE / 2)
    assert early is ProviderCopyState.PRESENT
    assert site.asked_for("DELETE", ".json") == 1
    later = NOON + MINUTE
    assert delete_copy(copy_id, provider=house.provider, now=later) is ProviderCopyState.GONE


def test_refused_credentials_are_an_alarm_and_no_end(house: House, site: Any) -> None:
    copy_id = noted()
    site.refuses_us = True

    assert delete_copy(copy_id, provider=house.provider, now=NOON) is ProviderCopyState.PRESENT
    with reading() as session:
        assert session.scalars(select(Alarm.kind)).one() == ALARM
    site.refuses_us = False
    later = NOON + MINUTE
    assert delete_copy(copy_id, provider=house.provider, now=later) is ProviderCopyState.GONE


@pytest.mark.parametrize("kind", list(CopyKind))
def test_many_are_let_go_at_once_noted_before_or_not(house: House, kind: CopyKind) -> None:
    known, unknown = sid("XX"), sid("XX")
    organisation = make_organisation()
    with transaction() as session:
        rows.note(session, kind, known, organisation_id=organisation.id, at=NOON)
        rows.let_go_all(
            session, [(kind, known), (kind, unknown)], organisation_id=organisation.id, at=NOON
        )

    with reading() as session:
        found = session.scalars(select(ProviderCopy)).all()
    assert {(c.provider_sid, c.delete_at) for c in found} == {(known, NOON), (unknown, NOON)}


def test_what_was_to_go_earlier_is_not_put_off_by_letting_go_of_many(house: House) -> None:
    known, organisation = sid("RE"), make_organisation()
    with transaction() as session:
        rows.note(session, CopyKind.RECORDING, known, organisation_id=organisation.id, at=NOON)
        for at in (NOON, NOON + timedelta(days=1)):
            rows.let_go_all(
                session, [(CopyKind.RECORDING, known)], organisation_id=organisation.id, at=at
            )

    with reading() as session:
        assert session.scalars(select(ProviderCopy.delete_at)).one() == NOON
