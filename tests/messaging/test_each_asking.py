"""Whoever proves a request proves what they wrote themselves, whatever strangers ask for them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from messaging import carrying_out, code_mail
from messaging.patience import Patience
from messaging.rights_words import RIGHTS
from privacy import requests
from privacy.requests import Asker
from storage.house import House, transaction, utc_now
from storage.queue import QueueName
from storage.request_states import ProofWay, RequestChannel, RequestKind, RequestState
from storage.states import AttemptMethod
from storage.tables import Customer, RightsRequest
from survey.places import find_organisation
from tests.messaging.test_rights_page import (
    E164,
    PAGE,
    PHONE,
    Visitor,
    customer,
    reference_of,
    rows,
)
from tests.messaging.visitors import visiting
from tests.post import Post

THEIRS = "Inspelningen i mars,\njag <grät>"
STRANGERS = "Ta bort allt om mig"
FORM = {"who": PHONE, "kind": "objection_to_use", "way": "email"}


@pytest.fixture
def visitor(shipped: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    asking = Patience(at_once=20, seconds_each=60)
    codes = Patience(at_once=20, seconds_each=60)
    with visiting(monkeypatch, asking=asking, codes=codes) as client:
        yield Visitor(client)


def ask(visitor: Visitor, about: str, **more: str) -> str:
    """Fill the form in; the reference."""
    answer = visitor.client.post(PAGE, data=FORM | {"about": about} | more)
    assert answer.status_code == 303, answer.text
    return reference_of(answer)


def stored(reference: str) -> RightsRequest:
    return next(one for one in rows(RightsRequest) if one.reference == reference)


def code_for(house: House, post: Post, reference: str) -> str:
    """Have a code mailed as the worker does; its digits."""
    settings = house.settings.model_copy(
        update={"mail_url": post.url, "mail_from": "Genklang <genklang@example.org>"}
    )
    with_mail = replace(house, settings=settings)
    assert code_mail.send(stored(reference).id, house=with_mail, now=utc_now())
    mail = str(post.taken[-1].get_content())
    assert reference in mail
    return "".join(next(one for one in mail.splitlines() if one.startswith("    ")).split())


def words(house: House, reference: str) -> str:
    return requests.about_of(stored(reference), keyring=house.keyring)


def written_down(
    house: House, channel: RequestChannel, about: str = "", contact: str = E164
) -> str:  # fmt: skip
    """What staff note of a letter or a call; the reference."""
    with transaction() as session:
        owner = find_organisation(session, "consumer-credit")
        word = "email" if "@" in contact else "phone"
        asker = Asker(contact, house.keyring.lookup_hash(owner.id, word, contact))
        return requests.receive(
            session, owner, asker, kind=RequestKind.OBJECTION_TO_USE, channel=channel,
            at=utc_now(), keyring=house.keyring, about=about,
        ).reference  # fmt: skip


@pytest.mark.parametrize("stranger_first", [False, True])
def test_a_strangers_words_and_way_replace_nobodys_and_their_code_proves_nothing_of_another(
    visitor: Visitor, shipped: House, post: Post, stranger_first: bool
) -> None:
    customer()
    askings = [THEIRS, STRANGERS]
    done = [ask(visitor, about) for about in (askings[::-1] if stranger_first else askings)]
    theirs, strangers = done[::-1] if stranger_first else done
    by_text = ask(visitor, STRANGERS, way="sms")
    codes = [code_for(shipped, post, one) for one in done]
    code, other = codes[::-1] if stranger_first else codes

    crossed = [visitor.key_in(theirs, other), visitor.key_in(strangers, code)]
    answer = visitor.key_in(theirs, code)

    assert theirs != strangers
    assert [one.status_code for one in (*crossed, answer)] == [422, 422, 200]
    all_of_them = [stored(one) for one in (theirs, strangers, by_text)]
    received, mail = RequestState.RECEIVED, AttemptMethod.EMAIL
    assert [one.state for one in all_of_them] == [RequestState.PROVEN, received, received]
    assert [one.code_by for one in all_of_them] == [mail, mail, AttemptMethod.SMS]
    assert (words(shipped, theirs), words(shipped, strangers)) == (THEIRS, STRANGERS)


def test_a_stranger_who_asks_again_and_again_makes_no_code_worthless(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = ask(visitor, THEIRS)
    code = code_for(shipped, post, reference)

    for number in range(4):
        code_for(shipped, post, ask(visitor, f"{STRANGERS} {number}"))
    ask(visitor, THEIRS)  # the very same form

    assert visitor.key_in(reference, code).status_code == 200
    assert len(rows(RightsRequest)) == 6


def test_who_asks_again_learns_neither_that_it_was_proven_nor_that_anybody_is_known(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    known, unknown = PHONE, "+46701740699"
    first = {who: ask(visitor, "", who=who) for who in (known, unknown)}
    visitor.key_in(first[known], code_for(shipped, post, first[known]))

    again = {who: ask(visitor, "", who=who) for who in first}

    assert not set(first.values()) & set(again.values())
    pages = {visitor.get(f"{PAGE}/{one}").text.replace(one, "") for one in again.values()}
    assert len(pages) == 1


def test_the_page_shows_what_was_proven_to_who_proved_it_alone_in_every_language(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    for language, said in RIGHTS.items():
        reference = ask(visitor, THEIRS)
        path = f"{PAGE}/{reference}?lang={language}"
        before = [visitor.get(path), visitor.client.post(path, data={"code": "12345678"})]
        code = code_for(shipped, post, reference)

        page = visitor._checked(visitor.client.post(path, data={"code": code})).text

        assert "<blockquote>Inspelningen i mars,\njag &lt;grät&gt;</blockquote>" in page
        assert said.asked in page
        assert said.kinds[RequestKind.OBJECTION_TO_USE] in page
        assert f"{PAGE}/withdraw?reference={reference}&amp;lang={language}" in page
        for one in before:
            assert "Inspelningen" not in one.text
            assert said.kinds[RequestKind.OBJECTION_TO_USE] not in one.text


def test_of_who_wrote_no_words_the_page_shows_what_they_chose(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = ask(visitor, "", kind="erasure")

    page = visitor.key_in(reference, code_for(shipped, post, reference)).text

    assert RIGHTS["en"].kinds[RequestKind.ERASURE] in page
    assert "<blockquote>" not in page


def test_a_new_code_is_asked_for_on_the_page_and_for_the_request_alone(
    visitor: Visitor, shipped: House
) -> None:
    customer()
    reference = ask(visitor, THEIRS)
    queue = shipped.bell.queue(QueueName.DELIVERIES)
    queue.empty()
    assert RIGHTS["en"].send_again in visitor.get(f"{PAGE}/{reference}").text

    pages = [
        visitor._checked(visitor.client.post(f"{PAGE}/{one}", data={"send": "yes"}))
        for one in (reference, "00000000")
    ]

    assert queue.job_ids == [f"send_identity_code-{stored(reference).id}"]
    assert {page.text.replace(reference, "00000000") for page in pages} == {pages[1].text}
    assert RIGHTS["en"].sent in pages[1].text


def test_what_comes_by_another_way_is_not_what_somebody_wrote_on_the_page(
    visitor: Visitor, shipped: House
) -> None:
    customer()
    strangers = ask(visitor, STRANGERS)

    by_telephone = written_down(shipped, RequestChannel.TELEPHONE)
    by_mail = written_down(shipped, RequestChannel.MAIL, THEIRS)

    assert len({strangers, by_telephone, by_mail}) == 3
    said = [words(shipped, one) for one in (strangers, by_telephone, by_mail)]
    assert said == [STRANGERS, "", THEIRS]


def test_a_caller_at_the_desk_takes_up_nothing_that_somebody_wrote_on_the_page(
    visitor: Visitor, shipped: House
) -> None:
    person = customer()
    strangers = ask(visitor, STRANGERS)

    with transaction() as session:
        opened = requests.open_request(
            session, session.get_one(Customer, person.id), kind=RequestKind.OBJECTION_TO_USE,
            channel=RequestChannel.TELEPHONE, at=utc_now(),
        )  # fmt: skip

    assert opened.reference != strangers
    assert opened.about_sealed is None


def test_what_is_proven_is_the_same_by_letter_unless_the_letter_says_something_else(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = ask(visitor, THEIRS)
    visitor.key_in(reference, code_for(shipped, post, reference))

    same = [written_down(shipped, RequestChannel.MAIL, one) for one in ("", THEIRS)]
    other = written_down(shipped, RequestChannel.MAIL, "Meddelandet i maj")

    assert same == [reference, reference]
    assert other != reference
    assert written_down(shipped, RequestChannel.STAFF, "Meddelandet i maj") == other
    assert words(shipped, reference) == THEIRS


def test_what_it_is_about_is_sealed_until_the_answer(
    visitor: Visitor, shipped: House, post: Post
) -> None:
    customer()
    reference = ask(visitor, f"  {THEIRS} ")
    visitor.key_in(reference, code_for(shipped, post, reference))

    before: Any = stored(reference)
    assert b"Inspelningen" not in before.about_sealed
    assert words(shipped, reference) == THEIRS
    with transaction() as session:
        found = session.get_one(RightsRequest, before.id)
        carrying_out.withdraw(
            session, found, way=ProofWay.CALLED_BACK, house=shipped, now=utc_now()
        )
    assert stored(reference).about_sealed is None
    assert shipped.keyring.keys([before.id]) == {}
