"""What SQLite is told of our rows, so that it looks things up by the right index.

Every query names its organisation, and many a state. Without figures SQLite takes any index for as
good as another, may choose that of the organisation or of the state, and then reads all there is of
them to find what belongs to one response: a turn or a claim would cost more with every call there
ever was. PostgreSQL counts for itself.
"""

from typing import Final

from sqlalchemy import Connection, text

from storage.tables import Row

# So many rows in a table, so many of them one organisation's or in one state: the truth matters
# little, only that these are the last thing to look by. The counts of a real ANALYZE say the same.
_ROWS: Final = "1000000"
_ALIKE: Final = "200000"
_WORST: Final = frozenset({"organisation_id", "state"})


def tell(connection: Connection) -> None:
    """Write those figures for every index that begins so; may be repeated."""
    if connection.dialect.name != "sqlite":
        return
    connection.execute(text("ANALYZE sqlite_schema"))  # makes the table of figures
    for table, index, columns in _indexes(connection):
        if columns[0] not in _WORST:
            continue
        # What more columns tell apart: few rows are the same in two, hardly any in all.
        figures = [_ROWS, _ALIKE, *["10"] * (len(columns) - 2), "1"][: len(columns) + 1]
        named = {"table": table, "index": index, "figures": " ".join(figures)}
        connection.execute(text("DELETE FROM sqlite_stat1 WHERE idx = :index"), named)
        connection.execute(
            text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :figures)"),
            named,
        )
    connection.execute(text("ANALYZE sqlite_schema"))  # has this connection read them


def _indexes(connection: Connection) -> list[tuple[str, str, list[str]]]:
    """Every index of our tables, those of their unique constraints among them, and its columns."""
    found: list[tuple[str, str, list[str]]] = []
    for table in Row.metadata.sorted_tables:
        listed = connection.execute(
            text("SELECT name FROM pragma_index_list(:table)"), {"table": table.name}
        )
        for index in listed.scalars().all():
            told = connection.execute(
                text("SELECT name FROM pragma_index_info(:index) ORDER BY seqno"), {"index": index}
            )
            found.append((table.name, index, list(told.scalars().all())))
    return found
