"""The CSV file of an import, read line by line: either an interaction or a word why not.

A word why not never repeats what stood in the line: a list of faults is passed on by mail.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

from config.notations import check_mail
from storage.faults import GiveUp
from survey.customers import About
from survey.interactions import ToldInteraction
from survey.numbers import BadNumberError, to_e164

COLUMNS: Final = (
    "case_reference", "phone", "email", "name", "locale", "channel", "reason", "team",
    "happened_at",
)  # fmt: skip
# May be left out: not every operator knows these.
OPTIONAL: Final = ("minor", "guardian_leave_on", "customer_since", "customer_until", "source")
REQUIRED: Final = ("case_reference", "phone", "happened_at")
# The longest each may be; the widths of the database's columns where there is one.
LONGEST: Final = {
    "case_reference": 80, "phone": 40, "email": 254, "name": 200, "locale": 35, "channel": 40,
    "reason": 120, "team": 80, "happened_at": 40, **dict.fromkeys(OPTIONAL, 20),
    "source": 80,
}  # fmt: skip
_LONGEST_LINE: Final = 16_384
_CLOCKS_DIFFER: Final = timedelta(days=1)
_LOCALE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_YES_OR_NO: Final = {
    **dict.fromkeys(("yes", "true", "1", "ja"), True),
    **dict.fromkeys(("no", "false", "0", "nej"), False),
}
_NORWEGIAN: Final = {"no": "nb", "nn": "nb"}


class NotAnImportFileError(GiveUp):
    """The file as a whole cannot be read as a list of interactions."""


@dataclass(frozen=True, slots=True)
class LineFault:
    """Why a line was left out; `column` is empty when the line as a whole is at fault."""

    line: int
    column: str
    reason: str


class InteractionFile:
    """One open CSV file; iterating gives each line once, in memory that does not grow."""

    def __init__(
        self,
        file: IO[bytes],
        *,
        country: str,
        zone: ZoneInfo,
        now: datetime,
        source: str | None = None,
    ) -> None:
        """Reads the header; raises NotAnImportFileError when it is not the header wanted.

        National numbers are read as of `country`, times without a zone as of `zone`; `source` is
        where the numbers came from of lines that do not say it.
        """
        self._file, self._source = file, source
        self._country, self._zone, self._now = country, zone, now
        self._line = 0
        header = self._read_line()
        self._separator, self._columns = _header(header)

    def __iter__(self) -> Iterator[ToldInteraction | LineFault]:
        while (raw := self._read_line()) is not None:
            read = self._interaction(raw)
            if read is not None:
                yield read

    def position(self) -> int:
        """How many bytes have been read."""
        return self._file.tell()

    def _read_line(self) -> bytes | None:
        """The next line without its end; one too long is cut, so that memory does not grow."""
        raw = self._file.readline(_LONGEST_LINE + 1)
        if not raw:
            return None
        self._line += 1
        rest = raw
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = self._file.readline(_LONGEST_LINE + 1)
        return raw.rstrip(b"\r\n")

    def _interaction(self, raw: bytes) -> ToldInteraction | LineFault | None:
        if not raw.strip():
            return None
        if len(raw) > _LONGEST_LINE:
            return self._fault("", f"has more than {_LONGEST_LINE} bytes")
        try:
            fields = next(csv.reader([raw.decode()], delimiter=self._separator, strict=True))
        except UnicodeDecodeError:
            return self._fault("", "is not UTF-8; save the file as UTF-8")
        except csv.Error:
            return self._fault("", "has a quotation mark that is never closed, or a stray one")
        if len(fields) != len(self._columns):
            return self._fault(
                "", f"has {len(fields)} fields and the header has {len(self._columns)}"
            )
        values = {name: value.strip() for name, value in zip(self._columns, fields, strict=True)}
        for name, value in values.items():
            fault = _unfit(name, value)
            if fault:
                return self._fault(name, fault)
        return self._told(values)

    def _told(self, values: dict[str, str]) -> ToldInteraction | LineFault:
        column, about = "", dict[str, Any]()
        try:
            column = "phone"
            phone = to_e164(values["phone"], country=self._country)
            column = "email"
            email = _mail(values["email"])
            column = "locale"
            locale = _locale(values["locale"])
            for column in OPTIONAL:
                about[column] = _about(column, values.get(column, ""))
            about["source"] = about["source"] or self._source
            column = "happened_at"
            happened_at = _moment(values["happened_at"], zone=self._zone, now=self._now)
        except (BadNumberError, ValueError) as error:
            return self._fault(column, str(error))
        return ToldInteraction(
            case_reference=values["case_reference"],
            phone=phone,
            phone_as_given=values["phone"],
            happened_at=happened_at,
            email=email,
            name=values["name"] or None,
            locale=locale,
            channel=values["channel"] or None,
            reason=values["reason"] or None,
            team=values["team"] or None,
            about=About(**about),
        )

    def _fault(self, column: str, reason: str) -> LineFault:
        return LineFault(self._line, column, reason)


def errors_path(path: Path) -> Path:
    """Where the list of the lines left out of `path` lies: beside it."""
    return path.with_name(path.name + ".errors.csv")


def _header(raw: bytes | None) -> tuple[str, tuple[str, ...]]:
    """The separator and the columns in the file's order."""
    if raw is None:
        raise NotAnImportFileError(f"is empty; its first line must be {','.join(COLUMNS)}")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw:
        raise NotAnImportFileError("is UTF-16; save it as CSV in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnImportFileError(
            "has a first line that is not UTF-8; save it as CSV in UTF-8"
        ) from None
    separator = ";" if text.count(";") > text.count(",") else ","
    try:
        names = [name.strip() for name in next(csv.reader([text], delimiter=separator), [])]
    except csv.Error:
        names = [text]
    faults = []
    missing = [name for name in COLUMNS if name not in names]
    extra = [_shown(name) for name in names if name not in (*COLUMNS, *OPTIONAL)]
    twice = sorted({one for one in names if one in (*COLUMNS, *OPTIONAL) and names.count(one) > 1})
    if missing:
        faults.append(f"lacks the columns {', '.join(missing)}")
    if extra:
        faults.append(f"has columns that are not known here: {', '.join(extra[:20])}")
    if twice:
        faults.append(f"names columns twice: {', '.join(twice)}")
    if faults:
        raise NotAnImportFileError(
            f"{'; '.join(faults)}; its first line must be {','.join(COLUMNS)}, in any order, "
            f"separated by commas or semicolons; {', '.join(OPTIONAL)} may be added"
        )
    return separator, tuple(names)


