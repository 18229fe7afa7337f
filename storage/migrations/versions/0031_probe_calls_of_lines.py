"""Calls in which an operator has a line ring their own telephone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OTHERS = (("organisation_id", "organisations"), ("line_id", "lines"),
           ("campaign_id", "campaigns"), ("started_by", "users"))  # fmt: skip


def upgrade() -> None:
    """Go forward."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "line_probes",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column(
            "facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("provider_sid", sa.String(128), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("shown", sa.String(40), nullable=True),
        sa.Column("error_code", sa.String(40), nullable=True),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_line_probes_{column}_{table}")
            )
            for column, table in _OTHERS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_probes")),
        sa.UniqueConstraint("provider_sid", name=op.f("uq_line_probes_provider_sid")),
        sa.UniqueConstraint("token", name=op.f("uq_line_probes_token")),
    )
    with op.batch_alter_table("line_probes", schema=None) as batch_op:
        batch_op.create_index("ix_line_probes_line_id_asked_at", ["line_id", "asked_at"])
        batch_op.create_index("ix_line_probes_state_asked_at", ["state", "asked_at"])
        batch_op.create_index(op.f("ix_line_probes_organisation_id"), ["organisation_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("line_probes")
