"""Whoever asked takes it back on the page, with a code as it proved the request."""

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from messaging import carrying_out, withdraw_page
from messaging.patience import Patience
from messaging.rights_words import RIGHTS
from messaging.withdraw_words import WITHDRAW
from storage.house import House, transaction, utc_now
from storage.queue import QueueName
from storage.request_states import Ground, Outcome, RequestState
from storage.tables import Customer, Restriction, RightsRequest
from tests.messaging.test_rights_page import (
    PAGE,
    PHONE,
    Visitor,
    customer,
    reference_of,
    rows,
    send_code,
)
from tests.messaging.visitors import visiting
from tests.post import Post

HERE = f"{PAGE}/withdraw"


@pytest.fixture
def visitor(shipped: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    asking = Patience(at_once=9, seconds_each=60)
    codes = Patience(at_once=9, seconds_each=60)
    with visiting(monkeypatch, withdraw_page.bp, asking=asking, codes=codes) as client:
        yield Visitor(client)


def take_back(visitor: Visitor, reference: str, **form: str) -> TestResponse:
    return visitor._checked(visitor.client.post(HERE, data={"reference": reference} | form))


def proven(visitor: Visitor, house: House, post: Post, kind: str = "erasure") -> str:
    reference = reference_of(visitor.ask(PHONE, kind))
    page = visitor.key_in(reference, send_code(house, post)).text
    assert f"{HERE}?reference={reference}" in page
    return reference


def test_what_is_proven_is_taken_back_with_another_code(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = proven(visitor, shipped, post)
    assert reference in visitor.get(f"{HERE}?reference={reference}").text
    asked = take_back(visitor, reference, send="yes")

    answer = take_back(visitor, reference, code=send_code(shipped, post))

    assert WITHDRAW["en"].sent in asked.text
    assert (answer.status_code, len(rows(Customer))) == (200, 1)
    assert WITHDRAW["en"].done in answer.text
    (stored,) = rows(RightsRequest)
    assert (stored.state, stored.outcome) == (RequestState.TOLD, Outcome.WITHDRAWN)
    assert (stored.contact_sealed, stored.subject_hash) == (None, None)
    assert shipped.keyring.keys([stored.id]) == {}


def test_the_links_to_other_languages_keep_the_reference(visitor: Visitor, shipped: House) -> None:
    pages = [
        visitor.get(f"{HERE}?reference=12345678&lang=sv"),
        take_back(visitor, "12345678", send="yes"),
        take_back(visitor, "12345678", code="12345678"),
    ]

    for page in pages:
        for language in WITHDRAW:
            assert f'href="{HERE}?reference=12345678&amp;lang={language}"' in page.text
    odd = visitor.get(f"{HERE}?reference=%22%3E%3Cb%3E&lang=sv").text
    assert f'class="fault" id="reference-hint" role="alert">{WITHDRAW["sv"].reference_hint}' in odd
    assert 'class="fault"' not in visitor.get(f"{HERE}?lang=sv").text
    assert f'href="{HERE}?lang=en"' in odd


def test_asking_for_a_code_rings_for_the_request_alone(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = reference_of(visitor.ask(PHONE, "erasure"))
    shipped.bell.queue(QueueName.DELIVERIES).empty()

    take_back(visitor, reference, send="yes")
    take_back(visitor, "00000000", send="yes")

    (request,) = rows(RightsRequest)
    rung = shipped.bell.queue(QueueName.DELIVERIES).job_ids
    assert rung == [f"send_identity_code-{request.id}"]


def test_what_nobody_proved_yet_is_taken_back_with_the_first_code(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = reference_of(visitor.ask(PHONE, "access"))

    answer = take_back(visitor, reference, code=send_code(shipped, post))

    (stored,) = rows(RightsRequest)
    assert (answer.status_code, stored.outcome) == (200, Outcome.WITHDRAWN)
    assert stored.proof is not None


def test_the_data_are_used_again_once_an_objection_is_taken_back(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = proven(visitor, shipped, post, "objection_to_use")
    assert [one.lifted_at for one in rows(Restriction)] == [None]

    take_back(visitor, reference, code=send_code(shipped, post))

    (restriction,) = rows(Restriction)
    assert restriction.lifted_at is not None


def test_a_wrong_code_and_a_reference_of_nobody_are_answered_alike(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = proven(visitor, shipped, post)
    send_code(shipped, post)
    other = "00000000" if reference != "00000000" else "00000001"

    wrong, nobody = (take_back(visitor, one, code="12345678") for one in (reference, other))

    assert (wrong.status_code, nobody.status_code) == (422, 422)
    assert wrong.text.replace(reference, other) == nobody.text
    assert RIGHTS["en"].wrong_code in wrong.text
    (stored,) = rows(RightsRequest)
    assert stored.state is RequestState.PROVEN


@pytest.mark.parametrize("outcome", [Outcome.GRANTED, Outcome.REFUSED])
def test_what_is_being_done_or_is_decided_against_is_not_taken_back(
    visitor: Visitor, shipped: House, post: Post, outcome: Outcome
) -> None:
    customer()
    reference = proven(visitor, shipped, post)
    code = send_code(shipped, post)
    with transaction() as session:
        found = session.get_one(RightsRequest, rows(RightsRequest)[0].id)
        ground = Ground.LEGAL_CLAIM if outcome is Outcome.REFUSED else None
        carrying_out.decide(
            session, found, outcome=outcome, ground=ground, house=shipped, now=utc_now()
        )

    answer = take_back(visitor, reference, code=code)

    assert answer.status_code == 409
    assert WITHDRAW["en"].too_late in answer.text
    assert rows(RightsRequest)[0].outcome is outcome


@pytest.mark.parametrize("language", list(WITHDRAW))
def test_the_pages_speak_the_language_asked_for(visitor: Visitor, language: str) -> None:
    said = WITHDRAW[language]

    first = visitor.get(f"{HERE}?lang={language}").text
    second = visitor.get(f"{HERE}?lang={language}&reference=12345678").text

    assert said.title in visitor.get(f"{PAGE}?lang={language}").text
    assert said.title in visitor.get(f"{PAGE}/12345678?lang={language}").text
    assert said.reference_hint in first
    assert (said.send in second, said.take_back in second) == (True, True)
    assert "{" not in second.split("<main")[-1]


def test_too_many_from_one_place_have_to_wait(visitor: Visitor) -> None:
    for _ in range(9):
        assert take_back(visitor, "12345678", code="1").status_code == 422

    assert take_back(visitor, "12345678", code="1").status_code == 429


@pytest.mark.parametrize("path", ["/rights/nobody/withdraw", f"{HERE}/more"])
def test_what_is_not_there_has_no_page(visitor: Visitor, path: str) -> None:
    assert visitor.client.get(path).status_code == 404
