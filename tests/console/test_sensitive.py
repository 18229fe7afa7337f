"""What is marked as sensitive is opened by fewer people, on every page, and it says until when."""

from collections.abc import Callable

import pytest

from storage.house import House, reading
from storage.house import house as house_
from storage.tables import Comment, Message, Organisation, Role
from survey import exports
from tests.console.browsers import Browser
from tests.console.test_opening import lines, type_comment
from tests.console.worlds import World, change

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
