"""Writing a file of people's data: noted in the book first, whole or not there, gone in time.

Without a path it lies in the folder of exports and is removed by the schedule. A file that an
operator wants elsewhere is noted with its hash; it is the operator's, and an alarm says when its
time is over.
"""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import export_closing, export_files
from storage.export_words import ExportEnd, ExportKind, ExportPlace, ExportReason
from storage.faults import GiveUp
from storage.house import House
from storage.identity import new_id
from storage.keyring import Keyring
from storage.receipts import What
from storage.tables import Export, Organisation
from survey.private_files import replaced

log = logging.getLogger(__name__)

PATH: Final = "export.path"
reason_option: Final = click.option(
    "--reason",
    type=click.Choice([one.value for one in ExportReason]),
    default=ExportReason.NOT_STATED.value,
    show_default=True,
    help="What for; it is noted in the book of exports.",
)


@dataclass(frozen=True, slots=True)
class Errand:
    """What is written for whom and why; `out` None means the folder of exports."""

    organisation: Organisation
    kind: ExportKind
    reason: ExportReason
    suffix: str
    out: Path | None


@dataclass(slots=True)
class Draft:
    """A file being written: `path` is where to write, `place` where it will lie."""

    path: Path
    place: Path
    expires_at: datetime
    is_ours: bool
    lines: int = 0

    def until(self) -> str:
        """Until when it may stay, in a sentence for whoever wrote it."""
        day = self.expires_at.date().isoformat()
        if self.is_ours:
            return f"It is removed by itself on {day}."
        return f"Remove it by {day} ('flask exports remove'); an alarm tells if it is still there."


@contextlib.contextmanager
def written(house: House, errand: Errand, *, now: datetime) -> Iterator[Draft]:
    """A file to write; it has its name once it is whole. Raises GiveUp when it cannot be written.

    Say in `lines` how much is in it. What is cut off leaves a note, by which it is removed.
    """
    export, place = _note(house, errand, now=now)
    try:
        with replaced(place) as unfinished:
            draft = Draft(
                unfinished,
                place,
                export.expires_at.astimezone(ZoneInfo(errand.organisation.timezone)),
                is_ours=errand.out is None,
            )
            yield draft
            sha256 = export_files.digest(unfinished)
    except BaseException:
        with house.database.transaction() as session:
            _close(session, export.id, ExportEnd.FAILED, keyring=house.keyring, now=now)
        raise
    with house.database.transaction() as session:
        row = session.get_one(Export, export.id)
        row.sha256, row.lines = sha256, draft.lines
        for other in _same_place(session, row, place, keyring=house.keyring):
            _close(session, other, ExportEnd.REPLACED, keyring=house.keyring, now=now)
    _log(row)


def handed_out(
    house: House,
    organisation: Organisation,
    *,
    kind: ExportKind,
    reason: ExportReason,
    lines: int,
    now: datetime,
) -> None:
    """Note what went to standard output: there is nothing that we could remove."""
    row = Export(
        id=new_id(), organisation_id=organisation.id, kind=kind, reason=reason,
        place=ExportPlace.STREAM, folder="", suffix="", lines=lines, made_at=now, expires_at=now,
        closed_at=now, ended=ExportEnd.HANDED_OUT,
    )  # fmt: skip
    with house.database.transaction() as session:
        session.add(row)
    _log(row)


def _note(house: House, errand: Errand, *, now: datetime) -> tuple[Export, Path]:
    data_dir, organisation = house.settings.data_dir, errand.organisation
    try:
        mark = export_files.mark_of(data_dir, make=True)
    except OSError as error:
        folder = data_dir / export_files.FOLDER
        raise GiveUp(f"{folder} cannot be written: {error.strerror}") from None
    export = Export(
        id=new_id(),
        organisation_id=organisation.id,
        kind=errand.kind,
        reason=errand.reason,
        place=ExportPlace.OURS if errand.out is None else ExportPlace.ELSEWHERE,
        folder=mark,
        suffix=errand.suffix,
        made_at=now,
        expires_at=export_files.expires_at(organisation, now),
    )
    place = export_files.path_of(data_dir, export) if errand.out is None else errand.out.absolute()
    if errand.out is not None:
        export.path_sealed = house.keyring.seal_one(export.id, PATH, str(place))
    with house.database.transaction() as session:
        session.add(export)
    return export, place


def _same_place(session: Session, row: Export, place: Path, *, keyring: Keyring) -> list[UUID]:
    """Earlier exports that lay where this one now lies."""
    if row.place is not ExportPlace.ELSEWHERE:
        return []
    others = session.scalars(
        select(Export).where(
            Export.organisation_id == row.organisation_id,
            Export.folder == row.folder,
            Export.place == ExportPlace.ELSEWHERE,
            Export.closed_at.is_(None),
            Export.id != row.id,
        )
    ).all()
    paths = keyring.open_many([(one.id, PATH, one.path_sealed) for one in others])
    return [one.id for one, path in zip(others, paths, strict=True) if path == str(place)]


def _close(
    session: Session, export_id: UUID, ended: ExportEnd, *, keyring: Keyring, now: datetime
) -> None:
    row = session.get_one(Export, export_id, with_for_update=True)
    export_closing.close(session, row, ended, what=What.DROPPED, keyring=keyring, now=now)


def _log(row: Export) -> None:
    log.info(
        "export.written",
        extra={
            "organisation_id": row.organisation_id,
            "kind": row.kind,
            "reason": row.reason,
            "count": row.lines,
        },
    )
