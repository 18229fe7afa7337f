"""The folder of exports below DATA_DIR, and until when a file in it may stay.

Several machines may share a database and not a folder. A random mark lies in each folder, so that
nobody takes a file for gone because it is not on their own machine.
"""

import contextlib
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from config.periods import Period, Unit
from config.retention_rules import DataClass, parse_keep
from storage.tables import Export, Organisation

FOLDER: Final = "exports"
_MARK: Final = ".mark"
_UNFINISHED: Final = ".unfinished"
# What a file may stay where a schedule names no period for it.
_LONGEST: Final = Period(7, Unit.DAY)
_PART: Final = 1 << 20


def mark_of(data_dir: Path, *, make: bool = False) -> str:
    """The mark of this machine's folder of exports; empty when there is no folder.

    Raises OSError when it is to be made and cannot be.
    """
    folder = data_dir / FOLDER
    mark = folder / _MARK
    if make and not mark.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whole or not there, and the first one stays.
        fresh = folder / f"{_MARK}.{secrets.token_hex(8)}"
        fresh.write_text(secrets.token_hex(16))
        with contextlib.suppress(FileExistsError):
            mark.hardlink_to(fresh)
        fresh.unlink()
    try:
        return mark.read_text().strip()
    except FileNotFoundError:
        return ""


def path_of(data_dir: Path, export: Export) -> Path:
    """Where a file of our own folder lies: its name is the row's id, and tells nothing."""
    return data_dir / FOLDER / f"{export.id}{export.suffix}"


def remove(path: Path) -> None:
    """Delete the file and a half-written one beside it; gone already is success."""
    path.unlink(missing_ok=True)
    path.with_name(path.name + _UNFINISHED).unlink(missing_ok=True)


def digest(path: Path) -> str:
    """SHA-256 of the file, read in parts."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_PART):
            found.update(part)
    return found.hexdigest()


def expires_at(organisation: Organisation, made_at: datetime) -> datetime:
    """Until when an export of the organisation may stay, by the class `exports`."""
    return _period(organisation.document).after(made_at, ZoneInfo(organisation.timezone))


def _period(document: Mapping[str, Any]) -> Period:
    for rule in document.get("retention", []):
        if rule.get("class") == DataClass.EXPORTS:
            keep = parse_keep(rule.get("keep"))
            return keep if isinstance(keep, Period) else _LONGEST
    return _LONGEST
