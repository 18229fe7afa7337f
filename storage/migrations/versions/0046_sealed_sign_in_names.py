"""The names that staff sign in with are sealed under their account's key, and found by a name that
the keyring makes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_USERS = sa.table(
    "users",
    sa.column("id", sa.Uuid()),
    sa.column("sign_in_name", sa.String()),
    sa.column("sign_in_name_sealed", sa.LargeBinary()),
    sa.column("sign_in_name_hash", sa.LargeBinary()),
    sa.column("erased_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sign_in_name_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(
            sa.Column("sign_in_name_hash", sa.LargeBinary(length=32), nullable=True)
        )
    _seal()
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_users_sign_in_name"), type_="unique")
        batch_op.drop_column("sign_in_name")
        batch_op.create_unique_constraint(
            batch_op.f("uq_users_sign_in_name_hash"), ["sign_in_name_hash"]
        )


def _seal() -> None:
    """Seal the names that are there; keys and names that an earlier try made serve again."""
    connection = op.get_bind()
    # What stands in the place of a name that was emptied is nobody's.
    named = sa.select(_USERS.c.id, _USERS.c.sign_in_name).where(_USERS.c.erased_at.is_(None))
    rows = {row.id: row.sign_in_name for row in connection.execute(named)}
    if not rows:
        return
    sealed = context.config.attributes["sealing"].accounts(rows)
    connection.execute(
        sa.update(_USERS)
        .where(_USERS.c.id == sa.bindparam("item"))
        .values(
            sign_in_name_sealed=sa.bindparam("shut", type_=sa.LargeBinary()),
            sign_in_name_hash=sa.bindparam("known_as", type_=sa.LargeBinary()),
        ),
        [
            {"item": item, "shut": shut, "known_as": known_as}
            for item, (shut, known_as) in sealed.items()
        ],
    )


def downgrade() -> None:
    """Go back, which only a database without a named account allows."""
    named = sa.select(sa.func.count()).where(_USERS.c.sign_in_name_sealed.is_not(None))
    connection = op.get_bind()
    if connection.scalar(named):
        raise context.config.attributes["one_way"](
            "the names that staff sign in with are sealed and are not written out again: put back "
            "a backup from before the upgrade instead. Nothing was changed."
        )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_users_sign_in_name_hash"), type_="unique")
        batch_op.drop_column("sign_in_name_hash")
        batch_op.drop_column("sign_in_name_sealed")
        batch_op.add_column(sa.Column("sign_in_name", sa.String(length=80), nullable=True))
    # Unique, and no name that can be signed in with, as the earlier version has it.
    for item in connection.scalars(sa.select(_USERS.c.id)).all():
        nobody = sa.update(_USERS).where(_USERS.c.id == item)
        connection.execute(nobody.values(sign_in_name=f"left-{item.hex}"))
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("sign_in_name", existing_type=sa.String(length=80), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_users_sign_in_name"), ["sign_in_name"])
