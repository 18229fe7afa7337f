"""Which values PostgreSQL keeps no sample of: its planner's statistics would outlive their rows.

ANALYZE copies common values and others spread over a column into pg_statistic; there they stay when
the rows are deleted, and through VACUUM FULL. So a column that holds something of a person is not
sampled. How few rows share a hash or a name at the provider the planner is told without a value:
otherwise it takes a look-up of one person for a walk through the table.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, text

from storage.database import Database

PLAIN: Final[Mapping[str, tuple[str, ...]]] = {
    "alarms": ("subject",),
    "answers": ("choice",),
    "call_events": ("facts",),
    "calls": ("flow",),
    "consents": ("source",),
    "customers": ("locale", "source"),
    "interactions": ("channel", "reason", "team"),
    "invitations": ("waits_for",),
    "mailboxes": ("name", "script"),
    "pending_receipts": ("document", "detail"),
    "permission_decisions": ("facts",),
    "provider_copies": ("provider_sid", "call_sid"),
    "recordings": ("peaks", "language"),
    "responses": ("language", "follow_up_wording"),
    "rights_requests": ("reference", "language"),
    "transcripts": ("language",),
    "users": ("password_hash",),
    # Of the keyring and of the ledger
    "about": ("canary",),
    "data_keys": ("wrapped",),
    "lookup_names": ("found_by", "name", "next_name", "name_before"),
    "lookup_seed": ("seed",),
    "about_ledger": ("signer",),
    "receipt_chains": ("hash", "base_hash"),
    "receipt_details": ("salt", "payload"),
    "receipt_intents": ("body", "signature"),
    "receipts": ("body", "hash", "signature"),
}
"""What is neither sealed nor hashed and says something of a person, or opens it."""
_LOOKED_UP_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "lookup_names": ("found_by",),
    "provider_copies": ("provider_sid", "call_sid"),
}
"""What rows are found by, beside hashes."""
# From this version on an owner may write what the planner knows.
_CAN_BE_TOLD: Final = (18,)
_THERE: Final = text(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), "
    "coalesce(a.attstattarget, -1) <> 0, EXISTS (SELECT FROM pg_stats s "
    "WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname "
    "AND (s.most_common_vals IS NOT NULL OR s.histogram_bounds IS NOT NULL)), "
    "EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname "
    "AND s.attname = a.attname AND s.n_distinct = -1) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relname = ANY(:tables) AND n.nspname = current_schema() AND c.relkind = 'r' "
    "AND pg_has_role(c.relowner, 'USAGE') AND a.attnum > 0 AND NOT a.attisdropped "
    "ORDER BY c.relname, a.attnum"
)
_FEW_ALIKE: Final = text(
    "SELECT pg_restore_attribute_stats('schemaname', current_schema()::text, "
    "'relname', CAST(:table AS text), 'attname', CAST(:column AS text), 'inherited', false, "
    "'null_frac', 0::real, 'avg_width', 32, 'n_distinct', (-1)::real)"
)


def unsampled(metadata: MetaData) -> Iterator[Column[Any]]:
    """The columns of which no value may get into statistics."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.info.get("personal") or column.name in PLAIN.get(table.name, ()):
                yield column


def tell(connection: Connection, metadata: MetaData) -> None:
    """Have PostgreSQL sample none of them, and drop what it has; may be repeated."""
    if connection.dialect.name != "postgresql":
        return
    told = (connection.dialect.server_version_info or ()) >= _CAN_BE_TOLD
    wanted = {(one.table.name, one.name): one for one in unsampled(metadata)}
    tables = sorted({table for table, _ in wanted})
    for table, name, kind, samples, known, few in connection.execute(
        _THERE, {"tables": tables}
    ).all():
        column = wanted.get((table, name))
        # An older server must be let count what it finds rows by: it knows no other way.
        if column is None or (is_looked_up_by(column) and not told):
            continue
        alter = f'ALTER TABLE "{table}" ALTER COLUMN "{name}"'
        if samples:
            connection.exec_driver_sql(f"{alter} SET STATISTICS 0")
        if known:
            # The same type: nothing is written anew, and the statistics are dropped.
            connection.exec_driver_sql(f"{alter} TYPE {kind}")
        if is_looked_up_by(column) and (known or not few):
            connection.execute(_FEW_ALIKE, {"table": table, "column": name})


def tell_of(database: Database, metadata: MetaData) -> None:
    """The same for a database that has no migrations."""
    if not database.is_sqlite:
        with database.alone() as session:
            tell(session.connection(), metadata)


def is_looked_up_by(column: Column[Any]) -> bool:
    """Whether few rows share a value of it, and are found by it."""
    named = column.name in _LOOKED_UP_BY.get(column.table.name, ())
    return named or bool(column.info.get("hash"))
