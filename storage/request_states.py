"""What people ask about their data, and how far an answer has come."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class RequestKind(StrEnum):
    """What a person asks for about their data; the words are those of the organisations' files.

    An objection to being contacted holds at once; one to another use is weighed, and is offered
    where the organisation's file offers objections.
    """

    INFORMATION = "information"
    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    OBJECTION_TO_USE = "objection_to_use"
    PORTABILITY = "portability"


class RequestChannel(StrEnum):
    """How a person's request about their data reached us."""

    TELEPHONE = "telephone"
    WEB = "web"
    MAIL = "mail"
    STAFF = "staff"


class RequestState(StrEnum):
    """How far the answer to a person's request has come."""

    RECEIVED = "received"
    PROVEN = "proven"
    DECIDED = "decided"
    DONE = "done"
    TOLD = "told"


class Outcome(StrEnum):
    """What became of a request: what was decided, that the person took it back, or nothing."""

    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


DECISIONS: Final = (Outcome.GRANTED, Outcome.PARTLY, Outcome.REFUSED)
"""What can be decided; taking it back is the person's alone, and nobody lets one lapse."""


class Ground(StrEnum):
    """Why a request is refused, wholly or in part; the person is told it."""

    IDENTITY_NOT_PROVEN = "identity_not_proven"
    NOTHING_KEPT = "nothing_kept"
    LEGAL_DUTY = "legal_duty"
    LEGAL_CLAIM = "legal_claim"
    OPEN_CASE = "open_case"
    RIGHTS_OF_OTHERS = "rights_of_others"
    RIGHT_DOES_NOT_APPLY = "right_does_not_apply"
    OVERRIDING_GROUNDS = "overriding_grounds"
    EXCESSIVE = "excessive"


NAMES_WHAT_KEEPS: Final = frozenset(
    {Ground.LEGAL_DUTY, Ground.LEGAL_CLAIM, Ground.OPEN_CASE, Ground.RIGHTS_OF_OTHERS}
)
"""Grounds that tell what a part is kept for; the others are grounds for nothing or all."""


WEIGHED_ONLY: Final = frozenset({Ground.OVERRIDING_GROUNDS})
"""Grounds against an objection that is weighed, and against nothing else."""


class ExtensionReason(StrEnum):
    """Why an answer takes longer than a month; the person is told it within that month."""

    COMPLEX = "complex"
    MANY_REQUESTS = "many_requests"


class PartKind(StrEnum):
    """What can be left out of a request that is granted in part."""

    CONTACT = "contact"
    CALL = "call"
    MATTER = "matter"


class ProofWay(StrEnum):
    """How it was made sure that a request is the person's own."""

    CODE_BY_MAIL = "code_by_mail"
    CODE_BY_SMS = "code_by_sms"
    CODE_BY_CALL = "code_by_call"
    CALLED_BACK = "called_back"
    SEEN_IN_PERSON = "seen_in_person"
    SIGNED_IN = "signed_in"


NEEDS_NO_PROOF: Final = frozenset({RequestKind.OBJECTION, RequestKind.INFORMATION})
"""A no bites whoever says it, and the general information is anybody's."""

ERASES: Final = frozenset({RequestKind.ERASURE, RequestKind.OBJECTION_TO_USE})
"""What is granted of these is carried out by deleting what is kept of the person."""

PACKAGES: Final = frozenset({RequestKind.ACCESS, RequestKind.PORTABILITY})
"""What is granted of these is a package of what is kept of the person."""

REQUEST_OPEN: Final = frozenset(RequestState) - {RequestState.TOLD}
"""Somebody still has to do something."""

REQUEST_UNDONE: Final = REQUEST_OPEN - {RequestState.DONE}
"""Asking for the same again changes nothing; what is done is asked for anew."""

REQUEST_FOLLOWS: Final[Mapping[RequestState, frozenset[RequestState]]] = {
    RequestState.RECEIVED: frozenset({RequestState.PROVEN, RequestState.DECIDED}),
    RequestState.PROVEN: frozenset({RequestState.DECIDED}),
    # Back, where something came in the way of what was granted.
    RequestState.DECIDED: frozenset({RequestState.DONE, RequestState.PROVEN}),
    RequestState.DONE: frozenset({RequestState.TOLD}),
    RequestState.TOLD: frozenset(),
}
