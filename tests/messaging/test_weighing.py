"""An objection to a use of one's data is weighed; meanwhile nothing of the person is used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from messaging import answer_mail, carrying_out, rectifying, weighing
from messaging.answer_words import ANSWER
from privacy import request_steps, requests
from privacy.person_erasure import FrozenError
from privacy.request_steps import WrongStepError
from privacy.requests import Asker
from storage.house import House, reading, transaction
from storage.request_states import (
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import Customer, Objection, Organisation, Restriction, RightsRequest
from survey import restrictions
from survey.restrictions import Cause
from tests.post import Post
from tests.rows import NOON, make_call, make_customer, make_organisation

PHONE = "+46701740605"
LATER = NOON + timedelta(days=3)


def mailing(house: House, url: str) -> House:
    told = {"mail_url": url, "mail_from": "Genklang <genklang@example.org>"}
    return replace(house, settings=house.settings.model_copy(update=told))


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def frozen() -> list[str]:
    """Why anything is frozen now."""
    return [one.cause for one in rows(Restriction) if one.lifted_at is None]


def customer_of(organisation: Organisation) -> Customer:
    return make_customer(organisation, phone=PHONE)


def ask(
    house: House,
    organisation: Organisation,
    *,
    proven: bool = True,
    language: str = "sv",
    kind: RequestKind = RequestKind.OBJECTION_TO_USE,
) -> UUID:
    asker = Asker(PHONE, house.keyring.lookup_hash(organisation.id, "phone", PHONE))
    with transaction() as session:
        request = requests.receive(
            session, organisation, asker, kind=kind, channel=RequestChannel.WEB, at=NOON,
            keyring=house.keyring, language=language,
        )  # fmt: skip
        if proven:
            weighing.prove(session, request, way=ProofWay.CALLED_BACK, at=NOON)
    return request.id


def decide(house: House, request_id: UUID, outcome: Outcome, ground: Ground | None = None) -> None:
    with transaction() as session:
        carrying_out.decide(
            session, session.get_one(RightsRequest, request_id), outcome=outcome, ground=ground,
            house=house, now=LATER,
        )  # fmt: skip
    carrying_out.carry_out(request_id, house=house, now=LATER)


def stored(request_id: UUID) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request_id)


def test_the_data_are_frozen_once_it_is_proven_who_asks_and_not_by_a_stranger(
    house: House,
) -> None:
    organisation = make_organisation()
    customer = customer_of(organisation)
    ask(house, organisation, proven=False)
    assert frozen() == []

    request_id = ask(house, organisation)

    (restriction,) = rows(Restriction)
    assert (restriction.customer_id, restriction.cause) == (customer.id, Cause.OBJECTION_PENDING)
    assert restriction.review_at == stored(request_id).due_at
    assert rows(Objection) == []


def test_it_is_not_granted_before_it_is_proven(house: House) -> None:
    request_id = ask(house, make_organisation(), proven=False)

    with pytest.raises(WrongStepError, match="not proven who asks"):
        decide(house, request_id, Outcome.GRANTED)


def test_what_is_granted_is_deleted_and_the_no_stays(house: House) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation)

    decide(house, request_id, Outcome.GRANTED)

    assert (rows(Customer), rows(Restriction)) == ([], [])
    assert stored(request_id).state is RequestState.DONE
    assert rows(Objection) != []


def test_from_the_decision_on_nobody_asks_the_person_though_the_worker_is_away(
    house: House,
) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation)

    with transaction() as session:
        carrying_out.decide(
            session, session.get_one(RightsRequest, request_id), outcome=Outcome.GRANTED,
            house=house, now=LATER,
        )  # fmt: skip

    assert frozen() == []
    assert rows(Objection) != []


@pytest.mark.parametrize("language", list(ANSWER))
def test_what_is_refused_stays_frozen_until_the_person_is_told_with_ground_and_authority(
    house: House, post: Post, language: str
) -> None:
    organisation = make_organisation()
    with transaction() as session:
        row = session.get_one(Organisation, organisation.id)
        row.document = {**row.document, "contact": {"authority": "Datatilsynet"}}
    customer_of(organisation)
    request_id = ask(house, organisation, language=language)

    decide(house, request_id, Outcome.REFUSED, Ground.OVERRIDING_GROUNDS)
    assert frozen() == [Cause.OBJECTION_PENDING]
    assert answer_mail.send(request_id, house=mailing(house, post.url), now=LATER)

    assert frozen() == []
    assert stored(request_id).state is RequestState.TOLD
    assert len(rows(Customer)) == 1
    text = " ".join(str(post.taken[0].get_content()).split())
    words = ANSWER[language]
    assert words.refused.format(ground=words.grounds[Ground.OVERRIDING_GROUNDS]) in text
    assert words.resumed in text
    assert "Datatilsynet" in text


def test_what_is_granted_is_told_in_the_language_of_the_person(house: House, post: Post) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation, language="fi")

    decide(house, request_id, Outcome.GRANTED)
    answer_mail.send(request_id, house=mailing(house, post.url), now=LATER)

    text = " ".join(str(post.taken[0].get_content()).split())
    assert ANSWER["fi"].done[RequestKind.OBJECTION_TO_USE] in text
    assert ANSWER["fi"].resumed not in text


def test_what_the_person_takes_back_freezes_nothing_any_more(house: House) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation)

    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        carrying_out.withdraw(session, found, way=ProofWay.CALLED_BACK, house=house, now=LATER)

    assert frozen() == []


def test_somebody_who_only_called_is_frozen_by_the_number_and_let_go_once_told(
    house: House,
) -> None:
    organisation = make_organisation()
    make_call(organisation.id, caller=PHONE)
    request_id = ask(house, organisation)
    (restriction,) = rows(Restriction)
    assert (restriction.customer_id, restriction.subject_hash is None) == (None, False)

    decide(house, request_id, Outcome.REFUSED, Ground.LEGAL_CLAIM)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        weighing.tell(session, found, keyring=house.keyring, at=LATER)

    assert frozen() == []


def test_of_whom_nothing_is_kept_nothing_is_frozen_and_the_answer_does_not_say_so(
    house: House,
) -> None:
    request_id = ask(house, make_organisation())

    assert frozen() == []
    decide(house, request_id, Outcome.REFUSED, Ground.NOTHING_KEPT)
    assert stored(request_id).state is RequestState.DONE


def test_two_months_more_are_two_months_more_of_the_freeze(house: House) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation)

    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        weighing.extend(session, found, reason=ExtensionReason.COMPLEX, at=LATER)

    (restriction,) = rows(Restriction)
    assert restriction.review_at == stored(request_id).due_at
    assert stored(request_id).extended_at == LATER


def test_two_months_more_for_what_nobody_proved_freeze_nothing(house: House) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation, proven=False)

    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        weighing.extend(session, found, reason=ExtensionReason.COMPLEX, at=LATER)

    assert frozen() == []


def test_what_is_frozen_for_another_cause_stays_frozen_and_is_not_granted(house: House) -> None:
    organisation = make_organisation()
    customer = customer_of(organisation)
    request_id = ask(house, organisation)
    with transaction() as session:
        restrictions.restrict(
            session, session.get_one(Customer, customer.id), cause=Cause.NEEDED_FOR_CLAIM,
            at=NOON, review_at=None,
        )  # fmt: skip

    with pytest.raises(FrozenError, match=r"frozen \(needed_for_claim\)"):
        decide(house, request_id, Outcome.GRANTED)

    assert set(frozen()) == {Cause.NEEDED_FOR_CLAIM, Cause.OBJECTION_PENDING}
    assert (stored(request_id).state, rows(Objection)) == (RequestState.PROVEN, [])


def test_an_erasure_waits_for_the_objection_of_the_same_person_and_says_for_which(
    house: House,
) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    objection = ask(house, organisation)
    erasure = ask(house, organisation, kind=RequestKind.ERASURE)
    reference = stored(objection).reference

    with pytest.raises(FrozenError, match=f"'flask rights decide {reference}' first") as refused:
        decide(house, erasure, Outcome.GRANTED)

    assert "restrictions lift" not in str(refused.value)
    decide(house, objection, Outcome.REFUSED, Ground.LEGAL_CLAIM)
    with pytest.raises(FrozenError, match=f"'flask rights told {reference}' first"):
        decide(house, erasure, Outcome.GRANTED)


def test_a_decision_that_is_taken_back_freezes_the_data_anew(house: House) -> None:
    organisation = make_organisation()
    customer = customer_of(organisation)
    request_id = ask(house, organisation)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        carrying_out.decide(session, found, outcome=Outcome.GRANTED, house=house, now=LATER)
        restrictions.restrict(
            session, session.get_one(Customer, customer.id), cause=Cause.NEEDED_FOR_CLAIM,
            at=LATER, review_at=None,
        )  # fmt: skip

    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        carrying_out.reconsider(session, found, now=LATER)

    assert set(frozen()) == {Cause.NEEDED_FOR_CLAIM, Cause.OBJECTION_PENDING}


def test_a_second_objection_keeps_the_data_frozen_when_the_first_one_is_told(house: House) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    first = ask(house, organisation)
    decide(house, first, Outcome.REFUSED, Ground.OVERRIDING_GROUNDS)
    second = ask(house, organisation)
    assert second != first

    with transaction() as session:
        found = session.get_one(RightsRequest, first)
        weighing.tell(session, found, keyring=house.keyring, at=LATER)

    assert frozen() == [Cause.OBJECTION_PENDING]


def correct_the_number(house: House, organisation: Organisation) -> None:
    request_id = ask(house, organisation, kind=RequestKind.RECTIFICATION)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        request_steps.decide(session, found, outcome=Outcome.GRANTED, at=NOON)
        right = rectifying.Correction(phone="+46701740699")
        rectifying.correct(session, found, right, keyring=house.keyring, now=NOON)


def test_a_number_that_is_corrected_meanwhile_is_let_go_like_another(house: House) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation)
    correct_the_number(house, organisation)
    assert frozen() == [Cause.OBJECTION_PENDING]

    decide(house, request_id, Outcome.REFUSED, Ground.LEGAL_CLAIM)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        weighing.tell(session, found, keyring=house.keyring, at=LATER)

    assert frozen() == []


def test_a_number_that_is_corrected_meanwhile_is_deleted_like_another(house: House) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation)
    correct_the_number(house, organisation)

    decide(house, request_id, Outcome.GRANTED)

    assert rows(Customer) == []


def test_grounds_of_ours_that_weigh_more_refuse_no_erasure(house: House) -> None:
    organisation = make_organisation()
    customer_of(organisation)
    request_id = ask(house, organisation, kind=RequestKind.ERASURE)
    assert frozen() == []

    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        with pytest.raises(WrongStepError, match="only against an objection"):
            request_steps.decide(
                session, found, outcome=Outcome.REFUSED, ground=Ground.OVERRIDING_GROUNDS, at=LATER
            )
