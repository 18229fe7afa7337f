"""What is frozen is kept and not used, until the last cause is lifted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from storage import restrictions as frozen
from storage.house import House, reading, transaction
from storage.tables import Alarm, Customer, Invitation, Restriction
from survey import restrictions
from survey.permission import Rule
from survey.places import find_organisation
from survey.restriction_commands import restrictions_group
from survey.restrictions import Cause

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
PLACE = ("--organisation", "consumer-credit")
REVIEW = ("--cause", "accuracy_disputed", "--review-on", "2099-01-31")
PHONE = "070-174 06 05"


def run(*arguments: str | Path, typed: str | None = None, group: click.Group = restrictions_group
) -> Result:  # fmt: skip
    return CliRunner().invoke(
        group, [str(one) for one in arguments], input=typed, catch_exceptions=False
    )


def frozen_customers() -> set[Any]:
    with reading() as session:
        return set(session.scalars(frozen.frozen_customers()))


def restrict(cause: Cause, *, review_at: datetime | None = None) -> None:
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        restrictions.restrict(session, customer, cause=cause, at=NOW, review_at=review_at)


def lift(cause: Cause | None = None) -> int:
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        return restrictions.lift(session, customer, at=NOW + timedelta(days=1), cause=cause)


@pytest.fixture
def customer(invite: Any) -> Customer:
    invite(phone="+46701740605")
    with reading() as session:
        return session.scalars(select(Customer)).one()


def test_a_person_stays_frozen_until_the_last_cause_is_lifted(customer: Customer) -> None:
    restrict(Cause.ACCURACY_DISPUTED)
    restrict(Cause.NEEDED_FOR_CLAIM)

    assert lift(Cause.ACCURACY_DISPUTED) == 1
    assert frozen_customers() == {customer.id}
    assert lift() == 1
    assert frozen_customers() == set()
    assert lift() == 0


def test_the_same_cause_again_changes_only_the_day_of_review(customer: Customer) -> None:
    restrict(Cause.OBJECTION_PENDING, review_at=NOW)
    restrict(Cause.OBJECTION_PENDING, review_at=NOW + timedelta(days=9))

    with reading() as session:
        row = session.scalars(select(Restriction)).one()
    assert (row.made_at, row.review_at) == (NOW, NOW + timedelta(days=9))


def look_after(at: datetime) -> int:
    with transaction() as session:
        return frozen.look_after(session, now=at)


def review_alarms() -> int:
    with reading() as session:
        wanted = select(Alarm.id).where(Alarm.kind == frozen.REVIEW_DUE, Alarm.cleared_at.is_(None))
        return len(session.scalars(wanted).all())


def test_the_day_of_review_sounds_once_until_it_is_put_off_or_lifted(customer: Customer) -> None:
    review = NOW + timedelta(days=30)
    restrict(Cause.ACCURACY_DISPUTED, review_at=review)

    assert look_after(review - timedelta(microseconds=1)) == 0
    assert (look_after(review), look_after(review)) == (1, 0)
    assert review_alarms() == 1
    restrict(Cause.ACCURACY_DISPUTED, review_at=review + timedelta(days=1))
    assert (review_alarms(), look_after(review)) == (0, 0)
    assert look_after(review + timedelta(days=1)) == 1
    with transaction() as session:
        restrictions.lift(session, session.get_one(Customer, customer.id), at=NOW)
    assert (review_alarms(), look_after(review + timedelta(days=2))) == (0, 0)


def test_putting_off_the_review_of_a_callers_data_ends_its_alarm_too(customer: Customer) -> None:
    review, caller = NOW + timedelta(days=30), b"c" * 32

    def freeze(review_at: datetime) -> None:
        with transaction() as session:
            restrictions.restrict_caller(
                session, customer.organisation_id, subject_hash=caller,
                cause=Cause.ACCURACY_DISPUTED, at=NOW, review_at=review_at,
            )  # fmt: skip

    freeze(review)
    assert (look_after(review), review_alarms()) == (1, 1)
    freeze(review + timedelta(days=1))
    assert (review_alarms(), look_after(review)) == (0, 0)


def test_only_those_of_the_organisation_asked_about_are_found(customer: Customer) -> None:
    restrict(Cause.NEEDED_FOR_CLAIM)

    with reading() as session:
        own, other = customer.organisation_id, customer.id
        assert frozen.restricted_among(session, own, [customer.id]) == {customer.id}
        assert frozen.restricted_among(session, other, [customer.id]) == set()


def test_an_operator_freezes_lists_and_lifts(customer: Customer) -> None:
    added = run("add", *PLACE, *REVIEW, typed=PHONE)
    listed = run("list", *PLACE)
    lifted = run("lift", *PLACE, typed=PHONE)

    assert added.stdout == "frozen (accuracy_disputed); to be reviewed on 2099-01-31\n"
    assert listed.stdout.startswith(f"{customer.id} accuracy_disputed, since 20")
    assert listed.stdout.endswith(", review 2099-01-31\n")
    assert "740605" not in listed.stdout
    assert lifted.stdout == "1 restrictions lifted\n"
    assert run("lift", *PLACE, typed=PHONE).stdout == "there was no such restriction\n"
    assert run("list", *PLACE).stdout == "nothing is frozen\n"


@pytest.mark.parametrize(
    ("arguments", "typed", "clue"),
    [
        (REVIEW, "0701740699", "has no customer with that number"),
        ((*REVIEW[:3], "2020-01-31"), PHONE, "a day still to come"),
    ],
)
def test_what_an_operator_got_wrong_freezes_nobody(
    customer: Customer, arguments: tuple[str, ...], typed: str, clue: str
) -> None:
    result = run("add", *PLACE, *arguments, typed=typed)

    assert (result.exit_code, result.stdout) == (2, "")
    assert clue in result.stderr
    assert frozen_customers() == set()


def test_lifting_says_what_other_cause_is_left(customer: Customer, shipped: House) -> None:
    restrict(Cause.ACCURACY_DISPUTED)
    restrict(Cause.NEEDED_FOR_CLAIM)

    result = run("lift", *PLACE, "--cause", "needed_for_claim", typed=PHONE)

    assert result.stdout == "1 restrictions lifted, 1 left\n"


def test_whoever_was_frozen_as_a_caller_stays_frozen_as_a_customer(
    shipped: House, invite: Any, desk: Any
) -> None:
    with transaction() as session:
        owner = find_organisation(session, "consumer-credit").id
        theirs = shipped.keyring.lookup_hash(owner, "phone", "+46701740605")
        restrictions.restrict_caller(
            session,
            owner,
            cause=Cause.NEEDED_FOR_CLAIM,
            at=NOW,
            review_at=None,
            subject_hash=theirs,
        )
    invitations = {
        invite("theirs", phone="+46701740605"): True,
        invite("another's", phone="+46701740606"): False,
        # The same number with another organisation is another person.
        invite(
            "theirs", phone="+46701740605", organisation="software", campaign="product-experience"
        ): False,
    }

    with transaction() as session:
        decided = {
            item: desk.ask(session, session.get_one(Invitation, item)) for item in invitations
        }
        people = {item: session.get_one(Invitation, item).customer_id for item in invitations}
    refused = {item: getattr(one, "rule", None) is Rule.RESTRICTED for item, one in decided.items()}
    assert refused == invitations
    frozen_people = {people[item] for item, is_frozen in invitations.items() if is_frozen}
    assert frozen_customers() == frozen_people
    assert run("lift", *PLACE, typed=PHONE).stdout == "1 restrictions lifted\n"
    assert frozen_customers() == set()
