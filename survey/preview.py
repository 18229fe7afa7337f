"""What a campaign would do at one moment: whom it would contact, how long it takes, what it costs.

The same facts and rules as a dialler's decide; nothing is written and nobody is locked. People are
read by key, a page at a time, so that a million of them take no more memory than a hundred.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import Session

from storage import case_references
from storage.house import House
from storage.restrictions import may_be_used
from storage.states import AttemptMethod, CampaignState
from storage.tables import Campaign, Customer, Interaction, Invitation, Organisation
from survey import customers, prospects
from survey.invitations import OPEN
from survey.permission_facts import Asking, gather_many
from survey.permission_terms import Method, PermissionFacts
from survey.places import find_campaign
from survey.prospects import Prospects
from survey.seen import Seen
from survey.tally import HeldBack, Judged, Prospect, Tally
from survey.throttling import heeded_period

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """The people of a campaign by what would become of them; `waiting` are all that are open.

    `looked_at` is less when only the first were wanted.
    """

    organisation: str
    campaign: str
    at: datetime
    zone: ZoneInfo
    state: CampaignState
    waiting: int
    counts: dict[Prospect, int]
    held_back: Sequence[HeldBack]
    outlook: Prospects

    @property
    def looked_at(self) -> int:
        """How many were judged."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Listed:
    """One judged case for whoever wants to see which."""

    case_reference: str
    judged: Judged


def preview(
    house: House,
    *,
    organisation: str,
    campaign: str,
    at: datetime,
    first: int | None = None,
    frozen_too: bool = True,
    each: Callable[[Listed], None] | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Preview:
    """Judge the open invitations of a campaign as if it ran, or only the `first` that are due.

    People whose data are frozen are counted unless `frozen_too` is False. `each` is given every
    case, `tell` how many are done of how many. Raises UnknownPlaceError.
    """
    with house.database.reading() as session:
        owner, place = find_campaign(session, organisation=organisation, campaign=campaign)
        open_ones = _open(place, frozen_too=frozen_too)
        waiting = session.scalar(select(func.count()).where(*open_ones)) or 0
    wanted = waiting if first is None else min(waiting, first)
    with ExitStack() as stack:
        seen = stack.enter_context(Seen())
        tally = Tally(seen, period=heeded_period(owner, place), at=at)
        for page in _pages(house, open_ones, at_most=wanted):
            _judge(house, page, tally, at=at, each=each)
            tell(tally.people, wanted)
    with house.database.reading() as session:
        return summed_up(session, place.id, tally, waiting=waiting, at=at)


def summed_up(
    session: Session, campaign_id: UUID, tally: Tally, *, waiting: int, at: datetime
) -> Preview:
    """What was counted, with how long it takes and what it costs."""
    place = session.get_one(Campaign, campaign_id)
    owner = session.get_one(Organisation, place.organisation_id)
    people = tally.counts[Prospect.NOW] + tally.counts[Prospect.LATER]
    return Preview(
        organisation=owner.key,
        campaign=place.key,
        at=at,
        zone=ZoneInfo(owner.timezone),
        state=place.state,
        waiting=waiting,
        counts=tally.counts,
        held_back=tally.held_back,
        outlook=prospects.of(session, place, people, not_before=tally.latest, at=at),
    )


def _open(campaign: Campaign, *, frozen_too: bool) -> list[ColumnElement[bool]]:
    """The open invitations of a campaign, whatever their state."""
    usable = [] if frozen_too else [may_be_used(Invitation)]
    return [
        Invitation.organisation_id == campaign.organisation_id,
        Invitation.campaign_id == campaign.id,
        Invitation.state.in_(OPEN),
        *usable,
    ]


def _pages(
    house: House, open_ones: Sequence[ColumnElement[bool]], *, at_most: int
) -> Iterator[list[UUID]]:
    """The open invitations in the order in which diallers take them, by their ids."""
    after: tuple[datetime, UUID] | None = None
    while at_most > 0:
        found: list[tuple[datetime, UUID]] = []
        with house.database.reading() as session:
            # A question for each state walks the dialler's own index.
            for state in OPEN:
                wanted = select(Invitation.due_at, Invitation.id).where(
                    *open_ones, Invitation.state == state
                )
                if after is not None:
                    # As one value: an import gives thousands of people the same moment.
                    key = tuple_(Invitation.due_at, Invitation.id)
                    wanted = wanted.where(
                        key
                        > tuple_(
                            literal(after[0], Invitation.due_at.type),
                            literal(after[1], Invitation.id.type),
                        )
                    )
                ordered = wanted.order_by(Invitation.due_at, Invitation.id)
                found += [
                    (due_at, item)
                    for due_at, item in session.execute(ordered.limit(min(PAGE, at_most)))
                ]
        found = sorted(found)[: min(PAGE, at_most)]
        if not found:
            return
        yield [item for _, item in found]
        after = found[-1]
        at_most -= len(found)


def _judge(
    house: House,
    ids: Sequence[UUID],
    tally: Tally,
    *,
    at: datetime,
    each: Callable[[Listed], None] | None,
) -> None:
    with house.database.reading() as session:
        rows = session.execute(
            select(Invitation, Customer, Interaction.case_reference_sealed)
            .join(Customer, Customer.id == Invitation.customer_id)
            .join(Interaction, Interaction.id == Invitation.interaction_id)
            .where(Invitation.id.in_(ids), Invitation.state.in_(OPEN))
        )
        found = {invitation.id: (invitation, person, shut) for invitation, person, shut in rows}
        # What was answered since the page was turned is not open any more.
        page = [found[one] for one in ids if one in found]
        facts = _facts(session, [(one, person) for one, person, _ in page], house=house, at=at)
        # Whoever only counts needs no key.
        references = case_references.opened(
            house.keyring,
            [(one.interaction_id, None if each is None else shut) for one, _, shut in page],
        )
        for (invitation, person, _), reference in zip(page, references, strict=True):
            known = replace(facts[invitation.id], campaign_state=CampaignState.RUNNING)
            judged = tally.judge(known, person)
            if each is not None:
                each(Listed(reference, judged))


def _facts(
    session: Session, page: Sequence[tuple[Invitation, Customer]], *, house: House, at: datetime
) -> dict[UUID, PermissionFacts]:
    """The facts about each invitation, by the way in which it is tried next."""
    numbers_of = customers.numbers_of((person for _, person in page), keyring=house.keyring)
    found: dict[UUID, PermissionFacts] = {}
    for method, by in ((Method.CALLS, None), (Method.SMS, AttemptMethod.SMS)):
        some = [one for one, _ in page if one.next_by is by]
        if not some:
            continue
        asking = Asking(house.settings.allowed_numbers, method)
        gathered = gather_many(
            session, some, now=at, numbers_of=numbers_of, asking=asking, lock=False
        )
        found |= {one.id: facts for one, facts in zip(some, gathered, strict=True)}
    return found
