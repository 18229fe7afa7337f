"""A code spoken in a call: to a person alone, twice, in their language, and kept nowhere."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from ivr import code_calls, reconcile
from ivr.code_words import SPOKEN
from privacy import identity_codes, request_steps, requests
from privacy.requests import Asker
from storage import permits
from storage.house import House, house, reading, transaction, utc_now
from storage.permits import AskedFor, WrongPermitError
from storage.provider import AskedCall, CallAtProvider, PlacedCall
from storage.provider_faults import ProviderAway, ProviderBusy
from storage.request_states import ProofWay, RequestChannel, RequestKind, RequestState
from storage.states import AttemptMethod, CallState
from storage.tables import Call, CallEvent, Customer, IdentityCode, ProviderCopy, RightsRequest
from survey.places import find_organisation
from tests.ivr.conftest import LINE, PERSON, Handset, rows, the
from tests.rows import make_call, make_customer

Telephone = Any
SID = "CA" + "1" * 32


class Provider:
    """Does as it is told, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[AskedCall] = []
        self.fault: Exception | None = None
        self.lying: tuple[CallAtProvider, ...] = ()

    def call_asked_for(self, order: AskedCall, paper: AskedFor) -> PlacedCall:
        permits.require_asked(paper, AttemptMethod.CALL, order.to)
        self.asked.append(order)
        if self.fault is not None:
            raise self.fault
        return PlacedCall(SID, "queued")

    def find_calls(self, **_: Any) -> tuple[CallAtProvider, ...]:
        return self.lying

    def fetch_call(self, sid: str) -> CallAtProvider | None:
        return next((one for one in self.lying if one.sid == sid), None)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def request_id(telephone: Telephone) -> Any:
    """A customer asks what is kept of them, and wants the code in a call."""
    return _asks()


def _asks(language: str = "sv", *, kind: RequestKind = RequestKind.ACCESS) -> Any:
    with reading() as session:
        organisation = find_organisation(session, "consumer-credit")
        known = session.scalars(select(Customer.id)).first()
    customer = make_customer(organisation, phone=PERSON) if known is None else None
    keyring = house().keyring
    subject = keyring.lookup_hash(organisation.id, "phone", PERSON)
    assert customer is None or customer.phone_hash == subject
    with transaction() as session:
        found = requests.receive(
            session, organisation, Asker(PERSON, subject), kind=kind, channel=RequestChannel.WEB,
            at=utc_now(), keyring=keyring, language=language,
        )  # fmt: skip
        found.code_by = AttemptMethod.CALL
    return found.id


def place(request_id: Any, provider: Provider, **settings: Any) -> bool:
    changed = house().settings.model_copy(update=settings)
    at: House = replace(house(), provider=provider, settings=changed)
    return code_calls.place(request_id, house=at, now=utc_now())


def picked_up(telephone: Telephone) -> Handset:
    return Handset(telephone.client, the(Call).token, sid=SID, To=PERSON).answer()


def digits_of(handset: Handset) -> list[str]:
    """What was spoken digit by digit."""
    return [
        one.replace(", ", "").rstrip(".")
        for one in handset.document.says
        if one[:2].strip(",").isdigit()
    ]


def proven(request_id: Any, code: str) -> bool:
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        if not identity_codes.is_right(session, found, code, keyring=house().keyring, at=utc_now()):
            return False
        request_steps.prove(found, way=identity_codes.way_of(session, found), at=utc_now())
    return True


def test_who_only_called_is_rung_at_the_number_they_called_from(
    telephone: Telephone, provider: Provider
) -> None:
    with reading() as session:
        organisation = find_organisation(session, "consumer-credit")
    make_call(organisation.id, caller=PERSON)
    subject = house().keyring.lookup_hash(organisation.id, "phone", PERSON)
    with transaction() as session:
        found = requests.receive(
            session, organisation, Asker(PERSON, subject), kind=RequestKind.ACCESS,
            channel=RequestChannel.WEB, at=utc_now(), keyring=house().keyring, language="sv",
        )  # fmt: skip
        found.code_by = AttemptMethod.CALL

    assert place(found.id, provider)

    assert [one.to for one in provider.asked] == [PERSON]
    assert not {row.id for row in rows(Customer)}


def test_after_a_key_the_code_is_spoken_twice_and_proves_the_request(
    telephone: Telephone, request_id: Any, provider: Provider
) -> None:
    assert place(request_id, provider)
    (order,) = provider.asked
    assert (order.to, order.from_) == (PERSON, LINE)

    call = picked_up(telephone)
    assert (digits_of(call), "Exempelkredit" in call.document.says[0]) == ([], True)
    call.press("1")

    first, again = digits_of(call)
    assert (first, len(first)) == (again, identity_codes.DIGITS)
    assert call.document.verbs == ["Say", "Say", "Say", "Say", "Hangup"]
    assert proven(request_id, first)
    stored = the(RightsRequest)
    assert (stored.state, stored.proof) == (RequestState.PROVEN, ProofWay.CODE_BY_CALL)


