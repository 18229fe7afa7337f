"""Signing in tells nothing, signing out ends everything, the cookie is a careful one."""

import logging
from collections.abc import Callable

import pytest
from sqlalchemy import select

from storage import users
from storage.house import house, reading, transaction, utc_now
from storage.tables import Role, Sitting
from tests.console.browsers import BASE, PASSWORD, Browser
from tests.console.worlds import World

SignIn = Callable[..., Browser]


def make_user(name: str) -> None:
    with transaction() as session:
        users.create(
            session, house().keyring, name=name, password=PASSWORD, role=Role.STAFF,
            organisation_id=None,
            at=utc_now(),
        )  # fmt: skip


def sittings() -> list[Sitting]:
    with reading() as session:
        return list(session.scalars(select(Sitting)))


def test_the_right_password_opens_the_page_that_was_asked_for(stranger: Browser) -> None:
    make_user("anna")
    asked = stranger.get("/console/comments")
    form = {"name": " Anna ", "password": PASSWORD, "then": asked.location.split("then=")[1]}

    answer = stranger.post("/console/sign-in", form)

    assert (answer.status_code, answer.location) == (303, "/console/comments")
    assert stranger.get("/console/comments").status_code == 200


def test_a_wrong_name_a_wrong_password_and_a_closed_account_get_the_same_answer(
    stranger: Browser,
) -> None:
    make_user("anna")
    make_user("closed")
    with transaction() as session:
        closed = users.find(session, house().keyring, "closed")
        assert closed is not None
        users.disable(session, closed, at=utc_now())

    answers = [
        stranger.sign_in("nobody", "whatever"),
        stranger.sign_in("anna", "whatever"),
        stranger.sign_in("closed", PASSWORD),
    ]

    pages = {a.text.split("<main")[1].split("csrf_token")[0] for a in answers}
    assert {a.status_code for a in answers} == {401}
    assert len(pages) == 1
    assert "anna" not in answers[1].text
    assert sittings() == []


def test_a_locked_account_gets_the_same_answer_even_with_the_right_password(
    stranger: Browser,
) -> None:
    make_user("anna")
    for _ in range(users.FREE_FAILURES + 1):
        wrong = stranger.sign_in("anna", "wrong wrong wrong")

    answer = stranger.sign_in("anna", PASSWORD)

    assert (answer.status_code, answer.text.count('role="alert"')) == (401, 1)
    assert wrong.status_code == 401


def test_the_cookie_is_secure_hidden_from_scripts_and_sent_to_the_console_only(
    stranger: Browser,
) -> None:
    make_user("anna")

    cookie = stranger.sign_in("anna").headers["Set-Cookie"]

    assert {"Secure", "HttpOnly", "Path=/console", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Expires" not in cookie


def test_signing_in_begins_a_new_cookie_and_ends_the_sitting_before(stranger: Browser) -> None:
    make_user("anna")
    before = stranger.token()
    stranger.sign_in("anna")
    (first,) = sittings()

    stranger.client.post(
        "/console/sign-in", base_url=BASE,
        data={"name": "anna", "password": PASSWORD, "csrf_token": stranger.token()},
    )  # fmt: skip

    (second,) = sittings()
    assert second.id != first.id
    assert stranger.token() != before


def test_signing_out_makes_a_copy_of_the_cookie_worthless(
    sign_in: SignIn, stranger: Browser
) -> None:
    browser = sign_in()
    cookie = browser.client.get_cookie("genklang_console", "genklang.example", "/console")
    assert cookie is not None

    assert browser.post("/console/sign-out").status_code == 303

    stranger.client.set_cookie(
        "genklang_console", cookie.value, domain="genklang.example", path="/console"
    )
    assert stranger.client.get("/console/", base_url=BASE).status_code == 303
    assert sittings() == []


def test_a_get_signs_nobody_out(sign_in: SignIn) -> None:
    browser = sign_in()

    assert browser.get("/console/sign-out").status_code == 404
    assert browser.get("/console/").status_code == 200


def test_failed_sign_ins_are_logged_without_the_name_or_the_password(
    stranger: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    make_user("anna-lena")

    stranger.sign_in("anna-lena", "my wrong secret")

    record = next(r for r in caplog.records if r.message == "sign_in.failed")
    assert record.__dict__["code"] == "password"
    assert "anna-lena" not in str([r.__dict__ for r in caplog.records])
    assert "my wrong secret" not in str([r.__dict__ for r in caplog.records])


def test_every_page_names_who_is_signed_in_and_nothing_leads_out(
    sign_in: SignIn, world: World
) -> None:
    page = sign_in(Role.STAFF, world.organisation).get("/console/")

    assert "user-" in page.text
    assert "Sign out" in page.text
