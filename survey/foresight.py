"""What an import would do and whom its campaign would then contact; nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.campaign_limits import Quota, Segment
from storage.house import House
from storage.identity import new_id
from storage.states import CampaignState, InvitationState
from storage.tables import Campaign, Customer, Invitation, Organisation
from survey import interactions, quotas
from survey.customers import ABOUT
from survey.interactions import Fresh, Outcome, ToldInteraction
from survey.permission_facts import Asking, gather_unwritten, rules_of
from survey.preview import Preview, summed_up
from survey.seen import Seen
from survey.tally import Tally
from survey.throttling import heeded_period

_FIELD: Final[Mapping[Segment, str]] = {
    Segment.CHANNEL: "channel",
    Segment.REASON: "reason",
    Segment.TEAM: "team",
    Segment.LANGUAGE: "locale",
}


class Foresight:
    """Foresees one batch of a file after the other, in memory that does not grow with the file.

    Which of the cases are in the share of `sample_percent` is drawn when they are registered: here
    as many are drawn, and others.
    """

    def __init__(self, house: House, campaign_id: UUID, *, now: datetime) -> None:
        self._house, self._campaign_id, self._now = house, campaign_id, now
        self._cases, self._people = Seen(), Seen()
        with house.database.reading() as session:
            campaign = session.get_one(Campaign, campaign_id)
            owner = session.get_one(Organisation, campaign.organisation_id)
        self._tally = Tally(self._people, period=heeded_period(owner, campaign), at=now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._cases, self._people):
            one.__exit__()

    def of(self, told: Sequence[ToldInteraction]) -> list[Outcome]:
        """What would become of each of these, in their order."""
        with self._house.database.reading() as session:
            campaign = session.get_one(Campaign, self._campaign_id)
            outcomes, fresh = interactions.foresee_many(
                session, told, campaign=campaign, keyring=self._house.keyring, now=self._now
            )
            known = {
                one.told.case_reference
                for one in fresh
                if self._cases.before(one.told.case_reference.encode())
            }
            self._judge(
                session,
                campaign,
                [one for one in fresh if one.told.case_reference not in known],
            )
        return [
            Outcome.KNOWN_ALREADY
            if outcome is Outcome.INVITED and one.case_reference in known
            else outcome
            for one, outcome in zip(told, outcomes, strict=True)
        ]

    def ahead(self) -> Preview:
        """What would become of everybody who would be invited."""
        with self._house.database.reading() as session:
            return summed_up(
                session,
                self._campaign_id,
                self._tally,
                waiting=self._tally.people,
                at=self._now,
            )

    def _judge(self, session: Session, campaign: Campaign, fresh: Sequence[Fresh]) -> None:
        """Count what the campaign would decide about them, as if they were registered."""
        known = _customers(session, campaign.organisation_id, fresh)
        people = [_customer(one, known.get(one.hashed.phone_hash)) for one in fresh]
        planned = [
            (_invitation(one, campaign, person), person)
            for one, person in zip(fresh, people, strict=True)
        ]
        gathered = gather_unwritten(
            session,
            campaign,
            planned,
            now=self._now,
            numbers_of={
                person.id: one.told.phone for one, person in zip(fresh, people, strict=True)
            },
            asking=Asking(self._house.settings.allowed_numbers),
        )
        full = quotas.full_ones(session, campaign, rules_of(campaign).quotas)
        for one, person, facts in zip(fresh, people, gathered, strict=True):
            self._tally.judge(
                replace(
                    facts,
                    campaign_state=CampaignState.RUNNING,
                    quota_full=_belongs(one.told, full),
                ),
                person,
            )


def _customers(
    session: Session, organisation_id: UUID, fresh: Sequence[Fresh]
) -> dict[bytes | None, Customer]:
    hashes = {one.hashed.phone_hash for one in fresh}
    found = session.scalars(
        select(Customer).where(
            Customer.organisation_id == organisation_id, Customer.phone_hash.in_(hashes)
        )
    )
    return {one.phone_hash: one for one in found}


def _customer(one: Fresh, known: Customer | None) -> Customer:
    """The person as the import would leave them, in no table."""
    mail = one.hashed.email_hash
    if known is not None and known.email_hash is not None:
        newer = one.told.happened_at > known.last_interaction_at
        mail = mail if newer and mail is not None else known.email_hash
    about = {name: getattr(known, name) for name in ABOUT} if known is not None else {}
    return Customer(
        **about | one.told.about.told,
        # One number is one person, however often the file names it.
        id=UUID(bytes=one.hashed.phone_hash[:16]) if known is None else known.id,
        phone_hash=one.hashed.phone_hash,
        email_hash=mail,
    )


def _invitation(one: Fresh, campaign: Campaign, person: Customer) -> Invitation:
    return Invitation(
        id=new_id(),
        organisation_id=campaign.organisation_id,
        campaign_id=campaign.id,
        customer_id=person.id,
        state=InvitationState.PLANNED,
        due_at=one.plan.due_at,
        expires_at=one.plan.expires_at,
    )


def _belongs(told: ToldInteraction, full: Sequence[Quota]) -> bool:
    return any(getattr(told, _FIELD[one.segment]) == one.equals for one in full)