def _shown(name: str) -> str:
    return repr(name[:40]) if name else "one without a name"


def _unfit(name: str, value: str) -> str | None:
    if not value:
        return "is empty" if name in REQUIRED else None
    if len(value) > LONGEST[name]:
        return f"has {len(value)} characters; {LONGEST[name]} is the limit"
    if _CONTROL.search(value):
        return "holds a control character"
    return None


def _mail(value: str) -> str | None:
    if not value:
        return None
    try:
        return check_mail(value)
    except ValueError:
        raise ValueError("is not a mail address") from None


def checked_source(text: str) -> str:
    """Where all numbers of a file came from, as an operator says it; raises GiveUp."""
    fault = _unfit("source", text.strip())
    if fault or not text.strip():
        raise GiveUp(f"--source {fault or 'is empty'}; a few words such as 'order form' are right")
    return text.strip()


def _about(column: str, value: str) -> bool | date | str | None:
    if not value:
        return None
    if column == "source":
        return value
    if column == "minor":
        try:
            return _YES_OR_NO[value.lower()]
        except KeyError:
            raise ValueError("is neither yes nor no") from None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a day; 2026-01-31 would be right") from None


def _locale(value: str) -> str | None:
    """The language of a locale such as sv-SE: sv. Both written forms of Norwegian are nb."""
    if not value:
        return None
    found = _LOCALE.fullmatch(value)
    if found is None:
        raise ValueError("is not a language tag; sv or sv-SE would be right")
    language = found[1].lower()
    return _NORWEGIAN.get(language, language)


def _moment(value: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        # A year at the edge of the calendar has no UTC.
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            "is not a time in ISO 8601; 2026-01-31T14:05 or 2026-01-31T14:05+01:00 would be right"
        ) from None
    if moment > now + _CLOCKS_DIFFER:
        raise ValueError("lies in the future, and only what has happened can be asked about")
    return moment
