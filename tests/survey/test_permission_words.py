"""Each decision is a sentence that somebody who knows no rule can read."""

import dataclasses
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.campaign_rules import CallsAllowedBy, CampaignKind, FollowUpBasis
from config.periods import Period, Unit
from storage.states import CampaignState, ContactPurpose, Disposition, FollowUp, InvitationState
from survey import permission_reasons
from survey.permission import decide
from survey.permission_record import to_document
from survey.permission_terms import (
    ConsentOnFile,
    FollowUpFacts,
    Method,
    Money,
    RegisterAnswer,
    Rule,
    Throttle,
)
from survey.permission_words import in_words, sentence
from survey.retries import PastAttempt
from tests.survey.test_permission_moments import FACTS, NINETY, NOW, at

NIGHT = at(2026, 3, 10, 22, 0)


def said(now: Any = NOW, **changed: Any) -> str:
    return sentence(decide(dataclasses.replace(FACTS, **changed), now=now), at=now)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "May be called: decided not to be marketing, signed on 10 March 2026."),
        ({"called_in": True}, "May be called: the person called us."),
        (
            {"objected_to": frozenset({Method.ALL})},
            "Not called: the person objected to all contact.",
        ),
        (
            {"objected_to": frozenset({Method.SMS}), "method": Method.SMS},
            "Not texted: the person objected to text messages.",
        ),
        (
            {"throttle": Throttle(at(2026, 3, 3, 12, 0), NINETY)},
            "Not called: last asked on 3 March 2026 about another matter; asked again at the "
            "earliest on 1 June 2026 (rule: 90 days).",
        ),
        (
            {"restricted": True},
            "Not called: the person's data are frozen until somebody lifts that. Looked at again "
            "on 11 March 2026 at 11:00.",
        ),
        (
            {"past": (PastAttempt(Disposition.NO_ANSWER, NOW - timedelta(hours=1)),)},
            "Not called: after one attempt, the last of them “no answer”, the rules allow no "
            "further one.",
        ),
        (
            {"registers": (RegisterAnswer("nix", listed=True),)},
            "Not called: the register nix lists the number.",
        ),
        (
            {
                "registers": (
                    RegisterAnswer(
                        "nix",
                        listed=True,
                        valid_until=at(2026, 4, 1, 0, 0),
                        checked_at=at(2026, 3, 1, 0, 0),
                    ),
                )
            },
            "Not called: the register nix lists the number (asked on 1 March 2026, counts until "
            "1 April 2026 at 00:00).",
        ),
        (
            {
                "marketing": True,
                "customer_until": date(2026, 1, 10),
                "former_for": Period(2, Unit.MONTH),
            },
            "Not called: the person was a customer until 10 January 2026, longer ago than "
            "marketing may call without consent (rule: 2 months). Looked at again on 11 March 2026 "
            "at 11:00.",
        ),
        (
            {"registers": (RegisterAnswer("nix"),)},
            "Not called: the number has not been checked against the register nix. Looked at again "
            "on 11 March 2026 at 11:00.",
        ),
        (
            {"calls_allowed_by": CallsAllowedBy.CONSENT},
            "Not called: there is no consent to calls on file. Looked at again on 11 March 2026 at "
            "11:00.",
        ),
        (
            {
                "calls_allowed_by": CallsAllowedBy.CONSENT,
                "consents": (ConsentOnFile(Method.CALLS, at(2025, 3, 1, 9, 0), at(2026, 3, 1, 0)),),
            },
            "Not called: the consent to calls ended on 1 March 2026. Looked at again on 11 March "
            "2026 at 11:00.",
        ),
        (
            {"calls_allowed_by": CallsAllowedBy.HANDED_OVER},
            "Not called: a signed-in person must start each call of this campaign. Looked at again "
            "on 11 March 2026 at 11:00.",
        ),
        (
            {"money": Money("SEK", 6_850_000, NOW.date(), 4_998_100_000, 0, 5_000_000_000)},
            "Not called: one more call could pass the day's ceiling of 5,000.00 SEK, of which "
            "4,998.10 SEK are spent. Looked at again on 11 March 2026 at 09:00.",
        ),
        (
            {"country": "AT", "country_allowed": False},
            "Not called: this campaign does not contact numbers in AT. Looked at again on 11 March "
            "2026 at 11:00.",
        ),
        (
            {"campaign_state": CampaignState.PAUSED},
            "Not called: the campaign is paused. Looked at again on 10 March 2026 at 12:00.",
        ),
    ],
)
def test_a_decision_says_why_and_when_it_is_looked_at_again(
    changed: dict[str, Any], words: str
) -> None:
    assert said(**changed) == words


