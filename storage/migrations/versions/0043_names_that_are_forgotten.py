"""What people are found by becomes names that the keyring makes, instead of hashes under one key.

Each hash gets the name that the keyring has for it, so rows that were alike still are.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BATCH = 1_000
_COLUMNS = (
    ("calls", "caller_hash"),
    ("consents", "subject_hash"),
    ("customers", "email_hash"),
    ("customers", "phone_hash"),
    ("disclosures", "subject_hash"),
    ("holds", "email_hash"),
    ("holds", "phone_hash"),
    ("interactions", "case_hash"),
    ("objections", "subject_hash"),
    ("received_texts", "subject_hash"),
    ("register_results", "subject_hash"),
    ("restrictions", "subject_hash"),
    ("rights_requests", "subject_hash"),
    ("throttle_tokens", "subject_hash"),
)


def upgrade() -> None:
    """Go forward."""
    op.create_index(
        "ix_calls_organisation_id_caller_hash",
        "calls",
        ["organisation_id", "caller_hash"],
        sqlite_where=sa.text("caller_hash IS NOT NULL"),
        postgresql_where=sa.text("caller_hash IS NOT NULL"),
    )
    tables = [
        sa.table(
            name,
            sa.column("id", sa.Uuid()),
            sa.column("organisation_id", sa.Uuid()),
            sa.column(column, sa.LargeBinary()),
        )
        for name, column in _COLUMNS
    ]
    counts = [
        op.get_bind().scalar(sa.select(sa.func.count()).where(table.c[column].is_not(None))) or 0
        for table, (_, column) in zip(tables, _COLUMNS, strict=True)
    ]
    done = 0
    for table, (_, column), count in zip(tables, _COLUMNS, counts, strict=True):
        if count:
            done = _name(table, column, done, sum(counts))


def _name(table: sa.TableClause, name: str, done: int, total: int) -> int:
    """Name what is there, a batch after the other; names that an earlier try made serve again."""
    connection, sealing = op.get_bind(), context.config.attributes["sealing"]
    column = table.c[name]
    wanted = sa.select(table.c.id, table.c.organisation_id, column.label("hashed"))
    wanted = wanted.where(column.is_not(None)).order_by(table.c.id).limit(_BATCH)
    write = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("item"))
        .values({name: sa.bindparam("named", type_=sa.LargeBinary())})
    )
    rows = connection.execute(wanted).all()
    while rows:
        named = sealing.names([(row.organisation_id, row.hashed) for row in rows])
        connection.execute(
            write,
            [{"item": row.id, "named": one} for row, one in zip(rows, named, strict=True)],
        )
        done += len(rows)
        sealing.tell(done, total)
        rows = connection.execute(wanted.where(table.c.id > rows[-1].id)).all()
    return done


def downgrade() -> None:
    """Go back, which only a database with nobody in it allows."""
    for name, column in _COLUMNS:
        table = sa.table(name, sa.column(column))
        there = sa.select(sa.func.count()).where(table.c[column].is_not(None))
        if op.get_bind().scalar(there):
            raise context.config.attributes["one_way"](
                "people are found by names that only the keyring knows, which an earlier version "
                "does not ask: put back a backup from before the upgrade instead. Nothing was "
                "changed."
            )
    op.drop_index("ix_calls_organisation_id_caller_hash", table_name="calls")
