"""What several diallers share: the pace of a line, the money spent, what became of invitations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column
from storage.states import InvitationEventKind
from storage.tables.row import Identified, Row, owned


class LinePace(Row):
    """How the provider bears with a line, as all diallers know it."""

    __tablename__ = "line_paces"

    line_id: Mapped[UUID] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    organisation_id: Mapped[UUID] = owned()
    # Nobody places on this line before that: the provider asked for patience, or was away.
    held_until: Mapped[datetime | None] = mapped_column(default=None)
    # How often in a row it did; each time the line is left alone for longer.
    refusals: Mapped[int] = mapped_column(default=0)


class LineSlot(Row):
    """One of as many slots as a line may begin calls in a second; a slot begins one at a time.

    All moments are by the database's clock, so that diallers on several machines agree.
    """

    __tablename__ = "line_slots"

    line_id: Mapped[UUID] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = owned()
    # A second after the provider can have got the last call that was begun with it; while that is
    # not answered, the moment at which whoever took it must have died.
    free_at: Mapped[datetime]
    taken_for: Mapped[datetime | None] = mapped_column(default=None)


class Spending(Identified, Row):
    """What a campaign spent on one day of its organisation, in millionths of its currency."""

    __tablename__ = "spendings"
    __table_args__ = (UniqueConstraint("campaign_id", "day"),)

    organisation_id: Mapped[UUID] = owned()
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    day: Mapped[date]
    # Attempts under way count with their highest price until the real one is known.
    micros: Mapped[int] = mapped_column(BigInteger, default=0)


class InvitationEvent(Identified, Row):
    """One step in the history of an invitation, with nothing personal in it."""

    __tablename__ = "invitation_events"
    __table_args__ = (
        Index("ix_invitation_events_invitation_id_happened_at", "invitation_id", "happened_at"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"))
    attempt_id: Mapped[UUID | None] = mapped_column(ForeignKey("attempts.id"), default=None)
    kind: Mapped[InvitationEventKind] = enum_column(InvitationEventKind)
    # What belongs to the kind: a disposition, the rule that refused, a method.
    detail: Mapped[str | None] = mapped_column(String(60), default=None)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    happened_at: Mapped[datetime]
