"""What is left out of a request that is granted in part."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("rights_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left_out", document, nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("rights_requests", schema=None) as batch_op:
        batch_op.drop_column("left_out")
