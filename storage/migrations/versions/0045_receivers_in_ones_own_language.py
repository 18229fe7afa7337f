"""What the organisation's file says of a receiver per language."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("receivers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "in_languages",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                nullable=False,
                server_default="{}",
            )
        )
    with op.batch_alter_table("receivers", schema=None) as batch_op:
        batch_op.alter_column("in_languages", server_default=None)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("receivers", schema=None) as batch_op:
        batch_op.drop_column("in_languages")
