"""A keyring and a ledger on the PostgreSQL server of a test's main database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import NullPool, create_engine, make_url, text


@contextmanager
def keys_and_ledger_beside(database_url: str) -> Iterator[Mapping[str, str]]:
    """The settings of both, in new databases for the time of the block; none beside SQLite."""
    if database_url.startswith("sqlite"):
        yield {}
        return
    names = {"keyring_url": f"k{uuid4().hex}", "ledger_url": f"l{uuid4().hex}"}
    administrator = create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    main = make_url(database_url).database
    for name in names.values():
        with administrator.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    yield {key: database_url.replace(f"/{main}?", f"/{one}?") for key, one in names.items()}
    for name in names.values():
        with administrator.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
