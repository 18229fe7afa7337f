"""What lies below DATA_DIR or in Redis that no line of the data map names.

A file is known by its folder as well as by its name: the databases, the recordings and the backups
of the keyring lie where the settings say and nowhere else, so a stray copy of one is found.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from redis import Redis
from sqlalchemy.engine import make_url

from config.settings import Settings
from privacy.data_map_outside import NOTHING, OUTSIDE, redis_keys

_ALL_BELOW: Final = "**"


def files(settings: Settings) -> Iterator[str]:
    """The files below DATA_DIR of which nobody said anything, as paths from there."""
    patterns = _patterns(settings)
    folder = settings.data_dir.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            parts = path.relative_to(folder).parts
            if not any(_matches(parts, pattern) for pattern in patterns):
                yield "/".join(parts)


def keys(names: Iterable[str]) -> Iterator[str]:
    """Those of these keys in Redis of which nobody said anything."""
    for name in names:
        if not any(fnmatchcase(name, pattern) for pattern in redis_keys()):
            yield name


def keys_of(redis: Redis) -> Iterator[str]:
    """Every key that is there."""
    for key in redis.scan_iter():
        yield key.decode(errors="replace")


def _patterns(settings: Settings) -> list[tuple[str, ...]]:
    places = dict(_places(settings))
    found = []
    for pattern in (*(path for one in OUTSIDE for path in one.paths), *NOTHING):
        try:
            parts = pattern.format_map(places).split("/")
        except KeyError:
            continue  # it lies elsewhere, or is no file
        found.append(tuple(part for part in parts if part != "."))
    return found


def _places(settings: Settings) -> Iterator[tuple[str, str]]:
    """Where below DATA_DIR the things lie that have a setting of their own."""
    folder = settings.data_dir.resolve()
    for name, place in {
        "database_url": _file_of(settings.database_url),
        "keyring_url": _file_of(settings.keyring_url),
        "ledger_url": _file_of(settings.ledger_url),
        "recordings_url": _folder_of(settings.recordings_url),
        "keyring_backups_dir": settings.keyring_backups_dir,
        "vosk_models_dir": settings.vosk_models_dir,
    }.items():
        if place is not None and place.resolve().is_relative_to(folder):
            yield name, escape(place.resolve().relative_to(folder).as_posix())


def _file_of(database: str) -> Path | None:
    url = make_url(database)
    return Path(url.database) if url.drivername.startswith("sqlite") and url.database else None


def _folder_of(store: str) -> Path | None:
    url = urlsplit(store)
    return Path(unquote(url.path)) if url.scheme == "file" else None


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if pattern[-1] == _ALL_BELOW:
        pattern = (*pattern[:-1], *("*" for _ in parts[len(pattern) - 1 :]))
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))
