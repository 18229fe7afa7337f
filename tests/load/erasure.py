"""How long it takes to erase one person of whom very much is kept, from decision to receipts."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from messaging import carrying_out
from privacy import request_steps, requests
from storage import sealing
from storage.house import house, reading, transaction, utc_now
from storage.identity import new_id, new_token
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind
from storage.states import (
    AttemptState,
    CallState,
    CommentState,
    InvitationState,
    RecordingState,
    ResponseState,
    TranscriptState,
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
    Organisation,
    PermissionDecision,
    Recording,
    Response,
    Transcript,
)
from tests.load.ground import Kind, ground
from tests.rows import named_case

ORGANISATION, CAMPAIGN = "consumer-credit", "after-case"
PHONE: Final = "+46701740605"
# Of each case an answer, a comment, its recording with a file, and a transcript.
ITEMS_OF_A_CASE: Final = 4
_SOUND: Final = b"\0" * 16_000


@dataclass(frozen=True, slots=True)
class ErasureFigures:
    """One person's erasure: how much was kept, and seconds by the clock and of the processor."""

    kind: Kind
    items: int
    seconds: float
    processor: float


def measure(kind: Kind, *, items: int) -> ErasureFigures:
    """Erase somebody of whom that many items are kept, once."""
    with ground(kind):
        request_id = _decided(_person(items // ITEMS_OF_A_CASE, now=utc_now()))
        clock, processor = time.perf_counter(), time.process_time()
        carrying_out.carry_out(request_id, house=house(), now=utc_now())
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        with reading() as session:
            left = session.scalars(select(Customer.id)).all()
        assert (left, list(house().blobs.items())) == ([], [])
    return ErasureFigures(kind, items, clock, processor)


def _decided(customer: Customer) -> UUID:
    now = utc_now()
    with transaction() as session:
        request = requests.open_request(
            session, session.get_one(Customer, customer.id), kind=RequestKind.ERASURE,
            channel=RequestChannel.STAFF, at=now,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=now)
        request_steps.decide(session, request, outcome=Outcome.GRANTED, at=now)
    return request.id


def _person(cases: int, *, now: datetime) -> Customer:
    keyring = house().keyring
    with reading() as session:
        organisation = session.scalars(
            select(Organisation).where(Organisation.key == ORGANISATION)
        ).one()
        campaign = session.scalars(
            select(Campaign).where(
                Campaign.organisation_id == organisation.id, Campaign.key == CAMPAIGN
            )
        ).one()
    customer = Customer(
        id=new_id(), organisation_id=organisation.id, created_at=now, last_interaction_at=now,
        phone_hash=keyring.lookup_hash(organisation.id, "phone", PHONE),
    )  # fmt: skip
    customer.phone_sealed = keyring.seal_one(customer.id, "customer.phone", PHONE)
    rows = [list(_case(campaign, customer, now=now)) for _ in range(cases)]
    keys = keyring.make_keys(
        row.id for case in rows for row in case if isinstance(row, Recording | Transcript)
    )
    for row in (row for case in rows for row in case):
        if isinstance(row, Recording):
            sealed = sealing.seal_file(keys[row.id], _SOUND, item=row.id, kind="recording.audio")
            house().blobs.put(row.id, sealed)
        elif isinstance(row, Transcript):
            row.words_sealed = sealing.seal(
                keys[row.id], b"[]", item=row.id, kind="transcript.words"
            )
    with transaction() as session:
        session.add(customer)
        session.flush()
        for place in range(len(rows[0]) if rows else 0):
            session.add_all([case[place] for case in rows])
            session.flush()
    return customer


def _case(campaign: Campaign, customer: Customer, *, now: datetime) -> Iterator[Any]:
    """The rows of one case with a spoken comment, each after what it refers to."""
    owned = {"organisation_id": campaign.organisation_id}
    interaction = Interaction(
        **named_case(campaign.organisation_id), customer_id=customer.id, happened_at=now,
        created_at=now,
    )  # fmt: skip
    yield interaction
    invitation = Invitation(
        **owned, id=new_id(), campaign_id=campaign.id, interaction_id=interaction.id,
        customer_id=customer.id, state=InvitationState.COMPLETED, due_at=now, expires_at=now,
        created_at=now,
    )  # fmt: skip
    yield invitation
    decision = PermissionDecision(
        **owned, id=new_id(), invitation_id=invitation.id, method="calls", allowed=True,
        rule="allowed", facts={}, decided_at=now,
    )  # fmt: skip
    yield decision
    attempt = Attempt(
        **owned, id=new_id(), invitation_id=invitation.id, decision_id=decision.id,
        line_id=campaign.line_id, number=1, state=AttemptState.ENDED, placing_at=now,
    )  # fmt: skip
    yield attempt
    call = Call(
        **owned, id=new_id(), attempt_id=attempt.id, token=new_token(), state=CallState.COMPLETED,
        provider_sid=f"CA{new_id().hex}", started_at=now,
    )  # fmt: skip
    yield call
    response = Response(
        **owned, id=new_id(), campaign_id=campaign.id, invitation_id=invitation.id, language="sv",
        survey_version_id=campaign.survey_version_id, state=ResponseState.COMPLETED,
        started_at=now,
    )  # fmt: skip
    yield response
    yield Answer(
        **owned, response_id=response.id, question_key="recommend", kind="nps", number=9,
        answered_at=now,
    )  # fmt: skip
    comment = Comment(
        **owned, id=new_id(), response_id=response.id, question_key="comment",
        state=CommentState.TRANSCRIBED, made_at=now,
    )  # fmt: skip
    yield comment
    recording = Recording(
        **owned, id=new_id(), call_id=call.id, comment_id=comment.id, visit=1, language="sv",
        provider_sid=f"RE{new_id().hex}", state=RecordingState.STORED, recorded_at=now,
    )  # fmt: skip
    yield recording
    yield Transcript(
        **owned, id=new_id(), recording_id=recording.id, state=TranscriptState.DONE,
        language="sv", created_at=now,
    )  # fmt: skip
