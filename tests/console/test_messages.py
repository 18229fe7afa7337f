"""Telephone messages: who rang, what was said, and that somebody has read it."""

from collections.abc import Callable

import pytest

from storage.house import reading
from storage.states import MessageState, RecordingState
from storage.tables import Message, Role
from tests.console.browsers import Browser
from tests.console.worlds import World, change

SignIn = Callable[..., Browser]


def stored(world: World) -> Message:
    with reading() as session:
        return session.get_one(Message, world.message.id)


def test_the_list_and_the_page_show_who_rang_and_what_was_said(
    sign_in: SignIn, world: World
) -> None:
    browser = sign_in(Role.CLIENT, world.organisation)

    many = browser.get("/console/messages").text
    one = browser.get(f"/console/messages/{world.message.id}").text

    for page in (many, one):
        assert world.caller in page
        assert "please" in page
        assert "•••" in page
        assert "New" in page
    assert f"/console/recordings/{world.message_recording.id}/audio" in one


def test_looking_does_not_mark_as_read_and_the_button_does(sign_in: SignIn, world: World) -> None:
    browser = sign_in(Role.CLIENT, world.organisation)
    path = f"/console/messages/{world.message.id}"
    browser.get(path)
    assert stored(world).state is MessageState.NEW

    assert browser.post(f"{path}/read").location == path
    first = stored(world).read_at
    browser.post(f"{path}/read")

    assert stored(world).state is MessageState.READ
    assert stored(world).read_at == first
    assert "Mark as read" not in browser.get(path).text


@pytest.mark.parametrize("state", [MessageState.ERASED, MessageState.EMPTY])
def test_an_empty_or_erased_message_has_no_player(
    sign_in: SignIn, world: World, state: MessageState
) -> None:
    change(world.message, state=state)

    page = sign_in().get(f"/console/messages/{world.message.id}").text

    assert "data-player" not in page
    assert (world.caller in page) is (state is MessageState.EMPTY)


def test_a_message_whose_sound_is_on_its_way_says_so(sign_in: SignIn, world: World) -> None:
    change(world.message_recording, state=RecordingState.READY)

    page = sign_in().get(f"/console/messages/{world.message.id}").text

    assert "The recording is on its way" in page


def test_signing_in_leads_to_the_message_a_notice_names(stranger: Browser, world: World) -> None:
    path = f"/console/messages/{world.message.id}"

    assert stranger.get(path).location == f"/console/sign-in?then={path}"
