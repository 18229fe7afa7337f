"""What people ask us to do with their data, and until when they must have an answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column
from storage.states import RequestChannel, RequestKind, RequestState
from storage.tables.row import Identified, Row, owned


class RightsRequest(Identified, Row):
    """One person's request about their data; it holds nothing of the person themself."""

    __tablename__ = "rights_requests"
    __table_args__ = (
        UniqueConstraint("organisation_id", "reference"),
        Index("ix_rights_requests_state_due_at", "state", "due_at"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    # No foreign key: that the person asked must still be shown after they were erased.
    customer_id: Mapped[UUID | None] = mapped_column(index=True, default=None)
    kind: Mapped[RequestKind] = enum_column(RequestKind)
    channel: Mapped[RequestChannel] = enum_column(RequestChannel)
    state: Mapped[RequestState] = enum_column(RequestState, default=RequestState.OPEN)
    # Eight digits that can be said on the telephone; they open nothing.
    reference: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
