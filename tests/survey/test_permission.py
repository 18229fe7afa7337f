"""The one door: each rule says no by its name, lasting rules before passing ones."""

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.campaign_rules import (
    CallsAllowedBy,
    CampaignKind,
    FollowUpBasis,
    Retry,
    RetryCause,
)
from config.periods import Period, Unit
from storage.house import House, reading, transaction
from storage.states import CampaignState, ContactPurpose, Disposition, FollowUp, InvitationState
from storage.tables import Invitation, Objection, PermissionDecision
from survey import attempts, permission
from survey.calling_hours import CallingHours, Window
from survey.permission import Method, PermissionFacts, Permit, Refusal, Rule
from survey.permission_record import to_document
from survey.permission_terms import (
    ConsentOnFile,
    FollowUpFacts,
    Money,
    RegisterAnswer,
    Throttle,
)
from survey.retries import PastAttempt

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
NINE_TO_EIGHT = (Window(9 * 60, 20 * 60),)
OFFICE = CallingHours(ZoneInfo("Europe/Stockholm"), (*(5 * [NINE_TO_EIGHT]), (), ()))
GOOD = PermissionFacts(
    method=Method.CALLS,
    zone=ZoneInfo("Europe/Stockholm"),
    objected_to=frozenset(),
    invitation_state=InvitationState.PLANNED,
    due_at=NOW,
    expires_at=NOW + timedelta(days=7),
    has_number=True,
    number_valid=True,
    on_allow_list=True,
    past=(),
    retry={RetryCause.BUSY: Retry.model_validate({"after": "15 minutes", "times": 2})},
    calls_allowed_by=CallsAllowedBy.NOT_MARKETING,
    signed_on=date(2026, 1, 15),
    campaign_state=CampaignState.RUNNING,
    hours=OFFICE,
    rings_at_any_hour=False,
    on_the_line=False,
)
BUSY = PastAttempt(Disposition.BUSY, NOW - timedelta(hours=1))
NINETY_DAYS = Period(90, Unit.DAY)
NIGHT = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)


def decide(now: datetime = NOW, **changed: Any) -> permission.Decision:
    return permission.decide(dataclasses.replace(GOOD, **changed), now=now)


