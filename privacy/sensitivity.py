"""What staff mark as sensitive: fewer people open it, and it goes sooner, as the file says.

The mark is on the comment or the message itself, with the last moment at which it is kept because
of it; a file that is changed later moves no day that was promised.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from config.organisation_file import Opener, Sensitive
from config.periods import Period
from storage.tables import Comment, Message, Organisation

_OTHERWISE: Final = frozenset({Opener.OFFICER})


@dataclass(frozen=True, slots=True)
class Rule:
    """What an organisation does with what is marked; without a period nothing can be marked."""

    keep: Period | None
    opened_by: frozenset[Opener]


def rule_of(organisation: Organisation) -> Rule:
    """The organisation's own rule; what was marked under an earlier one stays with its officer."""
    written = organisation.document.get("sensitive")
    if written is None:
        return Rule(None, _OTHERWISE)
    read = Sensitive.model_validate(written)
    return Rule(read.keep, frozenset(read.opened_by))


def may_open(row: Comment | Message, organisation: Organisation, *, role: str) -> bool:
    """Whether somebody of that role still sees and hears what it says."""
    return row.sensitive_at is None or role in rule_of(organisation).opened_by


def mark(row: Comment | Message, organisation: Organisation, *, at: datetime) -> bool:
    """Mark it, if the organisation has a rule for that; twice is once."""
    keep = rule_of(organisation).keep
    if keep is None:
        return False
    if row.sensitive_at is None:
        row.sensitive_at = at
        row.sensitive_until = keep.after(at, ZoneInfo(organisation.timezone))
    return True


def unmark(row: Comment | Message) -> None:
    """Take the mark back: it is opened by and kept for whom and as long as everything else."""
    row.sensitive_at = row.sensitive_until = None
