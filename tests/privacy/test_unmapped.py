"""Nothing lies below DATA_DIR or in Redis that the data map does not name, each in its place."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.settings import Settings, load_settings
from messaging import guess_limits
from privacy import unmapped
from privacy.map_commands import unmapped_command
from storage import keyring_backup
from storage.house import House
from storage.queue import JobName
from tests.conftest import environment_of_tests
from tests.privacy.planted import live
from tests.privacy.traces import run
from tests.rows import NOON, make_organisation

RECORDING = "4a/0b1c2d3e4f5061728394a5b6c7d8e94a.sealed"


def laid(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()


def settings_of(folder: Path, **more: str) -> Settings:
    told = environment_of_tests(f"sqlite:///{folder}/genklang.db", "redis://localhost", folder)
    return load_settings(told | more)


def test_all_that_a_house_writes_is_on_the_map(house: House) -> None:
    live(house, make_organisation())
    for job in JobName:
        house.bell.ring(job)
    guess_limits.take(house.bell.redis, "192.0.2.1", secret="a secret of the tests")
    apart = house.settings.data_dir / "apart"
    keyring_backup.back_up(house.keyring, apart, now=NOON)
    run(house, NOON + timedelta(days=300))

    keys = list(unmapped.keys_of(house.bell.redis))
    settings = house.settings.model_copy(update={"keyring_backups_dir": apart})

    assert len(list(house.settings.data_dir.rglob("*"))) > 5
    assert len(keys) > 5
    assert list(unmapped.files(settings)) == []
    assert list(unmapped.keys(keys)) == []


def test_a_stray_file_and_a_stray_key_are_found_and_told_by_the_command(house: House) -> None:
    (house.settings.data_dir / "notes.txt").write_text("ring Ada")
    house.bell.redis.set("ada", "+46701740605")

    said = CliRunner().invoke(unmapped_command, [])

    assert said.exit_code == 1
    assert set(said.stdout.splitlines()) == {"file notes.txt", "Redis key ada"}


def test_a_copy_of_a_database_beside_it_or_in_a_folder_is_found(house: House) -> None:
    folder = house.settings.data_dir
    copies = ["copy of keyring.db", "old/keyring.db", "exports/old/keyring.db", "logs/a/web.log"]
    laid(folder, *copies)
    shutil.copy(folder / "keyring.db", folder / "recordings.db")

    assert set(unmapped.files(house.settings)) == {*copies, "recordings.db"}


@pytest.mark.parametrize("stray", [False, True])
def test_each_thing_is_known_where_its_setting_has_it_and_nowhere_else(
    tmp_path: Path, stray: bool
) -> None:
    places = {
        "genklang.db": (
            "DATABASE_URL",
            f"sqlite:///{tmp_path}/rows/[1].sqlite3",
            "rows/[1].sqlite3",
        ),
        "keyring.db-wal": ("KEYRING_URL", f"sqlite:///{tmp_path}/k/keys", "k/keys-wal"),
        "ledger.db-journal": ("LEDGER_URL", f"sqlite:///{tmp_path}/l.db", "l.db-journal"),
        f"recordings/{RECORDING}": (
            "RECORDINGS_URL",
            f"file://{tmp_path}/sound",
            f"sound/{RECORDING}",
        ),
        "a.keyring": ("KEYRING_BACKUPS_DIR", f"{tmp_path}/apart", "apart/20270101T000000Z.keyring"),
    }
    laid(tmp_path, *(places if stray else (place for _, _, place in places.values())))

    found = list(unmapped.files(settings_of(tmp_path, **{n: url for n, url, _ in places.values()})))

    assert found == (sorted(places) if stray else [])


def test_what_lies_in_no_file_of_ours_makes_no_file_known(tmp_path: Path) -> None:
    names = {
        "DATABASE_URL": "postgresql://localhost/genklang",
        "KEYRING_URL": "postgresql://localhost/keyring",
        "LEDGER_URL": "postgresql://localhost/ledger",
        "RECORDINGS_URL": "s3://bucket/prefix",
        "AWS_REGION": "eu-north-1",
    }
    strays = ["genklang", "genklang.db", f"recordings/{RECORDING}"]
    laid(tmp_path, *strays)

    assert set(unmapped.files(settings_of(tmp_path, **names))) == set(strays)


def test_speech_models_and_the_copy_of_a_rehearsal_are_known_with_all_that_is_in_them(
    tmp_path: Path,
) -> None:
    laid(
        tmp_path,
        "speech/sv/graph/phones/a.int",
        "rehearsal/main.db",
        f"rehearsal/sound/{RECORDING}",
    )
    laid(tmp_path, "rehearsals", "other/speech/sv/a.int")

    found = unmapped.files(settings_of(tmp_path, VOSK_MODELS_DIR=str(tmp_path / "speech")))

    assert set(found) == {"rehearsals", "other/speech/sv/a.int"}
