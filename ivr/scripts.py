"""Survey versions as scripts, read once per process: a version never changes."""

from uuid import UUID

from sqlalchemy.orm import Session

from storage.tables import SurveyVersion
from survey.script import SurveyScript
from survey.script_document import from_document

# A handful per campaign and year; the bound only guards against a process that never ends.
_MOST = 500
_read: dict[UUID, SurveyScript] = {}


def of_version(session: Session, version_id: UUID) -> SurveyScript:
    """The script of that version; raises NoResultFound when there is none."""
    found = _read.get(version_id)
    if found is None:
        found = from_document(session.get_one(SurveyVersion, version_id).document)
        if len(_read) >= _MOST:
            _read.clear()
        _read[version_id] = found
    return found
