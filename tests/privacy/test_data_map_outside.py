"""Nothing lies outside of the rows that the data map does not name: files, keys, mail, provider."""

import ast
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from config.settings import load_settings
from messaging import guess_limits
from privacy.data_map_outside import (
    OUTSIDE,
    at_the_provider,
    keys_of,
    paths_below,
    senders,
    unmapped,
)
from privacy.map_commands import unmapped_command
from storage import keyring_backup
from storage.house import House
from storage.provider_copies import CopyKind
from storage.queue import JobName
from tests.conftest import environment_of_tests
from tests.privacy.planted import live
from tests.privacy.traces import run
from tests.rows import NOON, make_organisation

ROOT = Path(__file__).parents[2]
SENDING = {"send_to_customer", "send_asked_for", "send_to_staff"}
"""What storage.mailing sends with."""
ROOMS = ("api", "console", "ivr", "messaging", "privacy", "survey", "transcription", "voicemail")


def test_each_place_has_a_class_or_a_ceiling_of_its_own() -> None:
    for one in OUTSIDE:
        assert one.classes or one.lives is not None, one.name
        assert all((one.unit, one.begins, one.taken_by)), one.name
    assert len({one.name for one in OUTSIDE}) == len(OUTSIDE)


def test_the_ceilings_are_those_of_the_settings(tmp_path: Path) -> None:
    told = load_settings(environment_of_tests("sqlite:///x.db", "redis://localhost", tmp_path))
    lives = {one.name: one.lives for one in OUTSIDE}

    assert lives["backups of the keyring (KEYRING_BACKUPS_DIR)"] == told.keyring_backups_kept
    assert lives["opaque ids beside a line"] == told.backups_kept


def test_nobody_sends_mail_who_is_not_on_the_map() -> None:
    found = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (getattr(node, "attr", None) or getattr(node, "id", None)) in SENDING:
                    found.add(".".join(path.relative_to(ROOT).with_suffix("").parts))

    assert found == senders()


def test_whatever_may_lie_at_the_provider_is_on_the_map() -> None:
    assert {f"{kind.value}s" for kind in CopyKind} == at_the_provider()


def test_all_that_a_house_writes_is_on_the_map(house: House) -> None:
    live(house, make_organisation())
    for job in JobName:
        house.bell.ring(job)
    guess_limits.take(house.bell.redis, "192.0.2.1", secret="a secret of the tests")
    keyring_backup.back_up(house.keyring, house.settings.data_dir / "apart", now=NOON)
    run(house, NOON + timedelta(days=300))

    paths = list(paths_below(house.settings.data_dir))
    keys = list(keys_of(house.bell.redis))

    assert len(paths) > 5
    assert len(keys) > 5
    assert list(unmapped(paths, keys=keys)) == []


def test_a_stray_file_and_a_stray_key_are_found_and_told_by_the_command(house: House) -> None:
    (house.settings.data_dir / "notes.txt").write_text("ring Ada")
    house.bell.redis.set("ada", "+46701740605")

    said = CliRunner().invoke(unmapped_command, [])

    assert said.exit_code == 1
    assert set(said.stdout.splitlines()) == {"file notes.txt", "Redis key ada"}
