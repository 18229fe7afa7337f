"""What was erased on request, or forgotten with an answer, after a backup does not come back."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from privacy import export_care, person_erasure, request_steps
from privacy.erasing import hands_of
from privacy.person_erasure import Errand
from privacy.persons import Person
from privacy.requests import CONTACT
from storage import keyring_backup
from storage.export_words import ExportEnd, ExportKind, ExportPlace, ExportReason
from storage.house import House, close_house, open_house, reading, transaction
from storage.keyring import KeyDestroyedError
from storage.request_states import Ground, Outcome, RequestState
from storage.states import TextWord
from storage.tables import (
    Alarm,
    Consent,
    Customer,
    Export,
    ReceivedText,
    RegisterResult,
    Restriction,
    RightsRequest,
    Row,
    ThrottleToken,
)
from survey.export_book import PATH
from tests.privacy.backups import back_up, restore
from tests.privacy.test_receipts import write_out
from tests.privacy.test_request_steps import receive
from tests.privacy.test_restoring import restore_check
from tests.privacy.traces import leave_traces
from tests.rows import NOON, add

BY_HASH = (ThrottleToken, RegisterResult, Consent, Restriction)


def known_by_hash(organisation: UUID, subject: bytes) -> None:
    """Everything of a person that lies under their hash alone."""
    mine = {"organisation_id": organisation, "subject_hash": subject}
    add(
        ThrottleToken(invitation_id=uuid4(), asked_at=NOON, **mine),
        RegisterResult(register_key="nix", listed=False, checked_at=NOON,
                       expires_at=NOON + timedelta(days=30), **mine),
        Consent(method="call", source="web form", given_at=NOON, **mine),
        Restriction(cause="accuracy", made_at=NOON, lifted_at=NOON, **mine),
        ReceivedText(provider_sid="SM1", word=TextWord.STOP, received_at=NOON, **mine),
    )  # fmt: skip


def rows(table: type[Row]) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table)))


def forget(house: House, request: RightsRequest) -> None:
    """Refused for want of proof, told, and the number forgotten."""
    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        ground = Ground.IDENTITY_NOT_PROVEN
        request_steps.decide(session, found, outcome=Outcome.REFUSED, ground=ground, at=NOON)
        request_steps.tell(session, found, keyring=house.keyring, at=NOON)


def test_a_person_who_was_erased_on_request_stays_erased_with_all_that_lay_under_hashes(
    house: House, tmp_path: Path
) -> None:
    traces = leave_traces(house)
    organisation, customer = traces.organisation, traces.customer
    assert customer.phone_hash is not None
    known_by_hash(organisation.id, customer.phone_hash)
    write_out(house)
    back_up(house, tmp_path / "backup", "recordings")
    person = Person(organisation.id, customer.id, (customer.phone_hash,))

    person_erasure.erase(person, Errand("r-1", None), hands=hands_of(house), now=NOON)

    for table in (Customer, *BY_HASH):
        assert rows(table) == [], table
    assert [one.subject_hash for one in rows(ReceivedText)] == [None]
    restore(house, tmp_path / "backup")
    open_house(house.settings, restored=True)
    assert all(len(rows(table)) == 1 for table in (Customer, *BY_HASH))
    restore_check()
    for table in (Customer, *BY_HASH):
        assert rows(table) == [], table
    assert [one.subject_hash for one in rows(ReceivedText)] == [None]
    close_house()
    open_house(house.settings)


def test_the_number_of_an_answered_request_opens_in_no_backup_of_the_keyring(
    house: House, tmp_path: Path
) -> None:
    traces = leave_traces(house)
    request = receive(house, traces.organisation)
    sealed = request.contact_sealed
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    back_up(house, tmp_path / "backup")

    forget(house, request)

    assert set(house.keyring.keys([request.id])) == set()
    write_out(house)
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)
    keyring_backup.put_back(opened.keyring, opened.ledger, made.file, now=NOON)
    with pytest.raises(KeyDestroyedError):
        opened.keyring.open(request.id, CONTACT, sealed)
    restore_check()
    (told,) = rows(RightsRequest)
    assert (told.state, told.contact_sealed, told.subject_hash) == (RequestState.TOLD, None, None)
    assert told.closed_at is not None
    about = [one for one in rows(Alarm) if one.subject == str(request.id)]
    assert all(one.cleared_at is not None for one in about)


def test_a_key_whose_destruction_was_cut_off_goes_before_its_receipt_is_written(
    house: House,
) -> None:
    request = receive(house, leave_traces(house).organisation)
    forget(house, request)
    house.keyring.make_keys([request.id])  # as if nobody had come to it after the commit

    write_out(house)

    assert set(house.keyring.keys([request.id])) == set()


def test_where_an_export_lay_opens_in_no_backup_of_the_keyring(
    house: House, tmp_path: Path
) -> None:
    organisation = leave_traces(house).organisation
    export = Export(
        id=uuid4(), organisation_id=organisation.id, kind=ExportKind.RESPONSES,
        reason=ExportReason.OTHER, place=ExportPlace.ELSEWHERE, folder="f", suffix=".csv",
        made_at=NOON, expires_at=NOON,
    )  # fmt: skip
    export.path_sealed = house.keyring.seal_one(export.id, PATH, "/home/kund-kundsson.csv")
    sealed = export.path_sealed
    add(export)
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    back_up(house, tmp_path / "backup")
    ended = export_care.remove_elsewhere(
        organisation, export.id, gone=True, keyring=house.keyring, now=NOON
    )
    write_out(house)
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)

    keyring_backup.put_back(opened.keyring, opened.ledger, made.file, now=NOON)
    restore_check()

    assert ended is ExportEnd.GONE
    with pytest.raises(KeyDestroyedError):
        opened.keyring.open(export.id, PATH, sealed)
    (one,) = rows(Export)
    assert (one.path_sealed, one.ended) == (None, ExportEnd.GONE)
