"""How many of a segment have answered, counted for good."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CAMPAIGNS = sa.table(
    "campaigns",
    sa.column("id", sa.Uuid()),
    sa.column("organisation_id", sa.Uuid()),
    sa.column("rules", sa.JSON()),
)
_RESPONSES = sa.table(
    "responses",
    sa.column("campaign_id", sa.Uuid()),
    sa.column("invitation_id", sa.Uuid()),
    sa.column("state", sa.String()),
)
_INVITATIONS = sa.table(
    "invitations",
    sa.column("id", sa.Uuid()),
    sa.column("interaction_id", sa.Uuid()),
    sa.column("customer_id", sa.Uuid()),
)
_CONTACTS = sa.table(
    "interactions",
    sa.column("id", sa.Uuid()),
    *(sa.column(name, sa.String()) for name in ("channel", "reason", "team")),
)
_PEOPLE = sa.table("customers", sa.column("id", sa.Uuid()), sa.column("locale", sa.String()))


def upgrade() -> None:
    """Go forward; whoever has answered already counts in each quota of their campaign."""
    cells = op.create_table(
        "quota_cells",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("segment", sa.String(40), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_quota_cells_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_quota_cells_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_cells")),
        sa.UniqueConstraint("campaign_id", "segment", "value", name="uq_quota_cells_segment"),
    )
    op.create_index(op.f("ix_quota_cells_organisation_id"), "quota_cells", ["organisation_id"])
    if rows := list(_counted(op.get_bind())):
        op.bulk_insert(cells, rows)


def _counted(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    completed = (
        sa.select(sa.func.count())
        .select_from(_RESPONSES)
        .join(_INVITATIONS, _INVITATIONS.c.id == _RESPONSES.c.invitation_id)
        .join(_CONTACTS, _CONTACTS.c.id == _INVITATIONS.c.interaction_id)
        .join(_PEOPLE, _PEOPLE.c.id == _INVITATIONS.c.customer_id)
        .where(_RESPONSES.c.state == "completed")
    )
    for item, owner, rules in connection.execute(sa.select(*_CAMPAIGNS.c)).all():
        for quota in rules.get("quotas", ()):
            segment, value = quota["segment"], quota["equals"]
            field = _PEOPLE.c.locale if segment == "language" else _CONTACTS.c[segment]
            theirs = completed.where(_RESPONSES.c.campaign_id == item, field == value)
            yield {
                "id": uuid4(),
                "organisation_id": owner,
                "campaign_id": item,
                "segment": segment,
                "value": value,
                "count": connection.scalar(theirs),
            }


def downgrade() -> None:
    """Go back."""
    op.drop_table("quota_cells")
