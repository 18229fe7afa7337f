"""The words of the listening log: what was done with something said or written, and what for.

Beside who heard and read it, who marked it as sensitive and who took that back.
"""

from enum import StrEnum
from typing import Final


class Act(StrEnum):
    """What somebody did with what a person said or wrote."""

    HEARD = "heard"
    READ = "read"
    MARKED = "marked"
    UNMARKED = "unmarked"


MARKS: Final = (Act.MARKED, Act.UNMARKED)
"""Steps of their own: however many there are in one stay, each has its line."""


class Purpose(StrEnum):
    """What it was opened for."""

    # What customers answer is read to make it right and to understand why.
    FEEDBACK = "feedback"
    # A message is taken for whom it was left.
    MESSAGE = "message"
    # A follow-up or complaint about it was open.
    CASE = "case"
    # A privacy officer looked, who answers nobody's feedback.
    OVERSIGHT = "oversight"
    # The person themself, with a receipt code.
    OWN = "own"
