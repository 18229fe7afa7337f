"""When what a case is about was collected."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0049"
down_revision: str | None = "0048"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MOMENT = sa.DateTime(timezone=True)


def _table(name: str, ids: str, moments: str) -> sa.TableClause:
    return sa.table(
        name,
        *(sa.column(one, sa.Uuid()) for one in ids.split()),
        *(sa.column(one, _MOMENT) for one in moments.split()),
    )


_CASES = _table("cases", "interaction_id", "opened_at collected_at")
_CONTACTS = _table("interactions", "id", "happened_at")
_INVITATIONS = _table("invitations", "id interaction_id", "")
_RESPONSES = _table("responses", "id invitation_id", "started_at")
_ANSWERS = _table("answers", "response_id", "answered_at")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("collected_at", _MOMENT, nullable=True))
    _reckon()
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.alter_column("collected_at", existing_type=_MOMENT, nullable=False)
        batch_op.create_index(
            "ix_cases_organisation_id_collected_at", ["organisation_id", "collected_at"]
        )


def _reckon() -> None:
    """By what is still there: the first answer about the contact, the contact, the case itself.

    Nothing tells about which of several answers a case is; the earliest keeps nothing too long.
    """
    given = (
        sa.select(sa.func.min(sa.func.coalesce(_ANSWERS.c.answered_at, _RESPONSES.c.started_at)))
        .select_from(_INVITATIONS)
        .join(_RESPONSES, _RESPONSES.c.invitation_id == _INVITATIONS.c.id)
        .outerjoin(_ANSWERS, _ANSWERS.c.response_id == _RESPONSES.c.id)
        .where(_INVITATIONS.c.interaction_id == _CASES.c.interaction_id)
        .scalar_subquery()
    )
    happened = (
        sa.select(_CONTACTS.c.happened_at)
        .where(_CONTACTS.c.id == _CASES.c.interaction_id)
        .scalar_subquery()
    )
    known = sa.func.coalesce(given, happened, _CASES.c.opened_at)
    op.execute(sa.update(_CASES).values(collected_at=known))
    late = _CASES.c.collected_at > _CASES.c.opened_at
    op.execute(sa.update(_CASES).where(late).values(collected_at=_CASES.c.opened_at))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_organisation_id_collected_at")
        batch_op.drop_column("collected_at")
