"""Applying the operator's files: organisations, lines, surveys, campaigns and mailboxes as rows.

Applying twice changes nothing. A campaign that is in no file any more is stopped, and keeps what
belongs to it; a mailbox takes no more messages, and only the addresses of its staff are erased.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.campaign_rules import Campaign as CampaignRules
from config.directory import Configuration
from config.number_rules import Line as LineRules
from config.number_rules import Mailbox as MailboxRules
from config.organisation_file import Organisation as OrganisationFile
from storage import mailbox_notices, policies, survey_versions
from storage.faults import GiveUp
from storage.identity import new_id
from storage.keyring import Keyring
from storage.restored import RESTORED
from storage.states import CampaignState
from storage.tables import Campaign, Line, Mailbox, Organisation, SurveyVersion
from survey import campaigns, quotas, receiver_list, waking
from survey.mailbox_script import mailbox_to_document, notice_to_document
from survey.policy_gate import with_rules_in_force
from survey.retirement import in_another_row, retire_missing
from survey.versions import freeze, freeze_mailbox, to_document

_NOTIFY = "mailbox.notify"


class NumberTakenError(GiveUp):
    """A number belongs to another organisation, with all that happened on it."""


def apply(
    session: Session,
    files: Configuration,
    *,
    keyring: Keyring,
    now: datetime,
    rings_at_any_hour: bool = False,
    by: UUID | None = None,
) -> list[str]:
    """Make the rows say what the files say; one sentence for each thing that changed.

    A changed retention is not applied but proposed, in the name of the user `by` where one is
    known. `rings_at_any_hour` is for trying out: campaigns then disregard their calling hours.
    Raises NumberTakenError, PolicyError for a period beyond its ceiling, and MissingWordingError
    for a text that lacks a language; then nothing may be committed.
    """
    changes = retire_missing(session, files, keyring=keyring, now=now)
    for _, file in sorted(files.organisations.items()):
        kept, waits = with_rules_in_force(session, file, by=by, now=now)
        rows = _Rows(session, kept, keyring=keyring, now=now, changes=changes)
        before = len(changes)
        rows.organisation_row(by=by)
        changes += [f"organisation {file.key}: {one}" for one in waits]
        rows.receiver_rows()
        rows.line_rows()
        rows.campaign_rows(files, rings_at_any_hour=rings_at_any_hour)
        rows.wake(since=before)
        rows.mailbox_rows(files)
    return changes


class _Rows:
    """The rows of one organisation, brought in line with its file."""

    def __init__(
        self,
        session: Session,
        file: OrganisationFile,
        *,
        keyring: Keyring,
        now: datetime,
        changes: list[str],
    ) -> None:
        self._session = session
        self._file = file
        self._keyring = keyring
        self._now = now
        self._changes = changes
        self._lines: dict[str, Line] = {}

    def organisation_row(self, *, by: UUID | None) -> None:
        """The organisation itself."""
        found = self._session.scalars(
            select(Organisation).where(Organisation.key == self._file.key)
        ).first()
        values = {
            "name": self._file.name,
            "country": self._file.country,
            "timezone": self._file.timezone,
            "document": self._file.document(),
        }
        if found is None:
            found = Organisation(id=new_id(), key=self._file.key, applied_at=self._now, **values)
            self._session.add(found)
            self._session.flush()
            policies.begin(self._session, found, at=self._now, by=by)
            self._say("new")
        elif _differ(found, values):
            _set(found, values | {"applied_at": self._now})
            self._say("changed")
        self._organisation = found
        self._session.flush()

    def receiver_rows(self) -> None:
        """Who gets people's data from it."""
        for change in receiver_list.keep(
            self._session, self._organisation, self._file.receivers, now=self._now
        ):
            self._say(change)

    def line_rows(self) -> None:
        """Its lines; one that is in no file any more stays, because people still call it back."""
        for rules in self._file.lines:
            self._lines[rules.number] = self._line(rules)
        self._session.flush()

    def _line(self, rules: LineRules) -> Line:
        found = self._session.scalars(select(Line).where(Line.number == rules.number)).first()
        values = {
            "name": rules.name,
            "calls_per_second": rules.calls_per_second,
            "simultaneous_calls": rules.simultaneous_calls,
        }
        if found is None:
            found = Line(
                id=new_id(),
                organisation_id=self._organisation.id,
                number=rules.number,
                **values,
            )
            self._session.add(found)
            self._say(f"line {rules.number}: new")
        elif found.organisation_id != self._organisation.id:
            raise self._taken(rules.number, found.organisation_id)
        elif _differ(found, values):
            _set(found, values)
            self._say(f"line {rules.number}: changed")
        return found

    def campaign_rows(self, files: Configuration, *, rings_at_any_hour: bool) -> None:
        """Its campaigns with the newest version of their surveys."""
        versions: dict[str, SurveyVersion] = {}
        for rules in self._file.campaigns:
            if rules.survey not in versions:
                versions[rules.survey] = self._version(files, rules.survey)
            self._campaign(rules, versions[rules.survey], rings_at_any_hour=rings_at_any_hour)
        self._session.flush()

    def _version(self, files: Configuration, survey: str) -> SurveyVersion:
        script = freeze(self._file, files.surveys[survey], files.prompts)
        version, made = survey_versions.of_document(
            self._session, self._organisation.id, survey, to_document(script), at=self._now
        )
        if made:
            self._say(f"survey {survey}: version {version.number}")
        return version

    def _campaign(
        self, rules: CampaignRules, version: SurveyVersion, *, rings_at_any_hour: bool
    ) -> None:
        found = self._session.scalars(
            select(Campaign).where(
                Campaign.organisation_id == self._organisation.id, Campaign.key == rules.key
            )
        ).first()
        values = {
            "survey_version_id": version.id,
            "line_id": self._lines[rules.line].id,
            "rings_at_any_hour": rings_at_any_hour,
            "rules": rules.model_dump(mode="json", by_alias=True),
        }
        if found is None:
            # Where nobody knows whom it contacted before a restore, it is not to begin with them.
            waits = self._organisation.contacts_unknown_since is not None
            state = CampaignState.PAUSED if waits else CampaignState.RUNNING
            made = Campaign(
                id=new_id(),
                organisation_id=self._organisation.id,
                key=rules.key,
                state=state,
                state_reason=RESTORED if waits else None,
                **values,
            )
            self._session.add(made)
            self._session.flush()
            quotas.keep_counts(self._session, made, rules.quotas)
            problems = campaigns.begin(self._session, self._organisation, made, now=self._now)
            self._say(f"campaign {rules.key}: new, {made.state}")
            for problem in problems:
                self._say(f"campaign {rules.key}: not started: {problem}")
            return
        if _differ(found, values):
            _set(found, values)
            self._say(f"campaign {rules.key}: changed, {found.state}")
        quotas.keep_counts(self._session, found, rules.quotas)

    def wake(self, *, since: int) -> None:
        """Have those looked at again who wait for an act, if a change since then may be it."""
        if len(self._changes) > since:
            waking.everybody(self._session, self._organisation.id)

    def mailbox_rows(self, files: Configuration) -> None:
        """Its mailboxes."""
        for rules in self._file.mailboxes:
            self._mailbox(rules, files)

    def _mailbox(self, rules: MailboxRules, files: Configuration) -> None:
        found = self._session.scalars(
            select(Mailbox).where(
                Mailbox.organisation_id == self._organisation.id, Mailbox.key == rules.key
            )
        ).first()
        holder = self._session.scalars(
            select(Mailbox.organisation_id).where(Mailbox.number == rules.number)
        ).first()
        if holder is not None and holder != self._organisation.id:
            raise self._taken(rules.number, holder)
        script = freeze_mailbox(self._file, rules, files.prompts)
        notice = mailbox_notices.of_document(
            self._session,
            self._organisation.id,
            notice_to_document(script, rules.legal_basis),
            at=self._now,
        )
        values = {
            "number": rules.number,
            "name": rules.name,
            "language": rules.language,
            "script": mailbox_to_document(script),
            "notice_id": notice.id,
        }
        notify = json.dumps(list(rules.notify))
        if found is None:
            found = Mailbox(
                id=new_id(), organisation_id=self._organisation.id, key=rules.key, **values
            )
            self._session.add(found)
            self._say(f"mailbox {rules.key}: new")
        else:
            known = self._keyring.open(found.id, _NOTIFY, found.notify_sealed)
            if not _differ(found, values) and notify == known:
                return
            if set(json.loads(known or "[]")) - set(rules.notify):
                found = in_another_row(self._session, found, keyring=self._keyring, now=self._now)
            _set(found, values)
            self._say(f"mailbox {rules.key}: changed")
        found.notify_sealed = self._keyring.seal_one(found.id, _NOTIFY, notify)
        self._session.flush()

    def _taken(self, number: str, holder: UUID) -> NumberTakenError:
        owner = self._session.get_one(Organisation, holder).key
        return NumberTakenError(
            f"organisation {self._file.key}: {number} belongs to organisation {owner} and keeps "
            "its history; give this organisation a number of its own",
            code="number_taken",
        )

    def _say(self, change: str) -> None:
        self._changes.append(f"organisation {self._file.key}: {change}")


def _differ(row: object, values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _set(row: object, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
