"""The code that opens one's own answers, by text: promised in the call, sent once in any case."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from config.directory import Configuration
from config.phrases import Phrase
from config.wording import fill
from messaging import receipt_text, text_ends, text_reconcile, texting
from messaging.text_parts import parts_of
from privacy import answer_erasure, receipt_codes
from privacy.erasing import hands_of
from storage.house import house, reading, transaction, utc_now
from storage.provider_faults import (
    ProviderAway,
    ProviderBusy,
    ProviderRefusesUs,
    ProviderSaysNo,
    RecipientOptedOut,
)
from storage.states import CampaignState, ContactPurpose, TextState
from storage.tables import (
    Attempt,
    Campaign,
    Customer,
    Invitation,
    LinePace,
    Objection,
    PermissionDecision,
    ProviderCopy,
    ReceiptCode,
    Response,
    SentText,
)
from survey import objections, permission_words, receipt_texts
from survey.objections import Source
from survey.permission import Method
from tests.messaging.conftest import LINE, Texter
from tests.messaging.exchange import PERSON, Texts, a_machine_answered, campaign_of, lies_there
from tests.rows import make_response

Clock = time_machine.Traveller
SID = f"SM{1:032x}"
LANDLINE = "+46850500123"


class KilledError(BaseException):
    """The process ends here."""


def answered(*, phone: str = PERSON, locale: str = "sv") -> UUID:
    """Somebody who has just answered, and who may be told that a code comes; the response."""
    invitation_id = a_machine_answered(
        reference=f"case-{phone}", phone=phone, now=utc_now(), locale=locale
    )
    with reading() as session:
        campaign, invitation = campaign_of(session), session.get_one(Invitation, invitation_id)
    return make_response(campaign, invitation, at=utc_now()).id


@pytest.fixture
def promised(texter: Texter) -> UUID:
    response_id = answered()
    promise(response_id)
    return response_id


def promise(response_id: UUID) -> None:
    with transaction() as session:
        owner = session.get_one(Response, response_id).organisation_id
        receipt_codes.give(
            session, owner, response_id, keyring=house().keyring, at=utc_now(), by_text=True
        )


def send(provider: Any) -> int:
    return texting.send_due(provider=provider, clock=utc_now, most=20, claim=receipt_text.claim)


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def last(table: Any) -> Any:
    return rows(table)[-1]


def may_come(response_id: UUID, *, caller_hash: bytes | None = None) -> bool:
    with reading() as session:
        invitation_id = session.get_one(Response, response_id).invitation_id
        invitation = session.get_one(Invitation, invitation_id)
        return receipt_texts.may_come(session, invitation, caller_hash=caller_hash, now=utc_now())


def says_no(method: Method) -> None:
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        objections.record(session, customer, method, source=Source.LETTER, at=utc_now())


def test_the_text_has_the_digits_that_open_the_answers_and_is_asked_for_once(
    promised: UUID,
) -> None:
    provider = Texts()
    seen: list[TextState] = []
    provider.before = lambda: seen.append(last(SentText).state)

    assert (send(provider), send(provider)) == (1, 0)

    (order,) = provider.asked
    assert (order.to, order.from_, order.purpose) == (PERSON, LINE, ContactPurpose.SERVICE)
    assert order.body.startswith("Exempelkredit: Med koden ")
    assert order.body.endswith(f" {house().settings.public_base_url}/mine")
    digits = re.sub(r"\D", "", order.body.split(" på ")[0])
    with reading() as session:
        code = receipt_codes.opened_by(session, digits, keyring=house().keyring, at=utc_now())
    assert code is not None
    assert code.response_id == promised
    assert seen == [TextState.ASKING]
    text = last(SentText)
    assert (text.state, text.body_sealed, text.receipt_code_id) == (TextState.TAKEN, None, code.id)
    # Which words it was made with is kept, as the version of the survey that holds them.
    with reading() as session:
        assert text.survey_version_id == session.get_one(Response, promised).survey_version_id
    assert len([one for one in rows(Attempt) if one.number > 1]) == 0


def test_a_stored_decision_says_why_they_were_texted(promised: UUID) -> None:
    before = {one.id for one in rows(PermissionDecision)}

    send(Texts())

    (decision,) = [one for one in rows(PermissionDecision) if one.id not in before]
    assert permission_words.in_words(decision) == (
        "May be texted: they were told in the call that a code comes."
    )


@pytest.mark.parametrize("tag", ["sv", "nb", "da", "fi", "en"])
def test_every_language_has_the_words_in_two_parts_at_most(tag: str, files: Configuration) -> None:
    said = files.prompts[tag][Phrase.TEXT_RECEIPT_CODE]

    told = fill(said, {"organisation": "Exempelkredit", "code": "123 456 789 012 345",
                       "page": "https://feedback.example.com/mine"})  # fmt: skip

    assert parts_of(told) <= 2


def test_nothing_is_promised_to_a_telephone_without_texts_or_another_than_we_know(
    texter: Texter,
) -> None:
    landline, mobile = answered(phone=LANDLINE), answered()
    with reading() as session:
        known = session.scalars(
            select(Customer.phone_hash).join(Invitation).join(Response).where(
                Response.id == mobile)
        ).one()  # fmt: skip

    assert not may_come(landline)
    assert may_come(mobile)
    assert may_come(mobile, caller_hash=known)
    assert not may_come(mobile, caller_hash=b"another telephone")


@pytest.mark.parametrize(
    ("method", "may"), [(Method.SMS, False), (Method.ALL, False), (Method.CALLS, True)]
)
def test_who_wants_no_texts_is_promised_none(texter: Texter, method: Method, may: bool) -> None:
    response_id = answered()

    says_no(method)

    assert may_come(response_id) is may


def test_a_no_between_the_promise_and_the_text_holds(promised: UUID) -> None:
    says_no(Method.SMS)
    provider = Texts()

    assert (send(provider), provider.asked) == (0, [])
    assert last(ReceiptCode).text_due_at is None
    assert [one.allowed for one in rows(PermissionDecision)].count(False) == 1


def test_it_is_sent_though_the_campaign_was_paused_since(promised: UUID) -> None:
    with transaction() as session:
        session.get_one(Campaign, campaign_of(session).id).state = CampaignState.PAUSED

    assert send(Texts()) == 1


def test_a_busy_provider_is_asked_again_with_the_same_code(promised: UUID, clock: Clock) -> None:
    provider = Texts(faults=[ProviderBusy("busy", code="busy")])

    assert send(provider) == 0
    assert send(provider) == 0  # the line is left alone
    clock.shift(timedelta(minutes=2))
    with transaction() as session:
        for pace in session.scalars(select(LinePace)):
            pace.held_until = None
    assert send(provider) == 1

    first, second = provider.asked
    assert first.body == second.body
    assert [one.state for one in rows(SentText)] == [TextState.NOT_SENT, TextState.TAKEN]


def test_after_an_hour_nobody_is_texted_about_it(promised: UUID, clock: Clock) -> None:
    clock.shift(timedelta(minutes=61))
    provider = Texts()

    assert (send(provider), provider.asked) == (0, [])
    assert last(ReceiptCode).text_due_at is None


def test_an_account_that_is_refused_does_not_take_the_code_away(promised: UUID) -> None:
    provider = Texts(faults=[ProviderRefusesUs("no", code="20003")])

    send(provider)

    assert last(ReceiptCode).text_due_at is not None


def test_a_number_that_cannot_be_texted_is_not_asked_for_again(promised: UUID) -> None:
    provider = Texts(faults=[ProviderSaysNo("no", code="21614")])

    assert (send(provider), send(provider)) == (0, 0)
    assert (len(provider.asked), last(ReceiptCode).text_due_at) == (1, None)


def test_who_told_the_provider_to_stop_us_has_said_no(promised: UUID) -> None:
    send(Texts(faults=[RecipientOptedOut("stopped", code="21610")]))

    assert [one.method for one in rows(Objection)] == ["all"]
    assert last(ReceiptCode).text_due_at is None


def test_one_that_may_be_on_its_way_is_looked_for_before_another_is_sent(
    promised: UUID, clock: Clock
) -> None:
    provider = Texts(faults=[ProviderAway("cut off", may_have_happened=True, code="cut_off")])
    send(provider)
    assert send(provider) == 0

    clock.shift(timedelta(minutes=3))
    provider.lying = [lies_there(SID)]
    text_reconcile.reconcile(provider=provider, now=utc_now())  # type: ignore[arg-type]

    assert (last(SentText).state, last(SentText).provider_sid) == (TextState.TAKEN, SID)
    assert (send(provider), len(provider.asked)) == (0, 1)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_process_that_died_before_the_answer_texts_nobody_twice_and_loses_none(
    promised: UUID, clock: Clock, arrived: bool
) -> None:
    def die() -> None:
        raise KilledError

    dying = Texts(before=die)
    with pytest.raises(KilledError):
        send(dying)
    provider = Texts(lying=[lies_there(SID)] if arrived else [])
    assert send(provider) == 0

    clock.shift(timedelta(minutes=3))
    text_reconcile.reconcile(provider=provider, now=utc_now())  # type: ignore[arg-type]
    clock.shift(timedelta(minutes=2))

    assert send(provider) == (0 if arrived else 1)
    assert send(provider) == 0


def test_a_text_that_turns_up_late_is_followed_by_no_other(promised: UUID, clock: Clock) -> None:
    provider = Texts(faults=[ProviderAway("cut off", may_have_happened=True, code="cut_off")])
    send(provider)
    clock.shift(timedelta(minutes=3))
    text_reconcile.reconcile(provider=provider, now=utc_now())  # type: ignore[arg-type]
    assert last(ReceiptCode).text_due_at is not None

    with transaction() as session:
        text = text_ends.locked(session, last(SentText).id)
        assert text is not None
        text_ends.arrive(session, text, TextState.DELIVERED, at=utc_now())
    clock.shift(timedelta(minutes=3))

    assert last(ReceiptCode).text_due_at is None
    assert send(provider) == 0


def test_deleting_the_answer_takes_its_text_and_the_providers_copy(promised: UUID) -> None:
    send(Texts())
    item = last(ReceiptCode).id

    answer_erasure.ask(item, keyring=house().keyring, now=utc_now())
    answer_erasure.carry_out(item, hands=hands_of(house()), now=utc_now())

    assert (rows(SentText), rows(ReceiptCode), rows(Response)) == ([], [], [])
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]


def test_an_answer_deleted_while_the_provider_is_asked_leaves_no_copy_there(
    promised: UUID,
) -> None:
    provider, item = Texts(), last(ReceiptCode).id

    def deleted() -> None:
        answer_erasure.ask(item, keyring=house().keyring, now=utc_now())
        answer_erasure.carry_out(item, hands=hands_of(house()), now=utc_now())

    provider.before = deleted
    send(provider)

    assert rows(SentText) == []
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]
