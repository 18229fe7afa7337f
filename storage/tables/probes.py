"""Calls in which an operator has a line ring their own telephone: whether it gets through, and as
what number."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.asked_states import ShownNumber
from storage.columns import enum_column
from storage.states import CallState
from storage.tables.row import Identified, Row, owned


class LineProbe(Identified, Row):
    """One such call, with the decision about it; committed before the provider is asked.

    The number that is rung is kept nowhere: it is the operator's own, and nobody needs it again.
    """

    __tablename__ = "line_probes"
    __table_args__ = (
        Index("ix_line_probes_line_id_asked_at", "line_id", "asked_at"),
        Index("ix_line_probes_state_asked_at", "state", "asked_at"),
    )

    organisation_id: Mapped[UUID] = owned()
    line_id: Mapped[UUID] = mapped_column(ForeignKey("lines.id"))
    # Whose money pays; None where the line has no campaign.
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"), default=None)
    started_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    allowed: Mapped[bool]
    rule: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]]
    token: Mapped[str] = mapped_column(String(64), unique=True)
    provider_sid: Mapped[str | None] = mapped_column(String(128), unique=True, default=None)
    state: Mapped[CallState] = enum_column(CallState, default=CallState.NEW)
    # What the person who answered says that their telephone showed.
    shown: Mapped[ShownNumber | None] = enum_column(ShownNumber, default=None)
    error_code: Mapped[str | None] = mapped_column(String(40), default=None)
    # As for attempts: the highest price until the real one is known.
    cost_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    seconds: Mapped[int | None] = mapped_column(default=None)
