"""Responses of nobody."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "anonymous_responses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("survey_version_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        _to("anonymous_responses", "organisation_id", "organisations"),
        _to("anonymous_responses", "campaign_id", "campaigns"),
        _to("anonymous_responses", "survey_version_id", "survey_versions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anonymous_responses")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_anonymous_responses_campaign_id_month", "anonymous_responses", ["campaign_id", "month"]
    )
    op.create_index(
        op.f("ix_anonymous_responses_organisation_id"), "anonymous_responses", ["organisation_id"]
    )
    op.create_table(
        "anonymous_answers",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("question_key", sa.String(60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("choice", sa.String(60), nullable=True),
        _to("anonymous_answers", "response_id", "anonymous_responses"),
        _to("anonymous_answers", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("response_id", "question_key", name=op.f("pk_anonymous_answers")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_anonymous_answers_organisation_id"), "anonymous_answers", ["organisation_id"]
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("anonymous_answers")
    op.drop_table("anonymous_responses")
