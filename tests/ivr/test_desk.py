"""Calls to a line over HTTP, against real rows: what is heard, what is stored, what is not."""

import random
import threading
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from ivr import callers
from storage.house import House, house, reading, transaction, utc_now
from storage.request_states import RequestKind, RequestState
from storage.states import (
    AttemptState,
    CampaignState,
    Disposition,
    InvitationState,
    ResponseState,
)
from storage.tables import (
    Alarm,
    Answer,
    Attempt,
    Call,
    Campaign,
    Customer,
    Invitation,
    Line,
    Objection,
    PermissionDecision,
    Recording,
    Response,
    RightsRequest,
    ThrottleToken,
)
from survey import restrictions
from survey.permission_replay import replay
from survey.restrictions import Cause
from survey.subjects import hashes_of_customer
from tests.ivr.conftest import LINE, NOON, PERSON, rows, the

Telephone = Any
OTHER_LINE = "+46313900610"  # the answering service's
STRANGER = "+46701740699"


def heard(call: Any) -> str:
    return " ".join(call.document.says)


def not_reached(telephone: Telephone) -> None:
    """One call of ours that nobody took."""
    telephone.invite()
    telephone.ring().status("no-answer", 2)


def change(table: Any, **values: Any) -> None:
    with transaction() as session:
        for row in session.scalars(select(table)):
            for name, value in values.items():
                setattr(row, name, value)


# Who answers now.


def test_a_customer_who_was_not_reached_hears_why_and_when_and_answers_now(
    telephone: Telephone,
) -> None:
    not_reached(telephone)
    call = telephone.call_in(LINE)
    assert call.document.verbs == ["Say", "Say", "Gather", "Redirect"]
    assert "Exempelkredit" in call.document.says[0]
    assert "hur vi har hanterat ditt ärende" in call.document.says[0]
    assert call.document.says[1] == "Vi försökte senast nå dig den 10 mars 2026."

    call.press("1")
    assert "Tack för att du ringer tillbaka" in call.document.says[0]
    assert len(call.document.says) == 3  # the notice in full, then the first question
    call.press("5").press("9").press("2")
    call.token = ""
    call.status("completed", 0)

    assert {row.question_key for row in rows(Answer)} == {"satisfaction", "recommend"}
    decisions = rows(PermissionDecision)
    assert [row.rule for row in decisions] == ["allowed", callers.CALLED_US]
    assert replay(decisions[1]).facts.called_in
    assert [row.disposition for row in rows(Attempt)] == [
        Disposition.NO_ANSWER, Disposition.COMPLETED,
    ]  # fmt: skip
    assert the(Invitation).state is InvitationState.COMPLETED


def test_who_answers_by_calling_is_left_in_peace_like_one_who_was_rung(
    telephone: Telephone,
) -> None:
    not_reached(telephone)
    with transaction() as session:
        session.execute(delete(ThrottleToken))
    call = telephone.call_in(LINE)
    assert rows(ThrottleToken) == []

    call.press("1")

    customer = the(Customer)
    tokens = rows(ThrottleToken)
    assert {one.subject_hash for one in tokens} == {*hashes_of_customer(customer)}
    assert {one.invitation_id for one in tokens} == {the(Invitation).id}


def test_a_customer_who_was_cut_off_goes_on_where_the_call_broke_off(telephone: Telephone) -> None:
    telephone.invite()
    telephone.ring().answer().press("4").status("completed", 3)
    call = telephone.call_in(LINE)
    assert "fortsätta med frågorna där samtalet bröts" in heard(call)

    call.press("1")
    assert "Vi fortsätter där vi slutade" in heard(call)
    assert "rekommendera" in heard(call)

    call.press("9")
    assert {row.question_key for row in rows(Answer)} == {"satisfaction", "recommend"}


def test_what_was_passed_over_before_the_line_broke_is_not_asked_again(
    telephone: Telephone,
) -> None:
    telephone.invite()
    first = telephone.ring().answer().silent().silent().silent()  # passes the first question
    first.press("9").status("completed", 3)

    call = telephone.call_in(LINE).press("1")

    assert "kommentar" in heard(call)


def test_somebody_for_whom_a_machine_was_silent_is_asked_from_the_beginning(
    telephone: Telephone,
) -> None:
    telephone.invite()
    machine = telephone.ring().answer()
    for _ in range(8):
        machine.silent()
    machine.status("completed", 3)
    assert rows(Answer) == []

    call = telephone.call_in(LINE).press("1")

    assert "nöjd" in heard(call)


