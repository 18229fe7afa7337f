"""Where the number of a customer came from."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; of whoever is known already it is told by the next import that says it."""
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(80), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_column("source")