def test_the_hours_of_the_rule_are_told() -> None:
    assert said(NIGHT) == (
        "Not called: outside the calling hours (rule: Monday to Friday 09:00-20:00, clock of "
        "Europe/Stockholm). Looked at again on 11 March 2026 at 09:00."
    )


def test_the_hours_of_a_number_that_may_be_a_companys_or_on_several_clocks_are_told_as_such() -> (
    None
):
    canary = dataclasses.replace(FACTS.hours, also=(ZoneInfo("Atlantic/Canary"),))

    assert said(NIGHT, hours=canary) == (
        "Not called: outside the calling hours (rule: Monday to Friday 09:00-20:00, all clocks "
        "that the number may have: Europe/Stockholm and Atlantic/Canary). Looked at again on "
        "11 March 2026 at 10:00."
    )
    assert said(NIGHT, company=None).startswith(
        "Not called: outside the hours that suit a company and a person alike, as long as no "
        "register has said which of them the number is (rule: Monday"
    )


@pytest.mark.parametrize(
    ("basis", "answer", "words"),
    [
        ("consent", "yes", "Staff may contact the person: the person said yes to it."),
        ("consent", "not asked", "Staff may not contact the person: the person has not said yes"),
        ("answered", "not asked", "Staff may contact the person: the person answered, and this"),
        (
            "legitimate_interest", "not asked",
            "Staff may contact the person: the answer reached the organisation's threshold",
        ),
        ("answered", "no", "Staff may not contact the person: the person said no to it."),
    ],
)  # fmt: skip
def test_following_up_is_told_with_its_ground(basis: str, answer: str, words: str) -> None:
    found = FollowUpFacts(FollowUpBasis(basis), FollowUp(answer), True, True)

    assert said(
        purpose=ContactPurpose.FOLLOW_UP,
        invitation_state=InvitationState.COMPLETED,
        follow_up=found,
    ).startswith(words)


def test_research_is_told_as_such() -> None:
    found = FollowUpFacts(FollowUpBasis.CONSENT, FollowUp.NOT_ASKED, True, True)

    assert "this is research" in said(
        purpose=ContactPurpose.FOLLOW_UP, kind=CampaignKind.RESEARCH, follow_up=found
    )


def test_every_rule_that_forbids_has_its_words() -> None:
    assert set(permission_reasons.REASONS) == set(Rule) - {Rule.ALLOWED, Rule.CALLED_US}


def row(**changed: Any) -> Any:
    values: dict[str, Any] = {
        "rule": "outside_calling_hours",
        "method": "calls",
        "allowed": False,
        "facts": to_document(FACTS),
        "decided_at": NIGHT,
    }
    return SimpleNamespace(**values | changed)


def test_a_stored_decision_is_told_from_its_row_and_by_its_rule_where_that_cannot_be_read() -> None:
    assert "rule: Monday to Friday" in in_words(row())
    assert in_words(row(facts={})) == "Not allowed (rule: outside calling hours)."
    # The row says otherwise than its facts: only what was stored is told.
    assert in_words(row(rule="objection")) == "Not allowed (rule: objection)."
    assert in_words(row(rule="called_us", facts={}, allowed=True)) == (
        "May be called: the person called us."
    )
