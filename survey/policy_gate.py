"""What applying a file does with its retention: a new organisation's counts, a changed one waits.

Until it is confirmed (privacy.policies) everything goes by the version in force, also what callers
are told.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.organisation_file import Organisation as OrganisationFile
from config.retention_changes import RULES, changes
from storage import alarms, policies
from storage.tables import Organisation, PolicyVersion


def with_rules_in_force(
    session: Session, file: OrganisationFile, *, by: UUID | None, now: datetime
) -> tuple[OrganisationFile, list[str]]:
    """The file with the retention that is in force, and in sentences what waits.

    Raises PolicyError when a class would be kept for longer than it may be.
    """
    organisation = session.scalars(select(Organisation).where(Organisation.key == file.key)).first()
    if organisation is None:
        return file, []
    # What callers hear is made anew with it.
    alarms.clear(session, policies.NOT_TOLD, subject=str(organisation.id), at=now)
    present = policies.rules_of(organisation)
    waited = policies.proposal(session, organisation) is not None
    rules = file.document()["retention"]
    version = policies.propose(session, organisation, rules, by=by, at=now)
    if version is not None and not present:
        # Nothing was deleted by rules that nobody can read; these are the first ones.
        policies.put_in_force(session, organisation, version, by=by, at=now)
        return file, [f"retention: version {version.number} in force"]
    said = list(_said(organisation, waited, version))
    return file.model_copy(update={"retention": present}), said


def notes_who(session: Session, file: OrganisationFile) -> bool:
    """Whether applying the file would write down who proposes, withdraws or begins its retention.

    What nobody changes has no new name beside it, whoever applies the file.
    """
    organisation = session.scalars(select(Organisation).where(Organisation.key == file.key)).first()
    if organisation is None:
        return True
    waiting = policies.proposal(session, organisation)
    present = (
        policies.rules_of(organisation) if waiting is None else RULES.validate_python(waiting.rules)
    )
    return bool(changes(present, RULES.validate_python(file.document()["retention"])))


def _said(organisation: Organisation, waited: bool, version: PolicyVersion | None) -> Iterator[str]:
    if version is not None:
        yield (
            f"retention: version {version.number} waits to be confirmed, version "
            f"{organisation.policy_number} stays in force until then; 'flask privacy policy "
            f"preview --organisation {organisation.key}' shows what it would delete"
        )
    elif waited:
        yield f"retention: proposal withdrawn, version {organisation.policy_number} stays in force"