def test_visits_go_on_from_the_desk_so_no_webhook_is_taken_for_another(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.call_in(LINE).press("#").press("2")
    before = call.document.visit

    call.press("1")
    again = call.post(f"/turn/{call.token}/{before}/keys", Digits="1")

    assert call.document.visit == before + 1
    assert again.text == call.document.text
    assert rows(Answer) == []
    assert len(rows(Attempt)) == 1


def test_a_key_of_the_menu_means_what_the_question_says_once_it_is_asked(
    telephone: Telephone,
) -> None:
    telephone.invite()

    telephone.call_in(LINE).press("1").press("3").press("2")

    assert {row.question_key: row.number for row in rows(Answer)} == {
        "satisfaction": 3, "recommend": 2,
    }  # fmt: skip
    assert rows(RightsRequest) == []


def test_of_two_calls_at_once_only_one_gets_the_questions(telephone: Telephone) -> None:
    telephone.invite()
    app = telephone.client.application
    calls = [telephone.call_in(LINE, sid="CA" + letter * 32) for letter in "def"]
    for call in calls:
        call.client = app.test_client()
    threads = [threading.Thread(target=call.press, args=("1",)) for call in calls]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(rows(Attempt)) == 1
    said = [heard(call) for call in calls]
    assert sum("Tack för att du ringer tillbaka" in one for one in said) == 1
    assert sum("inga frågor kvar" in one and "Tryck 1 " not in one for one in said) == 2


def test_a_hang_up_at_the_desk_leaves_the_invitation_as_it_was(telephone: Telephone) -> None:
    not_reached(telephone)
    before = the(Invitation)
    call = telephone.call_in(LINE).press("2")
    call.token = ""

    call.status("completed", 0)

    after = the(Invitation)
    assert (after.state, after.due_at) == (before.state, before.due_at)
    assert len(rows(Attempt)) == 1
    assert (rows(Response), rows(RightsRequest), rows(Recording)) == ([], [], [])


# Nothing to answer.


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Campaign, {"state": CampaignState.STOPPED}),
        (Invitation, {"expires_at": NOON}),
        (Invitation, {"state": InvitationState.WITHDRAWN}),
        (Invitation, {"state": InvitationState.COMPLETED}),
        (Attempt, {"state": AttemptState.PLACED}),
    ],
    ids=["stopped", "expired", "withdrawn", "completed", "rings now"],
)
def test_what_may_not_be_answered_is_not_offered_and_the_rest_is(
    telephone: Telephone, table: Any, values: dict[str, Any]
) -> None:
    not_reached(telephone)
    change(table, **values)
    call = telephone.call_in(LINE)
    assert "svara på frågorna nu" not in heard(call)
    assert "Tryck 2" in heard(call)

    call.press("1")

    assert len(rows(Attempt)) == 1
    assert "går inte att välja" in heard(call)


