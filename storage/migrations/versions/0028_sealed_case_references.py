"""Case references are sealed under their interaction's key, and found by a keyed hash."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BATCH = 1_000
_CASES = sa.table(
    "interactions",
    sa.column("id", sa.Uuid()),
    sa.column("organisation_id", sa.Uuid()),
    sa.column("case_reference", sa.String()),
    sa.column("case_reference_sealed", sa.LargeBinary()),
    sa.column("case_hash", sa.LargeBinary()),
)
# What was left in the place of a reference that the contact log had let go of.
_GONE = "gone-"


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("case_reference_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("case_hash", sa.LargeBinary(length=32), nullable=True))
    _seal()
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("uq_interactions_organisation_id_case_reference"), type_="unique"
        )
        batch_op.drop_column("case_reference")
        batch_op.create_unique_constraint(
            batch_op.f("uq_interactions_organisation_id_case_hash"),
            ["organisation_id", "case_hash"],
        )


def _seal() -> None:
    """Seal what is there, a batch after the other; keys that an earlier try made serve again."""
    connection = op.get_bind()
    total = connection.scalar(sa.select(sa.func.count()).select_from(_CASES)) or 0
    if not total:
        return
    sealing, done = context.config.attributes["sealing"], 0
    wanted = sa.select(_CASES.c.id, _CASES.c.organisation_id, _CASES.c.case_reference)
    wanted = wanted.order_by(_CASES.c.id).limit(_BATCH)
    write = (
        sa.update(_CASES)
        .where(_CASES.c.id == sa.bindparam("item"))
        .values(
            case_reference_sealed=sa.bindparam("shut", type_=sa.LargeBinary()),
            case_hash=sa.bindparam("hashed", type_=sa.LargeBinary()),
        )
    )
    rows = connection.execute(wanted).all()
    while rows:
        there = [row for row in rows if not row.case_reference.startswith(_GONE)]
        if there:
            made = sealing.cases(there)
            connection.execute(
                write,
                [
                    {"item": row.id, "shut": shut, "hashed": hashed}
                    for row, (shut, hashed) in zip(there, made, strict=True)
                ],
            )
        done += len(rows)
        sealing.tell(done, total)
        rows = connection.execute(wanted.where(_CASES.c.id > rows[-1].id)).all()


def downgrade() -> None:
    """Go back, which only an empty table allows."""
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(_CASES)):
        raise context.config.attributes["one_way"](
            "case references are sealed and are not written out again: put back a backup from "
            "before the upgrade instead. Nothing was changed."
        )
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("uq_interactions_organisation_id_case_hash"), type_="unique"
        )
        batch_op.drop_column("case_hash")
        batch_op.drop_column("case_reference_sealed")
        batch_op.add_column(sa.Column("case_reference", sa.String(length=80), nullable=False))
        batch_op.create_unique_constraint(
            batch_op.f("uq_interactions_organisation_id_case_reference"),
            ["organisation_id", "case_reference"],
        )
