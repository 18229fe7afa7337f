"""Claiming orders below a ceiling of money, by however many diallers at the same time."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from ivr import attempt_ends, orders
from storage.house import House, reading, transaction, utc_now
from storage.identity import new_id
from storage.states import (
    AttemptState,
    CampaignState,
    Disposition,
    InvitationEventKind,
    InvitationState,
)
from storage.tables import (
    Alarm,
    Attempt,
    Call,
    Campaign,
    Invitation,
    InvitationEvent,
    Line,
    PermissionDecision,
    Spending,
)
from survey import claims
from survey.permission_files import in_sample
from survey.places import find_campaign
from tests.ivr.conftest import rows, the

Telephone = Any
# What the example file says: 0.10 a call and 0.45 a begun minute, of fifteen at most.
HIGHEST = 6_850_000
TODAY, TOMORROW = date(2026, 3, 10), date(2026, 3, 11)


@pytest.fixture
def lender(telephone: Telephone) -> None:
    """Six people to be rung, on a line with room for all."""
    for number in range(6):
        telephone.invite(f"case-{number}", phone=f"+467017406{number:02d}")
    with transaction() as session:
        session.execute(update(Line).values(simultaneous_calls=100))


def ceiling(**limits: str) -> None:
    """Have the lender's campaign stop at that much."""
    with transaction() as session:
        found = campaign(session)
        found.rules = found.rules | {"ceiling": limits}


def campaign(session: Any) -> Campaign:
    return find_campaign(session, organisation="consumer-credit", campaign="after-case")[1]


def claimed() -> orders.Claimed:
    with transaction() as session:
        return orders.claim(session, now=utc_now(), limit=10)


def as_if_due() -> None:
    with transaction() as session:
        session.execute(update(Invitation).values(due_at=utc_now()))


def spent() -> dict[date, int]:
    with reading() as session:
        return {one.day: one.micros for one in session.scalars(select(Spending))}


def test_an_attempt_counts_with_the_highest_price_from_its_beginning(lender: None) -> None:
    assert len(claimed().orders) == 6

    assert {one.cost_micros for one in rows(Attempt)} == {HIGHEST}
    assert spent() == {TODAY: 6 * HIGHEST}


def waiting() -> set[str]:
    """When those are looked at again who were not rung yet."""
    with reading() as session:
        assert campaign(session).state is CampaignState.RUNNING
        planned = Invitation.state == InvitationState.PLANNED
        due = session.scalars(select(Invitation.due_at).where(planned)).all()
    return {f"{moment:%d %H:%M}" for moment in due}


def test_at_the_ceiling_of_the_day_people_wait_until_calls_under_way_are_over(lender: None) -> None:
    ceiling(per_day="30")

    found = claimed()

    assert (len(found.orders), found.refused) == (4, 2)
    assert spent() == {TODAY: 4 * HIGHEST}
    # Fifteen minutes of talk, 25 seconds of ringing and a minute until that is told.
    assert waiting() == {"10 11:16"}


def test_calls_under_way_hold_the_campaigns_money_on_whichever_line_they_began(
    telephone: Telephone, lender: None
) -> None:
    ceiling(whole="7.50")
    telephone.ring()
    with transaction() as session:
        found = campaign(session)
        old = session.get_one(Line, found.line_id)
        values = {c.key: getattr(old, c.key) for c in Line.__table__.columns}
        new = Line(**values | {"id": new_id(), "number": "+46846500499"})
        session.add(new)
        session.flush()
        found.line_id = new.id

    assert (claimed().orders, waiting()) == ((), {"10 11:16"})


def test_when_no_call_holds_the_days_money_people_wait_for_tomorrow(
    telephone: Telephone, lender: None
) -> None:
    ceiling(per_day="7")
    telephone.ring().answer().status("completed", 3, CallDuration="61")

    found = claimed()

    assert (found.orders, found.refused) == ((), 5)
    # At nine on the clock in Stockholm.
    assert waiting() == {"11 08:00"}


def test_what_calls_hold_is_no_reason_to_wait_when_it_would_not_be_enough(
    telephone: Telephone, lender: None
) -> None:
    ceiling(per_day="13.70")
    first, second = telephone.ring(), telephone.ring()
    first.answer().status("completed", 3, CallDuration="870")  # fourteen minutes and a half
    second.answer()

    found = claimed()

    assert (found.orders, found.refused) == ((), 4)
    assert waiting() == {"11 08:00"}


def test_once_the_calls_are_over_the_money_that_they_held_rings_others(
    telephone: Telephone, lender: None
) -> None:
    ceiling(per_day="7.50")
    call = telephone.ring()
    assert claimed().orders == ()
    call.status("busy", 2, CallDuration="0")

    with transaction() as session:
        later = orders.claim(session, now=utc_now() + timedelta(minutes=17), limit=10)

    assert len(later.orders) == 1


def test_at_the_ceiling_of_the_whole_people_wait_while_calls_under_way_may_bring_money_back(
    telephone: Telephone, lender: None
) -> None:
    ceiling(whole="7.50")
    call = telephone.ring()

    assert (claimed().orders, waiting()) == ((), {"10 11:16"})
    call.status("busy", 2, CallDuration="0")
    with transaction() as session:
        later = orders.claim(session, now=utc_now() + timedelta(minutes=17), limit=10)

    assert len(later.orders) == 1
    assert rows(Alarm) == []


