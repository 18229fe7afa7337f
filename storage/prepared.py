"""Statements that every turn runs, compiled once and handed straight to the driver.

SQLAlchemy takes longer to prepare a small statement than the database takes to run it. Here only
that is left out: the same transaction, the same types both ways, the same errors.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import CompoundSelect, Connection, Delete, Float, Insert, Select, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

_Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]] | Insert | Update | Delete
Values = Mapping[str, Any]
Processor = Callable[[Any], Any]

_CONNECTION: Final = "genklang.connection"
_WAITING: Final = "genklang.waiting"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as one kind of database wants it; a None among the processors changes nothing."""

    text: str
    positional: bool
    binds: tuple[tuple[str, Processor | None], ...]
    # What the statement itself holds fast, by the name that its text gives it.
    fixed: Values
    reads: tuple[Processor | None, ...]

    def bound(self, values: Values) -> Any:
        """The values as the driver takes them; raises KeyError when one is missing."""
        given = {**self.fixed, **values} if self.fixed else values
        if self.positional:
            return [given[n] if to is None else to(given[n]) for n, to in self.binds]
        return {n: given[n] if to is None else to(given[n]) for n, to in self.binds}


class Prepared:
    """One statement with named values; make it once, at import.

    `sets` are the columns that an insert or an update writes by values of their names. Nothing in
    it may grow with its values: an IN over a list is no statement to prepare.
    """

    def __init__(
        self,
        statement: _Statement,
        *,
        sets: Sequence[str] | None = None,
    ) -> None:
        self._statement = statement
        self._sets = sets
        self._compiled: dict[str, _Compiled] = {}
        self.table = statement.table if isinstance(statement, Insert | Update) else None

    def rows(self, session: Session, values: Values) -> list[tuple[Any, ...]]:
        """What comes back, in the order of the columns."""
        lines, reads = self.lines(session, values)
        return [
            tuple([c if to is None else to(c) for c, to in zip(line, reads, strict=True)])
            for line in lines
        ]

    def lines(
        self, session: Session, values: Values
    ) -> tuple[Sequence[Sequence[Any]], tuple[Processor | None, ...]]:
        """The same as the driver gives it, and what makes of each column what we know it as."""
        connection = connection_of(session)
        send(connection)
        made = self.compiled(connection.dialect)
        lines = _execute(connection, made.text, made.bound(values)).fetchall()
        return lines, made.reads

    def write_all(self, session: Session, rows: Sequence[Values]) -> int:
        """Have it written now with each of these values, in one journey; how many rows it met."""
        if not rows:
            return 0
        connection = connection_of(session)
        send(connection)
        made = self.compiled(connection.dialect)
        bound = [made.bound(values) for values in rows]
        return int(_execute(connection, made.text, bound, many=True).rowcount)

    def change(self, session: Session, values: Values) -> int:
        """Have it written at once; how many rows it met."""
        connection = connection_of(session)
        send(connection)
        made = self.compiled(connection.dialect)
        return int(_execute(connection, made.text, made.bound(values)).rowcount)

    def write(self, session: Session, values: Values, *, apart: str = "") -> None:
        """Have it written before anything else is asked, and at the latest by the commit.

        SQLite does so at once. To PostgreSQL each statement is a journey, so what is written there
        waits for the next question and goes as one statement with what else waits. Parts of one
        statement neither see each other nor have an order: a table is in it once, or with inserts
        alone whose rows differ in the column `apart`.
        """
        connection = connection_of(session)
        if connection.dialect.name != "postgresql":
            made = self.compiled(connection.dialect)
            _execute(connection, made.text, made.bound(values))
            return
        waiting = connection.info.setdefault(_WAITING, [])
        for other, theirs in waiting:
            if self.table is other.table and not (
                apart in theirs and theirs[apart] != values[apart]
            ):
                send(connection)
                waiting = connection.info.setdefault(_WAITING, [])
                break
        waiting.append((self, values))

    def compiled(self, dialect: Dialect) -> _Compiled:
        """For that kind of database."""
        made = self._compiled.get(dialect.name)
        if made is None:
            made = self._compiled[dialect.name] = _compile(self._statement, self._sets, dialect)
        return made


def stand_on(session: Session, connection: Connection) -> None:
    """Have what is prepared use this connection, whose transaction the session joins."""
    session.info[_CONNECTION] = connection


def connection_of(session: Session) -> Connection:
    """The connection of the session's transaction; begun by the first who asks."""
    held: Connection | None = session.info.get(_CONNECTION)
    if held is None or held.closed:
        held = session.info[_CONNECTION] = session.connection()
    return held


def send(connection: Connection) -> None:
    """Write now what waits on this connection, all of it in one statement."""
    waiting: list[tuple[Prepared, Values]] | None = connection.info.pop(_WAITING, None)
    if not waiting:
        return
    dialect = connection.dialect
    parts = [(one.compiled(dialect), values) for one, values in waiting]
    text = _together(tuple(part.text for part, _ in parts))
    bound = {
        f"w{number}_{name}": value
        for number, (part, values) in enumerate(parts)
        for name, value in part.bound(values).items()
    }
    _execute(connection, text, bound)


def forget(connection: Connection) -> None:
    """Let go of what waits: its transaction is rolled back."""
    if not connection.invalidated:  # what broke has taken with it what waited on it
        connection.info.pop(_WAITING, None)


def say(connection: Connection, text: str) -> None:
    """Have the database do what needs no values, with the same errors."""
    _execute(connection, text, ())


@functools.lru_cache(maxsize=200)
def _together(texts: tuple[str, ...]) -> str:
    """Several writes as one statement, whose values are told apart by `w` and a number."""
    own = [text.replace("%(", f"%(w{number}_") for number, text in enumerate(texts)]
    first = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(own[:-1]))
    return f"WITH {first} {own[-1]}" if first else own[-1]


def _compile(
    statement: _Statement,
    sets: Sequence[str] | None,
    dialect: Dialect,
) -> _Compiled:
    made = statement.compile(dialect=dialect, column_keys=list(sets) if sets else None)
    if made.post_compile_params:
        raise TypeError(f"a statement that grows with its values cannot be prepared: {made}")
    binds = {name: bind for bind, name in made.bind_names.items()}
    names = made.positiontup if made.positiontup is not None else list(binds)
    return _Compiled(
        text=str(made),
        positional=made.positiontup is not None,
        binds=tuple(
            (name, binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
        ),
        fixed={name: bind.value for name, bind in binds.items() if not bind.required},
        reads=tuple(_reader(column.type, dialect) for column in statement.exported_columns),
    )


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    if isinstance(kind, Float):
        return None  # both drivers bring them as they are
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _execute(connection: Connection, text: str, bound: Any, *, many: bool = False) -> Any:
    driver = connection.dialect.loaded_dbapi
    raw = connection.connection
    try:
        cursor = raw.cursor()
        if many:
            cursor.executemany(text, bound)
        else:
            cursor.execute(text, bound)
    except driver.Error as error:
        gone = connection.dialect.is_disconnect(error, raw, None)
        if gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            text,
            None,
            error,
            driver.Error,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=connection.dialect,
        ) from error
    return cursor
