"""The overview: what waits, honest figures, and the newest comments."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from console.figures import measure
from console.overview import PERIOD
from storage.house import utc_now
from storage.situations import LEAST
from storage.states import InvitationState, MessageState
from storage.tables import Campaign, Organisation, Role
from survey.script import Direction, Question, QuestionKind
from tests import rows
from tests.console.browsers import Browser
from tests.console.worlds import World, change, make_campaign

SignIn = Callable[..., Browser]
NPS = Question("q", QuestionKind.NPS, {"en": "?"}, lowest=0, highest=10)
CSAT = Question(
    "q", QuestionKind.CSAT, {"en": "?"}, lowest=1, highest=5, direction=Direction.HIGH_IS_GOOD
)


def answered(organisation: Organisation, campaign: Campaign, scores: list[int]) -> None:
    now = utc_now()
    for score in scores:
        customer = rows.make_customer(organisation, phone=f"+4670{uuid4().int % 10**7}", at=now)
        rows.make_response(
            campaign, rows.make_invitation(campaign, customer, at=now), at=now, score=score
        )


def test_nps_is_promoters_minus_detractors_with_its_interval_and_n() -> None:
    found = measure(NPS, {10: 6, 8: 2, 0: 2}, minimum=LEAST)

    assert (found.value, found.n) == ("40", 10)
    assert (found.low, found.high) == ("−13", "74")
    assert sum(found.shares.values()) == pytest.approx(1)


def test_csat_is_the_share_of_the_satisfied() -> None:
    found = measure(CSAT, {5: 3, 4: 1, 3: 1}, minimum=LEAST)

    assert (found.value, found.low, found.high) == ("80 %", "38 %", "96 %")


@pytest.mark.parametrize(("n", "shown"), [(LEAST - 1, False), (LEAST, True)])
def test_a_figure_of_few_is_withheld(n: int, shown: bool) -> None:
    assert (measure(NPS, {9: n}, minimum=LEAST).value is not None) is shown


def test_numbers_of_an_earlier_scale_are_left_out() -> None:
    assert measure(CSAT, {5: 5, 9: 3}, minimum=LEAST).n == 5


def test_a_campaign_below_the_minimum_shows_no_score(sign_in: SignIn) -> None:
    organisation = rows.make_organisation()
    campaign = make_campaign(organisation)
    answered(organisation, campaign, [9, 9, 9, 9])
    browser = sign_in(Role.STAFF, organisation)

    few = browser.get("/console/").text
    answered(organisation, campaign, [0])
    enough = browser.get("/console/").text

    assert "<b>NPS</b>" in few
    assert "Probably" not in few
    assert "n = 5" in enough
    assert '<p class="measure-value"><b>60</b></p>' in enough


def test_an_organisation_may_ask_for_a_larger_minimum(sign_in: SignIn) -> None:
    organisation = rows.make_organisation()
    change(organisation, document=organisation.document | {"smallest_group": 20})
    answered(organisation, make_campaign(organisation), [9] * 6)

    page = sign_in(Role.STAFF, organisation).get("/console/").text

    assert "Shown from 20 answers on" in page
    assert "Probably" not in page


def test_what_happened_before_the_period_is_not_counted(sign_in: SignIn) -> None:
    organisation = rows.make_organisation()
    campaign = make_campaign(organisation)
    customer = rows.make_customer(organisation)
    old = rows.make_invitation(campaign, customer, at=utc_now() - PERIOD * 1.01)
    browser = sign_in(Role.STAFF, organisation)

    assert "Nobody was invited" in browser.get("/console/").text
    change(old, created_at=utc_now() - PERIOD * 0.99, state=InvitationState.REFUSED)
    assert "<dt>Refused</dt><dd>1</dd>" in browser.get("/console/").text


def test_the_tiles_count_what_waits_until_it_is_done(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)

    before = browser.get("/console/overview/live").text
    browser.get(f"/console/recordings/{world.recording.id}/audio")
    browser.post(f"/console/messages/{world.message.id}/read")
    after = browser.get("/console/overview/live").text

    assert "<b>1</b><span>comment nobody has heard</span>" in before
    assert "<b>1</b><span>customer wants to be contacted</span>" in before
    assert "<b>1</b><span>new message</span>" in before
    assert "<b>0</b><span>comments unheard</span>" in after
    assert "<b>0</b><span>new messages</span>" in after


def test_the_newest_comment_is_there_without_a_name_or_a_number(
    sign_in: SignIn, world: World
) -> None:
    page = sign_in(Role.STAFF, world.organisation).get("/console/").text

    assert str(world.comment.id) in page
    assert world.name not in page
    assert world.phone not in page


def test_an_empty_house_says_what_to_do(sign_in: SignIn) -> None:
    page = sign_in().get("/console/").text

    assert "No comments yet" in page
    assert "/console/new-case" in page
    assert "flask organisations apply" in page


def test_operators_and_client_companies_are_led_to_their_own_pages(
    sign_in: SignIn, world: World
) -> None:
    assert sign_in(Role.OPERATOR).get("/console/").location == "/console/system"
    client = sign_in(Role.CLIENT, world.organisation)
    assert client.get("/console/").location == "/console/messages"
    change(world.message, state=MessageState.READ)
