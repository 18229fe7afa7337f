"""Rows for tests, each with defaults that a test may override; imported as `tests.rows`."""

import functools
import io
import json
import wave
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from storage import case_references
from storage.house import house, transaction
from storage.identity import new_token
from storage.states import (
    AttemptState,
    CallState,
    CommentState,
    InvitationState,
    ResponseState,
)
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Campaign,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Line,
    Mailbox,
    Organisation,
    PermissionDecision,
    Response,
    SurveyVersion,
)

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RETENTION = [
    {"class": "answers", "keep": "18 months", "from": "answered"},
    {"class": "free_comments", "keep": "12 months", "from": "answered"},
    {"class": "telephone_messages", "keep": "6 months", "from": "received"},
    {"class": "staff_register", "keep": "never by age", "from": "collected"},
    {"class": "contact_log", "keep": "18 months", "from": "contact"},
    {"class": "complaints", "keep": "until handled", "from": "received"},
    {"class": "case_notes", "keep": "18 months", "from": "event"},
    {"class": "throttle_tokens", "keep": "90 days", "from": "contact"},
    {"class": "objections", "keep": "never by age", "from": "event"},
    {"class": "request_log", "keep": "3 years", "from": "event"},
    {"class": "receipts", "keep": "3 years", "from": "event"},
    {"class": "listening_log", "keep": "3 years", "from": "event"},
    {"class": "exports", "keep": "7 days", "from": "event"},
]


def sid(prefix: str) -> str:
    """A name as the provider gives them."""
    return prefix + uuid4().hex


def add(*rows: Any) -> None:
    with transaction() as session:
        session.add_all(rows)


def make_organisation(
    *, retention: Any = None, timezone: str = "Europe/Stockholm", at: datetime = NOON
) -> Organisation:
    organisation = Organisation(
        id=uuid4(),
        key=f"o-{uuid4().hex[:10]}",
        name="Exempelbolaget",
        country="SE",
        timezone=timezone,
        document={
            "contact": {"privacy_email": "privacy@example.org"},
            "retention": RETENTION if retention is None else retention,
            "sensitive": {"keep": "30 days", "opened_by": ["officer"]},
        },
        applied_at=at,
    )
    add(organisation)
    return organisation


def make_line(organisation: Organisation) -> Line:
    line = Line(
        id=uuid4(),
        organisation_id=organisation.id,
        number=f"+46{uuid4().int % 10**9:09d}",
        name="Linje",
        calls_per_second=1.0,
        simultaneous_calls=5,
    )
    add(line)
    return line


def make_campaign(organisation: Organisation) -> Campaign:
    line = make_line(organisation)
    version = SurveyVersion(
        id=uuid4(),
        organisation_id=organisation.id,
        survey_key="after-case",
        number=1,
        fingerprint=uuid4().hex,
        document={},
        created_at=NOON,
    )
    add(version)
    campaign = Campaign(
        id=uuid4(),
        organisation_id=organisation.id,
        key=f"c-{uuid4().hex[:8]}",
        survey_version_id=version.id,
        line_id=line.id,
        rules={},
    )
    add(campaign)
    return campaign


def make_customer(
    organisation: Organisation,
    *,
    name: str = "Kund Kundsson",
    phone: str = "+46701740605",
    at: datetime = NOON,
) -> Customer:
    keyring = house().keyring
    customer = Customer(
        id=uuid4(),
        organisation_id=organisation.id,
        phone_hash=keyring.lookup_hash(organisation.id, "phone", phone),
        email_hash=keyring.lookup_hash(organisation.id, "email", f"{phone}@example.org"),
        created_at=at,
        last_interaction_at=at,
    )
    sealed = keyring.seal(
        customer.id,
        {
            "customer.name": name,
            "customer.phone": phone,
            "customer.phone_as_given": f"({phone})",
            "customer.email": f"{phone}@example.org",
        },
    )
    customer.name_sealed = sealed["customer.name"]
    customer.phone_sealed = sealed["customer.phone"]
    customer.phone_as_given_sealed = sealed["customer.phone_as_given"]
    customer.email_sealed = sealed["customer.email"]
    add(customer)
    return customer


def named_case(organisation: UUID, reference: str | None = None) -> dict[str, Any]:
    """The columns of a contact that bear its case reference, with an id of its own."""
    item, keyring = uuid4(), house().keyring
    reference = reference or f"case-{item.hex[:12]}"
    return {
        "id": item,
        "organisation_id": organisation,
        "case_reference_sealed": keyring.seal_one(item, case_references.KIND, reference),
        "case_hash": case_references.hash_of(keyring, organisation, reference),
    }


