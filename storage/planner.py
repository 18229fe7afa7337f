"""What SQLite is told of our rows, so that it looks things up by the right index.

Every query names its organisation. Without figures SQLite takes any index for as good as another,
may choose that of the organisation, and then reads all its answers to find those of one response:
a turn would cost more with every call there ever was. PostgreSQL counts for itself.
"""

from typing import Final

from sqlalchemy import Connection, text

from storage.tables import Row

# So many rows in a table, so many of them one organisation's: the truth matters little, only that
# an organisation is the last thing to look by. The counts of a real ANALYZE say the same.
_FIGURES: Final = "1000000 200000"


def tell(connection: Connection) -> None:
    """Write those figures for every index of an organisation alone; may be repeated."""
    if connection.dialect.name != "sqlite":
        return
    connection.execute(text("ANALYZE sqlite_schema"))  # makes the table of figures
    for table, index in _of_organisations():
        named = {"table": table, "index": index, "figures": _FIGURES}
        connection.execute(text("DELETE FROM sqlite_stat1 WHERE idx = :index"), named)
        connection.execute(
            text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :figures)"),
            named,
        )
    connection.execute(text("ANALYZE sqlite_schema"))  # has this connection read them


def _of_organisations() -> list[tuple[str, str]]:
    return [
        (table.name, str(index.name))
        for table in Row.metadata.sorted_tables
        for index in table.indexes
        if [column.name for column in index.columns] == ["organisation_id"]
    ]
