"""What is kept about one person, and until which day: what the purge will do, foretold.

Where contacts are kept for less time than answers their own rule counts. A hold that ends on a day
is told with that day; where nobody knows when it ends, that is told instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import keepers, kinds, retention
from privacy.kinds import Kind
from privacy.retention import Item, NoRuleError, Schedule
from storage.states import CommentState
from storage.tables import (
    Answer,
    Comment,
    Customer,
    Hold,
    Interaction,
    Invitation,
    Organisation,
    Response,
    Row,
)

# Nothing was said, or it never reached us, or it is gone.
_WITHOUT_WORDS: Final = (CommentState.EMPTY, CommentState.LOST, CommentState.ERASED)


@dataclass(frozen=True, slots=True)
class Kept:
    """The last day on which each kind is kept at the latest; None for a kind that is not kept."""

    contact: date
    answers: date | None
    comment: date | None
    # Something stays past its day, and nobody knows until when.
    held: bool = False


def kept_of(session: Session, customer: Customer, *, now: datetime) -> Kept:
    """What the organisation keeps about its customer.

    Raises NoRuleError when its schedule has no last day for one of the kinds.
    """
    schedule = retention.schedule_of(session.get_one(Organisation, customer.organisation_id))
    schedule.period(DataClass.ANSWERS)  # without that rule nothing is sure
    ends = _Ends(session, schedule, now=now)
    asked = list(_asked(ends, customer))
    answers = {response_id: end for response_id, end in asked if response_id is not None}
    comments = session.execute(
        select(
            Comment.response_id,
            Comment.made_at,
            Comment.id,
            Response.handled_at,
            Comment.sensitive_until,
        )
        .join(Response, Comment.response_id == Response.id)
        .where(
            Comment.organisation_id == customer.organisation_id,
            Comment.response_id.in_(list(answers)),
            Comment.state.not_in(_WITHOUT_WORDS),
        )
    )
    ends_early = DataClass.FREE_COMMENTS in schedule.until_handled
    said = [
        # A comment goes with its answers at the latest.
        min(
            answers[response_id],
            ends.of(
                kinds.COMMENTS,
                Item(
                    made_at,
                    comment,
                    retention.earlier(handled_at if ends_early else None, sensitive),
                ),
            ),
        )
        for response_id, made_at, comment, handled_at, sensitive in comments
    ]
    contact = list(_contact(ends, customer))
    if not schedule.contact_first:
        contact += [end for _, end in asked]
    return Kept(
        contact=_day(max(contact), schedule),
        answers=_day(max(answers.values()), schedule) if answers else None,
        comment=_day(max(said), schedule) if said else None,
        held=ends.held,
    )


class _Ends:
    """When the time of each item is over, with what keeps it longer; `held` once nobody knows."""

    def __init__(self, session: Session, schedule: Schedule, *, now: datetime) -> None:
        self.session = session
        self.schedule = schedule
        self.held = False
        self._moments: list[datetime] = []
        if keepers.are_there(session, schedule, now=now):
            last = select(Hold.ends_at).where(
                Hold.organisation_id == schedule.organisation_id,
                keepers.holds_at(now),
                Hold.ends_at.is_not(None),
            )
            known = [one for one in session.scalars(last) if one is not None]
            self._moments = [now, *sorted(known)]

    def of(self, kind: Kind, item: Item) -> datetime:
        """The last moment of an item; raises NoRuleError when its rule has none."""
        end = retention.end_of(self.schedule, kind, item)
        if end is None:
            key = self.schedule.organisation_key
            raise NoRuleError(f"{key} keeps {kind.data_class} without a last day")
        column = Row.metadata.tables[kind.table.__tablename__].c.id
        for moment in self._moments:
            kept = keepers.kept_back(self.schedule, kind.table, kind.data_class, now=moment)
            if self.session.scalar(select(column).where(column == item.id, kept)) is None:
                return end if moment == self._moments[0] else max(end, moment)
        self.held = self.held or bool(self._moments)
        return end


def _contact(ends: _Ends, customer: Customer) -> Iterator[datetime]:
    """When the customer goes, and each contact with them."""
    person, contact, start = (
        (kinds.CONTACT_DATA, kinds.CONTACTS, Interaction.happened_at)
        if ends.schedule.contact_first
        else (kinds.LOOSE_CUSTOMERS, kinds.LOOSE_INTERACTIONS, Interaction.created_at)
    )
    yield ends.of(person, Item(customer.last_interaction_at, customer.id))
    rows = select(start, Interaction.id).where(
        Interaction.organisation_id == customer.organisation_id,
        Interaction.customer_id == customer.id,
    )
    if ends.schedule.contact_first:
        rows = rows.where(Interaction.case_hash.is_not(None))
    for begun_at, interaction_id in ends.session.execute(rows):
        yield ends.of(contact, Item(begun_at, interaction_id))


def _asked(ends: _Ends, customer: Customer) -> Iterator[tuple[UUID | None, datetime]]:
    """When each invitation goes with all that hangs below it, and its response if it has one."""
    of_response = (Response.id, Response.started_at, Response.handled_at)
    rows = ends.session.execute(
        select(Invitation.id, Invitation.created_at, *of_response, func.min(Answer.answered_at))
        .select_from(Invitation)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .outerjoin(Answer, Answer.response_id == Response.id)
        .where(
            Invitation.organisation_id == customer.organisation_id,
            Invitation.customer_id == customer.id,
        )
        .group_by(Invitation.id, Invitation.created_at, *of_response)
    )
    for invitation_id, created_at, response_id, started_at, handled_at, answered_at in rows:
        if response_id is None:
            yield None, ends.of(kinds.UNINVITED, Item(created_at, invitation_id))
            continue
        ends_early = DataClass.ANSWERS in ends.schedule.until_handled
        item = Item(answered_at or started_at, response_id, handled_at if ends_early else None)
        yield response_id, ends.of(kinds.UNANSWERED, item)


def _day(moment: datetime, schedule: Schedule) -> date:
    return moment.astimezone(schedule.zone).date()
