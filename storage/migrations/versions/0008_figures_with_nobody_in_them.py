"""Figures with nobody in them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_UNCOUNTED = sa.text("counted_in IS NULL AND number IS NOT NULL")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "funnel_cells",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_funnel_cells_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_funnel_cells_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint(
            "campaign_id", "month", "hour", "attempt", "kind", name=op.f("pk_funnel_cells")
        ),
    )
    op.create_index(op.f("ix_funnel_cells_organisation_id"), "funnel_cells", ["organisation_id"])
    op.create_table(
        "statistic_cells",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("survey_version_id", sa.Uuid(), nullable=False),
        sa.Column("question_key", sa.String(60), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(120), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_statistic_cells_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_statistic_cells_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["survey_version_id"],
            ["survey_versions.id"],
            name=op.f("fk_statistic_cells_survey_version_id_survey_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistic_cells")),
        sa.UniqueConstraint(
            *("campaign_id", "survey_version_id", "question_key", "month", "rung"),
            *("team", "reason", "channel", "language", "value"),
            name="uq_statistic_cells_situation",
        ),
    )
    op.create_index(
        "ix_statistic_cells_organisation_id_month", "statistic_cells", ["organisation_id", "month"]
    )
    op.add_column("answers", sa.Column("counted_in", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_answers_uncounted",
        "answers",
        ["organisation_id", "answered_at", "id"],
        sqlite_where=_UNCOUNTED,
        postgresql_where=_UNCOUNTED,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_answers_uncounted", "answers")
    op.drop_column("answers", "counted_in")
    op.drop_table("statistic_cells")
    op.drop_table("funnel_cells")
