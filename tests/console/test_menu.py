"""The main menu shows each role the rooms it may open, on any width, and no other."""

from collections.abc import Callable

import pytest
from flask import Flask

from console.gate import access
from console.menu import AT_THE_THUMB, rooms_of
from storage.tables import Role
from tests.console.browsers import Browser
from tests.console.worlds import World

MENU = '<ul class="menu">'


def test_nobody_who_is_not_signed_in_has_a_menu() -> None:
    assert rooms_of(None) == ()


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_leads_only_where_the_gate_lets_in(app: Flask, role: Role) -> None:
    for room in rooms_of(role):
        roles = access(app.view_functions[room.endpoint])
        assert isinstance(roles, frozenset)
        assert role in roles, room.name


def test_what_does_not_fit_a_telephones_bar_is_behind_more(sign_in: Callable[..., Browser]) -> None:
    supervisor: Browser = sign_in(Role.SUPERVISOR)
    menu = supervisor.get("/console/system").text.split(MENU, 1)[1].split("</nav>", 1)[0]
    bar, more = menu.split('<li class="more">', 1)
    names = [room.name for room in rooms_of(Role.SUPERVISOR)]

    assert [name for name in names if f"<span>{name}</span>" in bar] == names
    assert [name for name in names if f"<span>{name}</span>" in more] == names[AT_THE_THUMB:]
    assert 'class="here"' in more


def test_a_short_menu_has_no_more(sign_in: Callable[..., Browser], world: World) -> None:
    assert len(rooms_of(Role.CLIENT)) <= AT_THE_THUMB
    assert (
        'class="more"' not in sign_in(Role.CLIENT, world.organisation).get("/console/messages").text
    )
