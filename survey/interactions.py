"""Interactions: closed cases that are asked about, registered one by one or many at a time.

The same case reference is the same interaction, however often and from wherever it comes. Of
somebody who objected, and of a case too old to ask about, nothing at all is stored.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import case_references
from storage.identity import new_id
from storage.insertion import insert_missing
from storage.keyring import Keyring
from storage.states import InvitationState
from storage.tables import Campaign, Interaction, Invitation, Objection
from survey import customers
from survey.customers import NOTHING, About, Contact, HashedContact
from survey.invitations import Plan, plan
from survey.permission import Method
from survey.permission_facts import rules_of


class Outcome(StrEnum):
    """What became of one interaction that was told to us."""

    INVITED = "invited"
    KNOWN_ALREADY = "known already"
    OBJECTED = "objected"
    TOO_OLD = "too old"


@dataclass(frozen=True, slots=True)
class ToldInteraction:
    """One closed case as an import, the console or another system tells it."""

    case_reference: str
    phone: str
    phone_as_given: str
    happened_at: datetime
    email: str | None = None
    name: str | None = None
    locale: str | None = None
    channel: str | None = None
    reason: str | None = None
    team: str | None = None
    about: About = NOTHING


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of an interaction; `invitation_id` is set when it is, or was, invited."""

    outcome: Outcome
    invitation_id: UUID | None


def register(
    session: Session,
    told: ToldInteraction,
    *,
    campaign: Campaign,
    keyring: Keyring,
    now: datetime,
) -> Registered:
    """Register one interaction and invite its customer by the campaign's rules.

    Repeating it changes nothing and answers with the same invitation.
    """
    return register_many(session, [told], campaign=campaign, keyring=keyring, now=now)[0]


def register_many(
    session: Session,
    told: Sequence[ToldInteraction],
    *,
    campaign: Campaign,
    keyring: Keyring,
    now: datetime,
) -> list[Registered]:
    """`register` for many at once, in their order; of a case told twice the first counts."""
    work = _Batch(session, campaign, keyring=keyring, now=now)
    outcomes, fresh = work.sort_out(told)
    work.write(fresh)
    invited = work.invited(one.case_reference for one in told)
    return [
        Registered(outcome, invited.get(one.case_reference))
        for one, outcome in zip(told, outcomes, strict=True)
    ]


def foresee_many(
    session: Session,
    told: Sequence[ToldInteraction],
    *,
    campaign: Campaign,
    keyring: Keyring,
    now: datetime,
) -> "tuple[list[Outcome], list[Fresh]]":
    """What `register_many` would do, without doing it, and whom it would invite."""
    return _Batch(session, campaign, keyring=keyring, now=now).sort_out(told)


@dataclass(frozen=True, slots=True)
class Fresh:
    """An interaction to be invited: its contact's hashes and when it is to be asked about."""

    told: ToldInteraction
    hashed: HashedContact
    plan: Plan


