"""Every column of a person's words or hashes is in the package, or left out for a reason.

Scores, days and states of a row go with it; the tests of the package name those that are told.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import update

from config.campaign_rules import LegalBasis
from privacy.data_map import Place, columns
from privacy.data_map_facts import FACTS
from privacy.data_map_tables import TABLES
from privacy.disclosures import RECEIVER
from storage import case_references
from storage.disclosure_words import DisclosureGround
from storage.house import House, reading, transaction
from storage.matters import HoldScope
from storage.states import AttemptMethod, TextState
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Comment,
    Consent,
    Customer,
    Disclosure,
    Hold,
    Interaction,
    PermissionDecision,
    Recording,
    RegisterResult,
    Response,
    Restriction,
    RightsRequest,
    SentText,
    ThrottleToken,
    User,
)
from tests.privacy.test_access_package import CALLER, data_of, everything, package
from tests.rows import NOON, add, make_organisation

FOUND_BY: Final = {
    "objections.subject_hash": "objections",
    "consents.subject_hash": "consents",
    "received_texts.subject_hash": "text_messages",
    "register_results.subject_hash": "registers",
    "throttle_tokens.subject_hash": "asked",
    "restrictions.subject_hash": "restrictions",
    "rights_requests.subject_hash": "requests",
    "calls.caller_hash": "calls_to_us",
    "disclosures.subject_hash": "disclosures",
    "holds.phone_hash": "holds",
    "holds.email_hash": "holds",
}
"""A keyed hash is shown to nobody; what is kept under it is."""

LEFT_OUT: Final = {
    "customers.phone_hash": "of the number that is shown",
    "customers.email_hash": "of the address that is shown",
    "interactions.case_hash": "of the case reference that is shown",
    "identity_codes.code_hash": "of a code that is worth nothing any more",
    "receipt_codes.code_hash": "of a code that the person alone has",
    "holds.reason_sealed": "written about a claim, and may tell of others",
    "calls.flow": "the steps of a call; what was answered in it is shown",
    "call_events.facts": "what the provider said of a call; its moments are shown",
    "recordings.peaks": "drawn from the sound, which is there",
    "transcripts.language": "the recording's own, which is shown",
    "provider_copies.provider_sid": "the provider's name for something that is shown",
    "provider_copies.call_sid": "the provider's name for something that is shown",
    "pending_receipts.document": "ids, for minutes, until it is in the ledger",
    "pending_receipts.detail": "ids, for minutes, until it is in the ledger",
    "alarms.subject": "the id of something that is shown",
    "exports.path_sealed": "where an operator put a file of many people",
    "deliveries.address_sealed": "of staff",
    "mailboxes.name": "of staff; shown with the message",
    "mailboxes.script": "of staff",
    "mailboxes.notify_sealed": "of staff",
    "users.sign_in_name_sealed": "of staff",
    "users.sign_in_name_hash": "of staff",
    "users.password_hash": "of staff",
}


def test_every_column_of_words_or_hashes_is_in_the_package_or_left_out_for_a_reason(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())
    planted = plant(house, customer)

    data = data_of(package(house, customer, tmp_path, language="r-lang"))

    text = json.dumps(data, ensure_ascii=False)
    facts = {f"{table}.{name}" for table, names in FACTS.items() for name in names}
    personal = {one.name for one in columns(TABLES) if isinstance(one, Place)} - facts
    request = {"rights_requests.reference": data["reference"], "rights_requests.language": "r-lang"}
    shown = {name for name, value in (planted | request).items() if value in text}
    told = {name for name, section in FOUND_BY.items() if data.get(section)}
    assert personal - shown - told - set(LEFT_OUT) == set()
    assert {*planted, *FOUND_BY, *LEFT_OUT} <= personal
    assert all(section.strip() for section in LEFT_OUT.values())


def plant(house: House, customer: Customer) -> Mapping[str, str]:
    """Something of its own in each column that is to be shown: the columns with their words."""
    owner = customer.organisation_id
    phone = house.keyring.open(customer.id, "customer.phone", customer.phone_sealed)
    with reading() as session:
        response = session.query(Response).one()
        attempt = session.query(Attempt).one()
        author = session.query(User).one()
    known: dict[str, Any] = {"organisation_id": owner, "subject_hash": customer.phone_hash}
    body = SentText(
        id=uuid4(), organisation_id=owner, attempt_id=attempt.id, line_id=attempt.line_id,
        token=uuid4().hex, state=TextState.DELIVERED, parts=1, asked_at=NOON,
    )  # fmt: skip
    body.body_sealed = house.keyring.seal_one(body.id, "sent_text.body", "sms-words")
    earlier = RightsRequest(
        id=uuid4(), **known, kind="access", channel="web", reference="12345678",
        received_at=NOON, due_at=NOON + timedelta(days=30), code_by=AttemptMethod.CALL,
    )  # fmt: skip
    earlier.contact_sealed = house.keyring.seal_one(earlier.id, "request.contact", "a@b.example")
    earlier.about_sealed = house.keyring.seal_one(earlier.id, "request.about", "about-words")
    handed = Disclosure(
        id=uuid4(), **known, ground=DisclosureGround.AUTHORITY, classes=["answers"],
        disclosed_at=NOON, noted_at=NOON,
    )  # fmt: skip
    handed.receiver_sealed = house.keyring.seal_one(handed.id, RECEIVER, "a-court")
    add(
        body,
        handed,
        earlier,
        ThrottleToken(**known, invitation_id=response.invitation_id, asked_at=NOON),
        RegisterResult(**known, register_key="nix", listed=False, checked_at=NOON, expires_at=NOON),
        Restriction(**known, cause="accuracy", made_at=NOON, lifted_at=NOON),
        Hold(
            organisation_id=owner, scope=HoldScope.CUSTOMER, phone_hash=customer.phone_hash,
            owner_id=author.id, review_at=NOON, made_at=NOON, released_at=NOON,
        ),
    )  # fmt: skip
    with transaction() as session:
        contact = session.query(Interaction).one()
        contact.case_reference_sealed = house.keyring.seal_one(
            contact.id, case_references.KIND, "case-words"
        )
        contact.channel, contact.reason, contact.team = "i-channel", "i-reason", "i-team"
        session.execute(update(Customer).values(locale="c-lang", source="c-source"))
        session.execute(update(Response).values(language="a-lang", follow_up_wording="fu-words"))
        session.execute(update(Answer).values(number=None, choice="a-choice"))
        session.execute(update(Recording).values(language="s-lang"))
        session.execute(update(Consent).values(source="c-source"))
        facts = {"v": 1, "basis": LegalBasis.CONTRACT.value}
        session.execute(update(PermissionDecision).values(facts=facts))
        message_call = session.query(Call).filter(Call.caller_hash.is_not(None)).one()
        message_call.caller_sealed = house.keyring.seal_one(
            message_call.id, "call.caller", "+46701740611"
        )
        assert session.query(Comment).count() == 2
    return {
        "customers.name_sealed": "Kund Kundsson",
        "customers.phone_sealed": f'"phone": "{phone}"',
        "customers.phone_as_given_sealed": f'"({phone})"',
        "customers.email_sealed": f'"email": "{phone}@example.org"',
        "customers.locale": "c-lang",
        "customers.source": "c-source",
        "consents.source": "c-source",
        "rights_requests.about_sealed": "about-words",
        "rights_requests.contact_sealed": "a@b.example",
        "interactions.case_reference_sealed": "case-words",
        "interactions.channel": "i-channel",
        "interactions.reason": "i-reason",
        "interactions.team": "i-team",
        "responses.language": "a-lang",
        "responses.follow_up_wording": "fu-words",
        "answers.choice": "a-choice",
        "recordings.language": "s-lang",
        "comments.text_sealed": "Ring Eva",
        "transcripts.words_sealed": '"transcript": "bra"',
        "cases.note_sealed": "ring på måndag",
        "sent_texts.body_sealed": "sms-words",
        "permission_decisions.facts": '"legal_basis": "contract"',
        "disclosures.receiver_sealed": "a-court",
        "messages.caller_sealed": CALLER,
        "calls.caller_sealed": "+46701740611",
    }
