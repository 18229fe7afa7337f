"""A model's archive put in its place: unpacked aside, checked, then renamed in one step."""

import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from storage.faults import GiveUp
from transcription.catalogue import InstalledModel, inspect, write_manifest

LARGEST_MODEL: Final = 16 << 30
MOST_FILES: Final = 1_000
_BLOCK: Final = 1 << 20


class UnsafeArchive(GiveUp):
    """The archive wants to write where it must not, or to fill the disk. Nothing was installed."""


class NoRoom(GiveUp):
    """The disk has not the space to hold the archive and the unpacked model side by side."""


def install(
    archive: Path,
    *,
    into: Path,
    name: str,
    language: str,
    source: str,
    licence: str,
    largest: int = LARGEST_MODEL,
) -> InstalledModel:
    """Unpack a checked zip archive as `into/name`, replacing an older one of that name.

    A reader sees the old model or the new one, never half of either. Raises UnsafeArchive, NoRoom
    or BrokenModel, and then leaves `into` as it was.
    """
    into.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=into))
    try:
        _unpack(archive, to=aside / "new", largest=largest)
        fresh = _only_folder(aside / "new")
        if fresh.name != name:
            fresh = fresh.rename(fresh.with_name(name))
        inspect(fresh, language=language)
        write_manifest(fresh, language=language, source=source, licence=licence)
        _swap_in(fresh, target=into / name, aside=aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return inspect(into / name)


def _swap_in(fresh: Path, *, target: Path, aside: Path) -> None:
    old = aside / "old"
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise


def _unpack(archive: Path, *, to: Path, largest: int) -> None:
    try:
        bundle = zipfile.ZipFile(archive)
    except zipfile.BadZipFile as error:
        raise UnsafeArchive(f"{archive.name} is no zip archive") from error
    with bundle:
        members = bundle.infolist()
        if len(members) > MOST_FILES:
            raise UnsafeArchive(f"{archive.name} holds {len(members)} files; a model has a few")
        promised = sum(member.file_size for member in members)
        if promised > largest:
            raise UnsafeArchive(f"{archive.name} would unpack to {promised} bytes; too large")
        free = shutil.disk_usage(to.parent).free
        if promised > free:
            raise NoRoom(f"{promised} bytes are needed in {to.parent.parent}, {free} are free")
        for member in members:
            place = _place(member, archive=archive)
            if member.is_dir():
                (to / place).mkdir(parents=True, exist_ok=True)
                continue
            (to / place).parent.mkdir(parents=True, exist_ok=True)
            _copy(bundle, member, to=to / place)


def _place(member: zipfile.ZipInfo, *, archive: Path) -> PurePosixPath:
    """Where a member goes; only plain files and folders below the archive's own root may go."""
    path = PurePosixPath(member.filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)
    inside = not path.is_absolute() and ".." not in path.parts and path.parts
    if not plain or not inside or "\\" in member.filename or ":" in member.filename:
        raise UnsafeArchive(f"{archive.name} holds “{member.filename}”, which leaves its folder")
    return path


def _copy(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, *, to: Path) -> None:
    left = member.file_size
    try:
        with bundle.open(member) as source, to.open("xb") as target:
            while block := source.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise UnsafeArchive(f"“{member.filename}” is larger than the archive says")
                target.write(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, FileExistsError) as error:
        # RuntimeError is what an encrypted or exotic archive raises.
        raise UnsafeArchive(f"“{member.filename}” cannot be unpacked: {error}") from error
    except OSError as error:
        raise NoRoom(f"“{member.filename}” cannot be written: {error.strerror}") from error


def _only_folder(path: Path) -> Path:
    """The model itself: the one folder of the archive, or the archive's root when it is flat."""
    entries = list(path.iterdir()) if path.exists() else []
    if len(entries) == 1 and entries[0].is_dir():
        return entries[0]
    return path
