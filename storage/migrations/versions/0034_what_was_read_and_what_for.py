"""The listening log tells what was read too, and what it was opened for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.columns
from storage.listening_words import Act, Purpose

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BEFORE = "uq_listenings_user_id_recording_id_sitting_id"
_SINCE = "uq_listenings_user_id_item_id_sitting_id_act"


def upgrade() -> None:
    """Go forward; of earlier lines nobody knows what for."""
    with op.batch_alter_table("listenings", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_BEFORE), type_="unique")
        batch_op.drop_index(op.f("ix_listenings_recording_id"))
        batch_op.alter_column(
            "recording_id", new_column_name="item_id", existing_type=sa.Uuid(), nullable=False
        )
        batch_op.add_column(
            sa.Column(
                "act", storage.columns.EnumText(Act), nullable=False, server_default=Act.HEARD.value
            )
        )
        batch_op.add_column(sa.Column("purpose", storage.columns.EnumText(Purpose), nullable=True))
        batch_op.add_column(sa.Column("case_id", sa.Uuid(), nullable=True))
    with op.batch_alter_table("listenings", schema=None) as batch_op:
        batch_op.alter_column("act", server_default=None)
        batch_op.create_unique_constraint(op.f(_SINCE), ["user_id", "item_id", "sitting_id", "act"])
        batch_op.create_index(op.f("ix_listenings_item_id"), ["item_id"], unique=False)


def downgrade() -> None:
    """Go back; what was read has no place there."""
    op.execute("DELETE FROM listenings WHERE act = 'read'")
    with op.batch_alter_table("listenings", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_SINCE), type_="unique")
        batch_op.drop_index(op.f("ix_listenings_item_id"))
        batch_op.alter_column(
            "item_id", new_column_name="recording_id", existing_type=sa.Uuid(), nullable=False
        )
        batch_op.drop_column("act")
        batch_op.drop_column("purpose")
        batch_op.drop_column("case_id")
    with op.batch_alter_table("listenings", schema=None) as batch_op:
        batch_op.create_unique_constraint(op.f(_BEFORE), ["user_id", "recording_id", "sitting_id"])
        batch_op.create_index(op.f("ix_listenings_recording_id"), ["recording_id"], unique=False)
