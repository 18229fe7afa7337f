"""Marking a comment or a telephone message as sensitive, and what a page shows of the mark."""

import logging
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.organisation_file import Opener
from console import mark_steps
from console.blueprint import bp
from console.gate import READERS, RECEIVERS, only, visitor
from console.visitor import Visitor
from console.wording import Said, Tone
from privacy import sensitivity
from storage.house import transaction, utc_now
from storage.tables import Comment, Message, Organisation, Recording

log = logging.getLogger(__name__)

MARK, UNMARK = "mark", "unmark"
_WHO: Final = {
    Opener.SUPERVISOR: "supervisors",
    Opener.OFFICER: "privacy officers",
    Opener.CLIENT: "the client company",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of one comment or message as its page shows it to a visitor."""

    on: bool
    # Whether the visitor sees and hears what it says.
    opened: bool
    may_mark: bool
    keep: str
    opened_by: str

    @property
    def may_unmark(self) -> bool:
        """Only who opens it knows what the mark is for."""
        return self.on and self.opened

    @property
    def said(self) -> Said | None:
        """What stands in place of what it says."""
        if self.opened:
            return None
        return Said(f"Marked as sensitive: opened by {self.opened_by} alone", Tone.WARNING)


def mark_of(row: Comment | Message, organisation: Organisation, who: Visitor) -> Mark:
    """The mark on it, or that there is none."""
    rule = sensitivity.rule_of(organisation)
    return Mark(
        on=row.sensitive_at is not None,
        opened=sensitivity.may_open(row, organisation, role=who.role),
        may_mark=row.sensitive_at is None and rule.keep is not None,
        keep="" if rule.keep is None else str(rule.keep),
        opened_by=" and ".join(_WHO[one] for one in Opener if one in rule.opened_by),
    )


def closed_to(session: Session, recording: Recording, who: Visitor) -> bool:
    """Whether the sound belongs to something marked that the visitor does not open."""
    row: Comment | Message | None = None
    if recording.comment_id is not None:
        row = session.get_one(Comment, recording.comment_id)
    elif recording.message_id is not None:
        row = session.get_one(Message, recording.message_id)
    if row is None:
        return False
    owner = session.get_one(Organisation, row.organisation_id)
    return not sensitivity.may_open(row, owner, role=who.role)


@bp.post("/comments/<uuid:comment_id>/sensitive")
@only(READERS)
def mark_comment(comment_id: UUID) -> ResponseReturnValue:
    """Mark a comment as sensitive, or take the mark back; twice is once.

    :raise 400: neither was asked, or the organisation has no rule for it.
    :raise 403: the mark is not the visitor's to take back.
    """
    response = _change(Comment, comment_id)
    return redirect(url_for("console.response", response_id=response), 303)


@bp.post("/messages/<uuid:message_id>/sensitive")
@only(RECEIVERS)
def mark_message(message_id: UUID) -> ResponseReturnValue:
    """The same for a telephone message."""
    _change(Message, message_id)
    return redirect(url_for("console.message", message_id=message_id), 303)


def _change(table: type[Comment | Message], item: UUID) -> UUID | None:
    who, wanted = visitor(), request.form.get("sensitive", "")
    if wanted not in (MARK, UNMARK):
        abort(400)
    with transaction() as session:
        row = who.find(session, table, item)
        session.refresh(row, with_for_update=True)
        now, was_marked = utc_now(), row.sensitive_at is not None
        owner = session.scalars(
            select(Organisation).where(Organisation.id == row.organisation_id)
        ).one()
        if wanted == UNMARK:
            if not sensitivity.may_open(row, owner, role=who.role):
                abort(403)
            sensitivity.unmark(row)
        elif not sensitivity.mark(row, owner, at=now):
            abort(400)
        is_marked = row.sensitive_at is not None
        if is_marked is not was_marked:
            mark_steps.note(session, who, row, is_marked=is_marked, at=now)
        above = row.response_id if isinstance(row, Comment) else None
        name = "comment_id" if table is Comment else "message_id"
    log.info("words.marked", extra={"user_id": who.user_id, name: item, "state": wanted})
    return above
