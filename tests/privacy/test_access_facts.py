"""Every day, state and number of a person is in the package, or left out for a reason; and each
code word of ours that it shows has a word in the person's language."""

import dataclasses
import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import pytest

from config.campaign_rules import LegalBasis
from config.receiver_rules import ReceiverRole
from config.retention_rules import DataClass, KeepUntil, StartEvent
from privacy.access_notices import NoticeKind
from privacy.access_words import ACCESS
from privacy.data_map_facts import FACTS
from storage import export_words, matters, request_states, states
from storage.disclosure_words import DisclosureGround
from storage.export_words import ExportKind, ExportPlace, ExportReason
from storage.house import House, reading, transaction
from storage.listening_words import Purpose
from storage.states import AttemptMethod, CallState, InvitationEventKind
from storage.tables import (
    Attempt,
    Call,
    Customer,
    Delivery,
    Export,
    IdentityCode,
    Invitation,
    InvitationEvent,
    Line,
    Message,
    PermissionDecision,
    ReceiptCode,
    Response,
    RightsRequest,
    Role,
)
from survey import permission_told, permission_words
from survey.objections import Source
from survey.permission_record import to_document
from survey.permission_terms import Rule
from survey.restrictions import Cause
from survey.script import QuestionKind
from tests.privacy.test_access_map import plant
from tests.privacy.test_access_package import data_of, everything, package
from tests.rows import NOON, add, make_organisation
from tests.survey.test_permission_moments import FACTS as CALLING

