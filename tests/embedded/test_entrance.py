"""How processes begin: none of them starts while a stranger would get data."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_house_rules import sources
from tests.config.test_gunicorn import free_port
from tests.conftest import environment_of_tests

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
GUNICORN = str(Path(PYTHON).parent / "gunicorn")
STRANGER = {
    "DATABASE_URL": "postgresql://app:hush@db.example.com/genklang",
    "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
}
# Every command with its exit code: nothing but a refusal is reached, so none gets its arguments.
ALL_COMMANDS = """
import wsgi
def run(group, words):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            run(command, f"{words} {name}")
            continue
        try:
            command.callback()
            print(words, name, "ran")
        except SystemExit as end:
            print(words, name, end.code)
for group in wsgi.for_commands().cli.commands.values():
    # `models` reads files of this machine and sends nothing.
    if hasattr(group, "commands") and group.name != "models":
        run(group, group.name)
"""


@pytest.fixture
def environment(tmp_path: Path, sqlite_template: Path) -> dict[str, str]:
    """The environment of a process with a migrated database of its own."""
    (tmp_path / "genklang.db").write_bytes(sqlite_template.read_bytes())
    chosen = environment_of_tests(
        f"sqlite:///{tmp_path}/genklang.db", f"unix://{tmp_path}/redis.sock", tmp_path
    )
    return {"PATH": os.environ["PATH"], "FLASK_APP": "wsgi:for_commands", **chosen}


def run(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([PYTHON, "dialler.py"], 2),
        ([PYTHON, "schedule.py"], 2),
        ([PYTHON, "worker.py"], 2),
        ([PYTHON, "run.py"], 1),
        ([PYTHON, "-m", "flask", "storage", "migrate"], 2),
    ],
    ids=lambda words: " ".join(words[1:]) if isinstance(words, list) else "",
)
def test_a_stranger_stops_the_start_with_one_line(
    environment: dict[str, str], words: list[str], code: int
) -> None:
    refused = run(environment | STRANGER, *words)

    (line,) = refused.stderr.splitlines()
    assert line.partition(": ")[0] in ("Genklang does not start", "Error")
    assert "DATABASE_URL sends data to db.example.com, whose name does not tell" in line
    assert 'HOSTS_ALLOWED="db.example.com=<' in line
    assert "hush" not in refused.stdout + refused.stderr
    assert refused.returncode == code


def test_the_web_says_it_and_ends_instead_of_beginning_anew(environment: dict[str, str]) -> None:
    refused = run(
        environment | STRANGER | {"PORT": str(free_port())},
        GUNICORN, "--config", "config/gunicorn.py", "wsgi:create_app()",
    )  # fmt: skip

    assert "Genklang does not start: DATABASE_URL sends data to db.example.com" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "hush" not in refused.stdout + refused.stderr
    assert refused.returncode == 4


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("DATABASE_URL", ("retention", "preview")),
        ("DATABASE_URL", ("storage", "migrate")),
        ("KEYRING_URL", ("retention", "preview")),
        ("LEDGER_URL", ("retention", "preview")),
    ],
)
def test_a_database_that_is_away_is_told_in_one_line(
    environment: dict[str, str], setting: str, words: tuple[str, ...]
) -> None:
    away = {setting: f"postgresql://app:hush@127.0.0.1:{free_port()}/genklang"}

    refused = run(environment | away, PYTHON, "-m", "flask", *words)

    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"Error: the database of {setting} cannot be used: ")
    assert "refused" in line
    assert "hush" not in line
    assert refused.returncode == 2


def test_no_command_of_ours_runs_while_a_stranger_would_get_data(
    environment: dict[str, str],
) -> None:
    refused = run(environment | STRANGER, PYTHON, "-c", ALL_COMMANDS)

    outcomes = refused.stdout.splitlines()
    assert len(outcomes) >= 12, refused.stderr
    assert [line for line in outcomes if not line.endswith(" 2")] == []


def test_with_a_reason_it_starts_and_the_reason_is_in_the_log(environment: dict[str, str]) -> None:
    allowed = environment | {
        "MAIL_URL": "smtp://app:hush@mx.example.com",
        "HOSTS_ALLOWED": "mx.example.com=ours, in Oslo, old.example.com=gone",
    }

    started = run(allowed, PYTHON, "-c", "import wsgi; wsgi.create_app()")

    assert started.returncode == 0, started.stderr
    assert '"event": "hosts.allowed"' in started.stderr
    assert '"reason": "ours, in Oslo"' in started.stderr
    assert '"event": "hosts.allowed_for_nothing"' in started.stderr
    assert "hush" not in started.stderr


def makers_of_settings(path: Path) -> list[str]:
    """The file's name for each time it makes settings."""
    return [
        path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Settings"
    ]


def test_settings_are_made_at_one_door_where_the_hosts_are_checked() -> None:
    ours = [path for path in sources() if path.parent.name != "simulator"]
    made = [place for path in ours for place in makers_of_settings(path)]

    assert made == ["config/settings.py"]
