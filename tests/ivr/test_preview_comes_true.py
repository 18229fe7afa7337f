"""What a preview says is what a dialler then does: the same people by the same rules."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ivr import orders
from storage.house import House, house, reading, transaction, utc_now
from storage.tables import (
    Campaign,
    Customer,
    Invitation,
    Line,
    Objection,
    PermissionDecision,
    Restriction,
    ThrottleToken,
)
from survey import interactions
from survey.interactions import ToldInteraction
from survey.permission import Rule
from survey.places import find_campaign
from survey.preview import Preview, preview
from survey.tally import Prospect

Telephone = Any
HOUR = timedelta(hours=1)


def campaign(session: Session) -> Campaign:
    return find_campaign(session, organisation="consumer-credit", campaign="after-case")[1]


def told(reference: str, phone: str, *, email: str | None = None, hours: int = 2) -> None:
    """A case of so many hours ago."""
    at = utc_now()
    with transaction() as session:
        interactions.register(
            session,
            ToldInteraction(reference, phone, phone, at - hours * HOUR, email=email),
            campaign=campaign(session),
            keyring=house().keyring,
            now=at,
        )


def person(session: Session, phone: str) -> Customer:
    owner = campaign(session).organisation_id
    wanted = house().keyring.lookup_hash(owner, "phone", phone)
    return session.scalars(select(Customer).where(Customer.phone_hash == wanted)).one()


def looked(at: datetime | None = None) -> Preview:
    return preview(
        house(), organisation="consumer-credit", campaign="after-case", at=at or utc_now()
    )


def dialled() -> Counter[str]:
    """Claim until nothing is left, in small helpings; the stored decisions by their rule."""
    at = utc_now()
    while True:
        with transaction() as session:
            claimed = orders.claim(session, now=at, limit=3)
        if not claimed.orders and not claimed.refused:
            break
    with reading() as session:
        return Counter(session.scalars(select(PermissionDecision.rule)))


@pytest.fixture
def town(telephone: Telephone) -> None:
    """Fifteen cases, with nearly every reason not to call."""
    for number in range(4):
        told(f"plain-{number}", f"+467017406{number:02d}")
    told("twice-1", "+46701740610")
    told("twice-2", "+46701740610")
    told("couple-1", "+46701740611", email="home@example.org")
    told("couple-2", "+46701740612", email="home@example.org")
    told("no", "+46701740613")
    told("frozen", "+46701740614")
    told("german", "+4915112345678")
    told("lately", "+46701740615")
    told("soon", "+46701740616", hours=0)
    told("soon-twice", "+46701740610", hours=0)
    with transaction() as session:
        owner = campaign(session).organisation_id
        session.execute(update(Line).values(simultaneous_calls=100))
        session.add(
            Objection(
                organisation_id=owner, subject_hash=person(session, "+46701740613").phone_hash,
                method="calls", source="call", made_at=utc_now(),
            )
        )  # fmt: skip
        session.add(
            Restriction(
                organisation_id=owner, customer_id=person(session, "+46701740614").id,
                cause="accuracy", made_at=utc_now(),
            )
        )  # fmt: skip
        lately = person(session, "+46701740615")
        others = select(Invitation).where(Invitation.customer_id != lately.id)
        other = session.scalars(others.limit(1)).one()
        session.add(
            ThrottleToken(
                organisation_id=owner, subject_hash=lately.phone_hash,
                invitation_id=other.id, asked_at=utc_now() - timedelta(days=3),
            )
        )  # fmt: skip


def test_the_dialler_then_decides_as_the_preview_said(town: None) -> None:
    found = looked()

    told_by_rule = {one.rule.value: one.people for one in found.held_back}
    told_by_rule["allowed"] = found.counts[Prospect.NOW]
    not_due = told_by_rule.pop(Rule.NOT_YET_DUE.value)
    done = dialled()
    assert dict(done) == told_by_rule
    assert (not_due, found.waiting, found.looked_at) == (2, 14, 14)
    assert set(done) == {
        "allowed", "on_the_line", "throttled", "objection", "restricted", "country_not_allowed",
    }  # fmt: skip
    # Ninety days of peace end after the case is too old: such a no is for good.
    assert done["throttled"] == 2
    assert found.counts == {
        Prospect.NOW: 6, Prospect.LATER: 3, Prospect.BY_AN_ACT: 2, Prospect.NEVER: 3,
    }  # fmt: skip


def test_looking_changes_nothing(town: None) -> None:
    at = utc_now()
    before = looked(at)

    assert looked(at) == before
    with reading() as session:
        assert session.scalars(select(PermissionDecision)).all() == []


def test_nobody_is_contacted_where_the_money_of_the_day_is_spent(town: None, house: House) -> None:
    with transaction() as session:
        found = campaign(session)
        found.rules = found.rules | {"ceiling": {"per_day": "6.84"}}

    found = looked()

    assert found.counts[Prospect.NOW] == 0
    told_by_rule = {one.rule: one.people for one in found.held_back}
    done = dialled()
    # Two more are not due yet, of whom the dialler knows nothing.
    assert told_by_rule[Rule.CEILING_OF_DAY] == done[Rule.CEILING_OF_DAY.value] + 2
