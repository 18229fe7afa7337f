"""Slots of lines instead of one next free moment; how often the provider asked for patience."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "line_slots",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_for", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["line_id"], ["lines.id"], name=op.f("fk_line_slots_line_id_lines")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_line_slots_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("line_id", "number", name=op.f("pk_line_slots")),
    )
    with op.batch_alter_table("line_slots", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_line_slots_organisation_id"), ["organisation_id"], unique=False
        )

    with op.batch_alter_table("line_paces", schema=None) as batch_op:
        batch_op.drop_column("free_at")
        batch_op.add_column(sa.Column("refusals", sa.Integer(), nullable=False, server_default="0"))

    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index("ix_attempts_line_id_state", ["line_id", "state"], unique=False)
        batch_op.drop_index("ix_attempts_line_id")


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index("ix_attempts_line_id", ["line_id"], unique=False)
        batch_op.drop_index("ix_attempts_line_id_state")

    op.execute(sa.text("DELETE FROM line_paces"))
    with op.batch_alter_table("line_paces", schema=None) as batch_op:
        batch_op.drop_column("refusals")
        batch_op.add_column(sa.Column("free_at", sa.DateTime(timezone=True), nullable=False))

    with op.batch_alter_table("line_slots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_line_slots_organisation_id"))

    op.drop_table("line_slots")
