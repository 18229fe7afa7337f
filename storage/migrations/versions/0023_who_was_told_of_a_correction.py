"""Which receivers of exports were to be told of a correction."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("rights_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("passed_on", document, nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("rights_requests", schema=None) as batch_op:
        batch_op.drop_column("passed_on")
