"""What is foretold for a day is what the purge of that day takes: on any data and any clock."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from config.retention_rules import DataClass
from privacy import forecast
from privacy.commands import end_of_day
from privacy.forecast import Calendar
from privacy.schedules import schedule_of
from storage import export_files
from storage.disclosure_words import DisclosureGround
from storage.export_words import ExportKind, ExportPlace, ExportReason
from storage.house import House, reading, transaction
from storage.house import house as house_
from storage.matters import CaseKind, HoldScope
from storage.request_states import RequestChannel, RequestKind, RequestState
from storage.states import CommentKind, CommentState, ProviderCopyState
from storage.tables import (
    Alarm,
    Answer,
    Case,
    Comment,
    Consent,
    Disclosure,
    Export,
    Hold,
    Interaction,
    Invitation,
    LineProbe,
    Listening,
    Message,
    Objection,
    Organisation,
    ProviderCopy,
    ReceiptCode,
    RegisterResult,
    Response,
    Restriction,
    RightsRequest,
    Sitting,
    ThrottleToken,
    User,
)
from tests.privacy.test_holds import LEGAL, OPEN, held_item, hold
from tests.privacy.test_logs_by_age import make_user, schedule
from tests.privacy.traces import Person, leave_traces, make_message, make_recording, run
from tests.rows import (
    NOON,
    add,
    make_call,
    make_campaign,
    make_customer,
    make_invitation,
    make_line,
    make_mailbox,
    make_organisation,
    make_response,
    named_case,
)

EVERYTHING = {
    "answers", "free_comments", "telephone_messages", "callers", "calls", "contact_log",
    "contact_data", "interactions", "customers", "complaints", "case_notes", "throttle_tokens",
    "register_results", "objections", "consents", "request_log", "holds", "alarms",
    "listening_log", "sittings", "provider_copies", "export_files", "export_notes",
    "receipt_codes", "restrictions", "accounts", "line_probes", "disclosures", "receipts",
}  # fmt: skip
# A number of a caller is blanked while something of theirs is younger. Whether it is counted by
# itself, or goes with its call, depends on whether a purge ran in between. So does whether a code
# is counted that is over before the answers it opens, and a lifted restriction before the person.
LATE_RUNS_DIFFER = {"callers", "receipt_codes", "restrictions"}
# What is left of an account, with nobody in it, goes when nothing refers to it.
UNTOLD = {"emptied_accounts", "mailboxes"}


def foretold(organisation: Organisation, *, now: datetime, until: datetime) -> Calendar:
    with reading() as session:
        return forecast.foretell(session, schedule_of(organisation), now=now, until=until)


def taken(house: House, organisation: Organisation, moment: datetime) -> dict[str, int]:
    return run(house, moment).counts.get(organisation.key, {})


def without(counts: dict[str, int], names: set[str]) -> dict[str, int]:
    return {name: n for name, n in counts.items() if n and name not in names}


def some_schedule(chance: random.Random) -> list[dict[str, Any]]:
    """One that keeps comments for less, as long as, or longer than the answers they hang on."""
    until = {"keep": "until handled", "ceiling": chance.choice(["3 months", "90 days"])}
    answers = chance.choice([{"keep": "3 months"}, {"keep": "1 year"}, until])
    comments = chance.choice([{"keep": "3 months"}, {"keep": "75 days"}, until])
    by = chance.choice([{}, LEGAL, OPEN, {"extended_by": ["legal_hold", "open_matter"]}])
    return schedule(
        answers=answers | by,
        free_comments=comments | by,
        telephone_messages={"keep": "2 months"} | chance.choice([{}, LEGAL]),
        contact_log={"keep": chance.choice(["60 days", "2 years"])} | by,
        throttle_tokens={"keep": "30 days"},
        case_notes={"keep": "2 months", "from": chance.choice(["event", "collected"])} | by,
        listening_log={"keep": "45 days"},
        request_log={"keep": "50 days"} | chance.choice([{}, LEGAL]),
        complaints={"keep": "until handled", "ceiling": "4 months"} | chance.choice([{}, LEGAL]),
        exports={"keep": "9 days"},
    )


def some_data(house: House, organisation: Organisation, chance: random.Random) -> None:
    """Something of every kind over some months, a part of it held, frozen, handled or alone."""
    user = make_user(organisation.id)

    def moment() -> datetime:
        # Some at the same moment, and some at an hour that a change of the clock moves.
        return NOON + timedelta(hours=chance.randrange(120) * 24 + chance.choice([0, 0, 13]))

    people = [leave_traces(house, at=moment(), organisation=organisation) for _ in range(6)]
    for person in people:
        some_more_of(person, organisation, chance, moment)
    some_people_without_answers(organisation, chance, moment)
    some_callers(house, organisation, moment)
    some_notes(house, organisation, user, moment)
    some_keepers(organisation, people, user, chance)


def some_more_of(
    person: Person,
    organisation: Organisation,
    chance: random.Random,
    moment: Callable[[], datetime],
) -> None:
    if chance.random() < 0.4:  # said later than the answer, so due later
        add(
            Comment(
                organisation_id=organisation.id, response_id=person.response.id,
                question_key="more", kind=CommentKind.TYPED, state=CommentState.WRITTEN,
                made_at=person.response.started_at + timedelta(days=chance.randrange(4)),
            )
        )  # fmt: skip
    if chance.random() < 0.4:  # marked as sensitive, on some day
        with transaction() as session:
            for comment in session.query(Comment).filter_by(response_id=person.response.id):
                comment.sensitive_at = moment()
                comment.sensitive_until = comment.sensitive_at + 40 * DAY
    if chance.random() < 0.4:  # sound that no comment was made of
        late = person.response.started_at + timedelta(days=chance.randrange(4))
        make_recording(house_(), person.call, at=late, visit=9)
    if chance.random() < 0.5:
        made = person.response.started_at
        add(
            ReceiptCode(
                organisation_id=organisation.id, response_id=person.response.id,
                code_hash=uuid4().bytes * 2, made_at=made,
                expires_at=made + chance.choice([30, 89, 90, 400]) * DAY,
            )
        )  # fmt: skip
    if chance.random() < 0.4:
        with transaction() as session:
            row = session.get_one(Response, person.response.id)
            row.handled_at = row.started_at + timedelta(days=chance.randrange(200))
    if chance.random() < 0.3:
        closed = None if chance.random() < 0.5 else moment()
        with reading() as session:
            about = session.get_one(Response, person.response.id)
        add(
            Case(
                organisation_id=organisation.id, customer_id=person.customer.id,
                interaction_id=_interaction_of(about), kind=chance.choice(list(CaseKind)),
                opened_at=moment(), collected_at=about.started_at, closed_at=closed,
            )
        )  # fmt: skip
    if chance.random() < 0.4:  # a second matter of theirs, asked about or not
        campaign = make_campaign(organisation)
        again = make_invitation(campaign, person.customer, at=moment())
        if chance.random() < 0.5:
            make_response(campaign, again, at=again.created_at + DAY, score=None)


def some_people_without_answers(
    organisation: Organisation, chance: random.Random, moment: Callable[[], datetime]
) -> None:
    for nth in range(4):
        at = moment()
        customer = make_customer(organisation, phone=f"+4670174060{nth}", at=at)
        if nth:
            happened = at - timedelta(hours=chance.randrange(200))
            add(
                Interaction(
                    **named_case(organisation.id, f"alone-{nth}"), customer_id=customer.id,
                    happened_at=happened, created_at=at,
                )
            )  # fmt: skip


def some_callers(house: House, organisation: Organisation, moment: Callable[[], datetime]) -> None:
    """Who left a message, who left nothing, and who left sound that is younger than the call."""
    mailbox = make_mailbox(organisation)
    for nth in range(3):
        message = make_message(house, at=moment(), mailbox=mailbox)
        if nth:
            with transaction() as session:
                marked = session.get_one(Message, message.id)
                marked.sensitive_at = moment()
                marked.sensitive_until = marked.sensitive_at + nth * 20 * DAY
        make_call(organisation.id, at=moment(), caller=f"+4670174061{nth}")
        call = make_call(organisation.id, at=moment(), caller=f"+4670174062{nth}")
        make_recording(house, call, at=call.started_at + nth * 20 * DAY)


def some_notes(
    house: House, organisation: Organisation, user: User, moment: Callable[[], datetime]
) -> None:
    line = make_line(organisation)
    mine, told, begun = organisation.id, ("withdrawn_at", "expires_at"), NOON - 9 * DAY
    for nth in range(4):
        hashed = bytes([nth]) * 32
        add(
            ThrottleToken(
                organisation_id=mine, subject_hash=hashed, invitation_id=uuid4(), asked_at=moment()
            ),
            RegisterResult(
                organisation_id=mine, register_key="nix", subject_hash=hashed, listed=True,
                checked_at=begun, expires_at=moment(),
            ),
            Objection(
                organisation_id=mine, subject_hash=hashed, method="all", source="call",
                made_at=begun, withdrawn_at=moment(),
            ),
            Consent(
                organisation_id=mine, subject_hash=hashed, method="call", source="form",
                given_at=begun, **{told[nth % 2]: moment()},
            ),
            RightsRequest(
                organisation_id=mine, kind=RequestKind.ACCESS, channel=RequestChannel.WEB,
                state=RequestState.TOLD, reference=f"1234567{nth}", received_at=begun,
                due_at=begun, closed_at=moment(),
            ),
            Disclosure(
                organisation_id=mine, subject_hash=hashed, ground=DisclosureGround.LEGAL_DUTY,
                disclosed_at=moment(), noted_at=begun,
            ),
            Alarm(organisation_id=mine, kind="x", raised_at=begun, cleared_at=moment()),
            Listening(
                organisation_id=mine, user_id=user.id, item_id=uuid4(), sitting_id=uuid4(),
                listened_at=moment(),
            ),
            Sitting(user_id=user.id, begun_at=begun, seen_at=moment()),
            LineProbe(
                organisation_id=mine, line_id=line.id, started_by=user.id, allowed=True,
                rule="allowed", facts={}, token=uuid4().hex, asked_at=moment(),
            ),
            User(
                organisation_id=mine, password_hash="x",
                created_at=begun, disabled_at=begun, erase_at=moment(),
            ),
            ProviderCopy(
                organisation_id=mine, kind="call", provider_sid=uuid4().hex,
                state=ProviderCopyState.GONE, gone_at=moment(), created_at=begun,
            ),
            an_export(house, mine, made_at=moment()),
            an_export(house, mine, made_at=begun, closed_at=moment()),
        )  # fmt: skip


def an_export(house: House, mine: UUID, **more: Any) -> Export:
    return Export(
        organisation_id=mine, kind=ExportKind.RESPONSES, reason=ExportReason.ANALYSIS,
        place=ExportPlace.OURS, folder=export_files.mark_of(house.settings.data_dir),
        suffix="csv", expires_at=NOON + 100 * DAY, **more,
    )  # fmt: skip


def some_keepers(
    organisation: Organisation, people: list[Person], user: User, chance: random.Random
) -> None:
    """As commands would set them where the schedule allows; elsewhere they keep nothing."""

    def held(scope: HoldScope, **what: Any) -> Hold:
        ends = NOON + chance.randrange(60, 400) * DAY if chance.random() < 0.7 else None
        return Hold(
            id=uuid4(), organisation_id=organisation.id, scope=scope, owner_id=user.id,
            review_at=NOON + 900 * DAY, ends_at=ends, made_at=NOON, **what,
        )  # fmt: skip

    with reading() as session:
        third = session.get_one(Response, people[2].response.id).invitation_id
    comment = {"comment_id": people[2].comment.id, "invitation_id": third}
    over = held(HoldScope.CUSTOMER, customer_id=people[3].customer.id)
    over.ends_at, over.released_at = None, NOON + chance.randrange(100) * DAY
    classes = ("case_notes", "free_comments", "telephone_messages", "request_log")
    add(
        Restriction(
            organisation_id=organisation.id, customer_id=people[0].customer.id, cause="x",
            made_at=NOON,
        ),
        Restriction(
            organisation_id=organisation.id, customer_id=people[4].customer.id, cause="x",
            made_at=NOON, lifted_at=NOON + chance.randrange(100) * DAY,
        ),
        held(HoldScope.CUSTOMER, customer_id=people[1].customer.id),
        held(HoldScope.ITEM, **comment),
        held(HoldScope.DATA_CLASS, data_class=DataClass(chance.choice(classes))),
        over,
    )  # fmt: skip


def _interaction_of(response: Response) -> Any:
    with reading() as session:
        return session.get_one(Invitation, response.invitation_id).interaction_id


DAY = timedelta(days=1)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_foretold_for_a_moment_is_what_a_purge_then_takes(house: House, seed: int) -> None:
    chance = random.Random(seed)
    zone = chance.choice(["Europe/Helsinki", "Europe/Oslo", "Europe/Stockholm"])
    organisation = make_organisation(retention=some_schedule(chance), timezone=zone)
    some_data(house, organisation, chance)
    now = NOON + 30 * DAY
    moments = sorted(now + timedelta(minutes=chance.randrange(500 * 24 * 60)) for _ in range(3))

    for moment in moments:
        calendar = foretold(organisation, now=now, until=moment)

        went = taken(house, organisation, moment)
        assert set(calendar.totals) <= EVERYTHING
        told = without(calendar.totals, LATE_RUNS_DIFFER)
        assert told == without(went, LATE_RUNS_DIFFER | UNTOLD), (seed, moment)
        now = moment


@pytest.mark.parametrize("seed", [7, 8])
def test_each_day_of_the_calendar_is_what_goes_on_it_when_the_purge_keeps_up(
    house: House, seed: int
) -> None:
    chance = random.Random(seed)
    organisation = make_organisation(retention=some_schedule(chance))
    some_data(house, organisation, chance)
    zone = ZoneInfo("Europe/Stockholm")
    now = NOON + chance.choice([55, 85]) * DAY
    last = (now + 25 * DAY).astimezone(zone).date()

    calendar = foretold(organisation, now=now, until=end_of_day(last, zone) - MICROSECOND)

    went: dict[date, Counter[str]] = defaultdict(Counter)
    for moment in sorted(calendar.moments):
        went[moment.astimezone(zone).date()].update(
            without(taken(house, organisation, moment), UNTOLD)
        )
    assert len(went) > 5
    assert forecast.by_class(calendar) == {day: dict(counts) for day, counts in went.items()}
    assert run(house, end_of_day(last, zone) - MICROSECOND).counts == {}


MICROSECOND = timedelta(microseconds=1)


def test_what_is_overdue_goes_today_and_what_is_kept_back_is_counted(house: House) -> None:
    organisation = make_organisation(retention=schedule(answers=LEGAL))
    people = [leave_traces(house, organisation=organisation) for _ in range(3)]
    now = NOON + 3_000 * DAY
    ends = now + 10 * DAY
    hold(house, organisation, held_item(organisation, people[0].response.id))
    hold(house, organisation, held_item(organisation, people[1].response.id), ends_at=ends)

    calendar = foretold(organisation, now=now, until=now + 30 * DAY)

    today, later = now.date(), ends.date()
    assert calendar.goes["answers"] == Counter({today: 1, later: 1})
    assert calendar.goes["free_comments"] == Counter({today: 3})
    assert +calendar.kept_back == Counter({"answers": 1})


def test_answers_of_one_moment_are_one_response(house: House) -> None:
    organisation = make_organisation()
    person = leave_traces(house, organisation=organisation)
    with transaction() as session:
        session.add(
            Answer(
                organisation_id=organisation.id, response_id=person.response.id,
                question_key="second", kind="nps", number=3, answered_at=NOON,
            )
        )  # fmt: skip
    until = NOON + 3_000 * DAY

    calendar = foretold(organisation, now=NOON, until=until)

    assert calendar.totals["answers"] == 1 == taken(house, organisation, until)["answers"]
    assert isinstance(calendar.days[0], date)


def test_a_comment_that_goes_with_its_answers_before_its_time_is_told_and_counted(
    house: House,
) -> None:
    organisation = make_organisation(retention=schedule(free_comments={"keep": "2 years"}))
    leave_traces(house, organisation=organisation)
    until = NOON + 600 * DAY

    calendar = foretold(organisation, now=NOON, until=until)

    both = {"answers": 1, "free_comments": 1, "interactions": 1, "customers": 1}
    assert without(calendar.totals, set()) == both
    assert taken(house, organisation, until) == both
