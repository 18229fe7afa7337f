"""Codes that open one's own answers, what was put right, and listening without a user."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CORRECTED = ("answers", "comments", "transcripts")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "receipt_codes",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erase_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_receipt_codes_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["responses.id"], name=op.f("fk_receipt_codes_response_id_responses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_codes")),
        sa.UniqueConstraint(
            "organisation_id", "code_hash", name=op.f("uq_receipt_codes_organisation_id_code_hash")
        ),
        sa.UniqueConstraint("response_id", name=op.f("uq_receipt_codes_response_id")),
    )
    with op.batch_alter_table("receipt_codes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_receipt_codes_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_receipt_codes_erase_asked_at"), ["erase_asked_at"], unique=False
        )
    for table in _CORRECTED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True)
            )
    with op.batch_alter_table("listenings", schema=None) as batch_op:
        batch_op.alter_column("user_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    """Go back."""
    op.execute("DELETE FROM listenings WHERE user_id IS NULL")
    with op.batch_alter_table("listenings", schema=None) as batch_op:
        batch_op.alter_column("user_id", existing_type=sa.Uuid(), nullable=False)
    for table in reversed(_CORRECTED):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("corrected_at")
    op.drop_table("receipt_codes")
