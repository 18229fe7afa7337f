"""Anybody asks about their data on the public page; a code proves who it was."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from messaging import code_mail
from messaging.code_words import CODE, TEXT
from messaging.page_words import NO
from messaging.patience import Patience
from messaging.receiver_words import RECEIVERS
from messaging.rights_words import RIGHTS
from privacy import identity_codes
from privacy.code_ways import WAYS
from storage import mailing, permits
from storage.asked_states import AskedPurpose
from storage.house import House, reading, transaction, utc_now
from storage.permits import AskedFor
from storage.queue import QueueName
from storage.request_states import ProofWay, RequestKind, RequestState
from storage.states import AttemptMethod
from storage.tables import Customer, IdentityCode, Objection, Receiver, Restriction, RightsRequest
from survey.places import find_organisation
from tests.console.page_checks import check_page
from tests.messaging.visitors import visiting
from tests.post import Post
from tests.rows import make_customer

PAGE = "/rights/consumer-credit"
PHONE = "070-174 06 05"
E164 = "+46701740605"
ADDRESS = f"{E164}@example.org"  # what `make_customer` keeps


class Visitor:
    """A browser without cookies or scripts; every page it is given is checked."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> TestResponse:
        return self._checked(self.client.get(path))

    def ask(self, who: str, kind: str = "access", *, path: str = PAGE, **headers: str
    ) -> TestResponse:  # fmt: skip
        form = {"who": who, "kind": kind}
        return self._checked(self.client.post(path, data=form, headers=headers))

    def key_in(self, reference: str, code: str) -> TestResponse:
        return self._checked(self.client.post(f"{PAGE}/{reference}", data={"code": code}))

    def _checked(self, answer: TestResponse) -> TestResponse:
        check_page(answer)
        assert "Set-Cookie" not in answer.headers
        assert "<script" not in answer.text
        return answer


