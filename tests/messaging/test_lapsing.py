"""What nobody answers is closed at its ceiling, and what was given with it is forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from messaging import carrying_out, lapsing, weighing
from privacy import log_kinds, request_steps, requests
from privacy.requests import Asker
from storage.house import House, reading, transaction
from storage.request_states import (
    ExtensionReason,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import Alarm, Objection, Organisation, Restriction, RightsRequest
from tests.rows import RETENTION, make_customer, make_organisation

PHONE = "+46701740605"
ASKED = datetime(2026, 1, 10, 12, tzinfo=UTC)
DUE = datetime(2026, 2, 10, 12, tzinfo=UTC)
OVER = DUE.replace(year=2029)  # three years later, as long as requests are kept
JUST_BEFORE = OVER - timedelta(seconds=1)
K, S = RequestKind, RequestState


def kept(period: str | None) -> list[dict[str, object]]:
    """A schedule that keeps requests so long."""
    others = [one for one in RETENTION if one["class"] != "request_log"]
    if period is None:
        return others
    return [*others, {"class": "request_log", "keep": period, "from": "event"}]


def ask(
    house: House,
    *,
    kind: RequestKind = K.RECTIFICATION,
    until: RequestState = S.PROVEN,
    owner: Organisation | None = None,
) -> UUID:
    """A request that came as far as that state and no further."""
    owner = owner or make_organisation(retention=kept("3 years"))
    make_customer(owner, phone=PHONE)
    asker = Asker(PHONE, house.keyring.lookup_hash(owner.id, "phone", PHONE))
    with transaction() as session:
        found = requests.receive(
            session, owner, asker, kind=kind, channel=RequestChannel.WEB, at=ASKED,
            keyring=house.keyring, about="the message in March",
        )  # fmt: skip
        if until is not S.RECEIVED:
            weighing.prove(session, found, way=ProofWay.CALLED_BACK, at=ASKED)
        if until in (S.DECIDED, S.DONE):
            carrying_out.decide(session, found, outcome=Outcome.GRANTED, house=house, now=ASKED)
        if until is S.DONE:
            request_steps.finish(found, at=ASKED)
    return found.id


def stored(request_id: UUID) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request_id)


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table)))


def end(house: House, now: datetime) -> int:
    return lapsing.end_unanswered(house=house, now=now)


@pytest.mark.parametrize("until", [S.PROVEN, S.DECIDED])
def test_what_nobody_answers_is_closed_as_that_and_then_goes_by_its_class(
    house: House, until: RequestState
) -> None:
    request_id = ask(house, until=until)

    assert (end(house, JUST_BEFORE), end(house, OVER), end(house, OVER)) == (0, 1, 0)

    found = stored(request_id)
    assert (found.state, found.outcome, found.closed_at) == (S.TOLD, Outcome.LAPSED, OVER)
    assert (found.contact_sealed, found.about_sealed, found.subject_hash) == (None, None, None)
    assert house.keyring.keys([request_id]) == {}
    with reading() as session:
        going = session.execute(log_kinds.REQUESTS.rows()).all()
        assert [tuple(one) for one in going] == [(OVER, request_id)]
        open_alarms = select(Alarm.kind).where(Alarm.cleared_at.is_(None))
        assert session.scalars(open_alarms).all() == []


def test_the_information_that_nobody_gave_is_over_too(house: House) -> None:
    request_id = ask(house, kind=K.INFORMATION, until=S.RECEIVED)

    assert end(house, OVER) == 1
    assert stored(request_id).outcome is Outcome.LAPSED


def test_what_was_done_and_not_told_keeps_what_became_of_it(house: House) -> None:
    request_id = ask(house, until=S.DONE)

    assert end(house, OVER) == 1
    found = stored(request_id)
    assert (found.state, found.outcome, found.done_at) == (S.TOLD, Outcome.GRANTED, ASKED)
    assert found.contact_sealed is None


def test_a_deletion_that_was_granted_is_never_over(house: House) -> None:
    request_id = ask(house, kind=K.ERASURE, until=S.DECIDED)

    assert end(house, OVER + timedelta(days=4000)) == 0
    assert stored(request_id).state is S.DECIDED


@pytest.mark.parametrize(
    ("period", "years"), [("30 days", 1), ("5 years", 5), ("never by age", 3), (None, 3)]
)
def test_the_ceiling_is_that_of_the_class_and_never_less_than_a_year(
    house: House, period: str | None, years: int
) -> None:
    ask(house, owner=make_organisation(retention=kept(period)))
    over = DUE.replace(year=DUE.year + years)

    assert (end(house, over - timedelta(seconds=1)), end(house, over)) == (0, 1)


def test_it_is_reckoned_from_the_day_that_was_told_last(house: House) -> None:
    request_id = ask(house)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        request_steps.extend(session, found, reason=ExtensionReason.COMPLEX, at=ASKED)

    assert end(house, OVER) == 0
    assert end(house, OVER + timedelta(days=62)) == 1


def test_whose_objection_nobody_weighed_is_frozen_no_more_and_contacted_by_nobody(
    house: House,
) -> None:
    ask(house, kind=K.OBJECTION_TO_USE)
    (frozen,) = rows(Restriction)
    assert (frozen.lifted_at, rows(Objection)) == (None, [])

    assert end(house, OVER) == 1

    (freed,) = rows(Restriction)
    assert freed.lifted_at == OVER
    number = house.keyring.lookup_hash(freed.organisation_id, "phone", PHONE)
    assert number in {one.subject_hash for one in rows(Objection)}