CASE, TEXT = "cases[].", "cases[].attempts[].message."
ANSWER, SOUND = "cases[].response.", "cases[].response.comments[].recordings[]."
TOLD: Final = {
    "customers.minor": "person.minor",
    "customers.guardian_leave_on": "person.guardian_leave_on",
    "customers.customer_since": "person.customer_since",
    "customers.customer_until": "person.customer_until",
    "customers.created_at": "person.known_since",
    "customers.last_interaction_at": "person.last_contact_at",
    "interactions.happened_at": f"{CASE}happened_at",
    "interactions.created_at": f"{CASE}registered_at",
    "invitations.state": f"{CASE}state",
    "invitations.due_at": f"{CASE}to_ask_from",
    "invitations.expires_at": f"{CASE}to_ask_until",
    "invitations.next_by": f"{CASE}next_by",
    "invitations.waits_for": f"{CASE}waits_for",
    "invitations.started_at": f"{CASE}begun_at",
    "invitations.created_at": f"{CASE}planned_at",
    "invitations.ended_at": f"{CASE}ended_at",
    "invitation_events.kind": f"{CASE}history[].kind",
    "invitation_events.happened_at": f"{CASE}history[].at",
    "permission_decisions.allowed": f"{CASE}decisions[].allowed",
    "permission_decisions.next_allowed_at": f"{CASE}decisions[].next_allowed_at",
    "permission_decisions.decided_at": f"{CASE}decisions[].at",
    "attempts.number": f"{CASE}attempts[].number",
    "attempts.method": f"{CASE}attempts[].method",
    "attempts.state": f"{CASE}attempts[].state",
    "attempts.disposition": f"{CASE}attempts[].outcome",
    "attempts.cost_micros": f"{CASE}attempts[].cost_micros",
    "attempts.placing_at": f"{CASE}attempts[].at",
    "attempts.ended_at": f"{CASE}attempts[].ended_at",
    "sent_texts.state": f"{TEXT}state",
    "sent_texts.parts": f"{TEXT}parts",
    "sent_texts.asked_at": f"{TEXT}at",
    "sent_texts.ended_at": f"{TEXT}ended_at",
    **{f"responses.{one}": ANSWER + one for one in FACTS["responses"]},
    "answers.number": f"{ANSWER}answers[].value",
    "answers.answered_at": f"{ANSWER}answers[].answered_at",
    "answers.corrected_at": f"{ANSWER}answers[].corrected_at",
    "receipt_codes.made_at": f"{ANSWER}own_code.made_at",
    "receipt_codes.expires_at": f"{ANSWER}own_code.expires_at",
    "receipt_codes.by_text_at": f"{ANSWER}own_code.by_text_at",
    "receipt_codes.text_due_at": f"{ANSWER}own_code.to_text_until",
    "receipt_codes.erase_asked_at": f"{ANSWER}own_code.erase_asked_at",
    **{f"comments.{one}": f"{ANSWER}comments[].{one}" for one in FACTS["comments"]},
    "recordings.superseded": f"{SOUND}said_again",
    "recordings.seconds": f"{SOUND}seconds",
    "recordings.recorded_at": f"{SOUND}recorded_at",
    "recordings.stored_at": f"{SOUND}stored_at",
    "transcripts.state": f"{SOUND}transcript_state",
    "transcripts.created_at": f"{SOUND}transcript_begun_at",
    "transcripts.corrected_at": f"{SOUND}transcript_corrected_at",
    "transcripts.done_at": f"{SOUND}transcript_done_at",
    **{f"calls.{one}": f"calls_to_us[].{one}" for one in FACTS["calls"]},
    **{f"messages.{one}": f"messages[].{one}" for one in FACTS["messages"]},
    "deliveries.state": "messages[].notices[].state",
    "deliveries.created_at": "messages[].notices[].at",
    "deliveries.sent_at": "messages[].notices[].sent_at",
    "objections.made_at": "objections[].at",
    "objections.withdrawn_at": "objections[].withdrawn_at",
    "consents.given_at": "consents[].at",
    "consents.expires_at": "consents[].expires_at",
    "consents.withdrawn_at": "consents[].withdrawn_at",
    "restrictions.made_at": "restrictions[].at",
    "restrictions.review_at": "restrictions[].review_at",
    "restrictions.lifted_at": "restrictions[].lifted_at",
    "register_results.listed": "registers[].listed",
    "register_results.checked_at": "registers[].at",
    "register_results.expires_at": "registers[].expires_at",
    "throttle_tokens.asked_at": "asked[].at",
    "received_texts.word": "text_messages[].word",
    "received_texts.answered": "text_messages[].answered",
    "received_texts.received_at": "text_messages[].at",
    **{f"cases.{one}": f"matters[].{one}" for one in FACTS["cases"]},
    "holds.scope": "holds[].scope",
    "holds.data_class": "holds[].class",
    "holds.review_at": "holds[].review_at",
    "holds.ends_at": "holds[].ends_at",
    "holds.made_at": "holds[].at",
    "holds.released_at": "holds[].released_at",
    "disclosures.ground": "disclosures[].ground",
    "disclosures.disclosed_at": "disclosures[].at",
    "disclosures.noted_at": "disclosures[].noted_at",
    **{f"exports.{one}": f"exports[].{one}" for one in FACTS["exports"] if one != "ended"},
    "exports.ended": "exports[].became",
    "listenings.act": f"{SOUND}listened_to[].by",
    "listenings.purpose": f"{SOUND}listened_to[].purpose",
    "listenings.listened_at": f"{SOUND}listened_to[].at",
    **{f"rights_requests.{one}": f"requests[].{one}" for one in FACTS["rights_requests"]},
    "identity_codes.made_at": "requests[].codes[].made_at",
    "identity_codes.expires_at": "requests[].codes[].expires_at",
    "identity_codes.used_at": "requests[].codes[].used_at",
}
"""Where in the package each of them is."""

LEFT_OUT: Final = {
    "customers.erased_at": "of whom nothing is left to tell",
    "recordings.visit": "the place of a sound among the steps of its call",
    "recordings.state": "only sound that lies here is told, and it is there",
    "recordings.announced_seconds": "the provider's word for the length that is told",
    "recordings.sample_rate": "in the sound itself",
    "recordings.erased_at": "of which nothing is left to hear",
    "call_events.verdict": "what we made of the provider's word; the call's moments are told",
    "call_events.happened_at": "steps of a call whose moments are told",
    **dict.fromkeys(
        (f"provider_copies.{one}" for one in FACTS["provider_copies"]),
        "a note of ours about deleting at the provider, under its name for something that is told",
    ),
    **dict.fromkeys((f"users.{one}" for one in FACTS["users"]), "of staff"),
    **dict.fromkeys((f"sittings.{one}" for one in FACTS["sittings"]), "of staff"),
    **dict.fromkeys((f"line_probes.{one}" for one in FACTS["line_probes"]), "of an operator"),
    "mailboxes.retired_at": "of staff",
    "alarms.raised_at": "a signal to operators about something that is told",
    "alarms.cleared_at": "a signal to operators about something that is told",
}


