"""Keeping the list of who gets people's data as the organisation's file has it, with its past.

An entry is never written over: whoever asks later is told who had their data when.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.receiver_rules import TEXTS
from config.receiver_rules import Receiver as ReceiverRules
from storage.tables import Organisation, Receiver

_FIELDS: Final = ("role", *TEXTS, "in_languages", "country", "since")
_FOR_OTHERS: Final = "en"


def keep(
    session: Session, organisation: Organisation, wanted: Sequence[ReceiverRules], *, now: datetime
) -> list[str]:
    """Make the rows say what the file says; one sentence for each change, with its day."""
    there = {
        one.name: one
        for one in session.scalars(
            select(Receiver).where(
                Receiver.organisation_id == organisation.id, Receiver.ended_at.is_(None)
            )
        )
    }
    said: list[str] = []
    for rules in wanted:
        before = there.pop(rules.name, None)
        values = _values(rules)
        if before is not None and all(getattr(before, one) == values[one] for one in _FIELDS):
            continue
        if before is not None:
            before.ended_at = now
        session.add(
            Receiver(organisation_id=organisation.id, name=rules.name, noted_at=now, **values)
        )
        said.append(f"receiver {rules.name}: {'new' if before is None else 'changed'}")
    for one in there.values():
        one.ended_at = now
        said.append(f"receiver {one.name}: is in the file no more")
    session.flush()
    return said


def _values(rules: ReceiverRules) -> dict[str, Any]:
    told = {field: getattr(rules, field) for field in TEXTS}
    texts = {field: text for field, text in told.items() if isinstance(text, dict)}
    return {
        **told,
        **{field: _for_others(text) for field, text in texts.items()},
        "in_languages": texts,
        "role": rules.role.value,
        "country": rules.country,
        "since": rules.since,
    }


def _for_others(texts: dict[str, str]) -> str:
    """What is told to who reads none of the languages: English, or what the file says first."""
    return texts.get(_FOR_OTHERS) or next(iter(texts.values()))
