"""Who is a minor, whose guardian gave leave, and since and until when somebody is a customer."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("minor", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("guardian_leave_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("customer_since", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("customer_until", sa.Date(), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_column("customer_until")
        batch_op.drop_column("customer_since")
        batch_op.drop_column("guardian_leave_on")
        batch_op.drop_column("minor")
