"""Whoever asks on the public page without end raises one alarm; each proven request has its own."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from messaging import weighing
from privacy import request_alarms, request_ends, request_steps, requests
from storage.house import House, reading, transaction
from storage.request_states import Ground, Outcome, ProofWay, RequestChannel, RequestKind
from storage.tables import Alarm, Organisation, RightsRequest
from tests.privacy.test_request_steps import receive
from tests.rows import NOON, make_organisation

DAY = timedelta(days=1)


def still_open() -> set[tuple[str, str]]:
    with reading() as session:
        found = select(Alarm.kind, Alarm.subject).where(Alarm.cleared_at.is_(None))
        listed = session.execute(found).all()
    assert len(set(listed)) == len(listed)
    return {(kind, subject) for kind, subject in listed}


def ask_often(house: House, organisation: Organisation, number: int) -> list[RightsRequest]:
    kinds = list(RequestKind)
    return [
        receive(house, organisation, f"+4670174{n:04d}", kind=kinds[n % len(kinds)])
        for n in range(number)
    ]


def prove(request: RightsRequest) -> None:
    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        weighing.prove(session, found, way=ProofWay.CALLED_BACK, at=NOON)


def refuse(request: RightsRequest) -> None:
    with transaction() as session:
        request_steps.decide(
            session, session.get_one(RightsRequest, request.id), outcome=Outcome.REFUSED,
            ground=Ground.IDENTITY_NOT_PROVEN, at=NOON,
        )  # fmt: skip


def sweep(at: datetime) -> int:
    with transaction() as session:
        return request_alarms.sound(session, now=at)


def test_however_often_a_stranger_asks_there_is_one_alarm_and_all_of_it_is_listed(
    house: House,
) -> None:
    ours, theirs = make_organisation(), make_organisation()

    asked = ask_often(house, ours, 16)
    receive(house, theirs)
    written = receive(house, ours, channel=RequestChannel.MAIL)

    alarms = {
        ("rights.unproven", str(ours.id)),
        ("rights.unproven", str(theirs.id)),
        ("rights.requested", str(written.id)),
    }
    assert still_open() == alarms
    assert sweep(NOON) == 0
    assert still_open() == alarms
    with reading() as session:
        waiting = {one.id for one in requests.waiting(session, ours.id)}
    assert waiting == {one.id for one in (*asked, written)}


def test_each_proven_one_has_an_alarm_of_its_own_and_the_common_one_ends_with_the_last(
    house: House,
) -> None:
    organisation = make_organisation()
    first, second, third = ask_often(house, organisation, 3)
    common = ("rights.unproven", str(organisation.id))

    prove(first)
    assert still_open() == {common, ("rights.requested", str(first.id))}
    prove(first)  # once more
    refuse(second)
    assert still_open() == {common, ("rights.requested", str(first.id))}
    prove(third)
    assert still_open() == {
        ("rights.requested", str(first.id)), ("rights.requested", str(third.id))
    }  # fmt: skip

    refuse(first)
    refuse(third)
    assert still_open() == set()
    fourth = receive(house, organisation, "+46701740699")
    assert still_open() == {common}
    with transaction() as session:
        request_steps.withdraw(
            session, session.get_one(RightsRequest, fourth.id), way=ProofWay.CALLED_BACK,
            keyring=house.keyring, at=NOON,
        )  # fmt: skip
    assert still_open() == set()


@pytest.mark.parametrize("end", ["proven", "refused", "ended"])
def test_near_their_days_unproven_ones_have_one_alarm_together_until_the_last_is_proven_or_over(
    house: House, end: str
) -> None:
    organisation = make_organisation()
    subject = str(organisation.id)
    asked = ask_often(house, organisation, 4)
    due = asked[0].due_at

    assert sweep(due - 8 * DAY) == 0
    assert (sweep(due - 7 * DAY), sweep(due - 7 * DAY)) == (1, 0)
    assert still_open() == {("rights.unproven", subject), ("rights.due_soon", subject)}
    assert sweep(due) == 1
    assert still_open() == {("rights.unproven", subject), ("rights.overdue", subject)}

    if end == "ended":
        request_ends.end_unproven(house=house, now=due + 40 * DAY)
        asked = [one for one in asked if one.kind is RequestKind.INFORMATION]
    for one in asked:
        (prove if end == "proven" else refuse)(one)
    sweep(due)

    own = {"rights.requested", "rights.overdue"} if end == "proven" else {"rights.overdue"}
    left = [] if end == "ended" and not asked else asked
    assert still_open() == {(kind, str(one.id)) for kind in own for one in left}


def test_an_alarm_that_was_missed_between_two_requests_sounds_with_the_next_sweep(
    house: House,
) -> None:
    organisation = make_organisation()
    receive(house, organisation)
    with transaction() as session:
        session.scalars(select(Alarm)).one().cleared_at = NOON

    assert sweep(NOON) == 1
    assert still_open() == {("rights.unproven", str(organisation.id))}
