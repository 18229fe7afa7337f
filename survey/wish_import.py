"""Wishes of many people from a CSV file: objections, consents, and what outside registers say.

In batches with a commit of their own, repeatable: what is known already changes nothing.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage.house import House
from survey import consents, objections, registers, subjects, waking
from survey.csv_table import CsvTable, Line, opened
from survey.fault_list import FaultList
from survey.interaction_file import LineFault
from survey.objections import Source
from survey.permission import Method, Rule
from survey.places import find_organisation
from survey.subjects import Subject
from survey.wish_fields import (
    FieldError,
    Note,
    Place,
    read_expiry,
    read_method,
    read_past,
    read_subject,
)

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
    """What an import did; the lines with a fault are listed in `errors`.

    `heeded` are those faults whose lines were stored all the same, since somebody says no there.
    """

    new: int = 0
    known: int = 0
    withdrawn: int = 0
    faulty: int = 0
    heeded: int = 0
    errors: Path | None = None

    @property
    def lines(self) -> int:
        """How many lines with something on them the file has below its header."""
        return self.new + self.known + self.left_out

    @property
    def left_out(self) -> int:
        """How many of them were not stored."""
        return self.faulty - self.heeded


@dataclass(frozen=True, slots=True)
class _Told(Generic[W]):
    """One line: the person, what the file says of them, and what in it cannot be used."""

    subject: Subject
    wish: W
    faults: tuple[LineFault, ...] = ()


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


def import_objections(house: House, path: Path, *, organisation: str, now: datetime) -> WishReport:
    """Store every no of the file; they bite at once.

    A no whose method cannot be read holds for every way, and one whose moment cannot be read from
    now on; the fault is listed all the same.

    Raises UnknownPlaceError, or NotAnImportFileError when nothing of the file can be used.
    """
    place = _place(house, organisation)

    def read(line: Line, note: Note) -> _No:
        method, made_at, given = Method.ALL, now, line.values["made_at"]
        try:
            method = read_method(line.values["method"])
        except FieldError as error:
            note(error)
        try:
            made_at = read_past("made_at", given, place, now) if given else now
        except FieldError as error:
            note(error)
        return _No(method, made_at)

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

    return _import(house, path, place, OBJECTION_COLUMNS, heed=True, read=read, store=store)


def import_consents(house: House, path: Path, *, organisation: str, now: datetime) -> WishReport:
    """Store every yes of the file.

    Raises UnknownPlaceError, or NotAnImportFileError when nothing of the file can be used.
    """
    place = _place(house, organisation)

    def read(line: Line, _: Note) -> _Yes:
        source, end = line.values["source"], line.values["expires_at"]
        if not source or len(source) > _LONGEST_SOURCE:
            raise FieldError("source", f"is not 1 to {_LONGEST_SOURCE} characters long")
        given_at = read_past("given_at", line.values["given_at"], place, now)
        expires_at = read_expiry(end, place) if end else None
        if expires_at is not None and expires_at <= given_at:
            raise FieldError("expires_at", "lies before given_at")
        return _Yes(read_method(line.values["method"]), source, given_at, expires_at)

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

    return _import(
        house, path, place, CONSENT_COLUMNS, read=read, store=store, frees=waking.CONSENTED
    )


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

    def read(line: Line, _: Note) -> bool:
        listed = _LISTED.get(line.values["listed"].lower())
        if listed is None:
            raise FieldError("listed", "is neither yes nor no")
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

    return _import(
        house, path, place, REGISTER_COLUMNS, read=read, store=store, frees=waking.WASHED
    )


def _import(
    house: House,
    path: Path,
    place: Place,
    columns: tuple[str, ...],
    *,
    heed: bool = False,
    read: Callable[[Line, Note], W],
    store: Callable[[Session, W, tuple[bytes, ...], WishReport], bool],
    frees: frozenset[Rule] = frozenset(),
) -> WishReport:
    """`frees` are the rules by which nobody of the file need wait any longer."""
    report = WishReport()
    with opened(path) as file:
        table = CsvTable(file, columns=columns)
        with FaultList(path) as faults:
            for batch in _batches(_read(line, place, read, heed=heed) for line in table):
                told = []
                for one in batch:
                    if isinstance(one, LineFault):
                        faults.add(one)
                    else:
                        for fault in one.faults:
                            faults.add(fault)
                        report.heeded += len(one.faults)
                        told.append(one)
                _store(house, place, told, store, report, frees)
    report.faulty, report.errors = faults.count, faults.path
    return report


def _store(
    house: House,
    place: Place,
    told: Sequence[_Told[W]],
    store: Callable[[Session, W, tuple[bytes, ...], WishReport], bool],
    report: WishReport,
    frees: frozenset[Rule],
) -> None:
    hashes = subjects.hashes_of(
        [one.subject for one in told], organisation_id=place.id, keyring=house.keyring
    )
    changed = set[bytes]()
    with house.database.transaction() as session:
        for one, theirs in zip(told, hashes, strict=True):
            if store(session, one.wish, theirs, report):
                report.new += 1
                changed.update(theirs)
            else:
                report.known += 1
        if frees:
            waking.known_by(session, place.id, changed, frees)


def _read(
    line: Line | LineFault, place: Place, read: Callable[[Line, Note], W], *, heed: bool
) -> _Told[W] | LineFault:
    """`heed` takes a person by the number or the address alone when the other cannot be used."""
    if isinstance(line, LineFault):
        return line
    noted = list[FieldError]()
    try:
        subject = read_subject(line.values, place, noted.append if heed else None)
        wish = read(line, noted.append)
    except FieldError as error:
        return line.fault(error.column, str(error))
    return _Told(subject, wish, tuple(line.fault(one.column, str(one)) for one in noted))


def _place(house: House, organisation: str) -> Place:
    with house.database.reading() as session:
        found = find_organisation(session, organisation)
        return Place(found.id, found.country, ZoneInfo(found.timezone))


def _batches(told: Iterable[W]) -> Iterator[list[W]]:
    rest = iter(told)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch
