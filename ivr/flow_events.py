"""What can happen in a conversation, and what then is so.

Events go into the flow, facts come out of it. An event names the visit it answers; facts are what
the rows must remember, and repeating a fact changes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from ivr.flow_state import Ending
from survey.script import Direction, QuestionKind


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys were pressed: digits, `*` and `#`, as they came."""

    visit: int
    digits: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was pressed in time."""

    visit: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording ended; the sid or the seconds may be unknown with some providers."""

    visit: int
    provider_sid: str | None = None
    seconds: int | None = None
    digits: str = ""
    hung_up: bool = False


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """The provider heard nothing and kept nothing (its older behaviour)."""

    visit: int


@dataclass(frozen=True, slots=True)
class AudioLooked:
    """We looked whether the caller's recording is home yet."""

    visit: int
    home: bool


@dataclass(frozen=True, slots=True)
class HungUp:
    """The call is over, by whoever's hand; it answers no visit."""


Event = Keys | Silence | Recorded | Unrecorded | AudioLooked
"""What answers a visit."""


class Unanswered(StrEnum):
    """Why a try brought no answer."""

    WRONG_KEY = "wrong_key"
    SILENCE = "silence"


class WhyPassed(StrEnum):
    """Why a question was left behind without an answer."""

    UNANSWERED = "unanswered"
    DECLINED = "declined"


class ObjectionMethod(StrEnum):
    """How far a no reaches."""

    CALLS = "calls"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """A score (int) or a stored choice (str), with the direction of its scale."""

    question: str
    kind: QuestionKind
    value: int | str
    direction: Direction | None


@dataclass(frozen=True, slots=True)
class TryLogged:
    """The n-th time (from 1) that this question was asked without an answer."""

    question: str
    what: Unanswered
    n: int


@dataclass(frozen=True, slots=True)
class QuestionPassed:
    """A question was left behind."""

    question: str
    why: WhyPassed


@dataclass(frozen=True, slots=True)
class CommentRecorded:
    """A comment was spoken in that visit; it counts from now on, whatever happens next."""

    question: str
    visit: int
    provider_sid: str | None
    seconds: int | None
    language: str


@dataclass(frozen=True, slots=True)
class RecordingEmpty:
    """The recording of that visit holds nothing; the provider may still keep a silent file."""

    question: str
    visit: int
    provider_sid: str | None
    language: str


@dataclass(frozen=True, slots=True)
class CommentKept:
    """The caller was content with the comment, or hung up, or said nothing against it."""

    question: str
    visit: int


@dataclass(frozen=True, slots=True)
class CommentDiscarded:
    """Recorded again by the caller's wish: this one is to be dropped."""

    question: str
    visit: int


@dataclass(frozen=True, slots=True)
class FollowUpAnswered:
    """May we contact you about this? Silence is a no; `wording` is the text that was heard."""

    question: str
    yes: bool
    pressed: bool
    wording: str


@dataclass(frozen=True, slots=True)
class Objected:
    """The person said no to calls, or to all contact, and confirmed it by a second key."""

    method: ObjectionMethod


@dataclass(frozen=True, slots=True)
class LanguageChanged:
    """The person chose a language; it is remembered."""

    language: str


@dataclass(frozen=True, slots=True)
class ReceiptCodeDue:
    """The caller is told a code that opens their own answers; a response has one."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The conversation reached an end of its own."""

    how: Ending


Fact = (
    AnswerGiven
    | TryLogged
    | QuestionPassed
    | CommentRecorded
    | RecordingEmpty
    | CommentKept
    | CommentDiscarded
    | FollowUpAnswered
    | Objected
    | LanguageChanged
    | ReceiptCodeDue
    | Finished
)
