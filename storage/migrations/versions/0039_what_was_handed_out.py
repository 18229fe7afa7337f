"""What was handed out of people's data, to whom, on which ground and when."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import storage.columns
from storage.disclosure_words import DisclosureGround

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "disclosures",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("receiver_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ground", storage.columns.EnumText(DisclosureGround), nullable=False),
        sa.Column(
            "classes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("disclosed_at", storage.columns.Utc(), nullable=False),
        sa.Column("noted_at", storage.columns.Utc(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_disclosures_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosures")),
    )
    with op.batch_alter_table("disclosures", schema=None) as batch_op:
        batch_op.create_index(
            op.f("ix_disclosures_organisation_id_subject_hash"),
            ["organisation_id", "subject_hash"],
            unique=False,
        )
        batch_op.create_index(op.f("ix_disclosures_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(op.f("ix_disclosures_disclosed_at"), ["disclosed_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table("disclosures")
