"""Comments and messages that staff mark as sensitive."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

import storage.columns

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES: Final = ("comments", "messages")
_MARKED: Final = "sensitive_until IS NOT NULL"


def upgrade() -> None:
    """Go forward."""
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("sensitive_at", storage.columns.Utc(), nullable=True))
            batch_op.add_column(sa.Column("sensitive_until", storage.columns.Utc(), nullable=True))
            batch_op.create_index(
                op.f(f"ix_{table}_sensitive_until"),
                ["sensitive_until"],
                unique=False,
                sqlite_where=sa.text(_MARKED),
                postgresql_where=sa.text(_MARKED),
            )


def downgrade() -> None:
    """Go back; what was marked is open and kept like everything else again."""
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(op.f(f"ix_{table}_sensitive_until"))
            batch_op.drop_column("sensitive_until")
            batch_op.drop_column("sensitive_at")
