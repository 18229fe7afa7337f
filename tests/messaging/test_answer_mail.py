"""What was done is answered by mail, a refusal with its ground; then the address is forgotten."""

import itertools
from dataclasses import replace

import pytest
from sqlalchemy import select

from messaging import answer_mail, carrying_out
from messaging.answer_words import ANSWER
from privacy import request_steps, requests
from privacy.requests import Asker
from storage import permits
from storage.faults import TryAgain
from storage.house import House, reading, transaction
from storage.request_states import (
    WEIGHED_ONLY,
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.states import AttemptMethod
from storage.tables import Alarm, Organisation, RightsRequest
from tests.post import Post
from tests.rows import NOON, make_customer, make_organisation

PHONE = "+46701740605"
ADDRESS = f"{PHONE}@example.org"  # what `make_customer` keeps


def mailing_house(house: House, url: str | None) -> House:
    told = {"mail_url": url, "mail_from": "Genklang <genklang@example.org>"}
    return replace(house, settings=house.settings.model_copy(update=told))


def ask(
    house: House,
    organisation: Organisation,
    contact: str = PHONE,
    *,
    kind: RequestKind = RequestKind.ERASURE,
    outcome: Outcome = Outcome.GRANTED,
    ground: Ground | None = None,
    proven: bool = True,
    language: str = "sv",
) -> RightsRequest:
    word = "email" if "@" in contact else "phone"
    asker = Asker(contact, house.keyring.lookup_hash(organisation.id, word, contact))
    with transaction() as session:
        request = requests.receive(
            session, organisation, asker, kind=kind, channel=RequestChannel.WEB, at=NOON,
            keyring=house.keyring, language=language,
        )  # fmt: skip
        if proven:
            request_steps.prove(request, way=ProofWay.CALLED_BACK, at=NOON)
        request_steps.decide(session, request, outcome=outcome, ground=ground, at=NOON)
    carrying_out.carry_out(request.id, house=house, now=NOON)
    return request


def state_of(request: RightsRequest) -> RequestState:
    with reading() as session:
        return session.get_one(RightsRequest, request.id).state


def owner() -> Organisation:
    made = make_organisation()
    with transaction() as session:
        row = session.get_one(Organisation, made.id)
        row.document = {
            **row.document,
            "contact": {"privacy_email": "privacy@example.org", "authority": "Datatilsynet"},
        }
    return row


def test_after_an_erasure_the_person_is_told_at_the_address_that_was_erased(
    house: House, post: Post
) -> None:
    organisation = owner()
    make_customer(organisation, phone=PHONE)
    request = ask(house, organisation)

    assert answer_mail.send(request.id, house=mailing_house(house, post.url), now=NOON)

    (mail,) = post.taken
    assert mail["To"] == ADDRESS
    assert ANSWER["sv"].done[RequestKind.ERASURE][:30] in str(mail.get_content())
    assert state_of(request) is RequestState.TOLD
    assert house.keyring.keys([request.id]) == {}


@pytest.mark.parametrize(
    ("language", "ground"), list(zip(itertools.cycle(ANSWER), Ground, strict=False))
)
def test_a_refusal_names_its_ground_and_the_authority(
    house: House, post: Post, language: str, ground: Ground
) -> None:
    kind = RequestKind.OBJECTION_TO_USE if ground in WEIGHED_ONLY else RequestKind.ERASURE
    request = ask(
        house, owner(), "a@example.org", kind=kind, outcome=Outcome.REFUSED, ground=ground,
        language=language,
    )  # fmt: skip

    answer_mail.send(request.id, house=mailing_house(house, post.url), now=NOON)

    text = " ".join(str(post.taken[0].get_content()).split())
    assert ANSWER[language].grounds[ground] in text
    assert "Datatilsynet" in text
    assert request.reference in post.taken[0]["Subject"]


def test_it_is_mailed_once(house: House, post: Post) -> None:
    request = ask(house, owner(), "a@example.org", kind=RequestKind.INFORMATION)
    there = mailing_house(house, post.url)

    assert answer_mail.send(request.id, house=there, now=NOON)
    assert not answer_mail.send(request.id, house=there, now=NOON)
    assert len(post.taken) == 1


def test_a_package_is_told_by_whoever_hands_it_out(house: House, post: Post) -> None:
    organisation = owner()
    make_customer(organisation, phone=PHONE)
    request = ask(house, organisation, kind=RequestKind.ACCESS)
    with transaction() as session:
        request_steps.finish(session.get_one(RightsRequest, request.id), at=NOON)

    assert not answer_mail.send(request.id, house=mailing_house(house, post.url), now=NOON)
    assert (post.taken, state_of(request)) == ([], RequestState.DONE)


def test_nobody_is_mailed_because_somebody_said_no_for_their_address(
    house: House, post: Post
) -> None:
    request = ask(
        house, owner(), "a@example.org", kind=RequestKind.OBJECTION, proven=False
    )  # fmt: skip

    assert not answer_mail.send(request.id, house=mailing_house(house, post.url), now=NOON)
    assert post.taken == []


def test_what_the_server_refuses_is_an_alarm_and_not_tried_for_ever(
    house: House, post: Post
) -> None:
    request = ask(house, owner(), "a@example.org", kind=RequestKind.INFORMATION)
    post.says = ["550 no such person"]
    there = mailing_house(house, post.url)

    assert not answer_mail.send(request.id, house=there, now=NOON)
    assert not answer_mail.send(request.id, house=there, now=NOON)

    with reading() as session:
        kinds = set(session.scalars(select(Alarm.kind).where(Alarm.cleared_at.is_(None))))
    assert request_steps.ANSWER_NOT_TAKEN in kinds
    assert (post.taken, state_of(request)) == ([], RequestState.DONE)
    with transaction() as session:
        told = session.get_one(RightsRequest, request.id)
        request_steps.tell(session, told, keyring=house.keyring, at=NOON)
        assert session.scalars(select(Alarm).where(Alarm.cleared_at.is_(None))).all() == []


def test_a_server_that_is_away_is_tried_again(house: House) -> None:
    request = ask(house, owner(), "a@example.org", kind=RequestKind.INFORMATION)

    with pytest.raises(TryAgain):
        there = mailing_house(house, "smtp://127.0.0.1:9")
        answer_mail.send(request.id, house=there, now=NOON)

    assert state_of(request) is RequestState.DONE
    assert not answer_mail.send(request.id, house=mailing_house(house, None), now=NOON)


def test_what_is_not_decided_has_no_answer() -> None:
    request = RightsRequest(state=RequestState.PROVEN)

    with pytest.raises(ValueError, match="no answer yet"):
        permits.for_answer(request, AttemptMethod.EMAIL)


def test_no_language_has_a_hole() -> None:
    for words in ANSWER.values():
        assert set(words.done) == set(RequestKind)
        assert set(words.grounds) == set(Ground)
        assert set(words.extensions) == set(ExtensionReason)
        assert "{authority}" in words.complain
        assert "{ground}" in words.refused
