"""What lies in an account that is configured no more is not called gone as another is asked."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage import provider_copies
from storage.house import House, elsewhere, reading, transaction
from storage.provider import account_of
from storage.provider_copies import CopyKind
from storage.queue import QueueName
from storage.states import ProviderCopyState
from storage.tables import Alarm, PendingReceipt, ProviderCopy
from tests.rows import NOON, make_organisation, sid
from voicemail.other_accounts import ALARM
from voicemail.provider_copies import delete_copy
from voicemail.sweep import sweep_recordings


def noted(kind: CopyKind = CopyKind.RECORDING) -> UUID:
    with transaction() as session:
        copy = provider_copies.note(session, kind, sid("XX"), organisation_id=None, at=NOON)
        copy.delete_at = NOON
        return copy.id


def stored(copy_id: UUID) -> ProviderCopy:
    with reading() as session:
        return session.get_one(ProviderCopy, copy_id)


def alarmed() -> list[str]:
    with reading() as session:
        wanted = select(Alarm.subject).where(Alarm.kind == ALARM, Alarm.cleared_at.is_(None))
        return list(session.scalars(wanted))


def rung(house: House) -> list[str]:
    return [job.args[0] for job in house.bell.queue(QueueName.RECORDINGS).jobs]


@pytest.mark.parametrize("kind", CopyKind)
@pytest.mark.parametrize("changed", [{"twilio_account_sid": "AC2"}, {"twilio_region": "ie1"}])
def test_with_another_account_or_region_nothing_is_asked_nothing_signed_and_an_alarm_sounds(
    house: House, site: Any, kind: CopyKind, changed: dict[str, str]
) -> None:
    copy_id = noted(kind)

    with elsewhere(house.settings.model_copy(update=changed)) as other:
        sweep_recordings(now=NOON)
        state = delete_copy(copy_id, provider=other.provider, now=NOON)

        assert (state, site.asked, rung(other)) == (ProviderCopyState.PRESENT, [], [])
        assert alarmed() == [account_of(house.settings)]
    with reading() as session:
        assert session.scalars(select(PendingReceipt)).all() == []

    sweep_recordings(now=NOON)
    assert (alarmed(), rung(house)) == ([], [str(copy_id)])
    assert delete_copy(copy_id, provider=house.provider, now=NOON) is ProviderCopyState.GONE


def test_the_alarm_sounds_also_for_what_is_still_needed_and_ends_when_the_account_is_empty(
    house: House,
) -> None:
    copy_id = noted()
    with transaction() as session:
        session.get_one(ProviderCopy, copy_id).delete_at = None

    with elsewhere(house.settings.model_copy(update={"twilio_account_sid": "AC2"})):
        sweep_recordings(now=NOON)
        assert alarmed() == [account_of(house.settings)]
        with transaction() as session:
            session.get_one(ProviderCopy, copy_id).state = ProviderCopyState.GONE
        sweep_recordings(now=NOON)
        assert alarmed() == []


def test_what_was_noted_before_accounts_were_kept_lies_in_the_one_that_is_asked_first(
    house: House,
) -> None:
    copy_id = noted()
    with transaction() as session:
        session.get_one(ProviderCopy, copy_id).account = None

    sweep_recordings(now=NOON)

    assert stored(copy_id).account == account_of(house.settings)
    assert rung(house) == [str(copy_id)]


def test_every_way_of_noting_a_copy_notes_its_account(house: House) -> None:
    organisation = make_organisation()
    with transaction() as session:
        provider_copies.note_all(session, CopyKind.CALL, [(sid("CA"), organisation.id)], at=NOON)
        provider_copies.let_go_all(
            session, [(CopyKind.CALL, sid("CA"))], organisation_id=organisation.id, at=NOON
        )
        provider_copies.note(
            session, CopyKind.CALL, sid("CA"), organisation_id=organisation.id, at=NOON
        )

    with reading() as session:
        accounts = session.scalars(select(ProviderCopy.account)).all()
    assert accounts == [account_of(house.settings)] * 3