@pytest.fixture
def visitor(shipped: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    asking = Patience(at_once=6, seconds_each=60)
    codes = Patience(at_once=9, seconds_each=60)
    with visiting(monkeypatch, asking=asking, codes=codes) as client:
        yield Visitor(client)


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def customer() -> Customer:
    with reading() as session:
        organisation = find_organisation(session, "consumer-credit")
    return make_customer(organisation, phone=E164)


def send_code(house: House, post: Post) -> str:
    """Have the code of the newest request mailed as the worker does; its digits."""
    settings = house.settings.model_copy(
        update={"mail_url": post.url, "mail_from": "Genklang <genklang@example.org>"}
    )
    request = rows(RightsRequest)[-1]
    if not code_mail.send(request.id, house=replace(house, settings=settings), now=utc_now()):
        return ""
    lines = str(post.taken[-1].get_content()).splitlines()
    return "".join(next(line for line in lines if line.startswith("    ")).split())


def reference_of(answer: TestResponse) -> str:
    return answer.location.split("/")[-1].split("?")[0]


@pytest.mark.parametrize("language", list(RECEIVERS))
def test_the_page_says_who_gets_data_since_when_and_that_nobody_is_profiled(
    visitor: Visitor, language: str
) -> None:
    page = visitor.get(f"{PAGE}?lang={language}").text

    said = RECEIVERS[language]
    assert said.title in page
    assert "Exempeltelefoni AB" in page
    assert said.roles["processor"] in page
    assert "2026-01-15" in page
    assert said.profiling in page
    with reading() as session:
        owner = find_organisation(session, "consumer-credit")
        (receiver,) = session.scalars(select(Receiver).where(Receiver.organisation_id == owner.id))
    for texts in (receiver.in_languages["work"], receiver.in_languages["gets"]):
        assert {tag for tag, text in texts.items() if text in page} == {language}
    assert "{" not in page.split("<main")[-1]


def test_whoever_keys_in_the_code_that_was_mailed_has_proven_the_request(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = reference_of(visitor.ask(PHONE, "erasure"))
    code = send_code(shipped, post)

    answer = visitor.key_in(reference, f"{code[:4]} {code[4:]}")

    assert (answer.status_code, len(code)) == (200, identity_codes.DIGITS)
    assert RIGHTS["en"].proven_title in answer.text
    (stored,) = rows(RightsRequest)
    assert (stored.state, stored.proof) == (RequestState.PROVEN, ProofWay.CODE_BY_MAIL)
    assert post.taken[0]["To"] == ADDRESS
    assert reference in str(post.taken[0].get_content())


def test_the_answers_are_the_same_whether_anybody_is_known_or_not(
    visitor: Visitor, shipped: House
) -> None:
    customer()

    known, unknown = visitor.ask(PHONE), visitor.ask("+46701740699")

    same = [reference_of(one) for one in (known, unknown)]
    pages = [visitor.get(one.location).text for one in (known, unknown)]
    wrong = [visitor.key_in(one, "12345678") for one in same]
    never = visitor.key_in("00000000", "12345678")
    assert (known.status_code, unknown.status_code) == (303, 303)
    assert pages[0].replace(same[0], "") == pages[1].replace(same[1], "")
    assert {one.status_code for one in (*wrong, never)} == {422}
    texts = [one.text.replace(ref, "") for one, ref in zip(wrong, same, strict=True)]
    assert set(texts) == {never.text.replace("00000000", "")}


def test_nobody_is_mailed_because_a_stranger_wrote_an_address_into_the_form(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    visitor.ask("somebody@example.org")

    assert send_code(shipped, post) == ""
    assert (post.taken, rows(IdentityCode)) == ([], [])


def test_a_code_is_used_once(visitor: Visitor, shipped: House, post: Post) -> None:
    customer()
    reference = reference_of(visitor.ask(PHONE))
    code = send_code(shipped, post)

    assert visitor.key_in(reference, code).status_code == 200
    assert visitor.key_in(reference, code).status_code == 422


def test_after_five_wrong_codes_the_right_one_is_worth_nothing(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = reference_of(visitor.ask(PHONE))
    code = send_code(shipped, post)
    wrong = f"{(int(code) + 1) % 10**8:08d}"

    tried = [visitor.key_in(reference, wrong).status_code for _ in range(5)]

    assert tried == [422] * 5
    assert visitor.key_in(reference, code).status_code == 422
    assert rows(RightsRequest)[0].state is RequestState.RECEIVED


def test_a_code_is_too_old_after_half_an_hour(visitor: Visitor, shipped: House, post: Post) -> None:
    customer()
    reference = reference_of(visitor.ask(PHONE))
    code = send_code(shipped, post)

    with time_machine.travel(utc_now() + timedelta(minutes=31)):
        assert visitor.key_in(reference, code).status_code == 422


def test_only_the_newest_code_counts_and_there_are_five_in_a_day(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = reference_of(visitor.ask(PHONE))
    codes = [send_code(shipped, post) for _ in range(5)]

    with pytest.raises(identity_codes.TooManyCodesError):
        send_code(shipped, post)
    assert visitor.key_in(reference, codes[0]).status_code == 422
    assert visitor.key_in(reference, codes[-1]).status_code == 200


def test_a_code_of_one_request_proves_no_other(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    first = reference_of(visitor.ask(PHONE, "access"))
    code = send_code(shipped, post)
    visitor.ask(PHONE, "erasure")
    other = next(r.reference for r in rows(RightsRequest) if r.reference != first)
    send_code(shipped, post)

    assert visitor.key_in(other, code).status_code == 422


def test_the_code_lies_nowhere_but_in_the_mail(
    visitor: Visitor, shipped: House, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    customer()
    visitor.ask(PHONE)
    code = send_code(shipped, post)

    (stored,) = rows(IdentityCode)
    assert len(stored.code_hash) == 32
    assert code.encode() not in stored.code_hash
    assert code not in caplog.text
    assert E164 not in caplog.text


def test_no_code_is_mailed_without_the_paper_that_storing_it_gives(shipped: House) -> None:
    with pytest.raises(TypeError, match="AskedFor"):
        mailing.send_asked_for(None, "paper", url="smtp://127.0.0.1:9")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="store_code"):
        AskedFor(None, AttemptMethod.EMAIL, AskedPurpose.DATA, b"", object())  # type: ignore[arg-type]


def test_the_paper_for_one_way_is_none_for_another(shipped: House, visitor: Visitor) -> None:
    visitor.ask(PHONE)
    with transaction() as session:
        request = session.scalars(select(RightsRequest)).one()
        _, paper = identity_codes.make(
            session, request, method=AttemptMethod.SMS, keyring=shipped.keyring, at=utc_now()
        )

    with pytest.raises(TypeError, match="for sms, not for email"):
        permits.require_asked(paper, AttemptMethod.EMAIL)


def test_what_was_typed_about_it_stands_there_again_when_the_number_is_wrong(
    visitor: Visitor,
) -> None:
    form = {"who": "12", "kind": "erasure", "about": "allt <b>från</b> i mars" + "x" * 3000}

    page = visitor._checked(visitor.client.post(PAGE, data=form))

    assert page.status_code == 422
    assert "allt &lt;b&gt;från&lt;/b&gt; i mars" in page.text
    assert "x" * 2001 not in page.text


@pytest.mark.parametrize("language", NO)
def test_a_no_on_this_page_holds_at_once_and_the_page_says_so_and_asks_for_no_code(
    visitor: Visitor, shipped: House, language: str
) -> None:
    queue = shipped.bell.queue(QueueName.DELIVERIES)
    queue.empty()

    answer = visitor.ask(PHONE, "objection", path=f"{PAGE}?lang={language}")
    page = visitor.get(answer.location).text

    assert (rows(RightsRequest)[0].state, len(rows(Objection))) == (RequestState.TOLD, 1)
    assert NO[language].thanks in page
    assert 'name="code"' not in page
    assert queue.job_ids == []


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi", "en"])
def test_every_page_and_the_mail_speak_the_language_asked_for(
    visitor: Visitor, shipped: House, post: Post, language: str
) -> None:
    customer()
    form = visitor.get(f"{PAGE}?lang={language}").text
    answer = visitor.ask(E164, path=f"{PAGE}?lang={language}")
    noted = visitor.get(answer.location).text
    send_code(shipped, post)

    assert f'<html lang="{language}">' in form
    assert RIGHTS[language].title in form
    assert RIGHTS[language].noted_title in noted
    assert post.taken[-1]["Subject"].startswith(CODE[language].subject.split(" {")[0].split(":")[0])


def test_no_language_has_a_hole() -> None:
    for words in RIGHTS.values():
        texts = [
            getattr(words, one.name) for one in fields(words) if one.name not in ("kinds", "ways")
        ]
        assert all(text.strip() for text in [*texts, *words.kinds.values(), *words.ways.values()])
        assert set(words.kinds) == set(RequestKind)
        assert set(words.ways) == set(WAYS)
    assert set(RIGHTS) == set(CODE) == set(TEXT) == {"sv", "nb", "da", "fi", "en"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Sec-Fetch-Site": "same-origin"}, 303), ({"Sec-Fetch-Site": "cross-site"}, 403)],
)
def test_another_sites_page_asks_for_nobody(
    visitor: Visitor, headers: dict[str, str], status: int
) -> None:
    assert visitor.ask(PHONE, **headers).status_code == status
    assert len(rows(RightsRequest)) == (status == 303)


def test_too_many_from_one_place_have_to_wait(visitor: Visitor) -> None:
    answers = [visitor.ask(f"07017406{number:02d}").status_code for number in range(7)]

    assert answers == [303] * 6 + [429]


def test_too_many_codes_from_one_place_have_to_wait(visitor: Visitor) -> None:
    answers = [visitor.key_in("00000000", "1").status_code for _ in range(10)]

    assert answers == [422] * 9 + [429]


@pytest.mark.parametrize("path", ["/rights/nobody", f"{PAGE}/abc", f"{PAGE}/123"])
def test_what_is_not_there_has_no_page(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_an_objection_to_another_use_is_proven_and_freezes_the_data_while_it_is_weighed(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    person = customer()
    for language, words in RIGHTS.items():
        offered = visitor.get(f"{PAGE}?lang={language}").text
        assert words.kinds[RequestKind.OBJECTION_TO_USE] in offered
    reference = reference_of(visitor.ask(PHONE, "objection_to_use"))
    assert (rows(Objection), rows(Restriction)) == ([], [])
    code = send_code(shipped, post)

    path = f"{PAGE}/{reference}?lang=da"
    answer = visitor.client.post(path, data={"code": code})

    check_page(answer)
    assert RIGHTS["da"].frozen in answer.text
    (restriction,) = rows(Restriction)
    assert (restriction.customer_id, restriction.cause) == (person.id, "objection_pending")


def test_the_proof_of_another_request_says_nothing_of_freezing(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = reference_of(visitor.ask(PHONE, "erasure"))

    answer = visitor.key_in(reference, send_code(shipped, post))

    assert RIGHTS["en"].frozen not in answer.text
    assert rows(Restriction) == []