def test_nothing_against_it_is_permission() -> None:
    decision = decide()

    assert (decision.allowed, decision.rule, decision.next_allowed_at) == (
        True, Rule.ALLOWED, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "rule", "again"),
    [
        ({"objected_to": frozenset({Method.CALLS})}, Rule.OBJECTION, None),
        ({"objected_to": frozenset({Method.ALL})}, Rule.OBJECTION, None),
        ({"invitation_state": InvitationState.WITHDRAWN}, Rule.INVITATION_OVER, None),
        ({"invitation_state": InvitationState.COMPLETED}, Rule.INVITATION_OVER, None),
        ({"expires_at": NOW}, Rule.INVITATION_EXPIRED, None),
        ({"has_number": False}, Rule.NO_NUMBER, None),
        ({"number_valid": False}, Rule.NUMBER_NOT_VALID, None),
        ({"past": (BUSY, BUSY, BUSY)}, Rule.NO_ATTEMPTS_LEFT, None),
        (
            {"past": (PastAttempt(Disposition.BUSY, NOW - timedelta(minutes=1)),)},
            Rule.NOT_YET_DUE,
            NOW + timedelta(minutes=14),
        ),
        ({"calls_allowed_by": None}, Rule.NOT_CLASSIFIED, NOW + timedelta(days=1)),
        ({"calls_allowed_by": CallsAllowedBy.CONSENT}, Rule.NO_CONSENT, NOW + timedelta(days=1)),
        (
            {"calls_allowed_by": CallsAllowedBy.HANDED_OVER},
            Rule.MACHINE_MAY_NOT_CALL,
            NOW + timedelta(days=1),
        ),
        (
            {"calls_allowed_by": CallsAllowedBy.CALLED_IN},
            Rule.MACHINE_MAY_NOT_CALL,
            NOW + timedelta(days=1),
        ),
        (
            {"campaign_state": CampaignState.PAUSED},
            Rule.CAMPAIGN_NOT_RUNNING,
            NOW + timedelta(hours=1),
        ),
        ({"on_allow_list": False}, Rule.NOT_ON_ALLOW_LIST, NOW + timedelta(days=1)),
        ({"due_at": NOW + timedelta(minutes=5)}, Rule.NOT_YET_DUE, NOW + timedelta(minutes=5)),
        ({"on_the_line": True}, Rule.ON_THE_LINE, NOW + timedelta(minutes=5)),
        ({"restricted": True}, Rule.RESTRICTED, NOW + timedelta(days=1)),
        ({"sampled": False}, Rule.NOT_SAMPLED, None),
        ({"quota_full": True}, Rule.QUOTA_FULL, None),
        ({"signed_on": None}, Rule.NOT_CLASSIFIED, NOW + timedelta(days=1)),
        # From midnight on it is signed, from nine on it may ring.
        (
            {"signed_on": date(2026, 3, 11)},
            Rule.NOT_SIGNED_YET,
            datetime(2026, 3, 11, 8, 0, tzinfo=UTC),
        ),
        # 11 December plus 90 days is today at eleven; a day later is tomorrow at eleven.
        (
            {"throttle": Throttle(NOW - timedelta(days=89), NINETY_DAYS)},
            Rule.THROTTLED,
            NOW + timedelta(days=1),
        ),
        ({"throttle": Throttle(NOW - timedelta(days=20), NINETY_DAYS)}, Rule.THROTTLED, None),
        (
            {"registers": (RegisterAnswer("nix", listed=True),)},
            Rule.BLOCKED_BY_REGISTER,
            None,
        ),
        (
            {"registers": (RegisterAnswer("nix"),)},
            Rule.NOT_WASHED,
            NOW + timedelta(days=1),
        ),
        (
            {"registers": (RegisterAnswer("nix", listed=False, valid_until=NOW),)},
            Rule.WASH_EXPIRED,
            NOW + timedelta(days=1),
        ),
        ({"country_allowed": False}, Rule.COUNTRY_NOT_ALLOWED, NOW + timedelta(days=1)),
        ({"line_for_country": False}, Rule.LINE_NOT_FOR_COUNTRY, NOW + timedelta(days=1)),
        (
            {"money": Money("SEK", 7, NOW.date(), spent_today=94, per_day=100)},
            Rule.CEILING_OF_DAY,
            datetime(2026, 3, 11, 8, 0, tzinfo=UTC),
        ),
        (
            {"money": Money("SEK", 7, NOW.date(), spent_whole=94, whole=100)},
            Rule.CEILING_REACHED,
            NOW + timedelta(days=1),
        ),
    ],
)
def test_each_rule_forbids_by_its_name_and_says_when_to_ask_again(
    changed: dict[str, Any], rule: Rule, again: datetime | None
) -> None:
    decision = decide(**changed)

    assert (decision.allowed, decision.rule, decision.next_allowed_at) == (False, rule, again)


def test_an_objection_to_text_messages_forbids_no_call() -> None:
    assert decide(objected_to=frozenset({Method.SMS})).allowed


def test_consent_on_file_lets_a_marketing_campaign_ring() -> None:
    yes = ConsentOnFile(Method.CALLS, NOW - timedelta(days=1))

    assert decide(calls_allowed_by=CallsAllowedBy.CONSENT, consents=(yes,)).allowed


def test_at_night_nobody_is_rung_before_the_next_morning_opens() -> None:
    decision = decide(now=NIGHT)

    assert decision.rule is Rule.OUTSIDE_CALLING_HOURS
    assert decision.next_allowed_at == datetime(2026, 3, 11, 8, 0, tzinfo=UTC)


def test_a_campaign_that_rings_at_any_hour_rings_at_night() -> None:
    assert decide(now=NIGHT, rings_at_any_hour=True).allowed


def test_a_call_that_a_person_ordered_may_be_placed_where_a_machine_may_not_dial() -> None:
    assert decide(calls_allowed_by=CallsAllowedBy.HANDED_OVER, started_by_person=True).allowed


