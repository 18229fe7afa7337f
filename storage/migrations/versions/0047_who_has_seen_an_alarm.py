"""Who has seen an alarm and ended it; and the open ones found without the others."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_by", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_alarms_seen_by_users"), "users", ["seen_by"], ["id"])
        batch_op.create_index(
            "ix_alarms_open",
            ["id"],
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_index("ix_alarms_open")
        batch_op.drop_constraint(op.f("fk_alarms_seen_by_users"), type_="foreignkey")
        batch_op.drop_column("seen_by")