def test_at_the_ceiling_of_the_whole_the_campaign_is_paused_until_a_person_starts_it(
    telephone: Telephone, lender: None
) -> None:
    ceiling(whole="14")
    first, second = telephone.ring(), telephone.ring()
    assert claimed().orders == ()
    with reading() as session:
        assert campaign(session).state is CampaignState.RUNNING
    for one in (first, second):
        one.answer().status("completed", 3, CallDuration="870")  # fourteen minutes and a half
    as_if_due()

    assert claimed().orders == ()

    with reading() as session:
        paused = campaign(session)
    assert (paused.state, paused.state_reason) == (CampaignState.PAUSED, "ceiling_reached")
    assert the(Alarm).kind == "campaign.ceiling_reached"
    assert claimed() == orders.Claimed((), 0)


def test_several_diallers_together_never_pass_the_ceiling(lender: None, house: House) -> None:
    ceiling(per_day="21")
    together, found = threading.Barrier(4), []

    def dial() -> None:
        together.wait()
        for _ in range(3):
            with transaction() as session:
                found.extend(orders.claim(session, now=utc_now(), limit=2).orders)

    threads = [threading.Thread(target=dial) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 3
    assert spent() == {TODAY: 3 * HIGHEST}


def test_what_a_call_really_cost_makes_room_for_others(telephone: Telephone, lender: None) -> None:
    ceiling(per_day="7")
    call = telephone.ring()
    assert claimed().orders == ()

    call.answer().status("completed", 3, CallDuration="61")  # two begun minutes

    assert spent() == {TODAY: 1_000_000}
    as_if_due()
    assert claimed().orders == ()  # 1 + 6.85 is more than 7
    ceiling(per_day="8")
    as_if_due()
    assert len(claimed().orders) == 1


def test_a_call_that_nobody_answered_costs_its_setting_up_alone(telephone: Telephone) -> None:
    telephone.invite()
    telephone.ring().status("busy", 2, CallDuration="0")

    assert spent() == {TODAY: 100_000}


def test_an_order_that_is_given_back_costs_nothing(telephone: Telephone) -> None:
    telephone.invite()
    order = telephone.claim()

    with transaction() as session:
        call = session.get_one(Call, order.call_id)
        attempt = session.get_one(Attempt, order.attempt_id)
        written_off(session, call, attempt)

    assert (spent(), the(Attempt).cost_micros) == ({TODAY: 0}, 0)


def written_off(session: Any, call: Call, attempt: Attempt) -> None:
    attempt_ends.write_off(session, call, attempt, Disposition.GIVEN_BACK, code="x", at=utc_now())


def test_a_call_counts_on_the_day_it_was_ordered_in_the_organisations_zone(
    telephone: Telephone,
) -> None:
    """Half past midnight in Stockholm is still yesterday by the clock of the world."""
    telephone.invite()
    with transaction() as session:
        session.execute(update(Campaign).values(rings_at_any_hour=True))
    night = utc_now().replace(hour=23, minute=30)
    with transaction() as session:
        assert len(orders.claim(session, now=night, limit=1).orders) == 1

    assert spent() == {TOMORROW: HIGHEST}


def test_without_a_price_nothing_is_counted(telephone: Telephone) -> None:
    telephone.invite()
    with transaction() as session:
        found = campaign(session)
        found.rules = {
            key: value for key, value in found.rules.items() if key not in ("price", "ceiling")
        }

    telephone.ring().answer().status("completed", 3, CallDuration="61")

    assert spent() == {}
    with reading() as session:
        ended = select(func.count()).where(Attempt.state == AttemptState.ENDED)
        assert session.scalar(ended) == 1


def test_a_place_below_the_ceiling_is_kept_when_a_call_rings_after_all(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.ring()
    with transaction() as session:
        written_off(
            session, session.scalars(select(Call)).one(), session.scalars(select(Attempt)).one()
        )

    call.answer()

    assert spent() == {TODAY: HIGHEST}
    call.status("completed", 3, CallDuration="10")
    assert spent() == {TODAY: 550_000}


# SQLite has one writer at a time: nobody pauses in the middle of a claim.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_was_being_claimed_when_the_campaign_was_paused_is_due_at_once_when_it_goes_on(
    lender: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = claims.claim_due

    def paused_a_moment_later(*args: Any, **how: Any) -> Any:
        due = take(*args, **how)
        with transaction() as another:
            campaign(another).state = CampaignState.PAUSED
        return due

    monkeypatch.setattr(claims, "claim_due", paused_a_moment_later)
    assert claimed() == orders.Claimed((), 0)

    monkeypatch.undo()
    with transaction() as session:
        campaign(session).state = CampaignState.RUNNING
    assert len(claimed().orders) == 6


def test_who_is_outside_the_share_that_is_asked_is_settled_by_one_stored_decision(
    lender: None,
) -> None:
    with transaction() as session:
        found = campaign(session)
        found.rules = found.rules | {"sample_percent": 10}

    first, second = claimed(), claimed()

    left_out = {one.id for one in rows(Invitation) if not in_sample(one.id, 10)}
    assert left_out
    assert (len(first.orders), first.refused) == (6 - len(left_out), len(left_out))
    assert second == orders.Claimed((), 0)
    over = [one for one in rows(Invitation) if one.state is InvitationState.WITHDRAWN]
    assert {one.id for one in over} == left_out
    assert all(one.ended_at is not None for one in over)
    said = [one.invitation_id for one in rows(PermissionDecision) if one.rule == "not_sampled"]
    assert (len(said), set(said)) == (len(left_out), left_out)
    steps = {one.invitation_id: one for one in rows(InvitationEvent)}
    assert {(steps[one].kind, steps[one].detail) for one in left_out} == {
        (InvitationEventKind.WITHDRAWN, "not_sampled")
    }
