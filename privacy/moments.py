"""When a row will be gone that goes because of others: with its answers, or with the last on it.

All of it as the purge will find it; a row that is in no answer here stays as long as can be seen.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import keepers, kinds, log_kinds, retention
from privacy.kinds import Kind
from privacy.retention import Item
from privacy.schedules import Schedule
from storage.many_ids import among
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Comment,
    Customer,
    Interaction,
    Invitation,
    ReceiptCode,
    Recording,
    Response,
    Restriction,
    Row,
)

Moments = dict[UUID, datetime]


class Foresight:
    """What is known of the rows of one organisation; `ends` are the last days of holds."""

    def __init__(
        self,
        session: Session,
        schedule: Schedule,
        *,
        now: datetime,
        keeping: bool,
        ends: Sequence[datetime],
    ) -> None:
        self._session = session
        self._schedule = schedule
        self._now = now
        self._steps = [now, *ends] if keeping else []

    def goes(self, kind: Kind, items: Collection[Item]) -> Moments:
        """When each item's own time is over and nobody keeps it any more."""
        ends = {one.id: retention.end_of(self._schedule, kind, one) for one in items}
        free = self._free_from(kind.table, kind.data_class, list(ends))
        return {
            one: max(end, free[one]) for one, end in ends.items() if end is not None and one in free
        }

    def _free_from(self, table: type[Row], data_class: DataClass, items: Sequence[UUID]) -> Moments:
        """From when on nothing keeps a row; those that something keeps for good are left out."""
        if not self._steps:
            return dict.fromkeys(items, self._now)
        column = Row.metadata.tables[table.__tablename__].c.id
        free: Moments = {}
        left = set(items)
        for moment in self._steps:
            if not left:
                break
            kept = keepers.kept_back(self._schedule, table, data_class, now=moment)
            wanted = select(column).where(among(self._session, column, sorted(left)), kept)
            still = set(self._session.scalars(wanted))
            free |= dict.fromkeys(left - still, moment)
            left = still
        return free

    def invitations(self, items: Collection[UUID]) -> Moments:
        """When invitations go with all that hangs below them."""
        rows = self._session.execute(
            select(
                Invitation.id,
                Invitation.created_at,
                Response.started_at,
                Response.handled_at,
                func.min(Answer.answered_at),
            )
            .outerjoin(Response, Response.invitation_id == Invitation.id)
            .outerjoin(Answer, Answer.response_id == Response.id)
            .where(among(self._session, Invitation.id, sorted(items)))
            .group_by(
                Invitation.id, Invitation.created_at, Response.started_at, Response.handled_at
            )
        )
        ends_early = DataClass.ANSWERS in self._schedule.until_handled
        found = [
            Item(answered or started or created, one, handled if ends_early else None)
            for one, created, started, handled, answered in rows
        ]
        return self.goes(kinds.UNINVITED, found)

    def comments(self, items: Collection[UUID]) -> Moments:
        """When comments go by their own time."""
        wanted = kinds.COMMENTS.rows().where(among(self._session, Comment.id, sorted(items)))
        wanted = wanted.add_columns(Response.handled_at, Comment.sensitive_until)
        early = DataClass.FREE_COMMENTS in self._schedule.until_handled
        found = [
            Item(made, one, retention.earlier(handled if early else None, sensitive))
            for made, one, handled, sensitive in self._session.execute(wanted)
        ]
        return self.goes(kinds.COMMENTS, found)

    def loose_recordings(self, items: Collection[UUID]) -> Moments:
        """When recordings that no comment was made of go by their own time."""
        wanted = kinds.LOOSE_RECORDINGS.rows()
        rows = self._session.execute(
            wanted.where(among(self._session, Recording.id, sorted(items)))
        )
        return self.goes(kinds.LOOSE_RECORDINGS, [Item(*row) for row in rows])

    def loose(self, kind: Kind, items: Collection[UUID]) -> Moments:
        """When contacts or customers go on which nothing hangs any more."""
        return self.customers(items) if kind is kinds.LOOSE_CUSTOMERS else self.interactions(items)

    def with_others(self, kind: Kind, items: Collection[UUID]) -> Moments:
        """When items of a kind go because what they belong to goes."""
        if kind is kinds.CONTACTS:
            return self.interactions(items)
        if kind is kinds.CONTACT_DATA:
            return self.customers(items)
        if kind is log_kinds.LIFTED_RESTRICTIONS:
            return self._with_customers(items)
        if kind is kinds.COMMENTS:
            asked = self.invitations_of_comments(items)
        elif kind is kinds.LOOSE_RECORDINGS:
            asked = self.invitations_of_recordings(items)
        elif kind is log_kinds.RECEIPT_CODES:
            asked = self._invitations_of_codes(items)
        else:
            return {}
        gone = self.invitations(set(asked.values()))
        return {one: gone[above] for one, above in asked.items() if above in gone}

    def below(self, kind: Kind, items: Collection[UUID]) -> Iterator[tuple[UUID, datetime | None]]:
        """Of each comment and loose recording below answers: whose it is, and its own moment."""
        mine = self._invitations_of(kind, items)
        answers = {invitation: one for one, invitation in mine.items()}
        above = Response.invitation_id
        said = self._session.execute(
            kinds.COMMENTS.rows()
            .with_only_columns(Comment.id, above)
            .where(among(self._session, above, sorted(answers)))
        ).all()
        own = self.comments([one for one, _ in said])
        for one, invitation in said:
            yield answers[invitation], own.get(one)
        sound = self._session.execute(
            kinds.LOOSE_RECORDINGS.rows()
            .with_only_columns(Recording.id, Attempt.invitation_id)
            .join(Attempt, Call.attempt_id == Attempt.id)
            .where(among(self._session, Attempt.invitation_id, sorted(answers)))
        ).all()
        own = self.loose_recordings([one for one, _ in sound])
        for one, invitation in sound:
            yield answers[invitation], own.get(one)

    def _invitations_of(self, kind: Kind, items: Collection[UUID]) -> dict[UUID, UUID]:
        if kind is kinds.UNINVITED:
            return {one: one for one in items}
        wanted = select(Response.id, Response.invitation_id)
        column: Any = Response.id
        if kind is kinds.ANSWERED:
            wanted = select(Answer.id, Response.invitation_id).join(
                Response, Answer.response_id == Response.id
            )
            column = Answer.id
        rows = self._session.execute(wanted.where(among(self._session, column, sorted(items))))
        return dict(rows.all())

    def interactions(self, items: Collection[UUID]) -> Moments:
        """When contacts go because nobody is asked about them any more."""
        table = Interaction
        wanted = select(table.created_at, table.id).where(
            among(self._session, table.id, sorted(items))
        )
        own = self.goes(
            kinds.LOOSE_INTERACTIONS, [Item(*row) for row in self._session.execute(wanted)]
        )
        hang = self._hanging(Invitation.interaction_id, Invitation.id, own)
        return _after_all(
            own, hang, self.invitations({one for all_ in hang.values() for one in all_})
        )

    def customers(self, items: Collection[UUID]) -> Moments:
        """When customers go because no contact with them is kept any more."""
        wanted = select(Customer.last_interaction_at, Customer.id).where(
            among(self._session, Customer.id, sorted(items))
        )
        own = self.goes(
            kinds.LOOSE_CUSTOMERS, [Item(*row) for row in self._session.execute(wanted)]
        )
        hang = self._hanging(Interaction.customer_id, Interaction.id, own)
        return _after_all(own, hang, self.interactions(_all(hang)))

    def recordings_of(self, calls: Collection[UUID]) -> Mapping[UUID, datetime | None]:
        """When the last live recording of each of these survey calls is gone; None for never."""
        rows = self._session.execute(
            select(Recording.call_id, Recording.id, Recording.comment_id)
            .join(Call, Recording.call_id == Call.id)
            .where(
                among(self._session, Recording.call_id, sorted(calls)),
                Recording.erased_at.is_(None),
                Call.mailbox_id.is_(None),
            )
        ).all()
        comments = self.comments_gone({one for _, _, one in rows if one is not None})
        loose = self.loose_recordings({one for _, one, comment in rows if comment is None})
        last: dict[UUID, datetime | None] = {}
        for call, recording, comment in rows:
            gone = loose.get(recording) if comment is None else comments.get(comment)
            before = last.get(call, self._now)
            last[call] = None if gone is None or before is None else max(gone, before)
        return last

    def comments_gone(self, items: Collection[UUID]) -> Moments:
        """When comments go: by their own time, or with their answers before it."""
        own = self.comments(items)
        asked = self.invitations_of_comments(items)
        with_answers = self.invitations(set(asked.values()))
        gone: Moments = {}
        for one in items:
            ways = [own.get(one), with_answers.get(asked[one])]
            known = [moment for moment in ways if moment is not None]
            if known:
                gone[one] = min(known)
        return gone

    def invitations_of_comments(self, items: Collection[UUID]) -> dict[UUID, UUID]:
        """The invitation that each comment belongs to."""
        rows = self._session.execute(
            select(Comment.id, Response.invitation_id)
            .join(Response, Comment.response_id == Response.id)
            .where(among(self._session, Comment.id, sorted(items)))
        )
        return dict(rows.all())

    def invitations_of_recordings(self, items: Collection[UUID]) -> dict[UUID, UUID]:
        """The invitation of each recording; those of calls that came to us have none."""
        rows = self._session.execute(
            select(Recording.id, Attempt.invitation_id)
            .join(Call, Recording.call_id == Call.id)
            .join(Attempt, Call.attempt_id == Attempt.id)
            .where(among(self._session, Recording.id, sorted(items)))
        )
        return dict(rows.all())

    def _with_customers(self, items: Collection[UUID]) -> Moments:
        rows = self._session.execute(
            select(Restriction.id, Restriction.customer_id).where(
                among(self._session, Restriction.id, sorted(items))
            )
        )
        of = dict(rows.all())
        gone = self.customers({one for one in of.values() if one is not None})
        return {
            one: gone[customer]
            for one, customer in of.items()
            if customer is not None and customer in gone
        }

    def _invitations_of_codes(self, items: Collection[UUID]) -> dict[UUID, UUID]:
        rows = self._session.execute(
            select(ReceiptCode.id, Response.invitation_id)
            .join(Response, ReceiptCode.response_id == Response.id)
            .where(among(self._session, ReceiptCode.id, sorted(items)))
        )
        return dict(rows.all())

    def _hanging(self, parent: Any, child: Any, items: Collection[UUID]) -> dict[UUID, set[UUID]]:
        wanted = select(parent, child).where(among(self._session, parent, sorted(items)))
        found: dict[UUID, set[UUID]] = defaultdict(set)
        for above, one in self._session.execute(wanted):
            found[above].add(one)
        return found


def _all(hang: Mapping[UUID, set[UUID]]) -> set[UUID]:
    return {one for below in hang.values() for one in below}


def _after_all(own: Moments, hang: Mapping[UUID, set[UUID]], gone: Moments) -> Moments:
    """When rows go on which others hang: after their own time, once the last of these is gone."""
    return {
        one: max([moment, *(gone[below] for below in hang.get(one, ()))])
        for one, moment in own.items()
        if all(below in gone for below in hang.get(one, ()))
    }
