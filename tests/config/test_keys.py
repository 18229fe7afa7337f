"""The secrets made at the first start."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from config.keys import ensure_secrets
from config.setting_sources import read_env_file
from config.settings import load_settings


def test_fresh_secrets_are_good_enough_to_start_and_readable_by_nobody_else(tmp_path: Path) -> None:
    path = ensure_secrets(tmp_path / "var")

    settings = load_settings({"DATA_DIR": str(tmp_path / "var")})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(settings.master_keys[0]) == 32
    assert settings.twilio_account_sid.startswith("AC")
    assert len(settings.twilio_account_sid) == 34
    assert len(settings.auth_tokens[0]) == 32
    assert [entry.name for entry in path.parent.iterdir()] == ["secrets.env"]


def test_secrets_that_are_there_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("MASTER_KEY=mine\n")

    ensure_secrets(tmp_path)

    assert (tmp_path / "secrets.env").read_text() == "MASTER_KEY=mine\n"


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    first = read_env_file(ensure_secrets(tmp_path / "a"))
    second = read_env_file(ensure_secrets(tmp_path / "b"))

    assert first.keys() == second.keys()
    assert {name for name in first if first[name] == second[name]} == {"SIMULATOR"}


def test_processes_that_start_at_once_end_with_the_same_secrets(tmp_path: Path) -> None:
    def start(_: int) -> dict[str, str]:
        return read_env_file(ensure_secrets(tmp_path))

    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(start, range(64)))

    assert all(secrets == seen[0] for secrets in seen)
    assert len(seen[0]["MASTER_KEY"]) == 44
    assert [entry.name for entry in tmp_path.iterdir()] == ["secrets.env"]