def test_whatever_presses_nothing_hears_no_code(
    telephone: Telephone, request_id: Any, provider: Provider
) -> None:
    place(request_id, provider)
    call = picked_up(telephone)

    for _ in range(2):
        assert digits_of(call.silent()) == []
    call.press("5")

    assert call.document.says == [SPOKEN["sv"].goodbye]
    assert call.document.verbs == ["Say", "Hangup"]


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi", "en", None, "pl"])
def test_it_speaks_the_language_in_which_was_asked(
    telephone: Telephone, provider: Provider, language: str | None
) -> None:
    place(_asks(language or ""), provider)

    words = SPOKEN.get(language or "", SPOKEN["en"])
    call = picked_up(telephone)
    assert call.document.says == [words.offer.format(organisation="Exempelkredit")]
    assert call.press("1").document.says[0] == words.code


def test_a_key_told_twice_is_answered_alike_and_an_old_code_is_not_spoken(
    telephone: Telephone, request_id: Any, provider: Provider
) -> None:
    place(request_id, provider)
    call = picked_up(telephone)

    first = call.press("1", 0).document
    assert call.press("1", 0).document == first
    with time_machine.travel(utc_now() + timedelta(minutes=31), tick=True):
        assert digits_of(call.press("1", 0)) == []


def test_a_used_code_is_not_spoken_again(
    telephone: Telephone, request_id: Any, provider: Provider
) -> None:
    place(request_id, provider)
    call = picked_up(telephone)
    assert proven(request_id, digits_of(call.press("1"))[0])

    assert digits_of(call.press("1", 0)) == []


def test_the_code_lies_nowhere(
    telephone: Telephone, request_id: Any, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    place(request_id, provider)
    code = digits_of(picked_up(telephone).press("1"))[0]

    stored = the(IdentityCode)
    assert code.encode() not in stored.code_hash
    told = [str(one.flow) for one in rows(Call)] + [str(one.facts) for one in rows(CallEvent)]
    assert [one for one in [*told, caplog.text] if code in one or PERSON in one] == []


def test_the_end_of_the_call_has_its_record_at_the_provider_deleted(
    telephone: Telephone, request_id: Any, provider: Provider
) -> None:
    place(request_id, provider)
    call = picked_up(telephone).press("1")

    assert call.status("completed", 3) == 204

    assert the(Call).state is CallState.COMPLETED
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]


def test_a_provider_that_is_busy_rings_nobody_and_nothing_rings_by_itself(
    request_id: Any, provider: Provider
) -> None:
    provider.fault = ProviderBusy("later", code="20429")

    with pytest.raises(ProviderBusy):
        place(request_id, provider)

    assert the(Call).state is CallState.CANCELED
    assert (
        reconcile.end_lost_calls(
            provider=provider,  # type: ignore[arg-type]
            now=utc_now() + timedelta(hours=1),
        )
        == 0
    )
    assert len(provider.asked) == 1


def test_a_call_of_which_no_answer_came_is_found_and_its_record_removed(
    request_id: Any, provider: Provider
) -> None:
    provider.fault = ProviderAway("silence", may_have_happened=True, code="x")
    with pytest.raises(ProviderAway):
        place(request_id, provider)
    provider.lying = (CallAtProvider(SID, "completed", "outbound-api", None, 9, None, None, None),)

    later = utc_now() + timedelta(minutes=3)
    reconcile.end_lost_calls(provider=provider, now=later)  # type: ignore[arg-type]

    assert (the(Call).provider_sid, the(Call).state) == (SID, CallState.COMPLETED)
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]


def test_nobody_is_rung_more_than_twice_a_day_nor_at_night(
    telephone: Telephone, request_id: Any, provider: Provider
) -> None:
    with time_machine.travel(utc_now().replace(hour=21), tick=True):
        assert not place(request_id, provider)
    place(request_id, provider)
    with transaction() as session:
        session.execute(Call.__table__.update().values(provider_sid=None))
    place(_asks(kind=RequestKind.ERASURE), provider)

    with pytest.raises(identity_codes.TooManyCodesError):
        place(request_id, provider)

    assert len(provider.asked) == 2


def test_a_test_system_rings_nobody_but_its_own_numbers(
    request_id: Any, provider: Provider
) -> None:
    assert not place(request_id, provider, allowed_numbers=("+46701740611",))
    assert provider.asked == []


def test_the_paper_is_for_one_number(request_id: Any) -> None:
    with transaction() as session:
        request = session.get_one(RightsRequest, request_id)
        _, paper = identity_codes.make(
            session, request, method=AttemptMethod.CALL, keyring=house().keyring, at=utc_now(),
            to=PERSON,
        )  # fmt: skip

    with pytest.raises(WrongPermitError, match="number"):
        house().provider.call_asked_for(AskedCall("+46701740606", LINE, "", ""), paper)


def test_with_the_answer_the_call_is_forgotten(
    telephone: Telephone, request_id: Any, provider: Provider
) -> None:
    place(request_id, provider)
    picked_up(telephone).press("1")

    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        found.state = RequestState.DONE
        request_steps.tell(session, found, keyring=house().keyring, at=utc_now())

    assert (rows(Call), rows(CallEvent), rows(IdentityCode)) == ([], [], [])
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]
