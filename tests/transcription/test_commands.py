"""`flask models`: what an operator sees, and a whole fetch from a real server."""

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from transcription.catalogue import PROJECT_MODELS, find_models
from transcription.commands import fetch, models_group
from transcription.fetching import Refused, WrongChecksum
from transcription.published import Algorithm, Checksum, PublishedModel, Size


@pytest.fixture
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """VOSK_MODELS_DIR of an installation with the fewest settings."""
    folder = tmp_path / "models"
    folder.mkdir()
    for name, value in {
        "VOSK_MODELS_DIR": str(folder),
        "DATA_DIR": str(tmp_path / "var"),
        "MASTER_KEY": "bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0=",
        "SECRET_KEY": "a secret of the tests, long enough",
        "PUBLIC_BASE_URL": "https://genklang.example",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "token-of-the-tests",
        "TWILIO_REGION": "ie1",
        "TWILIO_EDGE": "dublin",
        "COLUMNS": "80",
    }.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def run(models_dir: Path) -> Callable[..., Result]:
    """`flask models` with the given words."""
    return lambda *words: CliRunner().invoke(models_group, list(words))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The project's Swedish model in a zip archive, under an official-looking name."""
    whole = tmp_path / "packed/vosk-model-small-sv-test"
    shutil.copytree(PROJECT_MODELS / "sv", whole, ignore=shutil.ignore_patterns("manifest.json"))
    return Path(
        shutil.make_archive(str(tmp_path / "site" / whole.name), "zip", whole.parent, whole.name)
    )


@pytest.fixture
def site(archive: Path) -> Iterator[str]:
    """A real server that offers the archive."""
    handler = partial(_Quiet, directory=str(archive.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def model_of(archive: Path) -> PublishedModel:
    return PublishedModel(
        language="sv",
        size=Size.SMALL,
        name=archive.stem,
        licence="MIT",
        about="for a test",
        archive_bytes=archive.stat().st_size,
    )


def sha256(path: Path) -> Checksum:
    return Checksum(Algorithm.SHA256, hashlib.sha256(path.read_bytes()).hexdigest())


def test_the_list_shows_what_is_understood_and_what_will_stay_audio(
    run: Callable[..., Result],
) -> None:
    shown = run("list")

    assert shown.exit_code == 0
    assert "genklang-sv" in shown.output
    assert "8000 Hz" in shown.output
    assert "comes with Genklang" in shown.output
    assert "flask models fetch sv --size small" in shown.output
    assert "vosk-model-small-sv-rhasspy-0.15" in shown.output
    assert "No official model exists for Norwegian, Danish, Finnish" in shown.output


def test_a_broken_or_damaged_model_is_shown_and_ends_with_status_one(
    run: Callable[..., Result], models_dir: Path
) -> None:
    (models_dir / "nb").mkdir()
    shutil.copytree(PROJECT_MODELS / "sv", models_dir / "sv")
    (models_dir / "sv/graph/words.txt").write_text("changed 1\n")
    (models_dir / "sv/manifest.json").write_text(
        (models_dir / "sv/manifest.json").read_text().replace("tools/speech-model", "elsewhere")
    )

    shown = run("list")

    assert shown.exit_code == 1
    assert "am/, conf/, graph/ missing" in shown.output
    assert "graph/words.txt differs from its manifest" in shown.output
    assert "damaged" in shown.output


def test_a_model_is_fetched_checked_unpacked_and_used(
    site: str, archive: Path, models_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(model_of(archive), into=models_dir, checksum=sha256(archive), site=site)

    model = find_models(models_dir).in_use["sv"]
    assert model.path == models_dir / archive.stem
    told = capsys.readouterr().out
    bar = next(line for line in told.splitlines() if line.startswith(archive.stem))
    assert "━" in bar
    size = re.search(r"([\d.]+)/([\d.]+) \w+", bar)
    assert size is not None
    assert size[1] == size[2]  # to the end
    assert "Restart the transcribers" in told
    assert list((models_dir / ".fetching").iterdir()) == []


def test_a_wrong_checksum_leaves_nothing_behind(site: str, archive: Path, models_dir: Path) -> None:
    with pytest.raises(WrongChecksum):
        fetch(
            model_of(archive),
            into=models_dir,
            checksum=Checksum(Algorithm.SHA256, "0" * 64),
            site=site,
        )

    assert list((models_dir / ".fetching").iterdir()) == []
    assert find_models(models_dir).in_use["sv"].bundled


def test_an_archive_that_is_not_there_is_said_so(
    site: str, archive: Path, models_dir: Path
) -> None:
    model = model_of(archive)
    archive.unlink()

    with pytest.raises(Refused, match="404"):
        fetch(model, into=models_dir, checksum=Checksum(Algorithm.SHA256, "0" * 64), site=site)


@pytest.mark.parametrize("tag", ["nb", "no", "da-DK", "fi"])
def test_fetching_a_language_nobody_publishes_says_what_to_do(
    tag: str, run: Callable[..., Result]
) -> None:
    shown = run("fetch", tag)

    assert shown.exit_code == 2
    assert "There is no official Vosk model" in shown.output
    assert "Traceback" not in shown.output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("fetch", "Svenska!"), "no language tag"),
        (("fetch", "sv", "--size", "large"), "there is: small"),
        (("fetch", "sv", "--sha256", "abc"), "64 characters"),
    ],
)
def test_a_wrong_word_is_answered_with_a_sentence(
    words: tuple[str, ...], complaint: str, run: Callable[..., Result]
) -> None:
    shown = run(*words)

    assert shown.exit_code == 2
    assert complaint in shown.output


def test_a_model_that_is_there_is_not_fetched_again(
    run: Callable[..., Result], models_dir: Path
) -> None:
    shutil.copytree(PROJECT_MODELS / "sv", models_dir / "vosk-model-small-sv-rhasspy-0.15")

    shown = run("fetch", "sv")

    assert shown.exit_code == 0
    assert "--force fetches it again" in shown.output


def test_an_archive_from_elsewhere_is_installed_with_the_operators_checksum(
    run: Callable[..., Result], archive: Path, models_dir: Path
) -> None:
    digest = sha256(archive).digest

    shown = run("fetch", "nb-NO", "--from", str(archive), "--sha256", digest)

    assert shown.exit_code == 0, shown.output
    assert find_models(models_dir).in_use["nb"].path == models_dir / "nb"
    assert "Restart the transcribers" in shown.output
    assert archive.exists()  # it is the operator's own file


def test_an_archive_from_elsewhere_without_a_checksum_is_not_trusted(
    run: Callable[..., Result], archive: Path, models_dir: Path
) -> None:
    shown = run("fetch", "nb", "--from", str(archive))

    assert shown.exit_code == 2
    assert "pass it with --sha256" in shown.output
    assert list(models_dir.iterdir()) == []


def test_missing_settings_are_sentences_and_no_traceback(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MASTER_KEY")

    shown = run("list")

    assert shown.exit_code == 2
    assert "MASTER_KEY" in shown.output
    assert "Traceback" not in shown.output
