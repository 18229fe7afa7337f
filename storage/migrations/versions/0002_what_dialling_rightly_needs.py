"""Consents, restrictions, registers, throttle; the pace, the money and the history of dialling."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "consents",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_consents_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(
            "ix_consents_organisation_id_subject_hash",
            ["organisation_id", "subject_hash"],
            unique=False,
        )

    op.create_table(
        "register_results",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("register_key", sa.String(length=60), nullable=False),
        sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_register_results_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_results")),
        sa.UniqueConstraint(
            "organisation_id",
            "register_key",
            "subject_hash",
            name=op.f("uq_register_results_organisation_id_register_key_subject_hash"),
        ),
    )
    with op.batch_alter_table("register_results", schema=None) as batch_op:
        batch_op.create_index("ix_register_results_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "throttle_tokens",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_throttle_tokens_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttle_tokens")),
        sa.UniqueConstraint(
            "organisation_id",
            "subject_hash",
            name=op.f("uq_throttle_tokens_organisation_id_subject_hash"),
        ),
    )
    with op.batch_alter_table("throttle_tokens", schema=None) as batch_op:
        batch_op.create_index(
            "ix_throttle_tokens_organisation_id_asked_at",
            ["organisation_id", "asked_at"],
            unique=False,
        )

    op.create_table(
        "line_paces",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["line_id"], ["lines.id"], name=op.f("fk_line_paces_line_id_lines")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_line_paces_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_line_paces")),
    )
    with op.batch_alter_table("line_paces", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_line_paces_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "restrictions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_restrictions_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_restrictions_made_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_restrictions_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
    )
    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_restrictions_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_restrictions_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "spendings",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_spendings_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_spendings_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spendings")),
        sa.UniqueConstraint("campaign_id", "day", name=op.f("uq_spendings_campaign_id_day")),
    )
    with op.batch_alter_table("spendings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_spendings_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "invitation_events",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(length=60), nullable=True),
        sa.Column(
            "facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_invitation_events_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_invitation_events_invitation_id_invitations"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_invitation_events_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_events")),
    )
    with op.batch_alter_table("invitation_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_invitation_events_invitation_id_happened_at",
            ["invitation_id", "happened_at"],
            unique=False,
        )

    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("method", sa.String(40), nullable=False, server_default="call")
        )
        batch_op.add_column(
            sa.Column("cost_micros", sa.BigInteger(), nullable=False, server_default="0")
        )

    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state_reason", sa.String(length=60), nullable=True))
        batch_op.add_column(
            sa.Column("state_changed_at", sa.DateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_column("state_changed_at")
        batch_op.drop_column("state_reason")

    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_column("cost_micros")
        batch_op.drop_column("method")

    with op.batch_alter_table("invitation_events", schema=None) as batch_op:
        batch_op.drop_index("ix_invitation_events_invitation_id_happened_at")

    op.drop_table("invitation_events")
    with op.batch_alter_table("spendings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spendings_organisation_id"))

    op.drop_table("spendings")
    with op.batch_alter_table("restrictions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_restrictions_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_restrictions_customer_id"))

    op.drop_table("restrictions")
    with op.batch_alter_table("line_paces", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_line_paces_organisation_id"))

    op.drop_table("line_paces")
    with op.batch_alter_table("throttle_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_throttle_tokens_organisation_id_asked_at")

    op.drop_table("throttle_tokens")
    with op.batch_alter_table("register_results", schema=None) as batch_op:
        batch_op.drop_index("ix_register_results_expires_at")

    op.drop_table("register_results")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index("ix_consents_organisation_id_subject_hash")

    op.drop_table("consents")