def test_what_is_withdrawn_while_the_menu_is_heard_is_not_asked(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.call_in(LINE)
    change(Invitation, state=InvitationState.WITHDRAWN)

    call.press("1")

    assert "inga frågor kvar" in heard(call)
    assert rows(Attempt) == []
    assert "sparat om dig" in heard(call.press("2"))


def test_a_customer_whose_data_are_frozen_is_asked_nothing_and_told_why_it_stays(
    telephone: Telephone,
) -> None:
    not_reached(telephone)
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        restrictions.restrict(
            session, customer, cause=Cause.ACCURACY_DISPUTED, at=NOON, review_at=None
        )
    call = telephone.call_in(LINE)
    assert "svara på frågorna nu" not in heard(call)

    assert "begränsad just nu" in heard(call.press("2"))


# What is kept.


def test_kinds_and_last_days_are_told_and_nothing_of_what_they_say(telephone: Telephone) -> None:
    telephone.invite("K-4711")
    telephone.ring().answer().press("4").press("2").press("1").speak("RE1").status("completed", 3)

    call = telephone.call_in(LINE).press("2")

    said = heard(call)
    assert "kontaktuppgifter och vad vi ville fråga om, längst till den 10 september 2027" in said
    assert "Dina svar, längst till den 10 september 2027" in said
    assert "egna ord, längst till den 10 mars 2027" in said
    for secret in ("K-4711", PERSON, "0701740605", "invoice"):
        assert secret not in said


def test_a_no_is_told_among_what_is_kept(telephone: Telephone) -> None:
    telephone.invite()
    telephone.call_in(LINE).press("*").press("1")

    call = telephone.call_in(LINE, sid="CA" + "e" * 32).press("2")

    assert "inte vill bli kontaktad" in heard(call)
    assert "Dina svar" not in heard(call)


# Objection and deletion.


def test_a_customer_objects_at_the_desk_and_it_bites_at_once(telephone: Telephone) -> None:
    telephone.invite()

    call = telephone.call_in(LINE).press("*").press("1")

    assert the(Objection).method == "calls"
    assert the(Objection).source == "called_us"
    assert the(Invitation).state is InvitationState.WITHDRAWN
    assert call.document.verbs == ["Say", "Hangup"]


def test_asking_for_deletion_stops_every_contact_and_makes_one_request(
    telephone: Telephone,
) -> None:
    not_reached(telephone)
    call = telephone.call_in(LINE).press("3").press("1")
    again = telephone.call_in(LINE, sid="CA" + "e" * 32).press("3").press("1")

    request = the(RightsRequest)
    assert (request.kind, request.state) == (RequestKind.ERASURE, RequestState.RECEIVED)
    assert request.customer_id == the(Customer).id
    assert ", ".join(request.reference) in heard(call)
    assert ", ".join(request.reference) in heard(again)
    assert {row.method for row in rows(Objection)} == {"all"}
    assert the(Invitation).state is InvitationState.WITHDRAWN
    assert (the(Alarm).kind, the(Alarm).subject) == ("rights.requested", str(request.id))


def test_who_asked_for_deletion_is_offered_no_questions_any_more(telephone: Telephone) -> None:
    telephone.invite()
    telephone.ring().answer().press("4").status("completed", 3)
    telephone.call_in(LINE).press("3").press("1")

    call = telephone.call_in(LINE, sid="CA" + "e" * 32)

    assert "Tryck 1" not in heard(call)
    assert the(Response).state is ResponseState.PARTIAL  # deleted by whoever decides, not here


def test_somebody_erased_while_on_the_line_asks_for_nothing(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.call_in(LINE).press("3")
    change(Customer, phone_hash=None)

    call.press("1")

    assert "inte sparat något" in heard(call)
    assert rows(RightsRequest) == []


# Strangers, withheld numbers, other organisations.


def test_a_stranger_may_object_and_a_later_import_meets_it(telephone: Telephone) -> None:
    call = telephone.call_in(LINE, caller=STRANGER).press("*").press("1")

    call.press("1")

    assert (the(Objection).method, the(Objection).source) == ("calls", "called_us")
    assert telephone.invite(phone=STRANGER) is None
    assert rows(Invitation) == []


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", "", "Restricted"])
def test_a_withheld_number_gets_no_data_and_may_object_for_one_it_enters(
    telephone: Telephone, caller: str
) -> None:
    not_reached(telephone)
    call = telephone.call_in(LINE, caller=caller)
    assert "ditt ärende" not in heard(call)
    assert "10 mars" not in heard(call)
    for key in ("1", "2"):
        assert "går inte att välja" in heard(call.press(key))

    call.press("*").press("1").press("0701740605")

    assert "noterat för numret" in heard(call)
    assert the(Objection).method == "calls"
    assert the(Invitation).state is InvitationState.WITHDRAWN
    assert the(Customer).phone_hash == objected_hash()
    assert rows(RightsRequest) == []


def objected_hash() -> bytes | None:
    hashes = {row.subject_hash for row in rows(Objection)}
    return next(iter(hashes))


def test_an_entered_number_is_answered_alike_whether_it_is_known_or_not(
    telephone: Telephone,
) -> None:
    telephone.invite()
    known = telephone.call_in(LINE, caller="anonymous")
    unknown = telephone.call_in(LINE, caller="anonymous", sid="CA" + "e" * 32)

    known.press("*").press("2").press("0701740605")
    unknown.press("*").press("2").press("0701740699")

    assert known.document.says == unknown.document.says
    assert len(rows(Objection)) == 2
    stored = str([(row.flow, row.caller_hash) for row in rows(Call)])
    assert "701740605" not in stored


def test_another_organisations_line_knows_nothing_of_the_customer(telephone: Telephone) -> None:
    not_reached(telephone)

    call = telephone.call_in(OTHER_LINE)
    assert "Exempelkredit" not in heard(call)
    assert "10 mars" not in heard(call)
    call.press("2")
    assert "sparat" not in heard(call)
    call.press("*").press("2").press("1")

    (objection,) = rows(Objection)
    assert objection.organisation_id != the(Customer).organisation_id
    assert the(Invitation).state is InvitationState.TRYING
    # The other organisation's hash of the same number is another one.
    assert objection.subject_hash != the(Customer).phone_hash


def test_another_line_of_the_same_organisation_offers_only_its_own_questions(
    telephone: Telephone,
) -> None:
    not_reached(telephone)
    with transaction() as session:
        line = session.get_one(Campaign, the(Invitation).campaign_id).line_id
        other = session.scalars(select(Campaign).where(Campaign.line_id != line)).one()
        customer = session.scalars(select(Customer)).one()
        # The other campaign's line now belongs to the same organisation as the customer.
        other_line = other.line_id
        call = Call(
            id=uuid4(), organisation_id=customer.organisation_id, line_id=other_line,
            token=uuid4().hex, caller_hash=customer.phone_hash, started_at=utc_now(),
        )  # fmt: skip
        session.add(call)
        session.flush()

        assert callers.invitation_of(session, call, customer, at=utc_now()) is None
        assert callers.last_rung(session, call, customer) is None
        call.line_id = line
        assert callers.invitation_of(session, call, customer, at=utc_now()) is not None


# Languages.


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("fi", ["Tämän numeron haltija", "Yritimme viimeksi tavoittaa sinut 10. maaliskuuta 2026"]),
        ("nb", ["Du har ringt", "Vi prøvde sist å nå deg 10. mars 2026"]),
        ("en-GB", ["You have called", "We last tried to reach you on 10 March 2026"]),
    ],
)
def test_a_customer_is_spoken_to_in_their_language(
    telephone: Telephone, locale: str, words: list[str]
) -> None:
    telephone.invite(locale=locale)
    telephone.ring().status("no-answer", 2)

    said = heard(telephone.call_in(LINE))

    for some in words:
        assert some in said


