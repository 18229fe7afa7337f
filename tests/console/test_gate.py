"""Every route has a guard, and the guard lets in whom it says."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import update

from console import gate
from console.gate import OpenTo, access
from console.sittings import IDLE_LIMIT, LONGEST
from storage import users
from storage.house import transaction, utc_now
from storage.tables import Role, Sitting, User
from tests.console.browsers import BASE, Browser
from tests.console.worlds import World

SignIn = Callable[..., Browser]


def addresses(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and an address of every route of the console."""
    adapter = app.url_map.bind("genklang.example", url_scheme="https")
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and rule.endpoint != "console.static":
            given = {name: "nowhere" if name == "rest" else uuid4() for name in rule.arguments}
            path = adapter.build(rule.endpoint, given)
            for method in (rule.methods or set()) & {"GET", "POST"}:
                yield rule.endpoint, method, path


def test_every_view_says_who_may_open_it(app: Flask) -> None:
    views = {endpoint: app.view_functions[endpoint] for endpoint, _, _ in addresses(app)}
    open_ones = {name for name, view in views.items() if access(view) is OpenTo.EVERYBODY}

    assert len(views) > 15
    assert [name for name, view in views.items() if access(view) is None] == []
    assert open_ones == {"console.sign_in", "console.begin_sitting"}


def test_a_stranger_gets_no_page_but_the_door(app: Flask, stranger: Browser) -> None:
    for endpoint, method, path in addresses(app):
        if endpoint in ("console.sign_in", "console.begin_sitting"):
            continue
        answer = stranger.client.open(path, method=method, base_url=BASE)
        live = getattr(app.view_functions[endpoint], "console_live", False)
        assert answer.status_code == (401 if live else 303), path
        if not live:
            assert answer.location.startswith("/console/sign-in"), path


def test_the_bare_address_leads_to_the_console(stranger: Browser) -> None:
    answer = stranger.client.get("/", base_url=BASE)

    assert (answer.status_code, answer.location) == (302, "/console/")


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_its_views_say_and_nothing_else(
    app: Flask, sign_in: SignIn, world: World, role: Role
) -> None:
    browser = sign_in(role, world.organisation)
    for endpoint, method, path in addresses(app):
        allowed = access(app.view_functions[endpoint])
        if method == "POST" or isinstance(allowed, OpenTo):
            continue
        answer = browser.get(path)
        assert allowed is not None
        assert (answer.status_code == 403) == (role not in allowed), path


def test_a_post_without_the_forms_token_does_nothing(
    app: Flask, sign_in: SignIn, world: World
) -> None:
    roles = (Role.SUPERVISOR, Role.OFFICER, Role.OPERATOR)
    browsers = {role: sign_in(role) for role in roles}
    for endpoint, method, path in addresses(app):
        if method == "POST" and "nowhere" not in path:
            allowed = access(app.view_functions[endpoint])
            anybody = not isinstance(allowed, frozenset)
            browser = browsers[next(role for role in roles if anybody or role in allowed)]
            for token in ({}, {"csrf_token": "made up"}):
                answer = browser.client.post(path, base_url=BASE, data=token)
                assert answer.status_code == 400, path


def test_an_unmarked_view_is_closed_to_everybody(
    app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in()
    monkeypatch.setitem(app.view_functions, "console.overview", lambda: "bare")

    assert browser.get("/console/").status_code == 403


def test_a_sitting_ends_after_the_idle_limit_and_not_before(sign_in: SignIn) -> None:
    browser = sign_in()
    with transaction() as session:
        session.execute(update(Sitting).values(seen_at=utc_now() - IDLE_LIMIT * 0.98))
    assert browser.get("/console/").status_code == 200
    with transaction() as session:
        session.execute(update(Sitting).values(seen_at=utc_now() - IDLE_LIMIT))
    assert browser.get("/console/").status_code == 303


def test_a_page_that_refreshes_itself_does_not_keep_a_sitting_alive(sign_in: SignIn) -> None:
    browser = sign_in()
    long_ago = utc_now() - IDLE_LIMIT * 0.9
    with transaction() as session:
        session.execute(update(Sitting).values(seen_at=long_ago))

    assert browser.get("/console/overview/live").status_code == 200
    with transaction() as session:
        assert session.query(Sitting).one().seen_at == long_ago
    browser.get("/console/")
    with transaction() as session:
        assert session.query(Sitting).one().seen_at > long_ago


def test_no_sitting_lasts_longer_than_the_longest(sign_in: SignIn) -> None:
    browser = sign_in()
    with transaction() as session:
        session.execute(update(Sitting).values(begun_at=utc_now() - LONGEST))

    assert browser.get("/console/").status_code == 303


def test_a_closed_account_is_out_at_once(sign_in: SignIn) -> None:
    browser = sign_in()
    with transaction() as session:
        users.disable(session, session.query(User).one(), at=utc_now())

    assert browser.get("/console/").status_code == 303


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/console/comments", "/console/comments"),
        ("/console/", "/console/"),
        ("//evil.example/console/", None),
        ("https://evil.example/console/", None),
        ("/console/\\evil.example", None),
        ("/elsewhere", None),
        ("", None),
    ],
)
def test_after_sign_in_one_is_led_into_the_console_only(
    app: Flask, asked: str, led: str | None
) -> None:
    with app.test_request_context("/console/"):
        assert gate.inside(asked) == led
