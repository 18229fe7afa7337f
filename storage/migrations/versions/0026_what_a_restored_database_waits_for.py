"""A number counted together with the ledger, and what waits in an organisation after a restore."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SINCE = ("contacts_unknown_since", "kept_unconfirmed_since")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "ledger_beats",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_beats")),
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        for name in _SINCE:
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        for name in reversed(_SINCE):
            batch_op.drop_column(name)
    op.drop_table("ledger_beats")
