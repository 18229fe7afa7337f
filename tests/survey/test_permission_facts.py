"""What is on file about a person, and what the operator's file says, reach the decision."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from storage import users
from storage.house import House, house, transaction
from storage.states import Disposition
from storage.tables import (
    Campaign,
    Consent,
    Customer,
    Invitation,
    Organisation,
    RegisterResult,
    Restriction,
    Role,
    ThrottleToken,
)
from survey import invitations, permission
from survey.permission import Decision, Permit, Refusal, Rule
from survey.permission_facts import ORDER_HOLDS, gather
from survey.permission_files import in_sample
from survey.permission_record import from_document, to_document
from survey.permission_words import sentence

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
PHONE = "+46701740605"
EVERY_DAY = {"monday": [["09:00", "20:00"]], "tuesday": [["09:00", "20:00"]]}
CONSENT = {
    "purpose": "marketing",
    "calls_allowed_by": "consent",
    "decided_by": "Somebody",
    "decided_on": "2026-01-15",
}

Arrange = Callable[[Session, Customer], None]


class Asked:
    """Plans one invitation, changes what is on file, and decides."""

    def __init__(self, invite: Any) -> None:
        self._invite = invite

    def __call__(
        self,
        *rows: Any,
        at: datetime = NOW,
        phone: str = PHONE,
        file: dict[str, Any] | None = None,
        **rules: Any,
    ) -> Decision:
        invitation_id = self._invite(phone=phone, happened_at=at - timedelta(hours=2), now=at)
        with transaction() as session:
            invitation = session.get_one(Invitation, invitation_id)
            customer = session.get_one(Customer, invitation.customer_id)
            organisation = session.get_one(Organisation, invitation.organisation_id)
            campaign = session.get_one(Campaign, invitation.campaign_id)
            organisation.document = organisation.document | (file or {})
            campaign.rules = campaign.rules | rules
            for row in rows:
                session.add(row(customer))
            session.flush()
            facts = gather(session, invitation, now=at, number=phone, allowed_numbers=())
            return permission.decide(facts, now=at)


@pytest.fixture
def asked(shipped: House, invite: Any) -> Asked:
    return Asked(invite)


def consent(*, method: str = "calls", ends: datetime | None = None) -> Callable[[Customer], Any]:
    return lambda customer: Consent(
        organisation_id=customer.organisation_id,
        subject_hash=customer.phone_hash,
        method=method,
        source="web form",
        given_at=NOW - timedelta(days=10),
        expires_at=ends,
    )


def register(
    key: str, *, listed: bool, checked: datetime = NOW - timedelta(days=3)
) -> Callable[[Customer], Any]:
    return lambda customer: RegisterResult(
        organisation_id=customer.organisation_id,
        register_key=key,
        subject_hash=customer.phone_hash,
        listed=listed,
        checked_at=checked,
        expires_at=checked + timedelta(days=90),
    )


def token(days_ago: int) -> Callable[[Customer], Any]:
    return lambda customer: ThrottleToken(
        organisation_id=customer.organisation_id,
        subject_hash=customer.phone_hash,
        invitation_id=uuid4(),
        asked_at=NOW - timedelta(days=days_ago),
    )


def restriction(lifted: datetime | None = None) -> Callable[[Customer], Any]:
    return lambda customer: Restriction(
        organisation_id=customer.organisation_id,
        customer_id=customer.id,
        cause="accuracy_disputed",
        made_at=NOW - timedelta(days=2),
        lifted_at=lifted,
    )


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ((), Rule.NO_CONSENT),
        ((consent(),), Rule.ALLOWED),
        ((consent(method="all"),), Rule.ALLOWED),
        ((consent(method="sms"),), Rule.NO_CONSENT),
        ((consent(ends=NOW),), Rule.NO_CONSENT),
        ((consent(ends=NOW + timedelta(minutes=1)),), Rule.ALLOWED),
    ],
)
def test_a_marketing_call_needs_a_yes_on_file_that_still_counts(
    asked: Asked, rows: tuple[Any, ...], rule: Rule
) -> None:
    assert asked(*rows, classification=CONSENT).rule is rule


def test_the_record_keeps_until_when_a_consent_counted(asked: Asked) -> None:
    decision = asked(consent(ends=NOW + timedelta(days=1)), classification=CONSENT)

    (kept,) = decision.facts.consents
    assert (kept.given_at, kept.expires_at) == (NOW - timedelta(days=10), NOW + timedelta(days=1))


def test_whose_data_are_frozen_is_not_contacted_until_that_is_lifted(asked: Asked) -> None:
    assert asked(restriction()).rule is Rule.RESTRICTED


def test_a_lifted_restriction_forbids_nothing(asked: Asked) -> None:
    assert asked(restriction(NOW - timedelta(days=1))).allowed


@pytest.mark.parametrize(
    ("file", "days_ago", "rule"),
    [
        ({}, 89, Rule.THROTTLED),
        ({}, 90, Rule.ALLOWED),
        ({"throttle": "30 days"}, 31, Rule.ALLOWED),
        ({"throttle": None}, 1, Rule.ALLOWED),
    ],
)
def test_whoever_another_invitation_asked_is_left_alone_for_the_files_period(
    asked: Asked, file: dict[str, Any], days_ago: int, rule: Rule
) -> None:
    assert asked(token(days_ago), file=file).rule is rule


def test_an_invitation_is_not_throttled_by_its_own_asking(
    shipped: House, invite: Any, desk: Any
) -> None:
    invitation_id = invite()
    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        customer = session.get_one(Customer, invitation.customer_id)
        session.add(
            ThrottleToken(
                organisation_id=customer.organisation_id,
                subject_hash=customer.phone_hash,
                invitation_id=invitation_id,
                asked_at=NOW - timedelta(minutes=5),
            )
        )
        session.flush()
        facts = gather(session, invitation, now=NOW, number=PHONE, allowed_numbers=())

    assert facts.throttle is None


@pytest.mark.parametrize(
    ("rows", "blocks", "rule"),
    [
        ((), "listed", Rule.NOT_WASHED),
        ((register("nix", listed=True),), "listed", Rule.BLOCKED_BY_REGISTER),
        ((register("nix", listed=False),), "listed", Rule.ALLOWED),
        ((register("nix", listed=True),), "not_listed", Rule.ALLOWED),
        ((register("nix", listed=False),), "not_listed", Rule.BLOCKED_BY_REGISTER),
        ((register("other", listed=False),), "listed", Rule.NOT_WASHED),
        # The file's thirty days count, although the wash itself was good for ninety.
        (
            (register("nix", listed=False, checked=NOW - timedelta(days=30)),),
            "listed",
            Rule.WASH_EXPIRED,
        ),
    ],
)
def test_a_number_is_washed_against_the_registers_that_the_file_names(
    asked: Asked, rows: tuple[Any, ...], blocks: str, rule: Rule
) -> None:
    heeded = [{"key": "nix", "valid_for": "30 days", "blocks": blocks}]

    assert asked(*rows, registers=heeded).rule is rule


def test_a_companys_number_is_called_in_a_companys_hours(asked: Asked) -> None:
    hours = {"register": "companies", "window": {"tuesday": [["12:00", "13:00"]]}}

    decision = asked(register("companies", listed=True), company_numbers=hours)

    assert (decision.rule, decision.facts.company) == (Rule.OUTSIDE_CALLING_HOURS, True)
    assert decision.next_allowed_at == NOW + timedelta(hours=1)


def test_a_number_that_is_no_companys_is_called_in_the_campaigns_hours(asked: Asked) -> None:
    hours = {"register": "companies", "window": {"tuesday": [["12:00", "13:00"]]}}

    assert asked(register("companies", listed=False), company_numbers=hours).allowed


@pytest.mark.parametrize(
    ("rows", "company"),
    [
        ((), None),
        ((register("other", listed=True),), None),
        # Its answer counted for ninety days.
        ((register("companies", listed=True, checked=NOW - timedelta(days=91)),), None),
        ((register("companies", listed=False),), False),
        ((register("companies", listed=True),), True),
    ],
)
def test_a_number_of_which_no_register_has_said_what_it_is_is_called_when_it_suits_both(
    asked: Asked, rows: tuple[Any, ...], company: bool | None
) -> None:
    hours = {"register": "companies", "window": {"tuesday": [["12:00", "23:00"]]}}

    def at(hour: int, *rows: Any) -> Decision:
        moment = datetime(2026, 3, 10, hour, 30, tzinfo=UTC)  # an hour later in Stockholm
        return asked(*rows, at=moment, company_numbers=hours)

    morning, noon, evening = at(10, *rows), at(11), at(19)
    assert noon.facts.company is company
    assert noon.allowed
    assert (morning.allowed, evening.allowed) == (company is False, company is True)
    if company is None:
        assert morning.next_allowed_at == datetime(2026, 3, 10, 11, 0, tzinfo=UTC)


def test_a_mobile_telephone_of_a_country_with_two_clocks_rings_when_both_allow_it(
    asked: Asked,
) -> None:
    def at(hour: int, *, phone: str) -> Decision:
        moment = datetime(2026, 3, 10, hour, 30, tzinfo=UTC)
        return asked(at=moment, phone=phone, allowed_countries=["SE", "ES"])

    mobile, madrid = at(8, phone="+34612345678"), at(8, phone="+34911234567")
    assert [zone.key for zone in mobile.facts.hours.zones] == ["Atlantic/Canary", "Europe/Madrid"]
    assert Rule.OUTSIDE_CALLING_HOURS in (mobile.rule, *mobile.also)
    assert Rule.OUTSIDE_CALLING_HOURS not in (madrid.rule, *madrid.also)


def test_a_finnish_customer_is_rung_by_the_clock_in_finland(asked: Asked) -> None:
    # Ten past eight in Stockholm, ten past nine in Helsinki; then the other end of the day.
    early = datetime(2026, 3, 10, 7, 10, tzinfo=UTC)

    assert asked(at=early, phone="+358405512345").allowed


def test_by_the_organisations_clock_it_would_be_too_early(asked: Asked) -> None:
    early = datetime(2026, 3, 10, 7, 10, tzinfo=UTC)

    decision = asked(at=early, phone="+358405512345", hours_of="organisation")

    assert decision.rule is Rule.OUTSIDE_CALLING_HOURS


@pytest.mark.parametrize(
    ("phone", "day", "rule"),
    [
        # 17 May is a holiday in Norway alone; in 2027 it is a Monday.
        ("+4740612345", datetime(2027, 5, 17, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
        # 6 June is one in Sweden, whoever is called: in 2028 a Tuesday.
        ("+4740612345", datetime(2028, 6, 6, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
        ("+358405512345", datetime(2027, 12, 6, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
        # Great Prayer Day is none any more.
        ("+4532123456", datetime(2026, 5, 1, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
        ("+4532123456", datetime(2026, 6, 5, 10, 0, tzinfo=UTC), Rule.ALLOWED),
        (PHONE, datetime(2027, 5, 18, 10, 0, tzinfo=UTC), Rule.ALLOWED),
        (PHONE, datetime(2026, 12, 24, 10, 0, tzinfo=UTC), Rule.BLOCKED_DAY),
        # The eves, on which the law knows no holiday in Sweden, and none of them in Norway.
        (PHONE, datetime(2026, 6, 19, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
        (PHONE, datetime(2027, 12, 24, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
        (PHONE, datetime(2027, 12, 31, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
        ("+4740612345", datetime(2027, 12, 24, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
        ("+358405512345", datetime(2026, 6, 19, 10, 0, tzinfo=UTC), Rule.PUBLIC_HOLIDAY),
    ],
)
def test_the_holidays_of_both_countries_and_blocked_days_are_silent(
    asked: Asked, phone: str, day: datetime, rule: Rule
) -> None:
    assert asked(at=day, phone=phone).rule is rule


def test_a_number_of_another_country_is_refused_by_name(asked: Asked) -> None:
    decision = asked(phone="+436641234567")

    assert (decision.rule, decision.facts.country) == (Rule.COUNTRY_NOT_ALLOWED, "AT")


def test_an_allowed_country_still_needs_a_line_for_it(asked: Asked) -> None:
    decision = asked(phone="+436641234567", allowed_countries=["SE", "AT"])

    assert decision.rule is Rule.LINE_NOT_FOR_COUNTRY


def test_without_a_list_of_countries_the_organisations_own_is_called_alone(asked: Asked) -> None:
    assert asked(phone="+4740612345", allowed_countries=None).rule is Rule.COUNTRY_NOT_ALLOWED


def test_a_classification_counts_from_the_day_it_was_signed(asked: Asked) -> None:
    signed = {**CONSENT, "purpose": "not_marketing", "calls_allowed_by": "not_marketing"}

    decision = asked(classification=signed | {"decided_on": "2026-03-11"})

    assert decision.rule is Rule.NOT_SIGNED_YET
    assert decision.next_allowed_at == datetime(2026, 3, 11, 8, 0, tzinfo=UTC)


BY_COUNTRY = {
    "SE": {"by": "not_marketing", "decided_by": "Chief lawyer", "decided_on": "2026-02-01"},
    "NO": {"by": "consent"},
    "FI": {"by": "not_marketing", "decided_by": "Chief lawyer", "decided_on": "2026-03-11"},
}


@pytest.mark.parametrize(
    ("phone", "rule"),
    [
        ("+46701740605", Rule.ALLOWED),
        ("+4740612345", Rule.NO_CONSENT),
        ("+358401234567", Rule.NOT_SIGNED_YET),
        # Nobody decided anything for Denmark.
        ("+4520123456", Rule.NOT_CLASSIFIED),
    ],
)
def test_each_country_has_the_ground_that_was_decided_for_it(
    asked: Asked, phone: str, rule: Rule
) -> None:
    assert asked(phone=phone, automatic_calls=BY_COUNTRY).rule is rule


def test_who_signed_and_when_is_a_fact_of_the_decision_and_is_told_with_it(asked: Asked) -> None:
    decision = asked(automatic_calls=BY_COUNTRY)

    facts = from_document(to_document(decision.facts))
    assert (facts.signed_by, facts.signed_on) == ("Chief lawyer", date(2026, 2, 1))
    assert sentence(decision, at=NOW) == (
        "May be called: decided not to be marketing, signed by Chief lawyer on 1 February 2026."
    )


def test_of_many_cases_the_share_of_the_file_is_asked_and_a_larger_share_keeps_the_smaller() -> (
    None
):
    ids = [uuid4() for _ in range(2_000)]

    few = {one for one in ids if in_sample(one, 30)}
    more = {one for one in ids if in_sample(one, 31)}

    assert 480 < len(few) < 720
    assert few <= more
    assert all(in_sample(one, 100) for one in ids)


def test_a_case_outside_the_share_is_not_asked(shipped: House, invite: Any, desk: Any) -> None:
    # Two in a hundred thousand runs find all three cases within the one percent.
    ids = [invite(f"case-{number}", phone=f"+4670174060{number}") for number in (5, 6, 7)]
    outside = next(one for one in ids if not in_sample(one, 1))

    with transaction() as session:
        campaign = desk.campaign(session)
        campaign.rules = campaign.rules | {"sample_percent": 1}
        session.flush()
        invitation = session.get_one(Invitation, outside)
        facts = gather(session, invitation, now=NOW, number=PHONE, allowed_numbers=())

    assert permission.decide(facts, now=NOW).rule is Rule.NOT_SAMPLED


def test_who_ordered_a_call_is_not_taken_to_wait_for_it_all_night(
    shipped: House, invite: Any, desk: Any
) -> None:
    invitation_id = invite()
    with transaction() as session:
        anna = users.create(
            session, house().keyring, name="anna", password="a password of the tests",
            role=Role.SUPERVISOR, organisation_id=None, at=NOW,
        )  # fmt: skip
        campaign = desk.campaign(session)
        ground = campaign.rules["classification"] | {"calls_allowed_by": "handed_over"}
        campaign.rules = campaign.rules | {"classification": ground}
        invitation = session.get_one(Invitation, invitation_id)
        invitations.start(invitation, by=anna.id, now=NOW)
        session.flush()
        late = desk.ask(session, invitation, now=NOW + ORDER_HOLDS)
        in_time = desk.ask(session, invitation, now=NOW + ORDER_HOLDS - timedelta(seconds=1))

    assert isinstance(late, Refusal)
    assert late.rule is Rule.MACHINE_MAY_NOT_CALL
    assert isinstance(in_time, Permit)


def test_an_order_of_a_person_is_for_one_ringing_of_the_telephone(
    shipped: House, invite: Any, desk: Any
) -> None:
    invitation_id = invite()
    with transaction() as session:
        anna = users.create(
            session, house().keyring, name="anna", password="a password of the tests",
            role=Role.SUPERVISOR, organisation_id=None, at=NOW,
        )  # fmt: skip
        campaign = desk.campaign(session)
        ground = campaign.rules["classification"] | {"calls_allowed_by": "handed_over"}
        campaign.rules = campaign.rules | {"classification": ground}
        invitation = session.get_one(Invitation, invitation_id)
        before = desk.ask(session, invitation, now=NOW)
        invitations.start(invitation, by=anna.id, now=NOW)
        session.flush()
        attempt = desk.ring(session, invitation, now=NOW)
        desk.end(session, attempt, Disposition.BUSY, now=NOW + timedelta(minutes=1))
        later = NOW + timedelta(minutes=30)
        after = desk.ask(session, invitation, now=later)
        invitations.start(invitation, by=anna.id, now=later)
        session.flush()
        again = desk.ask(session, invitation, now=later)

    assert isinstance(before, Refusal)
    assert before.rule is Rule.MACHINE_MAY_NOT_CALL
    assert isinstance(after, Refusal)
    assert after.rule is Rule.MACHINE_MAY_NOT_CALL
    assert isinstance(again, Permit)
