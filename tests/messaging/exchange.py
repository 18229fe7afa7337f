"""A provider of text messages that does as it is told, and somebody whom a machine answered for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config.campaign_rules import Campaign as CampaignRules
from storage import permits
from storage.house import house, transaction
from storage.provider import MessageAtProvider, TakenText, TextOrder
from storage.states import AttemptMethod, AttemptState, Disposition
from storage.tables import Campaign, Invitation
from survey import attempts, history, interactions, invitations, permission, permission_facts
from survey.interactions import ToldInteraction
from survey.permission import Permit
from survey.places import find_campaign

PERSON = "+46701740605"
TEXT_AFTER_A_MACHINE = {
    "busy": {"after": "15 minutes", "times": 2},
    "machine": {"after": "1 hour", "times": 1, "then": "sms"},
    "failed": {"after": "1 hour", "times": 1},
}


@dataclass
class Texts:
    """What was asked of the provider, and what it has."""

    asked: list[TextOrder] = field(default_factory=list)
    lying: list[MessageAtProvider] = field(default_factory=list)
    # What becomes of the next requests; None takes them.
    faults: list[Exception | None] = field(default_factory=list)
    before: Callable[[], None] | None = None

    def send_message(self, order: TextOrder, permit: Permit) -> TakenText:
        permits.require(permit, AttemptMethod.SMS, order)
        if self.before is not None:
            self.before()
        self.asked.append(order)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        return TakenText(f"SM{len(self.asked):032x}", "queued")

    def find_messages(self, **_: Any) -> tuple[MessageAtProvider, ...]:
        return tuple(self.lying)

    def fetch_message(self, sid: str) -> MessageAtProvider | None:
        return next((one for one in self.lying if one.sid == sid), None)


def lies_there(sid: str, status: str = "sent", **more: Any) -> MessageAtProvider:
    return MessageAtProvider(sid, status, "outbound-api", None, **more)


def campaign_of(session: Any) -> Campaign:
    return find_campaign(session, organisation="consumer-credit", campaign="after-case")[1]


def rules(**changes: Any) -> None:
    """Have the lender's campaign say so, and text after a machine."""
    with transaction() as session:
        campaign = campaign_of(session)
        campaign.rules = (
            campaign.rules
            | {
                "answering_machine_detection": "async",
                "retry": TEXT_AFTER_A_MACHINE,
                "price": {"currency": "SEK", "per_call": "0.10", "per_sms": "0.50"},
                "ceiling": None,
            }
            | changes
        )
        CampaignRules.model_validate(campaign.rules)


def a_machine_answered(
    *, reference: str = "case-1", phone: str = PERSON, now: datetime, locale: str = "sv"
) -> UUID:
    """A customer who was called an hour ago, and for whom a machine answered; the invitation."""
    rung_at = now - timedelta(hours=1)
    with transaction() as session:
        told = ToldInteraction(reference, phone, phone, rung_at - timedelta(hours=2), locale=locale)
        registered = interactions.register(
            session, told, campaign=campaign_of(session), keyring=house().keyring, now=rung_at
        )
    assert registered.invitation_id is not None
    with transaction() as session:
        invitation = session.get_one(Invitation, registered.invitation_id)
        facts = permission_facts.gather(
            session, invitation, now=rung_at, number=phone, allowed_numbers=()
        )
        decision = permission.decide(facts, now=rung_at)
        permit = permission.store(session, decision, invitation, to=phone, now=rung_at)
        assert isinstance(permit, Permit), permit
        attempt = attempts.begin(session, invitation, permit, now=rung_at)
        attempts.made(session, attempt)
        attempt.state, attempt.ended_at = AttemptState.ENDED, rung_at
        attempt.disposition = Disposition.MACHINE
        history.ended(session, attempt, Disposition.MACHINE, answered_at=None)
        invitations.after_attempt(session, invitation, Disposition.MACHINE, now=rung_at)
    return registered.invitation_id
