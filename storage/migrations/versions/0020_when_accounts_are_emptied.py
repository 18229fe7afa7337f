"""When the name of somebody of the staff who left is emptied."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_users_erase_at"), ["erase_at"], unique=False)
    # Whoever is closed already is named for as long as somebody who is closed today.
    users = sa.table(
        "users",
        sa.column("disabled_at", sa.DateTime(timezone=True)),
        sa.column("erase_at", sa.DateTime(timezone=True)),
    )
    op.execute(
        users.update()
        .where(users.c.disabled_at.is_not(None))
        .values(erase_at=datetime.now(UTC) + timedelta(days=30))
    )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_erase_at"))
        batch_op.drop_column("erased_at")
        batch_op.drop_column("erase_at")
