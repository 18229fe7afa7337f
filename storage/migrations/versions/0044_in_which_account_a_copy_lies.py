"""In which of the provider's accounts something of ours lies."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("provider_copies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account", sa.String(length=160), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("provider_copies", schema=None) as batch_op:
        batch_op.drop_column("account")
