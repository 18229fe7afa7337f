"""Notices of mailboxes as rows: the same words on the same ground are the same one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.identity import new_id
from storage.survey_versions import mark_of
from storage.tables import MailboxNotice


def of_document(
    session: Session, organisation_id: UUID, document: dict[str, Any], *, at: datetime
) -> MailboxNotice:
    """The organisation's notice that says exactly this, made where there is none."""
    mine, mark = MailboxNotice.organisation_id == organisation_id, mark_of(document)
    found = session.scalars(
        select(MailboxNotice).where(mine, MailboxNotice.fingerprint == mark)
    ).first()
    if found is not None:
        return found
    newest = session.scalar(select(func.max(MailboxNotice.number)).where(mine))
    made = MailboxNotice(
        id=new_id(),
        organisation_id=organisation_id,
        number=(newest or 0) + 1,
        fingerprint=mark,
        document=document,
        created_at=at,
    )
    session.add(made)
    session.flush()
    return made
