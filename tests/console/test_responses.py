"""Responses: found by campaign, status, score and wish; shown in words; the person stays closed."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from config.periods import Period, Unit
from storage.house import reading, transaction, utc_now
from storage.states import Disposition, FollowUp, ResponseState, Verdict
from storage.tables import (
    Answer,
    Attempt,
    CallEvent,
    Customer,
    Invitation,
    PermissionDecision,
    Role,
    SurveyVersion,
)
from survey.permission import decide
from survey.permission_record import to_document
from survey.permission_terms import Throttle
from tests import rows
from tests.console.browsers import Browser
from tests.console.worlds import World, change
from tests.survey.test_permission_moments import FACTS, NOW

SignIn = Callable[..., Browser]


def add_response(world: World, *, csat: int | None, nps: int | None, **values: object) -> str:
    number = f"+46701{utc_now().microsecond:06d}"
    customer = rows.make_customer(world.organisation, phone=number)
    invitation = rows.make_invitation(world.campaign, customer)
    response = rows.make_response(world.campaign, invitation, at=utc_now(), score=nps)
    if csat is not None:
        rows.add(
            Answer(
                organisation_id=world.organisation.id, response_id=response.id,
                question_key="satisfaction", kind="csat", number=csat, answered_at=utc_now(),
            )
        )  # fmt: skip
    if values:
        change(response, **values)
    return str(response.id)


def found(browser: Browser, query: str) -> set[str]:
    text = browser.get(f"/console/responses?{query}").text
    return {part.split('"', 1)[0] for part in text.split('href="/console/responses/')[1:]}


def test_the_list_is_filtered_by_score_status_wish_and_campaign(
    sign_in: SignIn, world: World
) -> None:
    mine = str(world.response.id)  # recommend 3, wants to be contacted
    glad = add_response(world, csat=5, nps=10)
    mixed = add_response(world, csat=5, nps=2, state=ResponseState.PARTIAL)
    calm = add_response(world, csat=3, nps=9, follow_up=FollowUp.NO)
    silent = add_response(world, csat=None, nps=None, state=ResponseState.REFUSED)
    browser = sign_in(Role.STAFF, world.organisation)

    assert found(browser, "") == {mine, glad, mixed, calm, silent}
    assert found(browser, "score=low") == {mine, mixed}
    assert found(browser, "score=middle") == {calm}
    assert found(browser, "score=high") == {glad}
    assert found(browser, "status=partial") == {mixed}
    assert found(browser, "status=refused") == {silent}
    assert found(browser, "follow_up=yes") == {mine}
    assert found(browser, f"campaign={world.campaign.id}&follow_up=no") == {calm}
    assert found(browser, "campaign=00000000-0000-0000-0000-000000000001") == set()
    assert len(found(browser, "score=nonsense&status=&campaign=x")) == 5


def test_the_page_tells_answers_with_scale_and_direction(sign_in: SignIn, world: World) -> None:
    page = (
        sign_in(Role.STAFF, world.organisation).get(f"/console/responses/{world.response.id}").text
    )

    assert "<b>3 of 10</b> <span>Detractor</span>" in page
    assert "Scale 0 to 10, 10 is best" in page
    assert "Not answered" in page
    assert "Wants to be contacted" in page
    assert "Får vi ringa?" in page
    assert world.reference in page


def test_the_timeline_tells_calls_in_order_and_plain_words(sign_in: SignIn, world: World) -> None:
    at = utc_now()
    call = rows.make_survey_call(world.campaign, world.invitation, at=at, number=2)
    change(
        call, answered_at=at + timedelta(seconds=5), seconds=75,
        survey_version_id=world.campaign.survey_version_id,
    )  # fmt: skip
    with rows.transaction() as session:
        version = session.get_one(SurveyVersion, world.campaign.survey_version_id)
        wording = f"version {version.number} of {version.survey_key}"
    with rows.transaction() as session:
        attempt = session.get_one(Attempt, call.attempt_id)
        attempt.disposition = Disposition.COMPLETED
        attempt.ended_at = at + timedelta(seconds=80)
    for n, (kind, facts, verdict) in enumerate(
        [
            ("recorded", {"seconds": 12, "hung_up": False}, Verdict.APPLIED),
            ("recorded", {"seconds": 99, "hung_up": False}, Verdict.REPEATED),
            ("keys", {"visit": 1, "keys": 2}, Verdict.APPLIED),
        ]
    ):
        rows.add(
            CallEvent(
                organisation_id=world.organisation.id, call_id=call.id, kind=kind, facts=facts,
                dedup_key=str(n), verdict=verdict, happened_at=at + timedelta(seconds=20 + n),
            )
        )  # fmt: skip

    page = sign_in().get(f"/console/responses/{world.response.id}").text
    timeline = page.split('<ol class="timeline">')[1]

    told = [
        "The matter was closed", "The telephone was rung",
        f"Answered; the wording was {wording}",
        "Something was recorded, 12 seconds",
        "All questions were gone through (after 1 minute 15 seconds)",
    ]  # fmt: skip
    places = [timeline.find(text) for text in told]
    assert -1 not in places
    assert places == sorted(places)
    assert "1 minute 39 seconds" not in timeline


def test_the_timeline_says_why_a_call_had_to_wait_and_on_what_ground_it_was_made(
    sign_in: SignIn, world: World
) -> None:
    throttled = dataclasses.replace(
        FACTS, throttle=Throttle(datetime(2026, 3, 3, 12, tzinfo=UTC), Period(90, Unit.DAY))
    )
    for minutes, facts in enumerate([throttled, throttled, FACTS]):
        decision = decide(facts, now=NOW)
        rows.add(
            PermissionDecision(
                organisation_id=world.organisation.id, invitation_id=world.invitation.id,
                method="calls", allowed=decision.allowed, rule=decision.rule.value,
                facts=to_document(facts), next_allowed_at=decision.next_allowed_at,
                decided_at=NOW + timedelta(seconds=minutes),
            )
        )  # fmt: skip

    for page in (f"responses/{world.response.id}", f"cases/{world.invitation.id}"):
        text = sign_in().get(f"/console/{page}").text

        waited = "Not called: last asked on 3 March 2026 about another matter; asked again at the"
        assert text.count(waited) == 1
        assert "(rule: 90 days)." in text
        assert "May be called: decided not to be marketing, signed on 10 March 2026." in text


def test_who_did_not_ask_to_be_contacted_stays_closed_and_it_is_said(
    sign_in: SignIn, world: World
) -> None:
    change(world.response, follow_up=FollowUp.NO)
    browser, path = sign_in(), f"/console/responses/{world.response.id}"

    page = browser.get(path).text

    assert "stay closed" in page
    assert "Staff may not contact the person: the person said no to it." in page
    assert f'action="{path}/contact"' not in page
    assert browser.post(f"{path}/contact").status_code == 403
    assert last_decision(world) == (False, "follow_up_declined", "follow_up")


def test_the_very_dissatisfied_may_be_contacted_without_a_yes_where_the_file_says_so(
    sign_in: SignIn, world: World
) -> None:
    change(world.response, follow_up=FollowUp.NOT_ASKED)
    browser, path = sign_in(), f"/console/responses/{world.response.id}"
    before = browser.get(path).text
    rows.add(
        Answer(
            organisation_id=world.organisation.id, response_id=world.response.id,
            question_key="satisfaction", kind="csat", number=1, answered_at=utc_now(),
        )
    )  # fmt: skip

    after = browser.get(path).text
    opened = browser.post(f"{path}/contact")

    assert "no answer reached the organisation" in before
    assert "Staff may contact the person: the answer reached the organisation" in after
    assert opened.status_code == 200
    assert world.name in opened.text
    assert last_decision(world) == (True, "allowed", "follow_up")


def last_decision(world: World) -> tuple[bool, str, str]:
    with reading() as session:
        row = session.scalars(
            select(PermissionDecision)
            .where(PermissionDecision.invitation_id == world.invitation.id)
            .order_by(PermissionDecision.decided_at.desc())
            .limit(1)
        ).one()
        return row.allowed, row.rule, row.facts["purpose"]


def test_where_the_number_came_from_stands_beside_it_if_anybody_said(
    sign_in: SignIn, world: World
) -> None:
    browser, path = sign_in(), f"/console/responses/{world.response.id}/contact"
    before = browser.post(path).text
    with transaction() as session:
        invitation = session.get_one(Invitation, world.invitation.id)
        session.get_one(Customer, invitation.customer_id).source = "order form"

    assert "Number from" not in before
    assert "<dt>Number from</dt><dd>order form</dd>" in browser.post(path).text


def test_looking_at_a_person_is_noted_without_the_person(
    sign_in: SignIn, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    sign_in().post(f"/console/responses/{world.response.id}/contact")

    (record,) = [r for r in caplog.records if r.message == "contact.opened"]
    assert record.__dict__["response_id"] == world.response.id
    everything = str([r.__dict__ for r in caplog.records])
    assert world.phone not in everything
    assert world.name not in everything


def test_a_response_without_a_comment_says_so(sign_in: SignIn, world: World) -> None:
    quiet = add_response(world, csat=4, nps=8)

    assert "No comment was left" in sign_in().get(f"/console/responses/{quiet}").text
