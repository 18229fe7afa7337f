"""The versions of each organisation's retention schedule: who wanted them, and who agreed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column
from storage.policy_states import PolicyState
from storage.tables.row import Identified, Row, owned


class PolicyVersion(Identified, Row):
    """A retention schedule as somebody proposed it; its rules are never changed."""

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    organisation_id: Mapped[UUID] = owned(index=False)
    number: Mapped[int]
    state: Mapped[PolicyState] = enum_column(PolicyState)
    rules: Mapped[list[Any]]
    proposed_at: Mapped[datetime]
    # Nobody known: who runs the machine gave a command without a name.
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
