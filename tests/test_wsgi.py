"""Starting with something wrong: one clear line, no traceback, and nothing changed."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import environment_of_tests

ROOT = Path(__file__).parents[1]
_HELP_OF = """
import json, sys
import wsgi
runner = wsgi.for_commands().test_cli_runner()
told = {group: runner.invoke(args=[group, "--help"]) for group in sys.argv[1:]}
print(json.dumps({group: (one.exit_code, one.output) for group, one in told.items()}))
"""


@pytest.fixture
def environment(tmp_path: Path, sqlite_template: Path) -> dict[str, str]:
    """The environment of a process with a migrated database of its own."""
    (tmp_path / "genklang.db").write_bytes(sqlite_template.read_bytes())
    chosen = environment_of_tests(
        f"sqlite:///{tmp_path}/genklang.db", f"unix://{tmp_path}/redis.sock", tmp_path
    )
    return {"PATH": os.environ["PATH"], "FLASK_APP": "wsgi:for_commands", **chosen}


def flask(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def start_web(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import wsgi; wsgi.create_app()"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_wrong_master_key_stops_the_start_and_loses_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert flask(environment, "organisations", "apply").returncode == 0
    keyring = (tmp_path / "keyring.db").read_bytes()
    wrong = environment | {"MASTER_KEY": base64.b64encode(b"w" * 32).decode()}

    web, command = start_web(wrong), flask(wrong, "storage", "reconcile")

    assert "which MASTER_KEY does not hold" in web.stderr
    assert "Traceback" not in web.stderr + command.stderr
    assert web.returncode == 4
    assert command.returncode == 2
    assert (tmp_path / "keyring.db").read_bytes() == keyring


def test_a_database_of_a_newer_version_stops_the_start_and_is_left_alone(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "genklang.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    web, migrate = start_web(environment), flask(environment, "storage", "migrate")

    for refused in (web, migrate):
        assert "9999" in refused.stderr
        assert "newer version" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert refused.returncode != 0


def test_a_database_that_waits_for_migrations_names_the_command(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "genklang.db").unlink()

    before = start_web(environment)
    migrated = flask(environment, "storage", "migrate")
    after = start_web(environment)

    assert "flask storage migrate" in before.stderr
    assert "empty → " in migrated.stdout
    assert after.returncode == 0


def test_missing_keys_are_all_named_at_once(environment: dict[str, str]) -> None:
    for name in ("MASTER_KEY", "SECRET_KEY"):
        del environment[name]

    refused = start_web(environment)

    assert "MASTER_KEY" in refused.stderr
    assert "SECRET_KEY" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_every_command_that_other_people_rely_on_is_there(environment: dict[str, str]) -> None:
    relied_on = {
        "organisations": ["apply"],
        "interactions": ["import"],
        "campaigns": ["start", "pause", "stop", "preview"],
        "responses": ["export"],
        "retention": ["run", "preview"],
        "receipts": ["verify", "head", "mail-head", "export", "accept-loss"],
        "storage": ["reconcile", "migrate", "restore-check"],
        "keys": ["backup", "restore", "rotate"],
        "models": ["list", "fetch"],
        "users": ["add"],
        "calls": ["script"],
        "numbers": ["point"],
    }
    # One process asks for all of them: each would load the whole service anew.
    shown = subprocess.run(
        [sys.executable, "-c", _HELP_OF, *relied_on],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert shown.returncode == 0, shown.stderr
    told = json.loads(shown.stdout)
    for group, names in relied_on.items():
        code, output = told[group]
        assert code == 0, (group, output)
        for name in names:
            assert f"  {name}" in output, (group, name)


def test_keys_rotate_while_everything_can_still_be_read(environment: dict[str, str]) -> None:
    flask(environment, "organisations", "apply")
    old = environment["MASTER_KEY"]
    new = base64.b64encode(b"n" * 32).decode()

    rotated = flask(environment | {"MASTER_KEY": f"{new},{old}"}, "keys", "rotate")
    only_new = start_web(environment | {"MASTER_KEY": new})
    only_old = start_web(environment)

    assert "keys wrapped anew" in rotated.stdout
    assert only_new.returncode == 0, only_new.stderr
    assert only_old.returncode == 4