def test_whoever_called_us_need_not_be_asked_for_anything() -> None:
    decision = decide(now=NIGHT, called_in=True, calls_allowed_by=CallsAllowedBy.CALLED_IN)

    assert (decision.allowed, decision.rule) == (True, Rule.CALLED_US)


def test_a_mail_may_go_out_at_night_and_a_text_message_may_not() -> None:
    assert decide(now=NIGHT, method=Method.EMAIL).allowed
    assert decide(now=NIGHT, method=Method.SMS).rule is Rule.OUTSIDE_CALLING_HOURS


@pytest.mark.parametrize(
    ("basis", "said", "answered", "opens_case", "kind", "rule"),
    [
        # Only after a yes.
        ("consent", "yes", True, True, "follow_up", Rule.ALLOWED),
        ("consent", "not asked", True, True, "follow_up", Rule.FOLLOW_UP_NOT_ALLOWED),
        # Legitimate interest, at the threshold.
        ("legitimate_interest", "not asked", True, True, "follow_up", Rule.ALLOWED),
        (
            "legitimate_interest", "not asked", True, False, "follow_up",
            Rule.FOLLOW_UP_NOT_ALLOWED,
        ),
        # Whoever answered.
        ("answered", "not asked", True, False, "follow_up", Rule.ALLOWED),
        ("answered", "not asked", False, False, "follow_up", Rule.FOLLOW_UP_NOT_ALLOWED),
        # A no overrules them all, and research needs a yes.
        ("legitimate_interest", "no", True, True, "follow_up", Rule.FOLLOW_UP_DECLINED),
        ("answered", "no", True, True, "follow_up", Rule.FOLLOW_UP_DECLINED),
        ("answered", "not asked", True, True, "research", Rule.FOLLOW_UP_NOT_ALLOWED),
        ("consent", "yes", True, True, "research", Rule.ALLOWED),
    ],
)  # fmt: skip
def test_staff_may_come_back_to_an_answer_only_with_the_clients_kind_of_permission(
    basis: str, said: str, answered: bool, opens_case: bool, kind: str, rule: Rule
) -> None:
    decision = decide(
        now=NIGHT,
        purpose=ContactPurpose.FOLLOW_UP,
        kind=CampaignKind(kind),
        invitation_state=InvitationState.COMPLETED,
        follow_up=FollowUpFacts(FollowUpBasis(basis), FollowUp(said), answered, opens_case),
    )

    assert (decision.rule, decision.allowed) == (rule, rule is Rule.ALLOWED)


def test_a_lasting_no_is_heard_before_a_passing_one() -> None:
    decision = decide(now=NIGHT, objected_to=frozenset({Method.ALL}), on_the_line=True)

    assert (decision.rule, decision.next_allowed_at) == (Rule.OBJECTION, None)


def test_the_facts_of_a_decision_can_be_written_as_json() -> None:
    decision = decide(past=(BUSY,))

    facts = json.loads(json.dumps(to_document(decision.facts)))

    assert facts["past"] == [["busy", "2026-03-10T09:00:00Z"]]
    assert facts["hours"] == "1-5 09:00-20:00"


def test_a_stored_permission_is_a_row_that_names_its_rule_and_a_permit_for_one_attempt(
    shipped: House, invite: Any, desk: Any
) -> None:
    invitation_id = invite()

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        permit = desk.ask(session, invitation, now=NOW)
        assert isinstance(permit, Permit)
        attempts.begin(session, invitation, permit, now=NOW)

    with reading() as session:
        row = session.get_one(PermissionDecision, permit.decision_id)
    assert (row.allowed, row.rule, row.method, row.decided_at) == (True, "allowed", "calls", NOW)
    assert row.invitation_id == invitation_id


def test_a_refusal_is_stored_too_and_allows_nothing(shipped: House, invite: Any, desk: Any) -> None:
    invitation_id = invite()

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        refusal = desk.ask(session, invitation, now=NOW, allowed_numbers=("+46701740699",))

    assert isinstance(refusal, Refusal)
    with reading() as session:
        row = session.get_one(PermissionDecision, refusal.decision_id)
    assert (row.allowed, row.rule, row.next_allowed_at) == (
        False, "not_on_allow_list", NOW + timedelta(days=1),
    )  # fmt: skip