class _Batch:
    """The interactions of one transaction, and what is known about them."""

    def __init__(
        self, session: Session, campaign: Campaign, *, keyring: Keyring, now: datetime
    ) -> None:
        self._session = session
        self._campaign = campaign
        self._rules = rules_of(campaign)
        self._organisation_id = campaign.organisation_id
        self._keyring = keyring
        self._now = now
        self._known_hashes: dict[str, bytes] = {}

    def sort_out(self, told: Sequence[ToldInteraction]) -> tuple[list[Outcome], list[Fresh]]:
        """The outcome of each, in order, and those that are to be written."""
        invited = self.invited(one.case_reference for one in told)
        contacts = customers.hashed(
            [_contact(one) for one in told],
            organisation_id=self._organisation_id,
            keyring=self._keyring,
        )
        objected = self._objected(contacts)
        outcomes: list[Outcome] = []
        fresh: dict[str, Fresh] = {}
        for one, hashed in zip(told, contacts, strict=True):
            planned = plan(
                one.happened_at,
                delay=self._rules.delay,
                stale_after=self._rules.stale_after,
                now=self._now,
            )
            if one.case_reference in invited or one.case_reference in fresh:
                outcomes.append(Outcome.KNOWN_ALREADY)
            elif hashed.phone_hash in objected or hashed.email_hash in objected:
                outcomes.append(Outcome.OBJECTED)
            elif planned.too_old:
                outcomes.append(Outcome.TOO_OLD)
            else:
                outcomes.append(Outcome.INVITED)
                fresh[one.case_reference] = Fresh(one, hashed, planned)
        return outcomes, list(fresh.values())

    def write(self, fresh: Sequence[Fresh]) -> None:
        """Customers, interactions and invitations."""
        if not fresh:
            return
        in_order = sorted(fresh, key=lambda one: one.told.case_reference)
        # A case told for another campaign before keeps the person of its first telling.
        before = self._interactions(one.told.case_reference for one in in_order)
        new = [one for one in in_order if one.told.case_reference not in before]
        people = customers.find_or_create(
            self._session,
            [one.hashed for one in new],
            organisation_id=self._organisation_id,
            keyring=self._keyring,
            now=self._now,
        )
        # In one order for everybody, see survey/customers.py.
        ids = {one.told.case_reference: new_id() for one in new}
        sealed = case_references.sealed(
            self._keyring, {item: reference for reference, item in ids.items()}
        )
        insert_missing(
            self._session,
            Interaction,
            [
                self._row(one, people) | {"id": item, "case_reference_sealed": sealed[item]}
                for one, item in zip(new, ids.values(), strict=True)
            ],
        )
        known = self._interactions(one.told.case_reference for one in in_order)
        # Another import may have been quicker: what is stored wins, and its key is the one to keep.
        self._keyring.destroy(
            item for reference, item in ids.items() if known[reference][0] != item
        )
        rows = [
            {
                "id": new_id(),
                "organisation_id": self._organisation_id,
                "campaign_id": self._campaign.id,
                "interaction_id": known[one.told.case_reference][0],
                "customer_id": known[one.told.case_reference][1],
                "state": InvitationState.PLANNED,
                "due_at": one.plan.due_at,
                "expires_at": one.plan.expires_at,
                "created_at": self._now,
            }
            for one in in_order
        ]
        insert_missing(self._session, Invitation, rows)

    def _row(self, one: Fresh, people: Mapping[bytes, UUID]) -> dict[str, object]:
        return {
            "organisation_id": self._organisation_id,
            "customer_id": people[one.hashed.phone_hash],
            "case_hash": self._hashes([one.told.case_reference])[one.told.case_reference],
            "channel": one.told.channel,
            "reason": one.told.reason,
            "team": one.told.team,
            "happened_at": one.told.happened_at,
            "created_at": self._now,
        }

    def _interactions(self, references: Iterable[str]) -> dict[str, tuple[UUID, UUID]]:
        hashes = self._hashes(references)
        rows = self._session.execute(
            select(Interaction.case_hash, Interaction.id, Interaction.customer_id).where(
                Interaction.organisation_id == self._organisation_id,
                Interaction.case_hash.in_(list(hashes.values())),
            )
        )
        found = {case_hash: (item, customer) for case_hash, item, customer in rows}
        return {one: found[case_hash] for one, case_hash in hashes.items() if case_hash in found}

    def invited(self, references: Iterable[str]) -> dict[str, UUID]:
        """The invitations to this campaign that those cases have, by case reference."""
        hashes = self._hashes(references)
        rows = self._session.execute(
            select(Interaction.case_hash, Invitation.id)
            .join(Invitation, Invitation.interaction_id == Interaction.id)
            .where(
                Interaction.organisation_id == self._organisation_id,
                Interaction.case_hash.in_(list(hashes.values())),
                Invitation.campaign_id == self._campaign.id,
            )
        )
        found = {case_hash: invitation for case_hash, invitation in rows}  # noqa: C416 - typed
        return {one: found[case_hash] for one, case_hash in hashes.items() if case_hash in found}

    def _hashes(self, references: Iterable[str]) -> dict[str, bytes]:
        """The keyed hash of each, made once in a batch."""
        wanted = list(references)
        fresh = [one for one in wanted if one not in self._known_hashes]
        if fresh:
            self._known_hashes |= case_references.hashes_of(
                self._keyring, self._organisation_id, fresh
            )
        return {one: self._known_hashes[one] for one in wanted}

    def _objected(self, contacts: Collection[HashedContact]) -> set[bytes | None]:
        hashes = {one.phone_hash for one in contacts}
        hashes |= {one.email_hash for one in contacts if one.email_hash is not None}
        return set(
            self._session.scalars(
                select(Objection.subject_hash).where(
                    Objection.organisation_id == self._organisation_id,
                    Objection.subject_hash.in_(hashes),
                    Objection.method.in_([Method.CALLS.value, Method.ALL.value]),
                    Objection.withdrawn_at.is_(None),
                )
            )
        )


def _contact(told: ToldInteraction) -> Contact:
    return Contact(
        phone=told.phone,
        phone_as_given=told.phone_as_given,
        name=told.name,
        email=told.email,
        locale=told.locale,
        seen_at=told.happened_at,
        about=told.about,
    )
