"""What SQLite is told of our rows, so that it looks things up by the right index.

Every query names its organisation, and many a campaign or a state. Without figures SQLite takes any
index for as good as another, may choose one that begins with these, and then reads all there is of
them to find what belongs to one response: a turn or a claim would cost more with every call there
ever was. PostgreSQL counts for itself.
"""

from typing import Final

from sqlalchemy import Connection, text

from storage.tables import Row

# So many rows in a table, so many of them one organisation's or in one state, and in one state of
# one organisation: the truth matters little, only that these are the last thing to look by. The
# counts of a real ANALYZE say the same.
_ROWS: Final = 1_000_000
_ALIKE: Final = 200_000
_ALIKE_IN_TWO: Final = 50_000
_WORST: Final = frozenset({"organisation_id", "campaign_id", "state"})


def tell(connection: Connection) -> None:
    """Write those figures for every index that begins so; may be repeated."""
    if connection.dialect.name != "sqlite":
        return
    connection.execute(text("ANALYZE sqlite_schema"))  # makes the table of figures
    for table, index, columns in _indexes(connection):
        if columns[0] not in _WORST:
            continue
        named = {"table": table, "index": index, "figures": _figures(columns)}
        connection.execute(text("DELETE FROM sqlite_stat1 WHERE idx = :index"), named)
        connection.execute(
            text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :figures)"),
            named,
        )
    connection.execute(text("ANALYZE sqlite_schema"))  # has this connection read them


def _figures(columns: list[str]) -> str:
    """How many rows there are, and how many are alike in the first column, in two, and so on."""
    bad = next((at for at, one in enumerate(columns) if one not in _WORST), len(columns))
    alike = [_ALIKE if at == 0 else _ALIKE_IN_TWO if at < bad else 10 for at in range(len(columns))]
    if bad < len(columns):
        alike[-1] = 1  # hardly any are the same in all
    return " ".join(str(one) for one in (_ROWS, *alike))


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
