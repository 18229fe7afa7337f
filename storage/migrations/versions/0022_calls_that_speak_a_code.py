"""Calls that speak a code which proves a request."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.add_column(sa.Column("code_id", sa.Uuid(), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_calls_code_id"), ["code_id"])
        batch_op.create_foreign_key(
            op.f("fk_calls_code_id_identity_codes"), "identity_codes", ["code_id"], ["id"]
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_calls_code_id_identity_codes"), type_="foreignkey")
        batch_op.drop_constraint(op.f("uq_calls_code_id"), type_="unique")
        batch_op.drop_column("code_id")
