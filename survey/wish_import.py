"""Wishes of many people from a CSV file: objections, consents, and what outside registers say.

In batches with a commit of their own, repeatable: what is known already changes nothing.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage.house import House
from survey import consents, objections, registers, subjects
from survey.csv_table import CsvTable, Line, opened, read_end, read_moment
from survey.fault_list import FaultList
from survey.interaction_file import LineFault
from survey.numbers import BadNumberError
from survey.objections import Source
from survey.permission import Method
from survey.places import find_organisation
from survey.subjects import BadAddressError, Subject, subject_of

OBJECTION_COLUMNS: Final = ("phone", "email", "method", "made_at")
CONSENT_COLUMNS: Final = ("phone", "email", "method", "given_at", "source", "expires_at")
REGISTER_COLUMNS: Final = ("phone", "listed")
BATCH: Final = 200
"""Lines per commit: few enough that a call in progress never waits long for its turn to write."""

_LONGEST_SOURCE: Final = 120
_LISTED: Final = {
    **dict.fromkeys(("yes", "true", "1", "ja", "x"), True),
    **dict.fromkeys(("no", "false", "0", "nej", ""), False),
}

W = TypeVar("W")


@dataclass(slots=True)
class WishReport:
    """What an import did; the lines left out are listed in `errors`."""

    new: int = 0
    known: int = 0
    withdrawn: int = 0
    faulty: int = 0
    errors: Path | None = None

    @property
    def lines(self) -> int:
        """How many lines with something on them the file has below its header."""
        return self.new + self.known + self.faulty


@dataclass(frozen=True, slots=True)
class _Place:
    """The organisation whose customers the file is about."""

    id: UUID
    country: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class _Told(Generic[W]):
    """One good line: the person, and what the file says of them."""

    subject: Subject
    wish: W


@dataclass(frozen=True, slots=True)
class _No:
    method: Method
    made_at: datetime


@dataclass(frozen=True, slots=True)
class _Yes:
    method: Method
    source: str
    given_at: datetime
    expires_at: datetime | None


class _FieldError(ValueError):
    """Something in one column cannot be used."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def import_objections(house: House, path: Path, *, organisation: str, now: datetime) -> WishReport:
    """Store every no of the file; they bite at once.

    Raises UnknownPlaceError, or NotAnImportFileError when nothing of the file can be used.
    """
    place = _place(house, organisation)

    def read(line: Line) -> _No:
        method = _method(line.values["method"])
        given = line.values["made_at"]
        return _No(method, _moment("made_at", given, place, now) if given else now)

    def store(session: Session, told: _No, hashes: tuple[bytes, ...], report: WishReport) -> bool:
        noted = objections.record_hashes(
            session,
            place.id,
            hashes,
            method=told.method,
            source=Source.IMPORT,
            at=now,
            said_at=told.made_at,
        )
        report.withdrawn += noted.withdrawn
        return noted.new

    return _import(house, path, place, OBJECTION_COLUMNS, read=read, store=store)


def import_consents(house: House, path: Path, *, organisation: str, now: datetime) -> WishReport:
    """Store every yes of the file.

    Raises UnknownPlaceError, or NotAnImportFileError when nothing of the file can be used.
    """
    place = _place(house, organisation)

    def read(line: Line) -> _Yes:
        source, end = line.values["source"], line.values["expires_at"]
        if not source or len(source) > _LONGEST_SOURCE:
            raise _FieldError("source", f"is not 1 to {_LONGEST_SOURCE} characters long")
        given_at = _moment("given_at", line.values["given_at"], place, now)
        expires_at = _end(end, place) if end else None
        if expires_at is not None and expires_at <= given_at:
            raise _FieldError("expires_at", "lies before given_at")
        return _Yes(_method(line.values["method"]), source, given_at, expires_at)

    def store(session: Session, told: _Yes, hashes: tuple[bytes, ...], report: WishReport) -> bool:
        return consents.record(
            session,
            place.id,
            hashes,
            method=told.method,
            source=told.source,
            given_at=told.given_at,
            expires_at=told.expires_at,
        )

    return _import(house, path, place, CONSENT_COLUMNS, read=read, store=store)


