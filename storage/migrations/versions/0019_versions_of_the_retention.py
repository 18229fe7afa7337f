"""Versions of each organisation's retention schedule; what is applied now is the first one."""

from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go forward."""
    made = op.create_table(
        "policy_versions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("rules", _JSON, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_policy_versions_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["users.id"], name=op.f("fk_policy_versions_proposed_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_policy_versions_decided_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_versions")),
        sa.UniqueConstraint(
            "organisation_id", "number", name=op.f("uq_policy_versions_organisation_id_number")
        ),
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("policy_number", sa.Integer(), nullable=False, server_default="1")
        )
    with op.batch_alter_table("purge_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("policies", _JSON, nullable=False, server_default="{}"))
    there = sa.table(
        "organisations",
        sa.column("id", sa.Uuid()),
        sa.column("document", _JSON),
        sa.column("applied_at", sa.DateTime(timezone=True)),
    )
    for row in op.get_bind().execute(sa.select(there)).all():
        first = {
            "id": uuid4(),
            "organisation_id": row.id,
            "number": 1,
            "state": "in_force",
            "rules": row.document.get("retention", []),
            "proposed_at": row.applied_at,
            "decided_at": row.applied_at,
        }
        op.bulk_insert(made, [first])


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("purge_runs", schema=None) as batch_op:
        batch_op.drop_column("policies")
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_column("policy_number")
    op.drop_table("policy_versions")
