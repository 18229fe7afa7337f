"""Who recorded and who withdrew a wish; the rows of one no; text messages received, once each."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "received_texts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("provider_sid", sa.String(length=128), nullable=False),
        sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_received_texts_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_texts")),
        sa.UniqueConstraint("provider_sid", name=op.f("uq_received_texts_provider_sid")),
    )
    with op.batch_alter_table("received_texts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_received_texts_organisation_id_subject_hash",
            ["organisation_id", "subject_hash"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_received_texts_received_at"), ["received_at"], unique=False
        )

    with op.batch_alter_table("objections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wish_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("made_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_source", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_by", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_objections_wish_id"), ["wish_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_objections_made_by_users"), "users", ["made_by"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_objections_withdrawn_by_users"), "users", ["withdrawn_by"], ["id"]
        )

    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_source", sa.String(length=20), nullable=True))

    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lifted_by", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_restrictions_lifted_by_users"), "users", ["lifted_by"], ["id"]
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_restrictions_lifted_by_users"), type_="foreignkey")
        batch_op.drop_column("lifted_by")

    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_source")

    with op.batch_alter_table("objections", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_objections_withdrawn_by_users"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_objections_made_by_users"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_objections_wish_id"))
        batch_op.drop_column("withdrawn_by")
        batch_op.drop_column("withdrawn_source")
        batch_op.drop_column("made_by")
        batch_op.drop_column("wish_id")

    op.drop_table("received_texts")
