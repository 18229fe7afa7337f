"""No value of a person in the statistics of PostgreSQL's planner.

What the planner is told follows every upgrade (storage/unsampled.py), as there is more to tell when
the server is newer; this revision has every database from before go through it.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""


def downgrade() -> None:
    """Go back: the version before has the server sample every column."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "DO $$ DECLARE one record; BEGIN FOR one IN SELECT attrelid::regclass AS place, attname "
        "FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
        "WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND attnum > 0 "
        "AND attstattarget = 0 LOOP EXECUTE format('ALTER TABLE %s ALTER COLUMN %I "
        "SET STATISTICS -1', one.place, one.attname); END LOOP; END $$"
    )
