"""Who reads somebody's words is on record with what for, once for each stay, on every page."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from storage.house import house, reading, utc_now
from storage.listening_words import Act, Purpose
from storage.matters import CaseKind
from storage.states import CommentKind, FollowUp
from storage.tables import Case, Comment, Listening, Role
from tests import rows
from tests.console.browsers import Browser
from tests.console.worlds import World, change

SignIn = Callable[..., Browser]


def lines() -> list[tuple[UUID, Act, Purpose | None, UUID | None]]:
    with reading() as session:
        found = session.scalars(select(Listening).order_by(Listening.listened_at, Listening.id))
        return [(one.item_id, one.act, one.purpose, one.case_id) for one in found]


def type_comment(world: World) -> Comment:
    comment = Comment(
        id=uuid4(), organisation_id=world.organisation.id, response_id=world.response.id,
        question_key="more", kind=CommentKind.TYPED, made_at=utc_now(),
    )  # fmt: skip
    comment.text_sealed = house().keyring.seal_one(comment.id, "comment.text", "tack")
    rows.add(comment)
    return comment


def open_case(world: World) -> Case:
    case = Case(
        id=uuid4(), organisation_id=world.organisation.id,
        customer_id=world.invitation.customer_id, interaction_id=world.invitation.interaction_id,
        kind=CaseKind.COMPLAINT, opened_at=utc_now(), collected_at=world.response.started_at,
    )  # fmt: skip
    rows.add(case)
    return case


@pytest.mark.parametrize(
    "page", ["comments", "comments/live", "", "overview/live", "responses/{response}"]
)
def test_the_words_of_a_comment_on_any_page_are_noted_once_for_a_stay(
    sign_in: SignIn, world: World, page: str
) -> None:
    typed = type_comment(world)
    browser = sign_in(Role.STAFF, world.organisation)
    address = f"/console/{page.format(response=world.response.id)}"

    assert "tack" in browser.get(address).text
    browser.get(address)

    noted = lines()
    assert sorted(noted) == sorted(
        (item, Act.READ, Purpose.FEEDBACK, None) for item in (world.recording.id, typed.id)
    )
    sign_in(Role.STAFF, world.organisation).get(address)
    assert len(lines()) == 4


def test_showing_name_and_number_notes_the_words_beside_them(sign_in: SignIn, world: World) -> None:
    change(world.response, follow_up=FollowUp.YES)

    sign_in(Role.STAFF, world.organisation).post(f"/console/responses/{world.response.id}/contact")

    assert lines() == [(world.recording.id, Act.READ, Purpose.FEEDBACK, None)]


@pytest.mark.parametrize("page", ["messages", "messages/{message}"])
def test_reading_a_telephone_message_is_noted_also_of_a_client_company(
    sign_in: SignIn, world: World, page: str
) -> None:
    browser = sign_in(Role.CLIENT, world.organisation)

    browser.get(f"/console/{page.format(message=world.message.id)}")

    assert lines() == [(world.message_recording.id, Act.READ, Purpose.MESSAGE, None)]


def test_what_is_opened_while_a_case_is_open_is_noted_for_that_case(
    sign_in: SignIn, world: World
) -> None:
    case = open_case(world)
    browser = sign_in(Role.STAFF, world.organisation)

    browser.get(f"/console/responses/{world.response.id}")
    browser.get(f"/console/recordings/{world.recording.id}/audio")
    change(case, closed_at=utc_now())
    sign_in(Role.STAFF, world.organisation).get(f"/console/responses/{world.response.id}")

    assert lines() == [
        (world.recording.id, Act.READ, Purpose.CASE, case.id),
        (world.recording.id, Act.HEARD, Purpose.CASE, case.id),
        (world.recording.id, Act.READ, Purpose.FEEDBACK, None),
    ]


def test_an_officer_looks_for_the_protection_of_data_whatever_it_is(
    sign_in: SignIn, world: World
) -> None:
    open_case(world)
    browser = sign_in(Role.OFFICER, world.organisation)

    browser.get("/console/comments")
    browser.get("/console/messages")

    assert {line[2:] for line in lines()} == {(Purpose.OVERSIGHT, None)}
    assert len(lines()) == 2


def test_a_page_without_words_notes_nothing(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.SUPERVISOR, world.organisation)

    for page in ("responses", "matters", "campaigns", "system"):
        browser.get(f"/console/{page}")
    house().keyring.destroy([world.recording.id])
    assert lines() == []


def test_reading_is_not_hearing(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.STAFF, world.organisation)
    browser.get("/console/comments")

    unheard = browser.get("/console/comments?heard=no").text

    assert str(world.recording.id) in unheard
