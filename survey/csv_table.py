"""A CSV file with named columns, read line by line in memory that does not grow.

Why a line cannot be used never repeats what stood in it: a list of faults is passed on by mail.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final
from zoneinfo import ZoneInfo

from survey.interaction_file import LineFault, NotAnImportFileError

_LONGEST_LINE: Final = 16_384
_LONGEST_FIELD: Final = 254


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: every column by name, stripped of blanks around it."""

    number: int
    values: Mapping[str, str]

    def fault(self, column: str, reason: str) -> LineFault:
        """Why this line is left out."""
        return LineFault(self.number, column, reason)


class CsvTable:
    """One open file whose header must name exactly these columns, in any order."""

    def __init__(self, file: IO[bytes], *, columns: tuple[str, ...]) -> None:
        """Reads the header; raises NotAnImportFileError when it is not the header wanted."""
        self._file = file
        self._wanted = columns
        self._line = 0
        self._separator, self._names = self._header(self._read())

    def __iter__(self) -> Iterator[Line | LineFault]:
        while (raw := self._read()) is not None:
            if raw.strip():
                yield self._fields(raw)

    def _read(self) -> bytes | None:
        """The next line without its end; one too long is cut."""
        raw = self._file.readline(_LONGEST_LINE + 1)
        if not raw:
            return None
        self._line += 1
        rest = raw
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = self._file.readline(_LONGEST_LINE + 1)
        return raw.rstrip(b"\r\n")

    def _fields(self, raw: bytes) -> Line | LineFault:
        if len(raw) > _LONGEST_LINE:
            return self._fault("", f"has more than {_LONGEST_LINE} bytes")
        try:
            fields = next(csv.reader([raw.decode()], delimiter=self._separator, strict=True))
        except UnicodeDecodeError:
            return self._fault("", "is not UTF-8; save the file as UTF-8")
        except csv.Error:
            return self._fault("", "has a quotation mark that is never closed, or a stray one")
        if len(fields) != len(self._names):
            return self._fault(
                "", f"has {len(fields)} fields and the header has {len(self._names)}"
            )
        values = {name: field.strip() for name, field in zip(self._names, fields, strict=True)}
        for name, value in values.items():
            if len(value) > _LONGEST_FIELD:
                return self._fault(name, f"has more than {_LONGEST_FIELD} characters")
            if any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in value):
                return self._fault(name, "holds a control character")
        return Line(self._line, values)

    def _header(self, raw: bytes | None) -> tuple[str, tuple[str, ...]]:
        right = f"its first line must be {','.join(self._wanted)}"
        if raw is None:
            raise NotAnImportFileError(f"is empty; {right}")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise NotAnImportFileError(
                "has a first line that is not UTF-8; save it as CSV in UTF-8"
            ) from None
        separator = ";" if text.count(";") > text.count(",") else ","
        try:
            names = tuple(name.strip() for name in next(csv.reader([text], delimiter=separator)))
        except (csv.Error, StopIteration):
            names = (text,)
        missing = [name for name in self._wanted if name not in names]
        extra = [repr(name[:40]) for name in names if name not in self._wanted]
        if missing or extra or len(set(names)) != len(names):
            told = [f"lacks the columns {', '.join(missing)}"] if missing else []
            told += [f"has columns that are not known here: {', '.join(extra[:20])}"] * bool(extra)
            told = told or ["names a column twice"]
            raise NotAnImportFileError(
                f"{'; '.join(told)}; {right}, in any order, separated by commas or semicolons"
            )
        return separator, names

    def _fault(self, column: str, reason: str) -> LineFault:
        return LineFault(self._line, column, reason)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file to read; raises NotAnImportFileError when it cannot be read."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise NotAnImportFileError(f"cannot be read: {error.strerror}") from None
    with file:
        yield file


def read_moment(value: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The UTC moment of an ISO 8601 text or day, as of `zone` when it names none.

    Raises ValueError for what is no moment, or one that is still to come.
    """
    moment = read_end(value, zone=zone)
    if moment > now:
        raise ValueError("lies in the future")
    return moment


def read_end(value: str, *, zone: ZoneInfo) -> datetime:
    """The same for a moment that may be still to come."""
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            "is not a time in ISO 8601; 2026-01-31, 2026-01-31T14:05 or 2026-01-31T14:05+01:00 "
            "would be right"
        ) from None
