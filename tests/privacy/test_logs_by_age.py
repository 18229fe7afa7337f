"""What the house keeps about its own doings goes too, and so do contacts and what was handled."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from config.periods import parse_period
from storage.disclosure_words import DisclosureGround
from storage.house import House, reading, transaction
from storage.request_states import RequestChannel, RequestKind, RequestState
from storage.states import CallState, CommentState, ProviderCopyState
from storage.tables import (
    Alarm,
    Answer,
    Comment,
    Consent,
    Customer,
    Disclosure,
    Interaction,
    LineProbe,
    Listening,
    Objection,
    Organisation,
    ProviderCopy,
    PurgeRun,
    RegisterResult,
    Response,
    RightsRequest,
    Row,
    Sitting,
    ThrottleToken,
    User,
)
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, RETENTION, add, make_line, make_organisation

MICROSECOND = timedelta(microseconds=1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
LATER = NOON + timedelta(days=90)


def after(period: str, start: datetime = NOON, zone: ZoneInfo = STOCKHOLM) -> datetime:
    return parse_period(period).after(start, zone)


def count(table: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def schedule(**periods: Any) -> list[dict[str, Any]]:
    """The schedule of the tests with other rules for some classes."""
    return [rule | periods.get(rule["class"], {}) for rule in RETENTION]


def make_user(organisation_id: UUID | None) -> User:
    user = User(
        id=uuid4(), organisation_id=organisation_id,
        password_hash="x", created_at=NOON,
    )  # fmt: skip
    add(user)
    return user


def token(organisation: UUID) -> Row:
    return ThrottleToken(
        organisation_id=organisation, subject_hash=b"h" * 32, invitation_id=uuid4(), asked_at=NOON
    )


def register_result(organisation: UUID) -> Row:
    return RegisterResult(
        organisation_id=organisation, register_key="nix", subject_hash=b"h" * 32, listed=True,
        checked_at=NOON, expires_at=LATER,
    )  # fmt: skip


def withdrawn_objection(organisation: UUID) -> Row:
    return Objection(
        organisation_id=organisation, subject_hash=b"h" * 32, method="all", source="call",
        made_at=NOON - timedelta(days=400), withdrawn_at=NOON,
    )  # fmt: skip


def withdrawn_consent(organisation: UUID) -> Row:
    return Consent(
        organisation_id=organisation, subject_hash=b"h" * 32, method="call", source="form",
        given_at=NOON - timedelta(days=9), withdrawn_at=NOON,
    )  # fmt: skip


def expired_consent(organisation: UUID) -> Row:
    return Consent(
        organisation_id=organisation, subject_hash=b"h" * 32, method="call", source="form",
        given_at=NOON - timedelta(days=9), expires_at=NOON,
    )  # fmt: skip


def closed_request(organisation: UUID) -> Row:
    return RightsRequest(
        organisation_id=organisation, kind=RequestKind.ERASURE, channel=RequestChannel.TELEPHONE,
        state=RequestState.TOLD, reference="12345678", received_at=NOON, due_at=NOON,
        closed_at=NOON,
    )  # fmt: skip


def past_alarm(organisation: UUID) -> Row:
    return Alarm(organisation_id=organisation, kind="x", raised_at=NOON, cleared_at=NOON)


def disclosure(organisation: UUID) -> Row:
    return Disclosure(
        organisation_id=organisation, ground=DisclosureGround.CONSENT, classes=["answers"],
        disclosed_at=NOON, noted_at=NOON,
    )  # fmt: skip


def listening(organisation: UUID) -> Row:
    return Listening(
        organisation_id=organisation, user_id=make_user(organisation).id, item_id=uuid4(),
        sitting_id=uuid4(), listened_at=NOON,
    )  # fmt: skip


def sitting(organisation: UUID) -> Row:
    return Sitting(user_id=make_user(organisation).id, begun_at=NOON, seen_at=NOON)


def line_probe(organisation: UUID) -> Row:
    with reading() as session:
        owner = session.get_one(Organisation, organisation)
    return LineProbe(
        organisation_id=organisation, line_id=make_line(owner).id,
        started_by=make_user(organisation).id, allowed=True, rule="allowed", facts={},
        token=uuid4().hex, state=CallState.RINGING, asked_at=NOON,
    )  # fmt: skip


def gone_copy(organisation: UUID) -> Row:
    return ProviderCopy(
        organisation_id=organisation, kind="call", provider_sid=uuid4().hex,
        state=ProviderCopyState.GONE, gone_at=NOON, created_at=NOON,
    )  # fmt: skip


def lasting_copy(organisation: UUID) -> Row:
    return ProviderCopy(
        organisation_id=organisation, kind="call", provider_sid=uuid4().hex,
        state=ProviderCopyState.UNSUPPORTED, delete_at=LATER, created_at=NOON,
    )  # fmt: skip


def open_alarm(organisation: UUID) -> Row:
    return Alarm(organisation_id=organisation, kind="x", raised_at=NOON)


@pytest.mark.parametrize(
    ("make", "end"),
    [
        (token, after("90 days")),
        (register_result, LATER),
        (withdrawn_objection, after("3 years")),
        (withdrawn_consent, after("3 years")),
        (expired_consent, after("3 years")),
        (closed_request, after("3 years")),
        (past_alarm, after("3 years")),
        (open_alarm, after("3 years")),
        (disclosure, after("3 years")),
        (listening, after("3 years")),
        (sitting, after("3 years")),
        (line_probe, after("3 years")),
        (gone_copy, after("18 months")),
        (lasting_copy, after("18 months")),
    ],
)
def test_each_stays_until_its_last_moment_and_goes_in_the_next(
    house: House, make: Callable[[UUID], Row], end: datetime
) -> None:
    organisation = make_organisation()
    row = make(organisation.id)
    add(row)

    run(house, end - MICROSECOND)
    assert count(type(row)) == 1
    totals = run(house, end)

    assert count(type(row)) == 0
    assert [sum(one.values()) for one in totals.counts.values()] == [1]


def test_what_still_stands_is_not_taken_by_age(house: House) -> None:
    organisation = make_organisation().id
    standing = [withdrawn_objection(organisation), withdrawn_consent(organisation)]
    for wish in standing:
        wish.withdrawn_at = None  # type: ignore[attr-defined]
    request, copy = closed_request(organisation), gone_copy(organisation)
    request.closed_at = copy.gone_at = None  # type: ignore[attr-defined]
    add(*standing, request, copy)

    run(house, NOON + timedelta(days=20_000))

    tables = (Objection, Consent, RightsRequest, ProviderCopy)
    assert [count(table) for table in tables] == [1] * 4


def test_what_belongs_to_no_organisation_goes_after_a_year(house: House) -> None:
    end = after("1 year", zone=ZoneInfo("UTC"))
    add(
        Sitting(user_id=make_user(None).id, begun_at=NOON, seen_at=NOON),
        Alarm(kind="x", raised_at=NOON, cleared_at=NOON),
        PurgeRun(started_at=NOON, finished_at=NOON, counts={}),
    )

    run(house, end - MICROSECOND)
    assert [count(table) for table in (Sitting, Alarm, PurgeRun)] == [1, 1, 2]
    totals = run(house, end)

    assert totals.counts == {"the house": {"alarms": 1, "sittings": 1, "purge_runs": 1}}
    # What the runs of this test wrote is younger.
    assert [count(table) for table in (Sitting, Alarm, PurgeRun)] == [0, 0, 2]


def test_a_contact_log_that_is_kept_for_less_goes_first_and_the_answers_stay_of_nobody_known(
    house: House,
) -> None:
    rules = schedule(contact_log={"keep": "180 days"})
    person = leave_traces(house, organisation=make_organisation(retention=rules))
    with transaction() as session:
        session.get_one(Customer, person.customer.id).locale = "sv"
        case = session.scalars(select(Interaction)).one()
        case.channel, case.reason, case.team = "phone", "a word", "team"
    end = after("180 days")

    run(house, end - MICROSECOND)
    with reading() as session:
        assert session.scalars(select(Interaction.reason)).one() == "a word"
    totals = run(house, end)

    assert totals.counts == {person.organisation.key: {"contact_log": 1, "contact_data": 1}}
    with reading() as session:
        customer = session.get_one(Customer, person.customer.id)
        left = session.scalars(select(Interaction)).one()
    assert [getattr(customer, name) for name in CONTACT_COLUMNS] == [None] * len(CONTACT_COLUMNS)
    assert (left.channel, left.reason, left.team) == (None, None, None)
    assert (left.case_reference_sealed, left.case_hash) == (None, None)
    assert house.keyring.keys([customer.id, left.id]) == {}
    assert set(house.keyring.keys(person.items)) == {person.recording.id, person.transcript.id}
    assert count(Answer) == 1
    assert run(house, end).counts == {}

    run(house, after("18 months"))
    assert (count(Answer), count(Interaction), count(Customer)) == (0, 0, 0)


CONTACT_COLUMNS = (
    *("name_sealed", "phone_sealed", "phone_as_given_sealed", "email_sealed"),
    *("phone_hash", "email_hash", "locale"),
)


def test_a_response_goes_as_soon_as_it_was_handled_and_at_the_ceiling_in_any_case(
    house: House,
) -> None:
    until = {"keep": "until handled", "ceiling": "12 months"}
    rules = schedule(answers=until, free_comments=until)
    organisation = make_organisation(retention=rules)
    handled, idle = (leave_traces(house, organisation=organisation) for _ in range(2))
    done = NOON + timedelta(days=20)
    with transaction() as session:
        row = session.get_one(Response, handled.response.id)
        row.reviewed_at = row.decided_at = NOON
        row.handled_at = done

    run(house, done - MICROSECOND)
    assert count(Answer) == 2
    run(house, done)
    with reading() as session:
        assert session.scalars(select(Response.id)).all() == [idle.response.id]
        assert session.scalars(select(Comment.state)).all() == [CommentState.TRANSCRIBED]

    run(house, after("12 months") - MICROSECOND)
    assert count(Response) == 1
    run(house, after("12 months"))
    assert count(Response) == 0


def test_being_handled_shortens_no_period_that_was_promised(house: House) -> None:
    person = leave_traces(house)
    with transaction() as session:
        session.get_one(Response, person.response.id).handled_at = NOON

    run(house, after("12 months") - MICROSECOND)

    assert (count(Answer), len(list(house.blobs.items()))) == (1, 1)