def test_the_record_of_a_decision_holds_nothing_that_names_a_person(
    shipped: House, invite: Any, desk: Any
) -> None:
    invitation_id = invite(reference="secret-reference", phone="+46701740605")

    with transaction() as session:
        desk.ask(session, session.get_one(Invitation, invitation_id), now=NOW)
        row = session.query(PermissionDecision).one()
        told = json.dumps(row.facts)

    assert "740605" not in told
    assert "secret-reference" not in told


def test_an_objection_made_after_planning_is_seen_at_the_door(
    shipped: House, invite: Any, desk: Any
) -> None:
    invitation_id = invite(phone="070-174 06 05")

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        phone_hash = shipped.keyring.lookup_hash(
            invitation.organisation_id, "phone", "+46701740605"
        )
        session.add(
            Objection(
                organisation_id=invitation.organisation_id,
                subject_hash=phone_hash,
                method="calls",
                source="call",
                made_at=NOW,
            )
        )
        refusal = desk.ask(session, invitation, now=NOW)

    assert isinstance(refusal, Refusal)
    assert (refusal.rule, refusal.next_allowed_at) == (Rule.OBJECTION, None)


def test_a_withdrawn_objection_no_longer_forbids(shipped: House, invite: Any, desk: Any) -> None:
    invitation_id = invite()

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        phone_hash = shipped.keyring.lookup_hash(
            invitation.organisation_id, "phone", "+46701740605"
        )
        session.add(
            Objection(
                organisation_id=invitation.organisation_id,
                subject_hash=phone_hash,
                method="all",
                source="console",
                made_at=NOW - timedelta(days=2),
                withdrawn_at=NOW - timedelta(days=1),
            )
        )
        asked = desk.ask(session, invitation, now=NOW)

    assert isinstance(asked, Permit)


def test_a_person_whose_telephone_rings_for_one_case_is_not_rung_for_another(
    shipped: House, invite: Any, desk: Any
) -> None:
    first, second = invite("case-1"), invite("case-2", phone="070 174 06 05")

    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, first), now=NOW)
        during = desk.ask(session, session.get_one(Invitation, second), now=NOW)
        desk.end(session, attempt, Disposition.COMPLETED, now=NOW)
        after = desk.ask(session, session.get_one(Invitation, second), now=NOW)

    assert isinstance(during, Refusal)
    assert during.rule is Rule.ON_THE_LINE
    assert isinstance(after, Refusal)
    assert after.rule is Rule.THROTTLED


def test_a_permit_for_one_invitation_begins_no_attempt_for_another(
    shipped: House, invite: Any, desk: Any
) -> None:
    first, second = invite("case-1"), invite("case-2", phone="+46701740606")

    with transaction() as session:
        permit = desk.ask(session, session.get_one(Invitation, first), now=NOW)
        other = session.get_one(Invitation, second)
        with pytest.raises(ValueError, match="another invitation"):
            attempts.begin(session, other, permit, now=NOW)


def test_on_a_public_holiday_of_its_country_a_campaign_does_not_ring_unless_told_to(
    shipped: House, invite: Any, desk: Any
) -> None:
    good_friday = datetime(2026, 4, 3, 10, 0, tzinfo=UTC)
    invitation_id = invite(happened_at=good_friday - timedelta(days=1), now=good_friday)

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        refused = desk.ask(session, invitation, now=good_friday)
        campaign = desk.campaign(session)
        campaign.rules = campaign.rules | {"public_holidays": False}
        session.flush()
        allowed = desk.ask(session, invitation, now=good_friday)

    assert isinstance(refused, Refusal)
    assert refused.rule is Rule.PUBLIC_HOLIDAY
    # Easter Monday is silent too.
    assert refused.next_allowed_at == datetime(2026, 4, 7, 7, 0, tzinfo=UTC)
    assert isinstance(allowed, Permit)
