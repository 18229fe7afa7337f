"""Exports that may still hold what a person had corrected or erased, and who is to be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from privacy import receivers
from storage.export_words import ExportEnd, ExportKind, ExportPlace
from storage.tables import Export, RightsRequest

KINDS: Final[Mapping[ExportKind, str]] = {
    ExportKind.RESPONSES: "Responses",
    ExportKind.NUMBERS: "Numbers for an outside register",
    ExportKind.PREVIEW: "Cases that a campaign would call",
    ExportKind.STAFF: "Staff of the mailboxes",
    ExportKind.PACKAGE: "All that is kept of one person",
}
_ENDED: Final[Mapping[ExportEnd, str]] = {
    ExportEnd.REMOVED: "Removed",
    ExportEnd.GONE: "Gone from where it was put",
    ExportEnd.REPLACED: "A later export took its place",
    ExportEnd.FAILED: "It was never whole",
}


@dataclass(frozen=True, slots=True)
class OutdatedExport:
    """One export: what and why, when it was made, and what became of it or who is to be told."""

    id: UUID
    what: str
    reason: str
    made_at: datetime
    told: str
    # Until when it may lie there, or since when it is gone; None for what is out of reach.
    at: datetime | None
    still_there: bool


def of_request(session: Session, request: RightsRequest) -> tuple[OutdatedExport, ...]:
    """Those of a request that is about a correction or an erasure; none for any other."""
    return tuple(_shown(one) for one in receivers.outdated(session, request))


def _shown(export: Export) -> OutdatedExport:
    there = export.closed_at is None
    if there and export.place is ExportPlace.OURS:
        told, at = "It is removed by itself, by", export.expires_at
    elif there:
        told, at = "An alarm tells whoever runs the machine to remove it, by", export.expires_at
    elif export.ended is ExportEnd.HANDED_OUT or export.ended is None:
        told, at = "It was printed and is out of reach: tell whoever got it", None
    else:
        told, at = _ENDED[export.ended], export.closed_at
    return OutdatedExport(
        id=export.id,
        what=KINDS[export.kind],
        reason=export.reason.value.replace("_", " "),
        made_at=export.made_at,
        told=told,
        at=at,
        still_there=there,
    )
