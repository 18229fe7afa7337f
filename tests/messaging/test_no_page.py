"""Anybody says no on the public page, in five languages; nobody learns who is known."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from messaging import no_page, public_pages
from messaging.page_words import NO
from messaging.patience import Patience
from storage.house import House, reading, transaction, utc_now
from storage.states import InvitationState
from storage.tables import Invitation, Objection
from survey import interactions
from survey.interactions import ToldInteraction
from survey.places import find_campaign
from tests.console.page_checks import check_page

PAGE = "/no/consumer-credit"
PHONE = "070-174 06 05"


class Visitor:
    """A browser without cookies or scripts; every page it is given is checked."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **headers: str) -> TestResponse:
        return self._checked(self.client.get(path, headers=headers))

    def say(self, who: str, method: str = "all", *, path: str = PAGE, **headers: str
    ) -> TestResponse:  # fmt: skip
        form = {"who": who, "method": method}
        return self._checked(self.client.post(path, data=form, headers=headers))

    def _checked(self, answer: TestResponse) -> TestResponse:
        check_page(answer)
        assert "Set-Cookie" not in answer.headers
        assert "<script" not in answer.text
        return answer


@pytest.fixture
def visitor(shipped: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    monkeypatch.setattr(no_page, "_patience", Patience(at_once=3, seconds_each=60))
    app = Flask("pages", static_folder=None)
    app.register_blueprint(public_pages.bp)
    app.register_blueprint(no_page.bp)
    with app.test_client() as client:
        yield Visitor(client)


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def invite(house: House) -> None:
    with transaction() as session:
        _, campaign = find_campaign(session, organisation="consumer-credit", campaign="after-case")
        told = ToldInteraction("c", "+46701740605", PHONE, utc_now() - timedelta(hours=2))
        interactions.register(
            session, told, campaign=campaign, keyring=house.keyring, now=utc_now()
        )


@pytest.mark.parametrize("method", ["all", "calls", "sms", "email"])
def test_a_no_is_stored_as_a_hash_and_thanked_for(visitor: Visitor, method: str) -> None:
    answer = visitor.say(PHONE, method)

    assert (answer.status_code, answer.location) == (303, f"{PAGE}/thanks?lang=en")
    (stored,) = rows(Objection)
    assert (stored.method, stored.source, len(stored.subject_hash)) == (method, "web", 32)


def test_it_withdraws_what_is_planned(visitor: Visitor, shipped: House) -> None:
    invite(shipped)

    visitor.say("+46 70 174 06 05")

    assert [one.state for one in rows(Invitation)] == [InvitationState.WITHDRAWN]


def test_the_thanks_are_the_same_whether_anybody_is_known_or_not(
    visitor: Visitor, shipped: House
) -> None:
    invite(shipped)

    known, unknown = visitor.say(PHONE), visitor.say("nobody@example.org")

    assert (known.status_code, known.location, known.data) == (
        unknown.status_code, unknown.location, unknown.data,
    )  # fmt: skip
    assert visitor.get(known.location).data == visitor.get(unknown.location).data


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi", "en"])
def test_form_fault_and_thanks_speak_the_language_asked_for(
    visitor: Visitor, language: str
) -> None:
    words = NO[language]

    form = visitor.get(f"{PAGE}?lang={language}").text
    fault = visitor.say("12", path=f"{PAGE}?lang={language}")
    thanks = visitor.say(PHONE, path=f"{PAGE}?lang={language}")

    assert f'<html lang="{language}">' in form
    assert words.title in form
    assert (fault.status_code, words.wrong_number in fault.text) == (422, True)
    assert thanks.location == f"{PAGE}/thanks?lang={language}"
    assert words.thanks_title in visitor.get(thanks.location).text


@pytest.mark.parametrize(
    ("accepts", "language"),
    [("da", "da"), ("sv-SE,sv;q=0.9", "sv"), ("no", "nb"), ("nn-NO", "nb"), ("de,fi;q=0.5", "fi"),
     ("de", "en"), ("", "en")],
)  # fmt: skip
def test_the_browser_chooses_the_language_when_nobody_did(
    visitor: Visitor, accepts: str, language: str
) -> None:
    page = visitor.get(PAGE, **{"Accept-Language": accepts}).text

    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize(
    ("who", "fault"),
    [("", "needed"), ("  ", "needed"), ("12", "wrong_number"), ("x@y", "wrong_address"),
     ('"><script>', "wrong_number")],
)  # fmt: skip
def test_what_is_neither_number_nor_address_is_said_at_the_field(
    visitor: Visitor, who: str, fault: str
) -> None:
    answer = visitor.say(who, "sms")

    assert answer.status_code == 422
    assert getattr(NO["en"], fault) in answer.text
    assert 'value="sms" checked' in answer.text
    assert rows(Objection) == []


def test_too_many_from_one_place_have_to_wait_and_others_do_not(visitor: Visitor) -> None:
    answers = [visitor.say(f"0701740{number}") for number in (605, 606, 607, 608)]
    other = visitor.client.post(
        PAGE, data={"who": PHONE}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )

    assert [one.status_code for one in answers] == [303, 303, 303, 429]
    assert answers[-1].headers["Retry-After"] == "120"
    assert NO["en"].too_often_title in answers[-1].text
    assert other.status_code == 303
    assert len(rows(Objection)) == 3


@pytest.mark.parametrize(
    ("nearest", "noted", "place"),
    [
        ("8.8.8.8", "198.51.100.1", "8.8.8.8"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("", "198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2::5", "", "2001:db8:1:2::/64"),
        ("127.0.0.1", "made up", "made up"),
    ],
)
def test_behind_a_proxy_of_ours_the_place_is_what_the_proxy_noted(
    nearest: str, noted: str, place: str
) -> None:
    headers = {"X-Forwarded-For": noted} if noted else {}
    with Flask("x").test_request_context(headers=headers, environ_base={"REMOTE_ADDR": nearest}):
        assert public_pages.where_from() == place


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://genklang.example"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_another_sites_page_says_no_for_nobody(
    visitor: Visitor, headers: dict[str, str], status: int
) -> None:
    assert visitor.say(PHONE, **headers).status_code == status
    assert len(rows(Objection)) == (status == 303)


def test_an_organisation_that_is_not_there_has_no_page(visitor: Visitor) -> None:
    assert visitor.get("/no/nobody").status_code == 404
    assert visitor.say(PHONE, path="/no/nobody").status_code == 404
    assert visitor.get("/no/nobody/thanks").status_code == 404


def test_the_page_names_the_organisation_and_whom_to_ask_about_ones_data(
    visitor: Visitor,
) -> None:
    page = visitor.get(PAGE).text

    assert "Exempelkredit" in page
    assert "dataskydd@exempelkredit.example" in page
    assert "Integritetsskyddsmyndigheten" in page


def test_the_style_is_kept_as_long_as_it_does_not_change(visitor: Visitor) -> None:
    page = visitor.get(PAGE).text
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]

    with visitor.client.get(address) as style:
        assert style.status_code == 200
        assert "max-age=31536000" in style.headers["Cache-Control"]
        assert style.mimetype == "text/css"


def test_no_language_has_a_hole() -> None:
    for words in NO.values():
        assert all(getattr(words, field.name).strip() for field in fields(words))
        assert "{organisation}" in words.lead
    assert set(NO) == {"sv", "nb", "da", "fi", "en"}
