"""Until when a receipt code opens its answers, and that it opens nobody else's."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from privacy import answer_erasure, receipt_codes
from privacy.receipt_codes import LIVES
from storage.house import House, reading, transaction
from storage.tables import ReceiptCode
from tests.console.worlds import World, make_world
from tests.rows import NOON, add

MOMENT = timedelta(milliseconds=1)


def given(house: House, world: World) -> str:
    """The digits that whoever gave that answer heard at noon."""
    owner, response = world.organisation.id, world.response.id
    with transaction() as session:
        receipt_codes.give(session, owner, response, keyring=house.keyring, at=NOON)
    with reading() as session:
        code = receipt_codes.of_response(session, owner, response)
        assert code is not None
        return receipt_codes.digits_of(code, keyring=house.keyring)


def opens(house: House, digits: str, *, at: datetime = NOON) -> bool:
    with reading() as session:
        found = receipt_codes.opened_by(session, digits, keyring=house.keyring, at=at)
        return found is not None


def is_still_open(*, at: datetime = NOON) -> bool:
    """Whether a page that was opened with the one code there is may go on."""
    with reading() as session:
        item = session.scalars(select(ReceiptCode.id)).one()
        return receipt_codes.still_open(session, item, at=at) is not None


@pytest.mark.parametrize(("after", "open_"), [(LIVES - MOMENT, True), (LIVES, False)])
def test_a_code_opens_its_answers_until_its_last_moment_and_so_does_an_opened_page(
    house: House, after: timedelta, *, open_: bool
) -> None:
    digits = given(house, make_world())

    assert opens(house, digits, at=NOON + after) is open_
    assert is_still_open(at=NOON + after) is open_


def test_an_opened_page_goes_no_further_once_the_deletion_was_asked_for(house: House) -> None:
    digits = given(house, make_world())
    assert is_still_open()
    with reading() as session:
        item = session.scalars(select(ReceiptCode.id)).one()

    answer_erasure.ask(item, keyring=house.keyring, now=NOON)

    assert not is_still_open()
    assert not opens(house, digits)


def test_digits_that_two_organisations_gave_open_neither_answer(house: House) -> None:
    digits, other = given(house, make_world()), make_world()
    assert opens(house, digits)
    add(
        ReceiptCode(
            id=uuid4(), organisation_id=other.organisation.id, response_id=other.response.id,
            code_hash=house.keyring.keyed_hash(other.organisation.id, "receipt code", digits),
            made_at=NOON, expires_at=NOON + LIVES,
        )
    )  # fmt: skip

    assert not opens(house, digits)
