"""What is due of an organisation is found by its own index, the oldest first."""

from collections.abc import Sequence

from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CLOCKS = (("interactions", "created_at"), ("customers", "last_interaction_at"))


def upgrade() -> None:
    """Go forward."""
    for table, clock in _CLOCKS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_{clock}"))
            batch_op.create_index(
                f"ix_{table}_organisation_id_{clock}", ["organisation_id", clock], unique=False
            )


def downgrade() -> None:
    """Go back."""
    for table, clock in _CLOCKS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f"ix_{table}_organisation_id_{clock}")
            batch_op.create_index(batch_op.f(f"ix_{table}_{clock}"), [clock], unique=False)
