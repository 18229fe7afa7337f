"""Two who share an address, and two diallers at the same moment: one of the two is asked."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from ivr import orders
from storage.house import House, house, reading, transaction, utc_now
from storage.tables import Attempt, Campaign, Customer, Invitation, Line, PermissionDecision
from survey import interactions
from survey.interactions import ToldInteraction
from survey.places import find_campaign

Telephone = Any
HOME = "home@example.org"


def campaign(session: Session) -> Campaign:
    return find_campaign(session, organisation="consumer-credit", campaign="after-case")[1]


def told(number: int, *, email: str | None) -> None:
    at = utc_now()
    phone = f"+467017406{number:02d}"
    with transaction() as session:
        interactions.register(
            session,
            ToldInteraction(f"case-{number}", phone, phone, at - timedelta(hours=2), email=email),
            campaign=campaign(session),
            keyring=house().keyring,
            now=at,
        )


@pytest.fixture
def couples(telephone: Telephone) -> None:
    """Five couples with an address each, of whom the first ones are due before the second ones."""
    for half in range(2):
        for couple in range(5):
            told(10 * half + couple, email=f"{couple}-{HOME}")
    with transaction() as session:
        session.execute(update(Line).values(simultaneous_calls=100))


def dial(together: threading.Barrier, faults: list[BaseException]) -> None:
    """Claim one after the other until nothing is left."""
    at = utc_now()
    together.wait()
    try:
        while True:
            with transaction() as session:
                claimed = orders.claim(session, now=at, limit=1)
            if not claimed.orders and not claimed.refused:
                return
    except BaseException as fault:
        faults.append(fault)


def somebody_waits(house: House) -> None:
    """Return once the database has somebody wait for what another transaction holds."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(600):
        with house.database.engine.connect() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_of_two_with_one_address_one_is_called_however_many_diallers_look(couples: None) -> None:
    together, faults = threading.Barrier(4), list[BaseException]()
    threads = [threading.Thread(target=dial, args=(together, faults)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    with reading() as session:
        asked = session.scalars(
            select(Customer.email_hash)
            .join(Invitation, Invitation.customer_id == Customer.id)
            .join(Attempt, Attempt.invitation_id == Invitation.id)
        ).all()
        refused = session.scalars(
            select(PermissionDecision.rule).where(PermissionDecision.allowed.is_(False))
        ).all()
    assert len(asked) == len(set(asked)) == 5
    assert set(refused) == {"throttled"}


# SQLite has one writer at a time: there is no such moment.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_dialler_waits_for_what_another_decides_about_the_same_address(
    couples: None, house: House
) -> None:
    """The second looks while the first has decided and not committed: the worst moment there is."""
    at, decided, found = utc_now(), threading.Event(), list[orders.Claimed]()

    def second() -> None:
        decided.wait(30)
        with transaction() as session:
            found.append(orders.claim(session, now=at, limit=10))

    thread = threading.Thread(target=second)
    thread.start()
    with transaction() as session:
        first = orders.claim(session, now=at, limit=5)
        decided.set()
        somebody_waits(house)
    thread.join(30)

    assert len(first.orders) == 5
    assert (found[0].orders, found[0].refused) == ((), 5)