@pytest.mark.parametrize(
    ("caller", "words"),
    [("+4740612345", "Du har ringt"), ("+358401234567", "Tämän numeron"), ("anonymous", "Hej!")],
)
def test_a_strangers_language_is_guessed_by_the_country(
    telephone: Telephone, caller: str, words: str
) -> None:
    assert words in heard(telephone.call_in(LINE, caller=caller))


def test_a_language_chosen_at_the_desk_stays_for_the_questions_and_afterwards(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.call_in(LINE).press("*").press("3").press("5")
    assert "You have called" in heard(call)

    call.press("1")

    assert "Thank you for calling back" in heard(call)
    assert the(Customer).locale == "en"


# Whatever callers press.


def test_random_keys_always_get_a_document_and_nothing_personal_is_kept(
    telephone: Telephone, house: House
) -> None:
    not_reached(telephone)
    rng = random.Random(7)
    for number in range(12):
        caller = rng.choice([PERSON, STRANGER, "anonymous"])
        call = telephone.call_in(LINE, caller=caller, sid=f"CA{number:032x}")
        said = [heard(call)]
        for _ in range(10):
            if "/turn/" not in call.document.text:
                break
            call.press(rng.choice(["1", "2", "3", "9", "#", "*", "0701740633", "1"]))
            assert call.document.status == 200
            said.append(heard(call))
        if caller != PERSON:
            assert "ditt ärende" not in " ".join(said)
            assert "10 mars" not in " ".join(said)
            assert "sparat" not in " ".join(said)
    states = str([row.flow for row in rows(Call)])
    for secret in (PERSON[3:], STRANGER[3:], "701740633"):
        assert secret not in states


def test_a_line_without_any_campaign_rejects_the_call(telephone: Telephone) -> None:
    with transaction() as session:
        owner = session.scalars(select(Campaign.organisation_id)).first()
        session.add(
            Line(
                id=uuid4(), organisation_id=owner, number="+46850000077", name="tom",
                calls_per_second=1.0, simultaneous_calls=1,
            )
        )  # fmt: skip

    assert telephone.call_in("+46850000077").document.verbs == ["Reject"]


def test_the_first_document_asked_again_is_the_same(telephone: Telephone) -> None:
    telephone.invite()

    first, second = telephone.call_in(LINE), telephone.call_in(LINE)

    assert first.document.text == second.document.text
    assert len(rows(Call)) == 1
    with reading() as session:
        call = session.scalars(select(Call)).one()
    assert call.caller_hash == house().keyring.lookup_hash(call.organisation_id, "phone", PERSON)
