"""Who ordered the call of an invitation, where a person must start each one."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("started_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_invitations_started_by_users"), "users", ["started_by"], ["id"]
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_invitations_started_by_users"), type_="foreignkey")
        batch_op.drop_column("started_at")
        batch_op.drop_column("started_by")
