"""Since when a mailbox is in no file any more."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.columns

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; mailboxes that gave up their number are retired when the files are applied."""
    with op.batch_alter_table("mailboxes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retired_at", storage.columns.Utc(), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("mailboxes", schema=None) as batch_op:
        batch_op.drop_column("retired_at")
