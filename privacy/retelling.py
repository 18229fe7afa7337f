"""What callers are told about how long things are kept follows the schedule in force at once.

Frozen words stay what they were for those who heard them: a changed period makes a new version of
the survey, or of what a mailbox says, exactly as the operator's files would. No file is read and
nothing else is changed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.phrases import PERIODS, PLACEHOLDERS, Phrase, known_phrases
from config.retention_rules import DataClass, RetentionRule
from config.spoken_periods import keeping_in_words
from storage import mailbox_notices, survey_versions
from storage.tables import Campaign, Mailbox, MailboxNotice, Organisation, SurveyVersion

Rules = Sequence[RetentionRule]


class _UntoldError(Exception):
    """A sentence should name the period, and does not name the one that was in force."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """How each period was told and is told now, by its placeholder, in one language."""

    words: Mapping[str, tuple[str, str]]

    def told(self, text: str, names: Sequence[str]) -> str:
        for name in names:
            old, new = self.words.get(name, ("", ""))
            # Not the end of a longer number: 8 months are no 18 months.
            parts = re.split(rf"(?<![0-9]){re.escape(old)}", text)
            if len(parts) == 1:
                raise _UntoldError
            text = new.join(parts)
        return text


def retell(
    session: Session, organisation: Organisation, *, before: Rules, after: Rules, at: datetime
) -> bool:
    """Have every campaign and mailbox name the new periods; False where one could not be found.

    What could not be found is said as before, until the files are applied again. A call that has
    begun goes on with the words it began with.
    """
    whole = True
    campaigns = select(Campaign).where(Campaign.organisation_id == organisation.id)
    for campaign in session.scalars(campaigns.order_by(Campaign.key)):
        version = session.get_one(SurveyVersion, campaign.survey_version_id)
        try:
            document = _retold(version.document, before, after)
        except (_UntoldError, ValueError):
            whole = False
            continue
        fresh, _ = survey_versions.of_document(
            session, organisation.id, version.survey_key, document, at=at
        )
        campaign.survey_version_id = fresh.id
    mailboxes = select(Mailbox).where(
        Mailbox.organisation_id == organisation.id, Mailbox.retired_at.is_(None)
    )
    for mailbox in session.scalars(mailboxes.order_by(Mailbox.key)):
        try:
            mailbox.script = _mailbox(mailbox.script, before, after)
        except (_UntoldError, ValueError):
            whole = False
            continue
        if mailbox.notice_id is not None:
            notice = session.get_one(MailboxNotice, mailbox.notice_id)
            text = mailbox.script["phrases"][Phrase.MAILBOX_NOTICE.value]
            document = notice.document | {"text": text}
            retold = mailbox_notices.of_document(session, organisation.id, document, at=at)
            mailbox.notice_id = retold.id
    session.flush()
    return whole


def _retold(document: Mapping[str, Any], before: Rules, after: Rules) -> dict[str, Any]:
    if "phrases" not in document:  # it names nothing
        return dict(document)
    return {
        **document,
        "phrases": {
            tag: _phrases(texts, _turn(before, after, tag))
            for tag, texts in document["phrases"].items()
        },
    }


def _mailbox(document: Mapping[str, Any], before: Rules, after: Rules) -> dict[str, Any]:
    turn = _turn(before, after, document["language"])
    try:
        greeting = turn.told(document["greeting"], [one for one in PERIODS if one in turn.words])
    except _UntoldError:  # it need not name any
        greeting = document["greeting"]
    return {**document, "greeting": greeting, "phrases": _phrases(document["phrases"], turn)}


def _phrases(texts: Mapping[str, str], turn: _Turn) -> dict[str, str]:
    known = {phrase.value: PLACEHOLDERS[phrase] for phrase in known_phrases(texts)}
    return {
        name: turn.told(text, [one for one in known.get(name, ()) if one in turn.words])
        for name, text in texts.items()
    }


def _turn(before: Rules, after: Rules, tag: str) -> _Turn:
    return _Turn(dict(_words(before, after, tag)))


def _words(before: Rules, after: Rules, tag: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for name, data_class in PERIODS.items():
        old, new = (_rule(rules, data_class) for rules in (before, after))
        if old is None or new is None:
            continue
        said = keeping_in_words(old, tag), keeping_in_words(new, tag)
        if said[0] != said[1]:
            yield name, said


def _rule(rules: Rules, data_class: DataClass) -> RetentionRule | None:
    return next((one for one in rules if one.data_class is data_class), None)
