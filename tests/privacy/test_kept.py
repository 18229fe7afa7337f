"""What a person is told is kept, and until when, is what the purge then does."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from privacy import purge
from privacy.erasing import hands_of
from privacy.holds import Held
from privacy.kept import Kept, kept_of
from privacy.retention import NoRuleError
from storage.house import House, reading, transaction
from storage.matters import HoldScope
from storage.states import CommentState
from storage.tables import Answer, Comment, Customer, Interaction, Response, Restriction
from tests.privacy.test_holds import hold
from tests.privacy.test_logs_by_age import schedule
from tests.rows import (
    NOON,
    RETENTION,
    add,
    make_campaign,
    make_comment,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LATER = NOON + timedelta(days=40)


def told(customer: Customer) -> Kept:
    with reading() as session:
        return kept_of(session, session.get_one(Customer, customer.id), now=NOON)


def run(house: House, at: datetime) -> None:
    purge.run(hands=hands_of(house), database=house.database, now=at)


def night_before(day: date) -> datetime:
    """The purge of the early morning of that day."""
    return datetime.combine(day, time(3), STOCKHOLM).astimezone(UTC)


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table)))


def answered_twice() -> Customer:
    """Somebody asked about two matters, forty days apart, who commented on the first."""
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    customer = make_customer(organisation)
    first = make_invitation(campaign, customer)
    make_comment(make_response(campaign, first), at=NOON, state=CommentState.TRANSCRIBED)
    second = make_invitation(campaign, customer, at=LATER)
    make_response(campaign, second, at=LATER, score=3)
    with transaction() as session:
        session.get_one(Customer, customer.id).last_interaction_at = LATER
    return customer


def silent() -> Customer:
    """Somebody who was rung and gave no answer."""
    organisation = make_organisation()
    customer = make_customer(organisation)
    make_invitation(make_campaign(organisation), customer)
    return customer


def contact_for_less() -> Customer:
    """Somebody whose organisation keeps contacts for less time than answers."""
    organisation = make_organisation(retention=schedule(contact_log={"keep": "180 days"}))
    campaign = make_campaign(organisation)
    customer = make_customer(organisation)
    make_comment(make_response(campaign, make_invitation(campaign, customer)), at=NOON)
    return customer


def without_scores() -> Customer:
    """Somebody who began and gave no score, but spoke, and whose file was touched later."""
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    customer = make_customer(organisation, at=LATER)
    response = make_response(campaign, make_invitation(campaign, customer), score=None)
    make_comment(response, at=NOON + timedelta(minutes=2))
    return customer


@pytest.mark.parametrize("person", [answered_twice, silent, without_scores])
def test_each_kind_is_there_until_its_last_day_and_gone_on_the_next(
    house: House, person: Callable[[], Customer]
) -> None:
    customer = person()
    kept = told(customer)
    last_days = [
        (kept.comment, lambda: [c for c in rows(Comment) if c.state is not CommentState.ERASED]),
        (kept.answers, lambda: rows(Response) + rows(Answer)),
        (kept.contact, lambda: rows(Customer) + rows(Interaction)),
    ]

    for day in sorted({day for day, _ in last_days if day is not None}):
        ending = [found for last_day, found in last_days if last_day == day]
        run(house, night_before(day))
        assert [] not in [found() for found in ending], "went before its last day"
        run(house, night_before(day + timedelta(days=1)))
        assert all(found() == [] for found in ending), "was there after its last day"


def test_only_what_is_there_is_told(house: House) -> None:
    kept = told(silent())

    assert kept == Kept(contact=date(2027, 9, 10), answers=None, comment=None)


@pytest.mark.parametrize("state", [CommentState.EMPTY, CommentState.LOST, CommentState.ERASED])
def test_a_comment_without_words_is_none(house: House, state: CommentState) -> None:
    customer = answered_twice()
    with transaction() as session:
        session.scalars(select(Comment)).one().state = state

    assert told(customer).comment is None


def test_the_day_is_that_of_the_organisations_zone(house: House) -> None:
    organisation = make_organisation(timezone="Pacific/Auckland")
    customer = make_customer(organisation)

    assert told(customer).contact == date(2027, 9, 11)  # already the next day there


def test_a_comment_goes_with_its_answers_at_the_latest(house: House) -> None:
    swapped = [dict(rule) for rule in RETENTION]
    swapped[0]["keep"], swapped[1]["keep"] = "2 months", "12 months"
    organisation = make_organisation(retention=swapped)
    campaign = make_campaign(organisation)
    customer = make_customer(organisation)
    make_comment(make_response(campaign, make_invitation(campaign, customer)))

    assert told(customer) == Kept(*[date(2026, 5, 10)] * 3)


def test_another_persons_later_days_are_not_theirs(house: House) -> None:
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    customer, other = (
        make_customer(organisation),
        make_customer(organisation, phone="+46701740699", at=LATER),
    )
    make_response(campaign, make_invitation(campaign, customer))
    make_comment(make_response(campaign, make_invitation(campaign, other, at=LATER), at=LATER))

    assert told(customer) == Kept(date(2027, 9, 10), date(2027, 9, 10), None)


def test_contacts_that_are_kept_for_less_have_their_own_last_day(house: House) -> None:
    customer = contact_for_less()
    kept = told(customer)
    assert (kept.contact, kept.answers) == (date(2026, 9, 6), date(2027, 9, 10))

    run(house, night_before(kept.contact))
    assert [row.name_sealed is None for row in rows(Customer)] == [False]
    run(house, night_before(kept.contact + timedelta(days=1)))
    assert [row.name_sealed is None for row in rows(Customer)] == [True]
    assert len(rows(Answer)) == 1


def test_what_was_handled_goes_on_that_day_where_that_ends_its_time(house: House) -> None:
    until = {"keep": "until handled", "ceiling": "12 months"}
    organisation = make_organisation(retention=schedule(answers=until, free_comments=until))
    campaign = make_campaign(organisation)
    customer = make_customer(organisation)
    response = make_response(campaign, make_invitation(campaign, customer))
    make_comment(response, at=NOON)
    with transaction() as session:
        row = session.get_one(Response, response.id)
        row.handled_at = NOON + timedelta(days=20)

    kept = told(customer)

    assert (kept.answers, kept.comment) == (date(2026, 3, 30), date(2026, 3, 30))
    run(house, night_before(date(2026, 3, 30)))
    assert len(rows(Response)) == 1
    run(house, night_before(date(2026, 3, 31)))
    assert rows(Response) == []


@pytest.mark.parametrize("ends_at", [NOON + timedelta(days=900), None])
def test_a_hold_is_told_with_its_last_day_or_as_one_that_nobody_knows_the_end_of(
    house: House, ends_at: datetime | None
) -> None:
    held = {"extended_by": ["legal_hold"]}
    organisation = make_organisation(retention=schedule(answers=held))
    campaign = make_campaign(organisation)
    customer = make_customer(organisation)
    make_comment(make_response(campaign, make_invitation(campaign, customer)), at=NOON)
    hold(house, organisation, Held(HoldScope.CUSTOMER, {"customer_id": customer.id}, None),
         ends_at=ends_at)  # fmt: skip

    kept = told(customer)

    day = date(2027, 9, 10) if ends_at is None else date(2028, 8, 26)
    assert kept == Kept(day, day, date(2027, 3, 10), held=ends_at is None)
    run(house, night_before(day + timedelta(days=1)))
    assert len(rows(Customer)) == (ends_at is None)


def test_whose_data_are_frozen_is_told_that_nobody_knows_how_long(house: House) -> None:
    customer = answered_twice()
    add(
        Restriction(
            id=uuid4(), organisation_id=customer.organisation_id, customer_id=customer.id,
            cause="needed_for_claim", made_at=NOON,
        )
    )  # fmt: skip

    assert told(customer).held


def test_nobody_is_told_a_day_on_a_guess(house: House) -> None:
    organisation = make_organisation(retention=RETENTION[1:])
    customer = make_customer(organisation)
    forever = make_organisation(
        retention=[{"class": "answers", "keep": "never by age", "from": "answered"}]
    )

    for one in (customer, make_customer(forever)):
        with pytest.raises(NoRuleError):
            told(one)
