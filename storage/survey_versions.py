"""Survey versions as rows: the same words are the same version, other words a new one."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.identity import new_id
from storage.tables import SurveyVersion


def mark_of(document: Mapping[str, Any]) -> str:
    """SHA-256 in hex of a frozen script: equal for scripts that sound the same."""
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def of_document(
    session: Session, organisation_id: UUID, survey: str, document: dict[str, Any], *, at: datetime
) -> tuple[SurveyVersion, bool]:
    """The version that says exactly this, made where there is none; whether it was made."""
    of_survey = (
        SurveyVersion.organisation_id == organisation_id,
        SurveyVersion.survey_key == survey,
    )
    mark = mark_of(document)
    found = session.scalars(
        select(SurveyVersion).where(*of_survey, SurveyVersion.fingerprint == mark)
    ).first()
    if found is not None:
        return found, False
    newest = session.scalar(select(func.max(SurveyVersion.number)).where(*of_survey))
    made = SurveyVersion(
        id=new_id(),
        organisation_id=organisation_id,
        survey_key=survey,
        number=(newest or 0) + 1,
        fingerprint=mark,
        document=document,
        created_at=at,
    )
    session.add(made)
    session.flush()
    return made, True
