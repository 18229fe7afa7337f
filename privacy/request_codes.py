"""The codes that prove a request: they go with its answer, here and at the provider."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage import provider_copies
from storage.provider_copies import CopyKind
from storage.tables import Call, CallEvent, IdentityCode, RightsRequest, SentText


def forget(session: Session, request: RightsRequest, *, at: datetime) -> None:
    """Take the codes away, with what is noted of the texts and calls that brought them."""
    codes = select(IdentityCode.id).where(IdentityCode.request_id == request.id)
    texts = select(SentText.provider_sid).where(SentText.code_id.in_(codes))
    sids = [(CopyKind.MESSAGE, sid) for sid in session.scalars(texts) if sid is not None]
    calls = session.execute(select(Call.id, Call.provider_sid).where(Call.code_id.in_(codes)))
    ids = []
    for call_id, sid in calls:
        ids.append(call_id)
        if sid is not None:
            sids.append((CopyKind.CALL, sid))
    provider_copies.let_go_all(session, sids, organisation_id=request.organisation_id, at=at)
    session.execute(delete(CallEvent).where(CallEvent.call_id.in_(ids)))
    session.execute(delete(Call).where(Call.id.in_(ids)))
    session.execute(delete(SentText).where(SentText.code_id.in_(codes)))
    session.execute(delete(IdentityCode).where(IdentityCode.request_id == request.id))
