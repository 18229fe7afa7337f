"""The words of cases and holds: what staff work on, and what stops a deletion."""

from enum import StrEnum


class CaseKind(StrEnum):
    """What a case is about."""

    FOLLOW_UP = "follow_up"
    COMPLAINT = "complaint"


class CaseState(StrEnum):
    """How far a case has come; each step may be left out."""

    OPEN = "open"
    REVIEWED = "reviewed"
    DECIDED = "decided"
    ANSWERED = "answered"
    CLOSED = "closed"


class HoldScope(StrEnum):
    """What a hold keeps."""

    ITEM = "item"
    CUSTOMER = "customer"
    CASE = "case"
    DATA_CLASS = "class"
