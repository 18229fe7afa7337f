"""Which wording somebody got by text."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("sent_texts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("survey_version_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("wording", sa.String(length=64), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_sent_texts_survey_version_id_survey_versions"),
            "survey_versions",
            ["survey_version_id"],
            ["id"],
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("sent_texts", schema=None) as batch_op:
        batch_op.drop_constraint(
            op.f("fk_sent_texts_survey_version_id_survey_versions"), type_="foreignkey"
        )
        batch_op.drop_column("wording")
        batch_op.drop_column("survey_version_id")
