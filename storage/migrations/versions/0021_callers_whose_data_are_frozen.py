"""Restrictions of callers who are no customers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=True))
        batch_op.add_column(sa.Column("call_id", sa.Uuid(), nullable=True))
        batch_op.alter_column("customer_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.create_foreign_key(
            batch_op.f("fk_restrictions_call_id_calls"), "calls", ["call_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_restrictions_call_id"), ["call_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_restrictions_subject_hash"), ["subject_hash"], unique=False
        )


def downgrade() -> None:
    """Go back; what was frozen of callers is not frozen any more."""
    op.execute("DELETE FROM restrictions WHERE customer_id IS NULL")
    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_restrictions_subject_hash"))
        batch_op.drop_index(batch_op.f("ix_restrictions_call_id"))
        batch_op.drop_constraint(batch_op.f("fk_restrictions_call_id_calls"), type_="foreignkey")
        batch_op.alter_column("customer_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.drop_column("call_id")
        batch_op.drop_column("subject_hash")
