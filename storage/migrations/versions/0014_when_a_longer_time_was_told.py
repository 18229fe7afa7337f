"""When a person was told that their answer takes longer."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("rights_requests", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("extension_told_at", sa.DateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("rights_requests", schema=None) as batch_op:
        batch_op.drop_column("extension_told_at")
