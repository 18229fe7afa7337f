"""Who gets people's data, since when and until when."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.columns

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; the list is filled when the files are applied."""
    op.create_table(
        "receivers",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("work", sa.String(length=400), nullable=False),
        sa.Column("gets", sa.String(length=400), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("transfer", sa.String(length=400), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("noted_at", storage.columns.Utc(), nullable=False),
        sa.Column("ended_at", storage.columns.Utc(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_receivers_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receivers")),
    )
    with op.batch_alter_table("receivers", schema=None) as batch_op:
        batch_op.create_index(
            op.f("ix_receivers_organisation_id_ended_at"),
            ["organisation_id", "ended_at"],
            unique=False,
        )


def downgrade() -> None:
    """Go back."""
    op.drop_table("receivers")
