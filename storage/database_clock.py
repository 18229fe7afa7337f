"""The database's own clock: what several machines agree on when they share a pace."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, literal, type_coerce
from sqlalchemy.orm import Session

from storage.columns import Utc


def clock(session: Session, *, ahead: timedelta = timedelta()) -> ColumnElement[datetime]:
    """The moment at which a statement runs, or one so far ahead; on SQLite by the machine's clock.

    Only whole seconds ahead are told apart.
    """
    return clock_in(dialect_of(session), ahead=ahead)


def dialect_of(session: Session) -> str:
    """The name of the database's dialect, for statements that are made once for each."""
    return session.get_bind().dialect.name


def clock_in(dialect: str, *, ahead: timedelta = timedelta()) -> ColumnElement[datetime]:
    """`clock` for a statement that is made once for that dialect."""
    if dialect == "sqlite":
        later = f"+{round(ahead.total_seconds())} seconds"
        # Three digits come; a moment is stored with six.
        text = func.strftime("%Y-%m-%d %H:%M:%f", "now", later) + literal("000")
        return type_coerce(text, Utc())
    return type_coerce(func.clock_timestamp() + literal(ahead), Utc())
