"""How many codes one person is sent in a day, and so how often anybody may guess in their name."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select

from privacy import code_ways, identity_codes, requests
from privacy.identity_codes import (
    IN_A,
    LIVES,
    MOST_CODES,
    MOST_OF_ONE,
    MOST_TRIES,
    TooManyCodesError,
)
from privacy.requests import Asker
from storage.house import House, reading, transaction
from storage.request_states import RequestChannel, RequestKind
from storage.states import AttemptMethod
from storage.tables import Customer, IdentityCode, Organisation, RightsRequest
from tests.rows import NOON, make_customer, make_organisation

PHONE = "+46701740605"
ADDRESS = f"{PHONE}@example.org"  # what `make_customer` keeps
MAIL = AttemptMethod.EMAIL
MOMENT = timedelta(milliseconds=1)
KINDS = [kind for kind in RequestKind if kind is not RequestKind.OBJECTION]


def ask(house: House, owner: Organisation, kind: RequestKind, contact: str = PHONE) -> UUID:
    word = "email" if "@" in contact else "phone"
    asker = Asker(contact, house.keyring.lookup_hash(owner.id, word, contact))
    with transaction() as session:
        return requests.receive(
            session, owner, asker, kind=kind, channel=RequestChannel.WEB, at=NOON,
            keyring=house.keyring,
        ).id  # fmt: skip


def make(
    house: House, request_id: UUID, method: AttemptMethod = MAIL, at: datetime = NOON
) -> str:  # fmt: skip
    """The digits of a new code, or nothing where there are to be no more."""
    with transaction() as session:
        request = code_ways.locked(session, request_id)
        assert request is not None
        try:
            return identity_codes.make(
                session, request, method=method, keyring=house.keyring, at=at, to=PHONE
            )[0]
        except TooManyCodesError:
            return ""


@pytest.mark.parametrize("method", list(MOST_OF_ONE))
def test_what_goes_to_one_person_in_a_day_is_limited_whatever_is_asked_by_number_and_address(
    house: House, method: AttemptMethod
) -> None:
    owner = make_organisation()
    make_customer(owner, phone=PHONE)
    asked = [ask(house, owner, kind, who) for kind in KINDS for who in (PHONE, ADDRESS)]

    made = [make(house, one, method) for one in asked]

    assert sum(map(bool, made)) == MOST_OF_ONE[method] < len(asked)
    assert make(house, asked[-1], method, at=NOON + IN_A)


def test_another_person_and_another_organisation_are_counted_by_themselves(house: House) -> None:
    owner, other = make_organisation(), make_organisation()
    for one in (owner, other):
        make_customer(one, phone=PHONE)
    make_customer(owner, phone="+46701740699")
    for kind in KINDS[:2]:
        request_id = ask(house, owner, kind)
        assert all(make(house, request_id) for _ in range(MOST_CODES))
    assert not make(house, ask(house, owner, KINDS[2]))

    assert make(house, ask(house, owner, KINDS[2], "+46701740699"))
    assert make(house, ask(house, other, KINDS[2]))


def test_a_person_whose_number_was_put_right_is_counted_as_the_same(house: House) -> None:
    owner = make_organisation()
    customer = make_customer(owner, phone=PHONE)
    with transaction() as session:
        before = requests.open_request(
            session, session.get_one(Customer, customer.id), kind=KINDS[0],
            channel=RequestChannel.TELEPHONE, at=NOON,
        ).id  # fmt: skip
    for _ in range(MOST_OF_ONE[AttemptMethod.SMS]):
        assert make(house, before, AttemptMethod.SMS)
    corrected = "+46701740677"
    with transaction() as session:
        row = session.get_one(Customer, customer.id)
        row.phone_hash = house.keyring.lookup_hash(owner.id, "phone", corrected)

    assert not make(house, ask(house, owner, KINDS[1], corrected), AttemptMethod.SMS)


def test_codes_that_are_made_at_the_same_time_are_counted_one_by_one(house: House) -> None:
    owner = make_organisation()
    make_customer(owner, phone=PHONE)
    asked = [ask(house, owner, kind) for kind in KINDS[:4]]
    for _ in range(MOST_OF_ONE[AttemptMethod.SMS] - 1):
        assert make(house, asked[0], AttemptMethod.SMS)
    start = Barrier(len(asked))

    def at_once(request_id: UUID) -> str:
        start.wait()
        return make(house, request_id, AttemptMethod.SMS)

    with ThreadPoolExecutor(len(asked)) as pool:
        made = list(pool.map(at_once, asked))

    assert sum(map(bool, made)) == 1


def test_a_request_gets_codes_again_once_a_day_is_over_and_not_a_moment_before(
    house: House,
) -> None:
    request_id = ask(house, make_organisation(), KINDS[0])
    assert all(make(house, request_id) for _ in range(MOST_CODES))

    assert not make(house, request_id, at=NOON + IN_A - MOMENT)
    assert make(house, request_id, at=NOON + IN_A)


@pytest.mark.parametrize(("after", "proves"), [(LIVES - MOMENT, True), (LIVES, False)])
def test_a_code_proves_until_its_half_hour_is_over(
    house: House, after: timedelta, *, proves: bool
) -> None:
    request_id = ask(house, make_organisation(), KINDS[0])
    code = make(house, request_id)

    with transaction() as session:
        request = session.get_one(RightsRequest, request_id)
        right = identity_codes.is_right(
            session, request, code, keyring=house.keyring, at=NOON + after
        )

    assert right is proves


def test_a_code_is_not_spoken_any_more_once_a_newer_one_was_made(house: House) -> None:
    request_id = ask(house, make_organisation(), KINDS[0])
    digits = make(house, request_id, AttemptMethod.CALL)
    with reading() as session:
        called = session.scalars(select(IdentityCode)).one()
        assert identity_codes.to_speak(session, called, keyring=house.keyring, at=NOON) == digits

    make(house, request_id, at=NOON + MOMENT)

    with reading() as session:
        spoken = identity_codes.to_speak(
            session, called, keyring=house.keyring, at=NOON + 2 * MOMENT
        )
    assert spoken is None


def test_the_chance_that_is_told_is_the_one_that_the_limits_give() -> None:
    guesses = sum(MOST_OF_ONE.values()) * MOST_TRIES

    assert guesses == 85
    assert guesses / 10**identity_codes.DIGITS < 1 / 1_000_000
