"""The words of the listening log: what was done with something said or written, and what for."""

from enum import StrEnum


class Act(StrEnum):
    """How somebody came to know what a person said or wrote."""

    HEARD = "heard"
    READ = "read"


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
