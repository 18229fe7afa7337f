"""Text messages that we send, and by which way a person is tried next."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "sent_texts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("code_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("provider_sid", sa.String(128), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(40), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_sent_texts_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["code_id"], ["identity_codes.id"], name=op.f("fk_sent_texts_code_id_identity_codes")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["lines.id"], name=op.f("fk_sent_texts_line_id_lines")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_sent_texts_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_texts")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_sent_texts_attempt_id")),
        sa.UniqueConstraint("code_id", name=op.f("uq_sent_texts_code_id")),
        sa.UniqueConstraint("provider_sid", name=op.f("uq_sent_texts_provider_sid")),
        sa.UniqueConstraint("token", name=op.f("uq_sent_texts_token")),
    )
    with op.batch_alter_table("sent_texts", schema=None) as batch_op:
        batch_op.create_index("ix_sent_texts_state_asked_at", ["state", "asked_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_sent_texts_organisation_id"), ["organisation_id"], unique=False
        )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_by", sa.String(40), nullable=True))
    op.create_index(
        "ix_invitations_next_by_due_at",
        "invitations",
        ["next_by", "due_at"],
        unique=False,
        sqlite_where=sa.text("next_by IS NOT NULL"),
        postgresql_where=sa.text("next_by IS NOT NULL"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_invitations_next_by_due_at", table_name="invitations")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_column("next_by")
    op.drop_table("sent_texts")