def cases_of(interactions: Sequence[Interaction]) -> list[str]:
    """Their case references, opened."""
    shut = [(one.id, one.case_reference_sealed) for one in interactions]
    return case_references.opened(house().keyring, shut)


def case_of(interaction: Interaction) -> str:
    """Its case reference, opened."""
    return cases_of([interaction])[0]


def make_invitation(
    campaign: Campaign, customer: Customer, *, at: datetime = NOON, reference: str | None = None
) -> Invitation:
    interaction = Interaction(
        **named_case(campaign.organisation_id, reference),
        customer_id=customer.id,
        happened_at=at,
        created_at=at,
    )
    add(interaction)
    invitation = Invitation(
        id=uuid4(),
        organisation_id=campaign.organisation_id,
        campaign_id=campaign.id,
        interaction_id=interaction.id,
        customer_id=customer.id,
        state=InvitationState.COMPLETED,
        due_at=at,
        expires_at=at + timedelta(days=7),
        created_at=at,
        ended_at=at,
    )
    add(invitation)
    return invitation


def make_survey_call(
    campaign: Campaign, invitation: Invitation, *, at: datetime = NOON, number: int = 1
) -> Call:
    decision = PermissionDecision(
        id=uuid4(),
        organisation_id=campaign.organisation_id,
        invitation_id=invitation.id,
        method="call",
        allowed=True,
        rule="test",
        facts={},
        decided_at=at,
    )
    add(decision)
    attempt = Attempt(
        id=uuid4(),
        organisation_id=campaign.organisation_id,
        invitation_id=invitation.id,
        decision_id=decision.id,
        line_id=campaign.line_id,
        number=number,
        state=AttemptState.ENDED,
        placing_at=at,
        ended_at=at,
    )
    add(attempt)
    return make_call(
        campaign.organisation_id, attempt_id=attempt.id, line_id=campaign.line_id, at=at
    )


def make_call(
    organisation_id: UUID,
    *,
    at: datetime = NOON,
    state: CallState = CallState.COMPLETED,
    caller: str | None = None,
    **more: Any,
) -> Call:
    call = Call(
        id=uuid4(),
        organisation_id=organisation_id,
        token=new_token(),
        provider_sid=sid("CA"),
        state=state,
        started_at=at,
        ended_at=at if state is CallState.COMPLETED else None,
        **more,
    )
    if caller is not None:
        call.caller_sealed = house().keyring.seal_one(call.id, "call.caller", caller)
        call.caller_hash = house().keyring.lookup_hash(organisation_id, "phone", caller)
    add(call)
    return call


def make_response(
    campaign: Campaign, invitation: Invitation, *, at: datetime = NOON, score: int | None = 9
) -> Response:
    response = Response(
        id=uuid4(),
        organisation_id=campaign.organisation_id,
        campaign_id=campaign.id,
        invitation_id=invitation.id,
        survey_version_id=campaign.survey_version_id,
        language="sv",
        state=ResponseState.COMPLETED,
        started_at=at,
        completed_at=at,
    )
    add(response)
    if score is not None:
        add(
            Answer(
                organisation_id=campaign.organisation_id,
                response_id=response.id,
                question_key="recommend",
                kind="nps",
                number=score,
                answered_at=at,
            )
        )
    return response


def make_comment(
    response: Response, *, at: datetime = NOON, state: CommentState = CommentState.RECORDED
) -> Comment:
    comment = Comment(
        id=uuid4(),
        organisation_id=response.organisation_id,
        response_id=response.id,
        question_key="comment",
        state=state,
        made_at=at,
    )
    add(comment)
    return comment


def make_mailbox(
    organisation: Organisation,
    *,
    notify: tuple[str, ...] = (),
    name: str = "Växeln",
    retired_at: datetime | None = None,
) -> Mailbox:
    mailbox = Mailbox(
        id=uuid4(),
        organisation_id=organisation.id,
        key=f"m-{uuid4().hex[:8]}",
        number=f"+46{uuid4().int % 10**9:09d}",
        name=name,
        language="sv",
        script={},
        retired_at=retired_at,
    )
    if notify:
        mailbox.notify_sealed = house().keyring.seal_one(
            mailbox.id, "mailbox.notify", json.dumps(notify)
        )
    add(mailbox)
    return mailbox


@functools.cache
def wav(seconds: float = 3.0, *, rate: int = 8_000, volume: int = 9_000) -> bytes:
    """A hum that rises and falls like speech, as a WAV file."""
    time = np.arange(int(seconds * rate)) / rate
    sound = np.sin(2 * np.pi * 220 * time) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time)) * volume
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.astype("<i2").tobytes())
    return target.getvalue()
