"""Figures with nobody in them: what stays of answers and of attempts when the people are gone."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column
from storage.states import InvitationEventKind
from storage.tables.row import Identified, Row, owned


class FunnelCell(Row):
    """How many steps of one kind people who are gone had taken, by month, hour and attempt."""

    __tablename__ = "funnel_cells"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    organisation_id: Mapped[UUID] = owned()
    # The first day of the month, and the hour of the day, on the organisation's clock.
    month: Mapped[date] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    # 0 for a step that belongs to no attempt.
    attempt: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[InvitationEventKind] = enum_column(InvitationEventKind, primary_key=True)
    count: Mapped[int]


class QuotaCell(Identified, Row):
    """How many of one segment of a campaign have answered to the end, whoever of them is gone.

    There is one for each segment that the operator's file limits, and none for any other.
    """

    __tablename__ = "quota_cells"
    __table_args__ = (
        UniqueConstraint("campaign_id", "segment", "value", name="uq_quota_cells_segment"),
    )

    organisation_id: Mapped[UUID] = owned()
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    segment: Mapped[str] = mapped_column(String(40))
    # As the file writes it.
    value: Mapped[str]
    count: Mapped[int]


class StatisticCell(Identified, Row):
    """How many gave one score in one situation; a situation is that of a whole group or of none.

    `rung` says how many facts of the situation were left out, because too few shared them; see
    storage.situations. A fact that is left out or was never told is an empty text.
    """

    __tablename__ = "statistic_cells"
    __table_args__ = (
        UniqueConstraint(
            *("campaign_id", "survey_version_id", "question_key", "month", "rung"),
            *("team", "reason", "channel", "language", "value"),
            name="uq_statistic_cells_situation",
        ),
        Index("ix_statistic_cells_organisation_id_month", "organisation_id", "month"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    # Which scale the score is on.
    survey_version_id: Mapped[UUID] = mapped_column(ForeignKey("survey_versions.id"))
    question_key: Mapped[str] = mapped_column(String(60))
    # The first day of the month on the organisation's clock; no day is finer than that.
    month: Mapped[date]
    rung: Mapped[int]
    team: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(120))
    channel: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(10))
    value: Mapped[int]
    count: Mapped[int]
