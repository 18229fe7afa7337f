"""The mail page shows what was caught, as text, and erases on request."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from simulator.mail_catcher_pages import mail_pages, with_links
from simulator.mail_catcher_store import MailStore


@pytest.fixture
def store(tmp_path: Path) -> MailStore:
    return MailStore(tmp_path)


@pytest.fixture
def browser(store: MailStore) -> FlaskClient:
    app = Flask("simulator")
    app.register_blueprint(mail_pages(store))
    return app.test_client()


def add(store: MailStore, body: str) -> int:
    content = f"From: a@x.example\r\nSubject: Your link\r\n\r\n{body}\r\n".encode()
    at = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    return store.add(content, sender="a@x.example", recipients=["b@x.example"], at=at)


def test_the_list_names_each_mail_and_the_mail_shows_its_text(
    browser: FlaskClient, store: MailStore
) -> None:
    number = add(store, "Please read http://127.0.0.1:8000/s/abc-1.")

    listing = browser.get("/mail/").text
    page = browser.get(f"/mail/{number}").text

    assert "Your link" in listing
    assert "b@x.example" in listing
    assert 'href="http://127.0.0.1:8000/s/abc-1"' in page


def test_markup_in_a_mail_is_shown_and_never_run(browser: FlaskClient, store: MailStore) -> None:
    number = add(store, "<script>alert(1)</script> https://x.example/'><b>")

    page = browser.get(f"/mail/{number}").text

    assert "<script>" not in page
    assert "<b>" not in page


def test_an_empty_catcher_says_so(browser: FlaskClient) -> None:
    assert "No mail yet" in browser.get("/mail/").text


def test_erasing_from_the_page_empties_the_catcher(browser: FlaskClient, store: MailStore) -> None:
    first = add(store, "one")
    add(store, "two")
    add(store, "three")

    assert browser.post(f"/mail/{first}/erase").status_code == 303
    assert store.count() == 2
    browser.post("/mail/erase")

    assert store.count() == 0
    assert browser.get(f"/mail/{first}").status_code == 404


def test_another_site_in_the_same_browser_cannot_erase(
    browser: FlaskClient, store: MailStore
) -> None:
    add(store, "one")

    answer = browser.post("/mail/erase", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert store.count() == 1


def test_a_full_stop_after_an_address_is_not_part_of_it() -> None:
    assert with_links("See http://x.example/a.") == (
        'See <a href="http://x.example/a" rel="noreferrer">http://x.example/a</a>.'
    )
