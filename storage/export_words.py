"""The words of exports: what is in one, why it was made, where it lies, how it ended."""

from enum import StrEnum
from typing import Final

ELSEWHERE: Final = "export.lies_elsewhere"
"""A file that an operator put somewhere is past its time, and theirs to remove."""
OUT_OF_SIGHT: Final = "export.out_of_sight"
"""Such a file is past its time, and the folder it was written into is not there: a disk that is not
mounted, say. Nobody knows whether it is gone."""
NOT_REMOVED: Final = "export.not_removed"
"""A file of our folder is past its time by a day: it lies on another machine, or is locked."""
OUTDATED: Final = "export.outdated"
"""Something in a file was put right since it was written: write it anew, or tell who has it."""


class ExportKind(StrEnum):
    """What is in the file."""

    RESPONSES = "responses"
    # Telephone numbers for an outside register.
    NUMBERS = "numbers"
    # Cases that a campaign would call.
    PREVIEW = "preview"
    # Whom of the staff each mailbox tells.
    STAFF = "staff"
    # Everything that is kept of one person.
    PACKAGE = "package"


class ExportReason(StrEnum):
    """What for; a word and no sentence, so that it can be kept when the file is gone."""

    NOT_STATED = "not_stated"
    ANALYSIS = "analysis"
    QUALITY = "quality"
    REGISTER = "register"
    REQUEST = "request"
    LEGAL = "legal"
    HANDOVER = "handover"
    OTHER = "other"


class ExportPlace(StrEnum):
    """Where the file lies."""

    # In the folder of exports, ours to remove.
    OURS = "ours"
    # Where the operator said.
    ELSEWHERE = "elsewhere"
    # In no file of ours: it went to standard output.
    STREAM = "stream"


class ExportEnd(StrEnum):
    """How it ended."""

    REMOVED = "removed"
    # It is not where it was put, though the folder is; or an operator said that it is gone.
    GONE = "gone"
    # A later export took its place.
    REPLACED = "replaced"
    HANDED_OUT = "handed_out"
    # It was never whole.
    FAILED = "failed"