def import_register(
    house: House,
    path: Path,
    *,
    organisation: str,
    register: str,
    checked_at: datetime,
    expires_at: datetime,
) -> WishReport:
    """Store what an outside register said about each number of the file, until it expires.

    Raises UnknownPlaceError, or NotAnImportFileError when nothing of the file can be used.
    """
    place = _place(house, organisation)

    def read(line: Line) -> bool:
        listed = _LISTED.get(line.values["listed"].lower())
        if listed is None:
            raise _FieldError("listed", "is neither yes nor no")
        return listed

    def store(session: Session, listed: bool, hashes: tuple[bytes, ...], _: WishReport) -> bool:
        return registers.record(
            session,
            place.id,
            hashes[0],
            register=register,
            listed=listed,
            checked_at=checked_at,
            expires_at=expires_at,
        )

    return _import(house, path, place, REGISTER_COLUMNS, read=read, store=store)


def _import(
    house: House,
    path: Path,
    place: _Place,
    columns: tuple[str, ...],
    *,
    read: Callable[[Line], W],
    store: Callable[[Session, W, tuple[bytes, ...], WishReport], bool],
) -> WishReport:
    report = WishReport()
    with opened(path) as file:
        table = CsvTable(file, columns=columns)
        with FaultList(path) as faults:
            for batch in _batches(_read(line, place, read) for line in table):
                told = []
                for one in batch:
                    if isinstance(one, LineFault):
                        faults.add(one)
                    else:
                        told.append(one)
                _store(house, place, told, store, report)
    report.faulty, report.errors = faults.count, faults.path
    return report


def _store(
    house: House,
    place: _Place,
    told: Sequence[_Told[W]],
    store: Callable[[Session, W, tuple[bytes, ...], WishReport], bool],
    report: WishReport,
) -> None:
    hashes = subjects.hashes_of(
        [one.subject for one in told], organisation_id=place.id, keyring=house.keyring
    )
    with house.database.transaction() as session:
        for one, theirs in zip(told, hashes, strict=True):
            if store(session, one.wish, theirs, report):
                report.new += 1
            else:
                report.known += 1


def _read(line: Line | LineFault, place: _Place, read: Callable[[Line], W]) -> _Told[W] | LineFault:
    if isinstance(line, LineFault):
        return line
    try:
        return _Told(_subject(line.values, place), read(line))
    except _FieldError as error:
        return line.fault(error.column, str(error))


def _subject(values: Mapping[str, str], place: _Place) -> Subject:
    phone, email = values["phone"], values.get("email", "")
    if not phone and not email:
        named = "phone or email" if "email" in values else "phone"
        raise _FieldError("", f"names nobody: {named} must be given")
    try:
        return subject_of(phone, email, country=place.country)
    except BadNumberError as error:
        raise _FieldError("phone", str(error)) from None
    except BadAddressError as error:
        raise _FieldError("email", str(error)) from None


def _method(text: str) -> Method:
    try:
        return Method(text.lower() or Method.ALL.value)
    except ValueError:
        named = ", ".join(method.value for method in Method)
        raise _FieldError("method", f"is none of {named}") from None


def _moment(column: str, text: str, place: _Place, now: datetime) -> datetime:
    try:
        return read_moment(text, zone=place.zone, now=now)
    except ValueError as error:
        raise _FieldError(column, str(error)) from None


def _end(text: str, place: _Place) -> datetime:
    try:
        return read_end(text, zone=place.zone)
    except ValueError as error:
        raise _FieldError("expires_at", str(error)) from None


def _place(house: House, organisation: str) -> _Place:
    with house.database.reading() as session:
        found = find_organisation(session, organisation)
        return _Place(found.id, found.country, ZoneInfo(found.timezone))


def _batches(told: Iterable[W]) -> Iterator[list[W]]:
    rest = iter(told)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch
