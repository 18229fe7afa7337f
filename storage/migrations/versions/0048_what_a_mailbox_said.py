"""What was said before the tone of a telephone message, and on what ground it is kept."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import storage.columns

revision: str = "0048"
down_revision: str | None = "0047"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; what mailboxes say is kept when the files are applied."""
    op.create_table(
        "mailbox_notices",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", storage.columns.Utc(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_mailbox_notices_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_notices")),
        sa.UniqueConstraint(
            "organisation_id",
            "fingerprint",
            name=op.f("uq_mailbox_notices_organisation_id_fingerprint"),
        ),
    )
    for table in ("mailboxes", "messages"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("notice_id", sa.Uuid(), nullable=True))
            batch_op.create_foreign_key(
                op.f(f"fk_{table}_notice_id_mailbox_notices"),
                "mailbox_notices",
                ["notice_id"],
                ["id"],
            )


def downgrade() -> None:
    """Go back."""
    for table in ("messages", "mailboxes"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(
                op.f(f"fk_{table}_notice_id_mailbox_notices"), type_="foreignkey"
            )
            batch_op.drop_column("notice_id")
    op.drop_table("mailbox_notices")
