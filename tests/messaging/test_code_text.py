"""A code by text message: chosen on the form, sent to what is known to be theirs, kept nowhere."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from messaging import code_mail, code_text, text_reconcile
from messaging.code_words import TEXT
from messaging.patience import Patience
from messaging.rights_words import RIGHTS
from messaging.text_parts import fingerprint, parts_of
from privacy import identity_codes, request_steps, requests
from storage import permits
from storage.faults import GiveUp, TryAgain
from storage.house import House, reading, transaction, utc_now
from storage.permits import AskedFor, WrongPermitError
from storage.provider import AskedText, TakenText
from storage.provider_faults import ProviderAway, ProviderBusy, ProviderSaysNo
from storage.request_states import Outcome, ProofWay, RequestState
from storage.states import AttemptMethod, TextState
from storage.tables import Call, Customer, IdentityCode, ProviderCopy, RightsRequest, SentText
from survey.places import find_organisation
from tests.messaging.conftest import LINE
from tests.messaging.exchange import Texts, lies_there
from tests.messaging.test_rights_page import PAGE, Visitor, reference_of
from tests.messaging.visitors import visiting
from tests.rows import make_call, make_customer

PHONE, E164 = "070-174 06 05", "+46701740605"
SID = f"SM{1:032x}"


class Codes(Texts):
    """A provider that is asked to text codes."""

    def text_asked_for(self, order: AskedText, paper: AskedFor) -> TakenText:
        permits.require_asked(paper, AttemptMethod.SMS, order.to)
        self.asked.append(order)  # type: ignore[arg-type]
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        return TakenText(f"SM{len(self.asked):032x}", "queued")

    @property
    def code(self) -> str:
        """The digits of the newest code."""
        words = self.asked[-1].body.split(". ")[0].split()
        return "".join(words[-2:])


@pytest.fixture
def visitor(shipped: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    asking = Patience(at_once=40, seconds_each=1)
    codes = Patience(at_once=40, seconds_each=1)
    with visiting(monkeypatch, asking=asking, codes=codes) as client:
        yield Visitor(client)


@pytest.fixture
def provider() -> Codes:
    return Codes()


def somebody(phone: str = E164) -> Customer:
    with reading() as session:
        organisation = find_organisation(session, "consumer-credit")
    return make_customer(organisation, phone=phone)


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def ask(visitor: Visitor, who: str = PHONE, *, way: str = "sms", kind: str = "access") -> str:
    """Ask on the form; the reference."""
    form = {"who": who, "kind": kind, "way": way}
    answer = visitor.client.post(PAGE, data=form)
    assert answer.status_code == 303, answer.text
    return reference_of(answer)


def send(house: House, provider: Codes, **settings: Any) -> bool:
    """As the worker does for the newest request."""
    request = rows(RightsRequest)[-1]
    changed = house.settings.model_copy(update=settings)
    at = replace(house, provider=provider, settings=changed)
    return code_mail.send(request.id, house=at, now=utc_now()) or code_text.send(
        request.id, house=at, now=utc_now()
    )


def test_a_code_that_was_texted_proves_the_request(
    visitor: Visitor, shipped: House, provider: Codes
) -> None:
    somebody()
    reference = ask(visitor)

    assert send(shipped, provider)

    (order,) = provider.asked
    assert (order.to, order.from_) == (E164, LINE)
    assert order.body.startswith("Exempelkredit")
    assert reference in order.body
    assert len(provider.code) == identity_codes.DIGITS
    assert visitor.key_in(reference, provider.code).status_code == 200
    (stored,) = rows(RightsRequest)
    assert (stored.state, stored.proof) == (RequestState.PROVEN, ProofWay.CODE_BY_SMS)
    (text,) = rows(SentText)
    assert text.wording in {fingerprint(one) for one in TEXT.values()}
    assert (text.state, text.body_sealed) == (TextState.TAKEN, None)


@pytest.mark.parametrize("who", ["nobody's", "somebody's"])
def test_the_form_offers_every_way_and_answers_alike_whoever_is_known(
    visitor: Visitor, who: str
) -> None:
    if who == "somebody's":
        somebody()

    form = visitor.get(PAGE).text
    answer = visitor.client.post(PAGE, data={"who": PHONE, "kind": "access", "way": "sms"})

    ways = RIGHTS["en"].ways
    assert [one in form for one in ways.values()] == [True] * len(ways)
    reference = reference_of(answer)
    page = visitor.get(f"{PAGE}/{reference}").text.replace(reference, "")
    other = visitor.get(f"{PAGE}/12345678").text.replace("12345678", "")
    assert page == other


def test_whoever_is_not_known_is_not_texted(
    visitor: Visitor, shipped: House, provider: Codes
) -> None:
    somebody(phone="+46701740699")
    ask(visitor)

    assert not send(shipped, provider)
    assert (provider.asked, rows(IdentityCode)) == ([], [])


def caller(phone: str = E164, organisation: str = "consumer-credit") -> Call:
    with reading() as session:
        owner = find_organisation(session, organisation)
    return make_call(owner.id, caller=phone)


@pytest.mark.parametrize("way", ["sms", "email"])
def test_who_only_called_is_texted_at_the_number_they_called_from_and_proves_it(
    visitor: Visitor, shipped: House, provider: Codes, way: str
) -> None:
    caller()
    reference = ask(visitor, way=way)

    assert send(shipped, provider)

    assert [one.to for one in provider.asked] == [E164]
    assert visitor.key_in(reference, provider.code).status_code == 200
    (stored,) = rows(RightsRequest)
    assert (stored.state, stored.proof) == (RequestState.PROVEN, ProofWay.CODE_BY_SMS)


@pytest.mark.parametrize("change", ["another number", "another organisation", "forgotten"])
def test_whose_call_is_not_kept_here_is_not_texted(
    visitor: Visitor, shipped: House, provider: Codes, change: str
) -> None:
    if change == "another number":
        caller(phone="+46701740699")
    elif change == "another organisation":
        caller(organisation="software")
    else:
        call = caller()
        with transaction() as session:
            session.get_one(Call, call.id).caller_hash = None
    ask(visitor)

    assert not send(shipped, provider)
    assert (provider.asked, rows(IdentityCode)) == ([], [])


def test_a_given_address_leads_to_the_number_that_is_kept_with_it(
    visitor: Visitor, shipped: House, provider: Codes
) -> None:
    somebody()
    ask(visitor, f"{E164}@example.org")

    assert send(shipped, provider)
    assert provider.asked[0].to == E164


def test_without_an_address_or_a_mail_server_a_text_comes_though_mail_was_chosen(
    visitor: Visitor, shipped: House, provider: Codes
) -> None:
    customer = somebody()
    with transaction() as session:
        session.get_one(Customer, customer.id).email_sealed = None
    ask(visitor, way="email")

    assert send(shipped, provider)
    assert rows(IdentityCode)[0].method == "sms"


def test_a_test_system_texts_nobody_but_its_own_numbers(
    visitor: Visitor, shipped: House, provider: Codes
) -> None:
    somebody()
    ask(visitor)

    assert not send(shipped, provider, allowed_numbers=("+46701740611",))
    assert provider.asked == []


@pytest.mark.parametrize("known", [somebody, caller], ids=["a customer", "who only called"])
def test_nobody_is_texted_more_than_five_times_a_day_whatever_is_asked(
    visitor: Visitor, shipped: House, provider: Codes, known: Callable[[], object]
) -> None:
    known()
    for kind in ("access", "erasure", "restriction", "portability", "rectification"):
        ask(visitor, kind=kind)
        assert send(shipped, provider)
    ask(visitor, kind="access")
    request = rows(RightsRequest)[0]

    with pytest.raises(identity_codes.TooManyCodesError):
        code_text.send(request.id, house=replace(shipped, provider=provider), now=utc_now())

    assert len(provider.asked) == 5


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (ProviderBusy("later", code="20429"), TextState.NOT_SENT),
        (ProviderSaysNo("no", code="21614"), TextState.NOT_SENT),
        (ProviderAway("silence", may_have_happened=True, code="x"), TextState.UNCERTAIN),
    ],
)
def test_what_the_provider_does_not_take_is_not_sent_again_by_itself(
    visitor: Visitor, shipped: House, provider: Codes, fault: TryAgain | GiveUp, state: TextState
) -> None:
    somebody()
    ask(visitor)
    provider.faults = [fault]

    with pytest.raises(type(fault)):
        send(shipped, provider)

    assert [one.state for one in rows(SentText)] == [state]
    assert len(provider.asked) == 1


def test_a_code_in_doubt_is_looked_for_at_the_provider_and_its_copy_removed(
    visitor: Visitor, shipped: House, provider: Codes
) -> None:
    somebody()
    ask(visitor)
    provider.faults = [ProviderAway("silence", may_have_happened=True, code="x")]
    with pytest.raises(ProviderAway):
        send(shipped, provider)
    provider.lying = [lies_there(SID, "delivered")]

    later = utc_now() + timedelta(minutes=1)
    assert text_reconcile.reconcile(provider=provider, now=later) == 1

    assert rows(SentText)[0].state is TextState.DELIVERED
    assert rows(ProviderCopy)[0].delete_at == later


def test_with_the_answer_the_text_is_forgotten_here_and_at_the_provider(
    visitor: Visitor, shipped: House, provider: Codes
) -> None:
    somebody()
    reference = ask(visitor, kind="access")
    send(shipped, provider)
    visitor.key_in(reference, provider.code)

    with transaction() as session:
        organisation = find_organisation(session, "consumer-credit")
        found = requests.find(session, organisation.id, reference)
        assert found is not None
        request_steps.decide(session, found, outcome=Outcome.GRANTED, at=utc_now())
        request_steps.finish(found, at=utc_now())
        request_steps.tell(session, found, keyring=shipped.keyring, at=utc_now())

    assert (rows(SentText), rows(IdentityCode)) == ([], [])
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]


def test_the_paper_is_for_one_number(visitor: Visitor, shipped: House, provider: Codes) -> None:
    somebody()
    ask(visitor)
    with transaction() as session:
        request = session.scalars(select(RightsRequest)).one()
        _, paper = identity_codes.make(
            session, request, method=AttemptMethod.SMS, keyring=shipped.keyring, at=utc_now(),
            to=E164,
        )  # fmt: skip

    assert permits.require_asked(paper, AttemptMethod.SMS, E164) is paper
    with pytest.raises(WrongPermitError, match="number"):
        shipped.provider.text_asked_for(AskedText("+46701740606", LINE, "Hej", ""), paper)


@pytest.mark.parametrize("language", sorted(TEXT))
def test_the_text_takes_one_part_and_says_what_to_do_if_one_did_not_ask(language: str) -> None:
    named = {"organisation": "Exempelkredit Nord AB", "reference": "10405060"}
    text = TEXT[language].format(code="1234 5678", **named)

    assert parts_of(text) == 1
    assert "1234 5678" in text
    assert "10405060" in text
