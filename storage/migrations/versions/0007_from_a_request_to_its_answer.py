"""From a person's request to its answer: proof, decision, and codes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ADDED = (
    ("subject_hash", sa.LargeBinary(length=32)),
    ("contact_sealed", sa.LargeBinary()),
    ("language", sa.String(length=10)),
    ("repeats_id", sa.Uuid()),
    ("extension", sa.String(40)),
    ("extended_at", sa.DateTime(timezone=True)),
    ("proof", sa.String(40)),
    ("proven_at", sa.DateTime(timezone=True)),
    ("outcome", sa.String(40)),
    ("ground", sa.String(40)),
    ("decided_by", sa.Uuid()),
    ("decided_at", sa.DateTime(timezone=True)),
    ("done_at", sa.DateTime(timezone=True)),
)
_STATES = (("open", "received"), ("closed", "told"))


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("rights_requests", schema=None) as batch_op:
        for name, kind in _ADDED:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.create_index(
            "ix_rights_requests_organisation_id_subject_hash",
            ["organisation_id", "subject_hash"],
            unique=False,
        )
    _rename(_STATES)
    op.create_table(
        "identity_codes",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_identity_codes_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["rights_requests.id"],
            name=op.f("fk_identity_codes_request_id_rights_requests"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_codes")),
    )
    with op.batch_alter_table("identity_codes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_identity_codes_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_identity_codes_request_id"), ["request_id"], unique=False
        )


def downgrade() -> None:
    """Go back."""
    op.drop_table("identity_codes")
    _rename([(new, old) for old, new in _STATES])
    with op.batch_alter_table("rights_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_rights_requests_organisation_id_subject_hash")
        for name, _ in reversed(_ADDED):
            batch_op.drop_column(name)


def _rename(pairs: Sequence[tuple[str, str]]) -> None:
    requests = sa.table("rights_requests", sa.column("state", sa.String))
    for old, new in pairs:
        op.execute(requests.update().where(requests.c.state == old).values(state=new))
