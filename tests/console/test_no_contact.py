"""Staff note a no, and that it was taken back; nothing tells whether anybody is known."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from storage.house import reading
from storage.states import InvitationState
from storage.tables import Invitation, Objection, Role, User
from tests.console.browsers import Browser
from tests.console.worlds import World, change

SignIn = Callable[..., Browser]
# New in every page: the nonce at once, the form's token with every second.
FRESH = r'nonce="[^"]*"|name="csrf_token" value="[^"]*"'
PAGE = "/console/no-contact"


@pytest.fixture
def staff(sign_in: SignIn, world: World) -> Browser:
    return sign_in(Role.STAFF, world.organisation)


def form(who: str, **more: str) -> dict[str, str]:
    return {"who": who, "wish": "stop", "method": "all", "source": "letter"} | more


def objections() -> list[Objection]:
    with reading() as session:
        return list(session.scalars(select(Objection).order_by(Objection.method)))


def test_what_was_understood_is_read_back_before_anything_is_noted(
    staff: Browser, world: World
) -> None:
    page = staff.post(PAGE, form("070-174 06 11", method="calls")).text

    assert "+46 70 174 06 11" in page
    assert "Calls" in page
    assert world.organisation.name in page
    assert "By letter" in page
    assert objections() == []


def test_once_confirmed_it_holds_at_once_and_says_by_whom(staff: Browser, world: World) -> None:
    change(world.invitation, state=InvitationState.PLANNED)

    answer = staff.post(PAGE, form("070-174 06 11", confirmed="yes"))

    assert answer.location == f"{PAGE}?noted=stop"
    assert "Noted." in staff.get(answer.location).text
    with reading() as session:
        user = session.scalars(select(User)).one()
        assert session.scalars(select(Invitation.state)).one() is InvitationState.WITHDRAWN
    stored = objections()
    assert {(one.method, one.source, one.made_by) for one in stored} == {("all", "letter", user.id)}


def test_the_answer_is_the_same_for_somebody_nobody_knows(staff: Browser, world: World) -> None:
    known = staff.post(PAGE, form(world.phone, confirmed="yes"))
    unknown = staff.post(PAGE, form("+46701740699", confirmed="yes"))

    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    pages = [staff.get(answer.location).text for answer in (known, unknown)]
    assert len({re.sub(FRESH, "", page) for page in pages}) == 1


def test_an_address_will_do_and_capitals_are_no_matter(staff: Browser, world: World) -> None:
    page = staff.post(PAGE, form("Maja@Example.ORG")).text

    assert "maja@example.org" in page


def test_contact_is_all_right_again_for_one_way_alone(staff: Browser, world: World) -> None:
    staff.post(PAGE, form("+46701740699", confirmed="yes"))

    answer = staff.post(
        PAGE, form("+46701740699", wish="again", method="sms", source="told_staff", confirmed="yes")
    )

    assert answer.location == f"{PAGE}?noted=again"
    in_force = [one.method for one in objections() if one.withdrawn_at is None]
    assert in_force == ["calls", "email"]
    (ended,) = [one for one in objections() if one.withdrawn_at is not None]
    assert (ended.withdrawn_source, ended.withdrawn_by is not None) == ("told_staff", True)


def test_what_was_typed_can_be_changed_before_it_is_noted(staff: Browser) -> None:
    page = staff.post(PAGE, form("070-174 06 11", method="sms", change="yes")).text

    assert 'value="070-174 06 11"' in page
    assert 'value="sms" checked' in page
    assert objections() == []


@pytest.mark.parametrize(
    ("who", "clue"),
    [("", "is needed"), ("12", "is not a telephone number"), ("no@where", "is not a mail address")],
)
def test_what_must_be_mended_is_said_at_the_field(staff: Browser, who: str, clue: str) -> None:
    answer = staff.post(PAGE, form(who, confirmed="yes"))

    assert (answer.status_code, clue in answer.text) == (422, True)
    assert objections() == []


def test_nothing_is_noted_for_an_organisation_that_is_not_ones_own(
    staff: Browser, world: World, other_world: World
) -> None:
    staff.post(
        PAGE, form("+46701740699", organisation=str(other_world.organisation.id), confirmed="yes")
    )

    assert {one.organisation_id for one in objections()} <= {world.organisation.id}


def test_who_sees_several_organisations_says_for_which_it_is(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    everywhere = sign_in(Role.OFFICER)

    unchosen = everywhere.post(PAGE, form("+46701740699", confirmed="yes"))
    chosen = everywhere.post(
        PAGE, form("+46701740699", organisation=str(other_world.organisation.id), confirmed="yes")
    )

    assert (unchosen.status_code, "Choose the organisation" in unchosen.text) == (422, True)
    assert chosen.status_code == 303
    assert {one.organisation_id for one in objections()} == {other_world.organisation.id}


@pytest.mark.parametrize("role", [Role.CLIENT, Role.OPERATOR])
def test_whoever_has_no_business_with_customers_notes_nothing(
    sign_in: SignIn, world: World, role: Role
) -> None:
    browser = sign_in(role, world.organisation)

    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, form("+46701740699", confirmed="yes")).status_code == 403
    assert objections() == []
