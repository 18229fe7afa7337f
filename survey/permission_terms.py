"""What a permission decision is made of: the facts it stands on, the rules by name, the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.campaign_limits import RegisterBlocks
from config.campaign_rules import (
    ONE_YEAR,
    CallsAllowedBy,
    CampaignKind,
    FollowUpBasis,
    LegalBasis,
    Retry,
    RetryCause,
)
from config.periods import Period
from storage.states import CampaignState, ContactPurpose, FollowUp, InvitationState
from survey.calling_hours import CallingHours
from survey.retries import PastAttempt


class Method(StrEnum):
    """How a person is contacted; `all` is what an objection may cover, never a way to contact."""

    CALLS = "calls"
    SMS = "sms"
    EMAIL = "email"
    ALL = "all"


class Rule(StrEnum):
    """What decided; the value is stored with every decision. Add at the end, never rename."""

    ALLOWED = "allowed"
    OBJECTION = "objection"
    INVITATION_OVER = "invitation_over"
    INVITATION_EXPIRED = "invitation_expired"
    NO_NUMBER = "no_number"
    NUMBER_NOT_VALID = "number_not_valid"
    NO_ATTEMPTS_LEFT = "no_attempts_left"
    NOT_CLASSIFIED = "not_classified"
    NO_CONSENT = "no_consent"
    MACHINE_MAY_NOT_CALL = "machine_may_not_call"
    CAMPAIGN_NOT_RUNNING = "campaign_not_running"
    NOT_ON_ALLOW_LIST = "not_on_allow_list"
    NOT_YET_DUE = "not_yet_due"
    OUTSIDE_CALLING_HOURS = "outside_calling_hours"
    ON_THE_LINE = "on_the_line"
    PUBLIC_HOLIDAY = "public_holiday"
    # Allows: the person called us, so nobody had to be asked.
    CALLED_US = "called_us"
    RESTRICTED = "restricted"
    THROTTLED = "throttled"
    NOT_SAMPLED = "not_sampled"
    QUOTA_FULL = "quota_full"
    BLOCKED_BY_REGISTER = "blocked_by_register"
    NOT_WASHED = "not_washed"
    WASH_EXPIRED = "wash_expired"
    BLOCKED_DAY = "blocked_day"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    LINE_NOT_FOR_COUNTRY = "line_not_for_country"
    CEILING_OF_DAY = "ceiling_of_day"
    CEILING_REACHED = "ceiling_reached"
    NOT_SIGNED_YET = "not_signed_yet"
    NO_ADDRESS = "no_address"
    OTHER_METHOD_NEXT = "other_method_next"
    FOLLOW_UP_DECLINED = "follow_up_declined"
    FOLLOW_UP_NOT_ALLOWED = "follow_up_not_allowed"
    MINOR = "minor"
    FORMER_CUSTOMER = "former_customer"
    CEILING_HELD = "ceiling_held"


@dataclass(frozen=True, slots=True)
class ConsentOnFile:
    """A person's yes to one method, not withdrawn."""

    method: Method
    given_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Throttle:
    """When the person was last asked by *another* invitation, and for how long that counts."""

    asked_at: datetime
    period: Period


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """What a register that the campaign must heed says; `listed` is None when never washed."""

    key: str
    blocks: RegisterBlocks = RegisterBlocks.LISTED
    listed: bool | None = None
    valid_until: datetime | None = None
    # The day, as a moment, on which it was asked.
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """What one more contact may cost and what is spent, in millionths of the currency.

    `day` is the organisation's day that `spent_today` belongs to; a ceiling of None is none.
    """

    currency: str
    price: int
    day: date
    spent_today: int = 0
    spent_whole: int = 0
    per_day: int | None = None
    whole: int | None = None
    # By when calls under way bring enough of the day's money back for one more, if they do.
    free_by: datetime | None = None
    # The same for what is left of the campaign's whole money.
    whole_free_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class FollowUpFacts:
    """What the person answered, and what the client needs before its staff may come back to it."""

    basis: FollowUpBasis | None
    said: FollowUp
    answered: bool
    # Whether an answer reached the client's threshold for a case.
    opens_case: bool


@dataclass(frozen=True, slots=True)
class PermissionFacts:
    """All that a decision stands on; holds nothing that names the person.

    `zone` is the organisation's, in which days are reckoned; `hours` have one of their own, which
    may be the customer's.
    """

    method: Method
    zone: ZoneInfo
    objected_to: frozenset[Method]
    invitation_state: InvitationState
    due_at: datetime
    expires_at: datetime
    # For mail: whether there is an address.
    has_number: bool
    number_valid: bool
    on_allow_list: bool
    past: tuple[PastAttempt, ...]
    retry: Mapping[RetryCause, Retry | None]
    calls_allowed_by: CallsAllowedBy | None
    campaign_state: CampaignState
    hours: CallingHours
    rings_at_any_hour: bool
    on_the_line: bool
    # How often the person's telephone may ring in all; None in records of before there was a limit.
    most_calls: int | None = None
    purpose: ContactPurpose = ContactPurpose.SURVEY
    kind: CampaignKind = CampaignKind.FOLLOW_UP
    legal_basis: LegalBasis = LegalBasis.LEGITIMATE_INTEREST
    marketing: bool = False
    # Who signed what lets a machine call the person's country, by name or role, and on which day.
    signed_by: str | None = None
    signed_on: date | None = None
    consents: tuple[ConsentOnFile, ...] = ()
    # A minor is asked only with a guardian's leave, given on that day.
    minor: bool = False
    guardian_leave_on: date | None = None
    customer_since: date | None = None
    customer_until: date | None = None
    # How long after its end a contract still lets us call for marketing.
    former_for: Period = ONE_YEAR
    # A signed-in person ordered this very call in the console.
    started_by_person: bool = False
    called_in: bool = False
    restricted: bool = False
    throttle: Throttle | None = None
    sampled: bool = True
    quota_full: bool = False
    registers: tuple[RegisterAnswer, ...] = ()
    # A company's number by its register: `hours` are those of companies then. None when the
    # register has not said, or not lately: `hours` are those that suit both.
    company: bool | None = False
    # The country of the number, None when it has none or none is needed.
    country: str | None = None
    country_allowed: bool = True
    line_for_country: bool = True
    money: Money | None = None
    follow_up: FollowUpFacts | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: `rule` is what decided, `next_allowed_at` when asking again makes sense.

    `next_allowed_at` is None when allowed, and when no later moment helps. `also` are the other
    rules that said no.
    """

    allowed: bool
    rule: Rule
    next_allowed_at: datetime | None
    facts: PermissionFacts
    also: tuple[Rule, ...] = ()
