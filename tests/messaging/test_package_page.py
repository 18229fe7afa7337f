"""A person fetches what is kept of them with a code, for as long as it is offered; nobody else."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from messaging import code_mail, package_mail, package_page
from messaging.package_words import PACKAGE
from messaging.patience import Patience
from messaging.rights_words import RIGHTS
from privacy import request_steps, requests
from storage.house import House, reading, transaction, utc_now
from storage.request_states import (
    Ground,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import Customer, IdentityCode, Organisation, RightsRequest
from survey.places import find_organisation
from tests.console.page_checks import check_page
from tests.messaging.visitors import visiting
from tests.post import Post
from tests.rows import make_customer

PHONE = "+46701740605"


@pytest.fixture
def client(shipped: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    patience = Patience(at_once=9, seconds_each=60)
    page = package_page.blueprint(lambda text, _: text)
    with visiting(monkeypatch, page, asking=patience, codes=patience) as client:
        yield client


def owner() -> Organisation:
    with reading() as session:
        return find_organisation(session, "consumer-credit")


def with_mail(house: House, post: Post) -> House:
    told = {"mail_url": post.url, "mail_from": "Genklang <genklang@example.org>"}
    return replace(house, settings=house.settings.model_copy(update=told))


def granted(customer: Customer, outcome: Outcome = Outcome.GRANTED, **more: Any) -> RightsRequest:
    with transaction() as session:
        request = requests.open_request(
            session, session.get_one(Customer, customer.id), kind=RequestKind.ACCESS,
            channel=RequestChannel.TELEPHONE, at=utc_now(),
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=utc_now())
        request_steps.decide(session, request, outcome=outcome, at=utc_now(), **more)
    return request


def offered(house: House, post: Post) -> RightsRequest:
    request = granted(make_customer(owner(), phone=PHONE))
    assert package_mail.offer(request.id, house=with_mail(house, post), now=utc_now())
    return request


def code_for(house: House, post: Post, request: RightsRequest) -> str:
    assert code_mail.send(request.id, house=with_mail(house, post), now=utc_now())
    lines = str(post.taken[-1].get_content()).splitlines()
    return "".join(next(line for line in lines if line.startswith("    ")).split())


def path(request: RightsRequest) -> str:
    return f"/rights/consumer-credit/{request.reference}/package"


def key_in(client: FlaskClient, request: RightsRequest, code: str) -> TestResponse:
    return client.post(path(request), data={"code": code})


def stored(request: RightsRequest) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request.id)


def test_the_mail_says_where_and_until_when_and_nothing_of_what_is_kept(
    shipped: House, post: Post
) -> None:
    request = offered(shipped, post)

    (mail,) = post.taken
    text = str(mail.get_content())
    decided_at = (request.decided_at or utc_now()).astimezone(ZoneInfo("Europe/Stockholm"))
    last_day = decided_at + timedelta(days=7)
    assert mail["To"] == f"{PHONE}@example.org"
    assert f"https://genklang.example{path(request)}?lang={request.language or 'en'}\r\n" in text
    assert f"{last_day:%Y-%m-%d}" in text
    assert "Kund" not in text
    assert stored(request).state is RequestState.DONE
    assert not package_mail.offer(request.id, house=with_mail(shipped, post), now=utc_now())


def test_the_right_code_opens_the_package_and_that_is_written_down(
    client: FlaskClient, shipped: House, post: Post
) -> None:
    request = offered(shipped, post)

    answer = key_in(client, request, code_for(shipped, post, request))

    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert json.loads(archive.read("data.json"))["person"]["name"] == "Kund Kundsson"
    assert stored(request).fetched_at is not None


def test_each_fetching_takes_a_code_of_its_own(
    client: FlaskClient, shipped: House, post: Post
) -> None:
    request = offered(shipped, post)
    code = code_for(shipped, post, request)
    key_in(client, request, code)

    assert key_in(client, request, code).status_code == 422
    again = code_for(shipped, post, request)
    assert key_in(client, request, again).mimetype == "application/zip"


def test_the_page_is_the_same_whether_there_is_anything_to_fetch_or_not(
    client: FlaskClient, shipped: House, post: Post
) -> None:
    request = offered(shipped, post)
    nobody = "00000000"

    def pages(reference: str) -> list[str]:
        there = f"/rights/consumer-credit/{reference}/package"
        answers = [
            client.get(there), client.post(there, data={"send": "yes"}),
            client.post(there, data={"code": "12345678"}),
        ]  # fmt: skip
        for answer in answers:
            check_page(answer)
        return [f"{one.status_code}{one.text.replace(reference, '')}" for one in answers]

    assert pages(request.reference) == pages(nobody)


@pytest.mark.parametrize("days", [6, 8])
def test_after_its_time_nothing_is_handed_out_and_no_code_is_sent(
    client: FlaskClient, shipped: House, post: Post, days: int
) -> None:
    request = offered(shipped, post)

    with time_machine.travel(utc_now() + timedelta(days=days)):
        sent = code_mail.send(request.id, house=with_mail(shipped, post), now=utc_now())

    assert sent == (days < 7)


def test_what_was_fetched_is_answered_when_its_time_is_over(
    client: FlaskClient, shipped: House, post: Post
) -> None:
    request = offered(shipped, post)
    key_in(client, request, code_for(shipped, post, request))

    def sweep(at: datetime) -> RequestState:
        package_mail.offer(request.id, house=with_mail(shipped, post), now=at)
        return stored(request).state

    assert sweep(utc_now() + timedelta(days=6)) is RequestState.DONE
    assert sweep(utc_now() + timedelta(days=8)) is RequestState.TOLD
    with reading() as session:
        assert session.scalars(select(IdentityCode)).all() == []


def test_what_nobody_fetched_stays_with_the_officer(shipped: House, post: Post) -> None:
    request = offered(shipped, post)

    later = utc_now() + timedelta(days=8)
    package_mail.offer(request.id, house=with_mail(shipped, post), now=later)

    assert stored(request).state is RequestState.DONE


def test_before_it_is_granted_or_when_it_is_refused_there_is_nothing_to_fetch(
    client: FlaskClient, shipped: House, post: Post
) -> None:
    customer = make_customer(owner(), phone=PHONE)
    request = granted(customer, Outcome.REFUSED, ground=Ground.EXCESSIVE)

    assert not package_mail.offer(request.id, house=with_mail(shipped, post), now=utc_now())
    assert not code_mail.send(request.id, house=with_mail(shipped, post), now=utc_now())
    assert key_in(client, request, "12345678").status_code == 422


def test_without_a_mail_server_it_waits_for_whoever_hands_it_out(shipped: House) -> None:
    request = granted(make_customer(owner(), phone=PHONE))

    assert not package_mail.offer(request.id, house=shipped, now=utc_now())
    assert stored(request).state is RequestState.DECIDED


@pytest.mark.parametrize("language", PACKAGE)
def test_the_page_speaks_the_language_asked_for(
    client: FlaskClient, shipped: House, post: Post, language: str
) -> None:
    page = client.get(f"/rights/consumer-credit/12345678/package?lang={language}").text

    assert f'<html lang="{language}">' in page
    assert PACKAGE[language].title in page
    assert RIGHTS[language].code in page


def test_an_address_that_is_none_has_no_page(client: FlaskClient) -> None:
    assert client.get("/rights/nobody/12345678/package").status_code == 404
    assert client.get("/rights/consumer-credit/abc/package").status_code == 404
