"""What is marked as sensitive is opened by fewer people, on every page, and it says until when."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select

from privacy import access_openings
from storage.house import House, reading
from storage.house import house as house_
from storage.listening_words import Act
from storage.tables import Comment, Listening, Message, Organisation, Role, User
from survey import exports
from tests.accounts import called
from tests.console.browsers import Browser
from tests.console.test_opening import lines, type_comment
from tests.console.worlds import World, change
from tests.rows import NOON, add

SignIn = Callable[..., Browser]
WORD = "please"  # of the transcripts


def marked(world: World) -> tuple[bool, bool]:
    with reading() as session:
        comment = session.get_one(Comment, world.comment.id)
        message = session.get_one(Message, world.message.id)
        return comment.sensitive_at is not None, message.sensitive_at is not None


def mark(browser: Browser, world: World, *, how: str = "mark") -> list[int]:
    paths = (f"comments/{world.comment.id}", f"messages/{world.message.id}")
    posts = [browser.post(f"/console/{path}/sensitive", {"sensitive": how}) for path in paths]
    return [one.status_code for one in posts]


def sounds(browser: Browser, world: World) -> list[int]:
    ids = (world.recording.id, world.message_recording.id)
    return [browser.get(f"/console/recordings/{one}/audio").status_code for one in ids]


def pages(world: World) -> list[str]:
    return [
        "comments", "comments/live", "", "overview/live", f"responses/{world.response.id}",
        "messages", f"messages/{world.message.id}",
    ]  # fmt: skip


def test_staff_mark_and_then_see_and_hear_it_no_more_and_an_officer_does(
    sign_in: SignIn, world: World
) -> None:
    staff = sign_in(Role.STAFF, world.organisation)
    assert WORD in staff.get(f"/console/responses/{world.response.id}").text

    assert mark(staff, world) == [303, 303]
    assert mark(staff, world) == [303, 303]  # twice is once
    before = len(lines())

    for page in pages(world):
        text = staff.get(f"/console/{page}").text
        assert WORD not in text, page
        assert str(world.recording.id) not in text, page
    page = staff.get(f"/console/responses/{world.response.id}").text
    assert "Marked as sensitive: opened by privacy officers alone" in page
    assert "it was marked as sensitive." in page
    assert sounds(staff, world) == [403, 403]
    assert len(lines()) == before
    officer = sign_in(Role.OFFICER, world.organisation)
    assert WORD in officer.get(f"/console/responses/{world.response.id}").text
    assert WORD in officer.get(f"/console/messages/{world.message.id}").text
    assert sounds(officer, world) == [200, 200]


def test_who_marked_it_and_who_took_that_back_is_shown_and_kept_step_by_step(
    sign_in: SignIn, world: World
) -> None:
    staff = sign_in(Role.STAFF, world.organisation)
    officer = sign_in(Role.OFFICER, world.organisation)
    for browser, how in ((staff, "mark"), (staff, "mark"), (officer, "unmark"), (officer, "mark")):
        mark(browser, world, how=how)
    mark(officer, world, how="unmark")
    mark(officer, world, how="mark")

    with reading() as session:
        steps = session.execute(
            select(Listening.act, User.role)
            .join(User, User.id == Listening.user_id)
            .where(Listening.item_id == world.comment.id)
            .order_by(Listening.listened_at, Listening.id)
        ).all()
        staffs = session.scalars(select(User).where(User.role == Role.STAFF)).one()
    assert [tuple(one) for one in steps] == [
        (Act.MARKED, Role.STAFF),
        *[(Act.UNMARKED, Role.OFFICER), (Act.MARKED, Role.OFFICER)] * 2,
    ]
    for path in (f"responses/{world.response.id}", f"messages/{world.message.id}"):
        page = officer.get(f"/console/{path}").text
        assert f"Marked by {called(staffs)}, staff" in page
        assert page.count("Mark taken back by") == 2
    assert "Marked by" not in officer.get("/console/comments").text


def test_the_person_is_told_by_role_who_marked_it(sign_in: SignIn, world: World) -> None:
    staff = sign_in(Role.STAFF, world.organisation)
    with reading() as session:
        user_id = session.scalars(select(User.id).where(User.role == Role.STAFF)).one()
    line = {"organisation_id": world.organisation.id, "item_id": world.comment.id}
    add(Listening(**line, user_id=user_id, act=Act.READ, sitting_id=uuid4(), listened_at=NOON))
    mark(staff, world)

    with reading() as session:
        found = access_openings.marks(session, world.organisation.id, [world.comment.id])
        read = access_openings.of(session, world.organisation.id, [world.comment.id])

    (step,) = found[world.comment.id]
    assert (step["by"], step["step"]) == ("staff", "marked")
    assert [len(one) for one in read[world.comment.id].values()] == [0, 1]


def test_a_client_company_is_told_the_role_and_no_name(sign_in: SignIn, world: World) -> None:
    mark(sign_in(Role.STAFF, world.organisation), world)
    with reading() as session:
        name = called(session.scalars(select(User).where(User.role == Role.STAFF)).one())

    page = sign_in(Role.CLIENT, world.organisation).get(f"/console/messages/{world.message.id}")

    assert page.status_code == 200
    assert ("Marked by staff" in page.text, name in page.text) == (True, False)


def test_only_who_opens_it_takes_the_mark_back(sign_in: SignIn, world: World) -> None:
    staff = sign_in(Role.STAFF, world.organisation)
    mark(staff, world)

    assert mark(staff, world, how="unmark") == [403, 403]
    assert marked(world) == (True, True)
    assert mark(sign_in(Role.OFFICER, world.organisation), world, how="unmark") == [303, 303]
    assert marked(world) == (False, False)
    assert WORD in staff.get(f"/console/messages/{world.message.id}").text


def test_whose_file_names_no_rule_marks_nothing(sign_in: SignIn, world: World) -> None:
    change(world.organisation, document={**world.organisation.document, "sensitive": None})
    staff = sign_in(Role.STAFF, world.organisation)

    assert "sensitive" not in staff.get(f"/console/responses/{world.response.id}").text
    assert mark(staff, world) == [400, 400]
    assert mark(staff, world, how="perhaps") == [400, 400]
    assert marked(world) == (False, False)


def test_a_client_company_opens_what_it_may_and_marks_its_messages_alone(
    sign_in: SignIn, world: World
) -> None:
    rule = {"keep": "30 days", "opened_by": ["client"]}
    change(world.organisation, document={**world.organisation.document, "sensitive": rule})
    client = sign_in(Role.CLIENT, world.organisation)

    assert mark(client, world) == [403, 303]
    assert WORD in client.get(f"/console/messages/{world.message.id}").text
    officer = sign_in(Role.OFFICER, world.organisation)
    page = officer.get(f"/console/messages/{world.message.id}").text
    assert WORD not in page
    assert "opened by the client company alone" in page


def test_another_organisations_words_are_not_there_to_be_marked(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    browser = sign_in(Role.STAFF, world.organisation)

    assert mark(browser, other_world) == [404, 404]


def test_what_is_marked_is_in_no_export_and_waits_for_nobody(
    sign_in: SignIn, world: World, house: House
) -> None:
    typed = type_comment(world)
    browser = sign_in(Role.STAFF, world.organisation)
    mark(browser, world)
    browser.post(f"/console/comments/{typed.id}/sensitive", {"sensitive": "mark"})

    with reading() as session:
        owner = session.get_one(Organisation, world.organisation.id)
    (line,) = exports.response_lines(
        house.database, organisation=owner, keyring=house_().keyring,
        mask=lambda text, language=None: text,
    )  # fmt: skip

    assert [(one.state, one.transcript) for one in line.comments] == [("sensitive", None)] * 2
    assert str(world.comment.id) not in browser.get("/console/comments?heard=no").text


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ANALYST])
def test_who_reads_nothing_marks_nothing(sign_in: SignIn, world: World, role: Role) -> None:
    assert mark(sign_in(role, world.organisation), world) == [403, 403]
