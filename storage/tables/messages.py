"""Telephone messages for a company's staff, and the notices sent about them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, sealed_column
from storage.states import DeliveryState, MessageState
from storage.tables.row import Identified, Row, owned


class Message(Identified, Row):
    """A message left in a mailbox by telephone."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "ix_messages_sensitive_until",
            "sensitive_until",
            sqlite_where=text("sensitive_until IS NOT NULL"),
            postgresql_where=text("sensitive_until IS NOT NULL"),
        ),
    )

    organisation_id: Mapped[UUID] = owned()
    mailbox_id: Mapped[UUID] = mapped_column(ForeignKey("mailboxes.id"), index=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), unique=True)
    # What the caller was told last before a tone; none in messages from before it was kept.
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("mailbox_notices.id"), default=None)
    state: Mapped[MessageState] = enum_column(MessageState, default=MessageState.RECEIVING)
    caller_sealed: Mapped[bytes | None] = sealed_column("telephone_messages")
    received_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None] = mapped_column(default=None)
    # Staff marked it as sensitive; and until when it is kept at most because of that.
    sensitive_at: Mapped[datetime | None] = mapped_column(default=None)
    sensitive_until: Mapped[datetime | None] = mapped_column(default=None)


class Delivery(Identified, Row):
    """One sending of a notice about a message to one address."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_state_next_try_at", "state", "next_try_at"),)

    organisation_id: Mapped[UUID] = owned()
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), index=True)
    method: Mapped[str] = mapped_column(String(20), default="email")
    address_sealed: Mapped[bytes | None] = sealed_column("telephone_messages")
    state: Mapped[DeliveryState] = enum_column(DeliveryState, default=DeliveryState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    error_code: Mapped[str | None] = mapped_column(String(40), default=None)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
