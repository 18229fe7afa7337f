"""Any facts a decision may stand on, drawn from a seed: thousands of them cost a second."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from config.campaign_limits import RegisterBlocks
from config.campaign_rules import (
    CallsAllowedBy,
    CampaignKind,
    FollowUpBasis,
    LegalBasis,
    Retry,
    RetryBy,
    RetryCause,
)
from config.periods import Period, Unit
from storage.states import CampaignState, ContactPurpose, Disposition, FollowUp, InvitationState
from survey.calling_hours import CallingHours, Window
from survey.permission_terms import (
    ConsentOnFile,
    FollowUpFacts,
    Method,
    Money,
    PermissionFacts,
    RegisterAnswer,
    Throttle,
)
from survey.retries import PastAttempt

ZONES = [ZoneInfo(name) for name in ("Europe/Stockholm", "Europe/Helsinki", "Atlantic/Azores")]
# One that was given back was no attempt, and is never among those that are past.
ENDS = [one for one in Disposition if one is not Disposition.GIVEN_BACK]
METHODS = [Method.CALLS, Method.CALLS, Method.SMS, Method.EMAIL]
# Days around both changes of the clock, and the turn of the year.
STARTS = [datetime(*day, tzinfo=UTC) for day in ((2026, 3, 20), (2026, 10, 20), (2025, 12, 25))]


def random_week(draw: Random) -> tuple[tuple[Window, ...], ...]:
    """Seven days with up to two windows each, in any order."""
    return tuple(
        tuple(
            Window(*sorted(draw.sample(range(0, 1441, draw.choice([1, 15])), 2)))
            for _ in range(draw.choice([0, 1, 1, 2]))
        )
        for _ in range(7)
    )


def random_facts(draw: Random) -> tuple[PermissionFacts, datetime]:
    """Facts and the moment at which somebody asks about them."""
    now = draw.choice(STARTS) + timedelta(
        minutes=draw.randrange(20 * 1440), seconds=draw.choice([0, 7])
    )

    def ago() -> datetime:
        return now - timedelta(minutes=draw.randrange(10_000))

    def around() -> datetime:
        return now + timedelta(minutes=draw.randrange(-8_000, 8_000))

    def mostly() -> bool:
        return draw.random() < 0.95

    def maybe(moment: datetime) -> datetime | None:
        return moment if draw.random() < 0.5 else None

    def days(most: int) -> frozenset[date]:
        start = now.date() - timedelta(days=2)
        drawn = (start + timedelta(days=draw.randrange(14)) for _ in range(draw.randint(0, most)))
        return frozenset(drawn)

    return PermissionFacts(
        method=draw.choice(METHODS),
        zone=draw.choice(ZONES),
        objected_to=frozenset() if mostly() else frozenset({draw.choice(list(Method))}),
        invitation_state=InvitationState.TRYING if mostly() else draw.choice(list(InvitationState)),
        due_at=around(),
        expires_at=now + timedelta(minutes=draw.randrange(-100, 20_000)),
        has_number=mostly(),
        number_valid=mostly(),
        on_allow_list=mostly(),
        past=tuple(PastAttempt(draw.choice(ENDS), ago()) for _ in range(draw.choice([0, 0, 1, 2]))),
        retry={
            cause: Retry.model_validate(
                {
                    "after": f"{draw.randint(1, 999)} minutes",
                    "times": draw.randint(1, 4),
                    "then": draw.choice([RetryBy.CALL, RetryBy.CALL, RetryBy.SMS]).value,
                }
            )
            if mostly()
            else None
            for cause in RetryCause
        },
        most_calls=draw.choice([None, 1, 2, 3]),
        calls_allowed_by=draw.choice(
            [None, *CallsAllowedBy, *(9 * [CallsAllowedBy.NOT_MARKETING])]
        ),
        campaign_state=CampaignState.RUNNING if mostly() else draw.choice(list(CampaignState)),
        hours=CallingHours(
            draw.choice(ZONES),
            random_week(draw),
            days(3),
            days(2),
            () if mostly() else tuple(draw.sample(ZONES, draw.randint(1, 2))),
        ),
        rings_at_any_hour=not mostly(),
        on_the_line=not mostly(),
        purpose=ContactPurpose.SURVEY if mostly() else draw.choice(list(ContactPurpose)),
        kind=draw.choice(list(CampaignKind)),
        legal_basis=draw.choice(list(LegalBasis)),
        marketing=not mostly(),
        signed_by=draw.choice([None, "Head of customer service"]),
        signed_on=around().date() if mostly() else None,
        consents=tuple(
            ConsentOnFile(draw.choice(METHODS), around(), maybe(around()))
            for _ in range(draw.choice([0, 0, 1, 2]))
        ),
        started_by_person=not mostly(),
        called_in=not mostly(),
        restricted=not mostly(),
        minor=not mostly(),
        guardian_leave_on=draw.choice([None, around().date()]),
        customer_since=draw.choice([None, around().date()]),
        customer_until=draw.choice([None, around().date(), around().date() - timedelta(days=400)]),
        former_for=Period(draw.choice([1, 12, 24]), Unit.MONTH),
        throttle=Throttle(ago(), Period(draw.randint(1, 12), Unit.DAY))
        if draw.random() < 0.3
        else None,
        sampled=mostly(),
        quota_full=not mostly(),
        registers=()
        if mostly()
        else (
            RegisterAnswer(
                "nix",
                draw.choice(list(RegisterBlocks)),
                draw.choice([None, True, False]),
                maybe(around()),
                maybe(around()),
            ),
        ),
        company=draw.choice([None, True]) if not mostly() else False,
        country=draw.choice(["SE", "NO", None]),
        country_allowed=mostly(),
        line_for_country=mostly(),
        money=None
        if draw.random() < 0.5
        else Money(
            "SEK",
            draw.randint(1, 10),
            now.date() - timedelta(days=draw.choice([0, 0, 1])),
            draw.randint(0, 100),
            draw.randint(0, 100),
            draw.choice([None, 5, 100]),
            draw.choice([None, 105, 200]),
            maybe(around()),
            maybe(around()),
        ),
        follow_up=None
        if draw.random() < 0.3
        else FollowUpFacts(
            draw.choice([None, *FollowUpBasis]),
            draw.choice(list(FollowUp)),
            draw.random() < 0.5,
            draw.random() < 0.5,
        ),
    ), now
