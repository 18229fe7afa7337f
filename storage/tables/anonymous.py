"""Responses of nobody: what somebody answered, when nobody can tell any more who it was."""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.row import Row, owned


class AnonymousResponse(Row):
    """One person's answers together, without the person, the case or the day.

    The id is random, unlike ours elsewhere, which are in the order of time; so is the order in
    which SQLite lays the rows down.
    """

    __tablename__ = "anonymous_responses"
    __table_args__ = (
        Index("ix_anonymous_responses_campaign_id_month", "campaign_id", "month"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = owned()
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    survey_version_id: Mapped[UUID] = mapped_column(ForeignKey("survey_versions.id"))
    # The first day of the month, as in the cells of the statistics.
    month: Mapped[date]


class AnonymousAnswer(Row):
    """A score or a choice of one of them."""

    __tablename__ = "anonymous_answers"
    __table_args__ = ({"sqlite_with_rowid": False},)

    response_id: Mapped[UUID] = mapped_column(
        ForeignKey("anonymous_responses.id"), primary_key=True
    )
    organisation_id: Mapped[UUID] = owned()
    question_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    number: Mapped[int | None] = mapped_column(default=None)
    choice: Mapped[str | None] = mapped_column(String(60), default=None)
