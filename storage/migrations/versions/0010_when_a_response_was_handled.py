"""The three steps after which a response is no longer needed: reviewed, decided, handled."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("responses", schema=None) as batch_op:
        for name in ("reviewed_at", "decided_at", "handled_at"):
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_responses_handled_at"), ["handled_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_responses_handled_at"))
        for name in ("handled_at", "decided_at", "reviewed_at"):
            batch_op.drop_column(name)
