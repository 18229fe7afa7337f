"""What a hold on a person knows them by, once their contact data are gone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; holds in force learn what their people are known by now."""
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone_hash", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("email_hash", sa.LargeBinary(), nullable=True))
    holds = sa.table(
        "holds",
        *(sa.column(name) for name in ("customer_id", "released_at", "phone_hash", "email_hash")),
    )
    people = sa.table(
        "customers", *(sa.column(name) for name in ("id", "phone_hash", "email_hash"))
    )
    for name in ("phone_hash", "email_hash"):
        known = sa.select(people.c[name]).where(people.c.id == holds.c.customer_id)
        op.execute(
            sa.update(holds)
            .where(holds.c.customer_id.is_not(None), holds.c.released_at.is_(None))
            .values({name: known.scalar_subquery()})
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_column("email_hash")
        batch_op.drop_column("phone_hash")
