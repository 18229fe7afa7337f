"""Archives of models, honest and hostile; an old model stays until a whole new one is there."""

import stat
import zipfile
from pathlib import Path

import pytest

from transcription.catalogue import PROJECT_MODELS, BrokenModel, damaged_files, find_models
from transcription.unpacking import InstalledModel, NoRoom, UnsafeArchive, install


def archive_of(
    to: Path, *, folder: str = "vosk-model-sv/", without: str = "", extra: dict | None = None
) -> Path:
    """The project's Swedish model as its publisher would pack it."""
    root = PROJECT_MODELS / "sv"
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and name not in ("manifest.json", without):
                bundle.write(path, folder + name)
        for name, content in (extra or {}).items():
            bundle.writestr(name, content)
    return to


def install_into(into: Path, archive: Path, **changes: object) -> InstalledModel:
    wishes = {"name": "sv-new", "language": "sv", "source": "a test", "licence": "MIT"} | changes
    return install(archive, into=into, **wishes)


@pytest.mark.parametrize("folder", ["vosk-model-sv/", "", "sv-new/"])
def test_a_whole_archive_becomes_a_model_that_is_found_and_used(
    folder: str, tmp_path: Path
) -> None:
    fresh = install_into(tmp_path / "models", archive_of(tmp_path / "a.zip", folder=folder))

    assert fresh.path == tmp_path / "models/sv-new"
    assert find_models(tmp_path / "models").in_use["sv"].path == fresh.path
    assert damaged_files(fresh.path) == ()
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["sv-new"]


def test_the_language_is_the_one_asked_for_whatever_the_archive_is_called(tmp_path: Path) -> None:
    fresh = install_into(tmp_path, archive_of(tmp_path / "a.zip"), name="x-1", language="nb")

    assert fresh.language == "nb"
    assert find_models(tmp_path).in_use["nb"].path == tmp_path / "x-1"


def test_a_new_model_replaces_the_old_one_of_its_name(tmp_path: Path) -> None:
    install_into(tmp_path, archive_of(tmp_path / "a.zip", extra={"vosk-model-sv/README": "old"}))

    install_into(tmp_path, archive_of(tmp_path / "b.zip", extra={"vosk-model-sv/README": "new"}))

    assert (tmp_path / "sv-new/README").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip", "sv-new"]


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "vosk-model-sv/../../outside.txt",
        "/etc/outside.txt",
        "C:/outside.txt",
        "..\\outside.txt",
        "vosk-model-sv\\..\\..\\outside.txt",
    ],
)
def test_an_archive_that_writes_outside_its_folder_is_refused_whole(
    name: str, tmp_path: Path
) -> None:
    archive = archive_of(tmp_path / "a.zip", extra={name: "mine"})

    with pytest.raises(UnsafeArchive, match="leaves its folder"):
        install_into(tmp_path / "deep/models", archive)

    assert list((tmp_path / "deep/models").iterdir()) == []
    assert list(tmp_path.rglob("outside*")) == []


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.zip")
    with zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr(link("vosk-model-sv/am/link"), "/etc/passwd")

    with pytest.raises(UnsafeArchive, match="am/link"):
        install_into(tmp_path / "models", archive)


def test_an_archive_with_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr("vosk-model-sv/am/final.mdl", b"another")

    with pytest.raises(UnsafeArchive, match=r"final\.mdl"):
        install_into(tmp_path / "models", archive)


def test_an_archive_that_unpacks_to_more_than_allowed_is_refused_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("m/am/final.mdl", bytes(30 << 20))

    with pytest.raises(UnsafeArchive, match="too large"):
        install_into(tmp_path / "models", tmp_path / "a.zip", largest=10 << 20)

    assert (tmp_path / "a.zip").stat().st_size < 100_000


def test_an_archive_that_lies_about_its_sizes_is_stopped(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("m/am/final.mdl", bytes(5 << 20))
    changed = archive.read_bytes().replace(
        (5 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    )
    archive.write_bytes(changed)

    with pytest.raises(UnsafeArchive, match=r"final\.mdl"):
        install_into(tmp_path / "models", archive)

    assert list((tmp_path / "models").iterdir()) == []


def test_an_archive_of_very_many_files_is_refused(tmp_path: Path) -> None:
    many = {f"vosk-model-sv/{number}": "" for number in range(1_100)}

    with pytest.raises(UnsafeArchive, match="a model has a few"):
        install_into(tmp_path / "models", archive_of(tmp_path / "a.zip", extra=many))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_half_an_archive_is_no_archive(share: float, tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.zip")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(UnsafeArchive):
        install_into(tmp_path / "models", archive)


def test_a_damaged_file_within_the_archive_is_found_by_its_check_value(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.zip")
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    archive.write_bytes(damaged)

    with pytest.raises(UnsafeArchive, match="cannot be unpacked"):
        install_into(tmp_path / "models", archive)


def test_an_archive_that_is_no_model_leaves_the_installed_one_alone(tmp_path: Path) -> None:
    install_into(tmp_path / "models", archive_of(tmp_path / "a.zip"))

    with pytest.raises(BrokenModel, match=r"am/final\.mdl is missing"):
        install_into(tmp_path / "models", archive_of(tmp_path / "b.zip", without="am/final.mdl"))

    assert [path.name for path in (tmp_path / "models").iterdir()] == ["sv-new"]
    assert find_models(tmp_path / "models").in_use["sv"].path == tmp_path / "models/sv-new"
    assert damaged_files(tmp_path / "models/sv-new") == ()


def test_a_disk_without_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    """The archive promises some four terabytes, which no disk of ours has."""
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        for number in range(999):
            bundle.writestr(f"m/{number}", bytes(54_321))
    promised = archive.read_bytes().replace(
        (54_321).to_bytes(4, "little"), (0xFFFFFFF0).to_bytes(4, "little")
    )
    archive.write_bytes(promised)

    with pytest.raises(NoRoom, match=f"{999 * 0xFFFFFFF0} bytes are needed"):
        install_into(tmp_path / "models", archive, largest=1 << 50)

    assert list((tmp_path / "models").iterdir()) == []
