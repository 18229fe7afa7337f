"""Codes that open one's own answers, sent by text."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("receipt_codes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by_text_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("text_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(op.f("ix_receipt_codes_text_due_at"), ["text_due_at"])
    with op.batch_alter_table("sent_texts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("receipt_code_id", sa.Uuid(), nullable=True))
        batch_op.create_index(op.f("ix_sent_texts_receipt_code_id"), ["receipt_code_id"])
        batch_op.create_foreign_key(
            op.f("fk_sent_texts_receipt_code_id_receipt_codes"),
            "receipt_codes",
            ["receipt_code_id"],
            ["id"],
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("sent_texts", schema=None) as batch_op:
        batch_op.drop_constraint(
            op.f("fk_sent_texts_receipt_code_id_receipt_codes"), type_="foreignkey"
        )
        batch_op.drop_index(op.f("ix_sent_texts_receipt_code_id"))
        batch_op.drop_column("receipt_code_id")
    with op.batch_alter_table("receipt_codes", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_receipt_codes_text_due_at"))
        batch_op.drop_column("text_due_at")
        batch_op.drop_column("by_text_at")