def test_every_day_state_and_number_is_told_or_left_out_for_a_reason(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    plant(house, customer)
    plant_facts(customer)

    data = data_of(package(house, customer, tmp_path))

    every = {f"{table}.{name}" for table, names in FACTS.items() for name in names}
    assert every - set(TOLD) - set(LEFT_OUT) == set()
    assert {*TOLD, *LEFT_OUT} <= every
    assert set(TOLD) & set(LEFT_OUT) == set()
    missing = {name: path for name, path in TOLD.items() if not there(data, path)}
    assert missing == {}


def there(value: Any, path: str) -> bool:
    """Whether the document has that field somewhere; it may be empty."""
    name, _, rest = path.partition(".")
    if name.endswith("[]"):
        return any(there(one, rest) for one in value.get(name[:-2], ()))
    if not isinstance(value, dict) or name not in value:
        return False
    return not rest or (value[name] is not None and there(value[name], rest))


def plant_facts(customer: Customer) -> None:
    """Rows of what an ordinary life leaves now and then."""
    mine = {"organisation_id": customer.organisation_id}
    with reading() as session:
        response, message = session.query(Response).one(), session.query(Message).one()
        request = session.query(RightsRequest).first()
    assert request is not None
    add(
        InvitationEvent(
            **mine, invitation_id=response.invitation_id, kind=InvitationEventKind.PLANNED,
            happened_at=NOON,
        ),
        ReceiptCode(
            **mine, response_id=response.id, made_at=NOON, expires_at=NOON,
        ),
        Delivery(**mine, message_id=message.id, created_at=NOON),
        IdentityCode(**mine, request_id=request.id, method="sms", made_at=NOON, expires_at=NOON),
        Export(
            **mine, kind=ExportKind.RESPONSES, made_at=NOON, reason=ExportReason.ANALYSIS,
            place=ExportPlace.OURS, folder="x", suffix="csv", expires_at=NOON,
        ),
    )  # fmt: skip


def test_an_attempt_tells_its_number_its_line_its_cost_and_how_the_call_went(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    with transaction() as session:
        attempt = session.query(Attempt).one()
        attempt.cost_micros, attempt.answered_by = 1_250_000, "human"
        line = session.get_one(Line, attempt.line_id).number
        call = session.query(Call).filter(Call.attempt_id == attempt.id).one()
        call.state, call.answered_at, call.seconds = CallState.COMPLETED, NOON, 61
        number = attempt.number

    archive = package(house, customer, tmp_path, language="en")

    (told,) = data_of(archive)["cases"][0]["attempts"]
    assert (told["number"], told["from_number"], told["cost_micros"]) == (number, line, 1_250_000)
    assert (told["call"]["state"], told["call"]["seconds"]) == ("completed", 61)
    assert told["answered_by"] == "human"
    page = archive.read("index.html").decode()
    assert "<dd>1.25</dd>" in page
    assert line in page


def test_a_decision_is_told_whole_and_in_words(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    with reading() as session:
        stored = session.query(PermissionDecision).one()

    archive = package(house, customer, tmp_path, why=permission_told.in_language("sv"))
    data = data_of(archive)

    (told,) = data["cases"][0]["decisions"]
    assert told["facts"] == stored.facts
    assert told["why"] == permission_words.in_words(stored)
    assert told["why_language"] == "en"  # a rule that nobody knows any more
    assert f'<dd lang="en">{told["why"]}</dd>' in archive.read("index.html").decode()


def test_a_decision_is_told_in_the_persons_language_where_there_are_words(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    facts = dataclasses.replace(CALLING, called_in=True)
    with transaction() as session:
        one = session.query(PermissionDecision).one()
        one.facts, one.method = to_document(facts), facts.method.value
        one.rule, one.allowed = Rule.CALLED_US.value, True

    archive = package(house, customer, tmp_path, why=permission_told.in_language("sv"))

    (told,) = data_of(archive)["cases"][0]["decisions"]
    words = "Det var tillåtet att ringa dig: du ringde oss."
    assert (told["why"], told["why_language"]) == (words, "sv")
    page = archive.read("index.html").decode()
    assert f'<dd lang="sv">{words}</dd>' in page
    assert "why_language" not in page


def test_the_rule_of_a_decision_is_in_the_persons_language(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    with transaction() as session:
        session.query(PermissionDecision).one().rule = Rule.THROTTLED.value

    archive = package(house, customer, tmp_path, language="sv")

    assert "<dd>du tillfrågades nyligen</dd>" in archive.read("index.html").decode()
    assert data_of(archive)["cases"][0]["decisions"][0]["rule"] == "throttled"


def test_what_somebody_typed_is_never_taken_for_a_word_of_ours(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    with transaction() as session:
        row = session.get_one(Customer, customer.id)
        row.name_sealed = house.keyring.seal_one(row.id, "customer.name", "erased")

    page = package(house, customer, tmp_path, language="sv").read("index.html").decode()

    assert "<dd>erased</dd>" in page


SHOWN: Final[tuple[type[StrEnum], ...]] = (
    states.InvitationState, InvitationEventKind, AttemptMethod, states.AttemptState,
    states.Disposition, CallState, states.ResponseState, states.FollowUp, states.CommentKind,
    states.CommentState, states.MessageState, states.DeliveryState, states.TextWord,
    states.TextState, states.TranscriptState, states.ContactPurpose, LegalBasis,
    matters.CaseKind, matters.CaseState, matters.HoldScope, Purpose, Role, DisclosureGround,
    ReceiverRole, request_states.RequestKind, request_states.RequestChannel,
    request_states.RequestState, request_states.Outcome, request_states.Ground,
    request_states.ExtensionReason, request_states.ProofWay, ExportKind, ExportReason, ExportPlace,
    export_words.ExportEnd, QuestionKind, Source, Cause, DataClass, StartEvent, KeepUntil,
    NoticeKind,
)  # fmt: skip


@pytest.mark.parametrize("language", list(ACCESS))
def test_every_code_word_of_ours_has_a_word_in_each_language(language: str) -> None:
    values = ACCESS[language].values
    known = {name.split(":")[-1] for name in values}

    assert sorted(set(_values()) - known) == []
    assert {f"rule:{one.value}" for one in Rule} <= set(values)
    assert all(word.strip() for word in values.values())
    assert json.dumps(values)


def _values() -> Iterator[str]:
    for kind in SHOWN:
        yield from (one.value for one in kind)


def test_how_long_things_are_kept_is_told_with_ceilings_and_what_is_sensitive(
    house: House, tmp_path: Path
) -> None:
    organisation = make_organisation()
    data = data_of(package(house, everything(house, organisation), tmp_path))

    told = {one["class"]: one for one in data["kept_for"]}
    given = {one["class"]: one for one in organisation.document["retention"]}
    assert set(told) == {*given, "sensitive"}
    assert {name: told[name]["ceiling"] for name in given} == {
        name: rule.get("ceiling") for name, rule in given.items()
    }
    assert told["sensitive"]["keep"] == "30 days"


def test_an_invitation_tells_when_it_was_to_be_asked(house: House, tmp_path: Path) -> None:
    customer = everything(house, make_organisation())
    with reading() as session:
        stored = session.query(Invitation).one()

    case = data_of(package(house, customer, tmp_path))["cases"][0]

    wanted = [stored.due_at, stored.expires_at]
    told = [case["to_ask_from"], case["to_ask_until"]]
    assert told == [one.isoformat(timespec="seconds") for one in wanted]
