"""What is held, frozen or needed by an open case stays past its time, and nothing else does."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from config.periods import parse_period
from config.retention_rules import KEPT_BY_NOTHING, DataClass
from privacy import holds
from privacy.conflicts import against_erasure, in_words
from privacy.hold_commands import holds_group
from privacy.holds import Held, NoHoldError
from privacy.persons import Person as AskingPerson
from privacy.schedules import schedule_of
from storage.house import House, reading, transaction
from storage.matters import CaseKind, HoldScope
from storage.tables import (
    Alarm,
    Answer,
    Call,
    Case,
    Comment,
    Customer,
    Hold,
    Interaction,
    Invitation,
    Message,
    Organisation,
    Recording,
    Restriction,
    ThrottleToken,
)
from tests.accounts import call_account
from tests.privacy.test_logs_by_age import STOCKHOLM, make_user, schedule
from tests.privacy.traces import Person, leave_traces, make_message, run
from tests.rows import NOON, add, make_customer, make_mailbox, make_organisation

LEGAL = {"extended_by": ["legal_hold"]}
OPEN = {"extended_by": ["open_matter"]}
MICROSECOND = timedelta(microseconds=1)


def after(period: str, start: datetime = NOON) -> datetime:
    return parse_period(period).after(start, STOCKHOLM)


def holding(**classes: Any) -> Organisation:
    return make_organisation(retention=schedule(**classes))


def count(table: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def hold(
    house: House,
    organisation: Organisation,
    held: Held,
    *,
    review_at: datetime = NOON + timedelta(days=30),
    ends_at: datetime | None = None,
) -> UUID:
    owner = make_user(organisation.id)
    with transaction() as session:
        made = holds.add(
            session, session.get_one(Organisation, organisation.id), held, reason="a claim",
            owner=owner, review_at=review_at, ends_at=ends_at, keyring=house.keyring, now=NOON,
        )  # fmt: skip
        return made.id


def release(organisation: Organisation, hold_id: UUID, *, at: datetime) -> None:
    with transaction() as session:
        holds.release(session, organisation, hold_id, now=at)


def held_item(organisation: Organisation, item: UUID) -> Held:
    with reading() as session:
        return holds.of_item(session, organisation, item)


def open_case(person: Person, *, kind: CaseKind = CaseKind.FOLLOW_UP) -> Case:
    with reading() as session:
        interaction = session.scalars(
            select(Interaction.id).where(Interaction.customer_id == person.customer.id)
        ).one()
    case = Case(
        id=uuid4(), organisation_id=person.organisation.id, customer_id=person.customer.id,
        interaction_id=interaction, kind=kind, opened_at=NOON, collected_at=NOON,
    )  # fmt: skip
    add(case)
    return case


def close(case: Case, *, at: datetime) -> None:
    with transaction() as session:
        session.get_one(Case, case.id).closed_at = at


def freeze(person: Person) -> UUID:
    row = Restriction(
        id=uuid4(), organisation_id=person.organisation.id, customer_id=person.customer.id,
        cause="needed_for_claim", made_at=NOON,
    )  # fmt: skip
    add(row)
    return row.id


def test_a_held_comment_stays_with_its_answers_and_goes_the_night_it_is_released(
    house: House,
) -> None:
    organisation = holding(free_comments=LEGAL)
    person, other = (leave_traces(house, organisation=organisation) for _ in range(2))
    kept = hold(house, organisation, held_item(organisation, person.comment.id))
    end = after("18 months")

    run(house, end)

    with reading() as session:
        assert session.scalars(select(Comment.id)).all() == [person.comment.id]
        assert session.scalars(select(Customer.id)).all() == [person.customer.id]
    assert list(house.blobs.items()) == [person.recording.id]
    assert set(house.keyring.keys([*person.items, *other.items])) == set(person.items)

    release(organisation, kept, at=end)
    run(house, end)
    assert (count(Comment), count(Answer), count(Customer)) == (0, 0, 0)
    assert list(house.blobs.items()) == []


def test_holding_a_response_keeps_a_comment_of_it_only_where_comments_may_be_held(
    house: House,
) -> None:
    strict, lenient = holding(answers=LEGAL), holding(answers=LEGAL, free_comments=LEGAL)
    for organisation in (strict, lenient):
        person = leave_traces(house, organisation=organisation)
        hold(house, organisation, held_item(organisation, person.response.id))

    run(house, after("18 months"))

    assert (count(Answer), count(Customer)) == (2, 2)
    with reading() as session:
        files = session.scalars(
            select(Recording.organisation_id).where(Recording.erased_at.is_(None))
        ).all()
    assert files == [lenient.id]


def test_a_held_message_stays_and_its_neighbour_goes(house: House) -> None:
    organisation = holding(telephone_messages=LEGAL)
    mailbox = make_mailbox(organisation)
    held, other = (make_message(house, mailbox=mailbox) for _ in range(2))
    hold(house, organisation, held_item(organisation, held.id))

    run(house, after("6 months"))

    with reading() as session:
        assert session.scalars(select(Message.id)).all() == [held.id]
        assert session.scalars(select(Call.id)).all() == [held.call_id]
    assert other.id != held.id


def test_holding_a_person_keeps_what_may_be_held_of_them_and_of_nobody_else(house: House) -> None:
    organisation = holding(answers=LEGAL)
    person, other = (leave_traces(house, organisation=organisation) for _ in range(2))
    with reading() as session:
        held = holds.of_customer(session, organisation, person.customer.id)
    hold(house, organisation, held)

    run(house, after("18 months"))

    with reading() as session:
        assert session.scalars(select(Customer.id)).all() == [person.customer.id]
        assert session.scalars(select(Answer.response_id)).all() == [person.response.id]
    # Comments may not be held here.
    assert list(house.blobs.items()) == []
    assert other.customer.id != person.customer.id


def numbered(house: House, organisation: Organisation, phone: str) -> tuple[Customer, Message]:
    customer = make_customer(organisation, phone=phone)
    message = make_message(house, mailbox=make_mailbox(organisation))
    with transaction() as session:
        call = session.get_one(Call, message.call_id)
        call.caller_hash = house.keyring.lookup_hash(organisation.id, "phone", phone)
        for kind in ("phone_hash", "email_hash"):
            token = ThrottleToken(
                id=uuid4(), organisation_id=organisation.id, asked_at=NOON,
                invitation_id=uuid4(), subject_hash=getattr(customer, kind),
            )  # fmt: skip
            session.add(token)
    return customer, message


@pytest.mark.parametrize("contact_log", ["1 month", "10 years"])
def test_holding_a_person_keeps_what_is_known_by_number_when_nobody_knows_the_number_any_more(
    house: House, contact_log: str
) -> None:
    organisation = holding(
        contact_log={"keep": contact_log}, telephone_messages=LEGAL, throttle_tokens=LEGAL
    )
    customer, message = numbered(house, organisation, "+46701740681")
    numbered(house, organisation, "+46701740682")
    with reading() as session:
        held = holds.of_customer(session, organisation, customer.id)
    kept = hold(house, organisation, held)
    run(house, NOON + timedelta(days=40))

    run(house, NOON + timedelta(days=1_000))

    with reading() as session:
        assert session.scalars(select(Message.id)).all() == [message.id]
        tokens = session.scalars(select(ThrottleToken.subject_hash)).all()
        assert sorted(tokens) == sorted([customer.phone_hash or b"", customer.email_hash or b""])
    release(organisation, kept, at=NOON + timedelta(days=1_000))
    with reading() as session:
        noted = session.get_one(Hold, kept)
        assert (noted.phone_hash, noted.email_hash) == (None, None)
    run(house, NOON + timedelta(days=1_001))
    assert (count(Message), count(ThrottleToken)) == (0, 0)


def test_holding_a_class_keeps_all_of_it_in_this_organisation_alone(house: House) -> None:
    organisation, neighbour = holding(answers=LEGAL), holding(answers=LEGAL)
    for one in (organisation, organisation, neighbour):
        leave_traces(house, organisation=one)
    hold(house, organisation, holds.of_class(DataClass.ANSWERS))

    run(house, after("18 months"))

    with reading() as session:
        left = session.scalars(select(Answer.organisation_id)).all()
    assert left == [organisation.id] * 2


def test_a_hold_with_a_last_day_ends_by_itself(house: House) -> None:
    organisation = holding(answers=LEGAL)
    person = leave_traces(house, organisation=organisation)
    ends = after("18 months") + timedelta(days=9)
    hold(house, organisation, held_item(organisation, person.response.id), ends_at=ends)

    run(house, ends - MICROSECOND)
    assert count(Answer) == 1
    run(house, ends)

    assert count(Answer) == 0
    with reading() as session:
        assert session.scalars(select(Hold.released_at)).one() == ends


def test_whoever_forgets_a_review_hears_of_it_until_the_hold_is_released(house: House) -> None:
    organisation = holding(answers=LEGAL)
    review = NOON + timedelta(days=3)
    kept = hold(house, organisation, holds.of_class(DataClass.ANSWERS), review_at=review)

    run(house, review - MICROSECOND)
    assert count(Alarm) == 0
    run(house, review)
    run(house, review)

    with reading() as session:
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.subject, alarm.cleared_at) == (holds.REVIEW_DUE, str(kept), None)
    release(organisation, kept, at=review)
    with reading() as session:
        assert session.scalars(select(Alarm.cleared_at)).one() == review


@pytest.mark.parametrize("data_class", [DataClass.TELEPHONE_MESSAGES, DataClass.FREE_COMMENTS])
def test_what_was_promised_without_exception_cannot_be_held(
    house: House, data_class: DataClass
) -> None:
    organisation = holding(answers=LEGAL, free_comments=OPEN)

    with pytest.raises(NoHoldError, match=f"{data_class} of .* cannot be held"):
        hold(house, organisation, holds.of_class(data_class))

    assert count(Hold) == 0


@pytest.mark.parametrize(
    ("data_class", "reason"),
    [(DataClass.EXPORTS, "they are copies"), (DataClass.OBJECTIONS, "goes by request_log")],
)
def test_what_nothing_could_keep_cannot_be_held_whatever_the_schedule_says(
    house: House, data_class: DataClass, reason: str
) -> None:
    organisation = holding(**{data_class: LEGAL})

    with pytest.raises(NoHoldError, match=reason):
        hold(house, organisation, holds.of_class(data_class))
    with pytest.raises(NoHoldError, match=f"nothing of {organisation.key} can be held"):
        hold(house, organisation, Held(HoldScope.CUSTOMER, {}, None))

    assert count(Hold) == 0


def test_held_receipts_stay_past_their_time_and_their_neighbours_go(house: House) -> None:
    year = {"keep": "1 year"}
    organisation, neighbour = (holding(receipts=year | LEGAL, answers=year) for _ in range(2))
    for one in (organisation, neighbour):
        leave_traces(house, organisation=one)
    run(house, after("1 year"))
    kept = hold(house, organisation, holds.of_class(DataClass.RECEIPTS))
    old = [written(house, one) for one in (organisation, neighbour)]
    late = after("3 years")

    for at in (after("20 months"), late):
        run(house, at)

    assert all(old)
    assert old[0] <= written(house, organisation)
    assert not old[1] & written(house, neighbour)
    release(organisation, kept, at=late)
    run(house, late)
    assert not old[0] & written(house, organisation)


def written(house: House, organisation: Organisation) -> set[int]:
    """The numbers of the lines that the ledger has of an organisation."""
    return {line.sequence for line in house.ledger.lines(organisation.id)}


def test_a_frozen_person_is_kept_whatever_the_schedule_says_until_it_is_lifted(
    house: House,
) -> None:
    organisation = make_organisation()
    person, other = (leave_traces(house, organisation=organisation) for _ in range(2))
    add(
        ThrottleToken(
            organisation_id=organisation.id, subject_hash=person.customer.phone_hash,
            invitation_id=uuid4(), asked_at=NOON,
        )
    )  # fmt: skip
    restriction = freeze(person)
    end = after("18 months")

    run(house, end)

    with reading() as session:
        assert session.scalars(select(Customer.id)).all() == [person.customer.id]
    assert list(house.blobs.items()) == [person.recording.id]
    assert count(ThrottleToken) == 1
    assert other.customer.id != person.customer.id

    with transaction() as session:
        session.get_one(Restriction, restriction).lifted_at = end
    run(house, end)
    assert [count(t) for t in (Customer, Answer, Restriction, ThrottleToken)] == [0] * 4
    assert list(house.blobs.items()) == []


def test_an_open_case_keeps_what_it_needs_and_lets_go_of_it_the_night_it_is_closed(
    house: House,
) -> None:
    organisation = holding(answers=OPEN, free_comments=OPEN, contact_log=OPEN, case_notes=OPEN)
    person, other = (leave_traces(house, organisation=organisation) for _ in range(2))
    case = open_case(person)
    end = after("18 months")

    run(house, end)

    with reading() as session:
        assert session.scalars(select(Invitation.customer_id)).all() == [person.customer.id]
    assert (count(Case), list(house.blobs.items())) == (1, [person.recording.id])
    assert other.customer.id != person.customer.id

    close(case, at=end)
    run(house, end)
    assert [count(t) for t in (Invitation, Answer, Comment, Customer)] == [0, 0, 0, 0]
    assert list(house.blobs.items()) == []
    # Its own period begins with the closing.
    own = after("18 months", end)
    run(house, own - MICROSECOND)
    assert count(Case) == 1
    run(house, own)
    assert count(Case) == 0


def test_an_open_case_about_a_comment_keeps_its_note_and_not_the_sound(house: House) -> None:
    organisation = holding(case_notes=OPEN)
    case = open_case(leave_traces(house, organisation=organisation))
    with transaction() as session:
        row = session.get_one(Case, case.id)
        row.note_sealed = house.keyring.seal_one(case.id, "case.note", "ring på måndag")

    run(house, after("18 months"))

    assert (count(Case), count(Answer), list(house.blobs.items())) == (1, 0, [])
    with reading() as session:
        left = session.get_one(Case, case.id).note_sealed
    assert house.keyring.open(case.id, "case.note", left) == "ring på måndag"


def test_a_complaint_goes_when_it_is_handled_and_not_before(house: House) -> None:
    case = open_case(leave_traces(house), kind=CaseKind.COMPLAINT)
    done = after("18 months") + timedelta(days=400)

    run(house, done)
    assert count(Case) == 1
    close(case, at=done)
    run(house, done - MICROSECOND)
    assert count(Case) == 1
    run(house, done)

    assert count(Case) == 0


def test_a_held_complaint_outlives_its_end(house: House) -> None:
    organisation = holding(complaints=LEGAL)
    case = open_case(leave_traces(house, organisation=organisation), kind=CaseKind.COMPLAINT)
    close(case, at=NOON)
    with reading() as session:
        held = holds.of_case(session, organisation, case.id)
    kept = hold(house, organisation, held)

    run(house, after("18 months"))
    assert (count(Case), count(Answer)) == (1, 0)
    release(organisation, kept, at=after("18 months"))
    run(house, after("18 months"))

    assert count(Case) == 0


def test_a_hold_that_comes_between_finding_and_hiding_is_seen(house: House) -> None:
    organisation = holding(answers=LEGAL)
    first, second = (leave_traces(house, organisation=organisation) for _ in range(2))

    class Late:
        """Sets the hold when the first person's file goes, after both were found."""

        def __init__(self) -> None:
            self.done = False

        def delete(self, item: UUID) -> None:
            if not self.done:
                self.done = True
                hold(house, organisation, held_item(organisation, second.response.id))
            house.blobs.delete(item)

    run(house, after("12 months") - MICROSECOND)
    run(house, after("18 months"), blobs=Late(), batch=2)

    with reading() as session:
        assert session.scalars(select(Answer.response_id)).all() == [second.response.id]
    assert first.response.id != second.response.id


def call(*arguments: str) -> Any:
    return CliRunner().invoke(holds_group, list(arguments))


def test_the_commands_set_show_and_release_a_hold(house: House) -> None:
    organisation = holding(answers=LEGAL)
    person = leave_traces(house, organisation=organisation)
    vera = make_user(organisation.id)
    call_account(vera.id, "vera")
    of = ("--organisation", organisation.key)

    done = call(
        "add", *of, "--customer-of", str(person.comment.id), "--reason", "tvist", "--owner", "vera",
        "--review-on", "2999-01-31",
    )  # fmt: skip

    assert done.exit_code == 0, done.output
    listed = call("list", *of).output
    assert f"customer {person.customer.id}  review 2999-01-31  vera: tvist" in listed
    assert call("release", *of, listed.split()[0]).exit_code == 0
    assert call("list", *of).output == "Nothing is held.\n"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ((), "name one of --item"),
        (("--item", str(UUID(int=1))), "has no comment, response or message"),
        (("--class", "answers", "--owner", "nobody"), "nobody is no user of"),
        (("--class", "answers", "--review-on", "2020-01-01"), "days still to come"),
        (("--class", "answers", "--reason", " "), "needs a reason"),
    ],
)
def test_a_hold_that_cannot_be_set_is_refused_in_one_line(
    house: House, more: tuple[str, ...], told: str
) -> None:
    organisation = holding(answers=LEGAL)
    vera = make_user(organisation.id)
    call_account(vera.id, "vera")
    usual = ("--reason", "tvist", "--owner", "vera", "--review-on", "2999-01-31")

    result = call("add", "--organisation", organisation.key, *usual, *more)

    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert told in result.output
    assert count(Hold) == 0


def test_only_classes_that_can_be_held_are_offered_to_be_held(house: House) -> None:
    organisation = holding(answers=LEGAL)
    usual = ("--organisation", organisation.key, "--reason", "tvist", "--owner", "vera")

    told = call("add", "--help").output
    refused = [
        call("add", *usual, "--review-on", "2999-01-31", "--class", one).output
        for one in KEPT_BY_NOTHING
    ]

    offered = told.split("--class [")[1].split("]")[0].replace("\n", "").replace(" ", "").split("|")
    assert set(offered) == set(DataClass) - set(KEPT_BY_NOTHING)
    assert all("Invalid value for '--class'" in one for one in refused)


def test_the_schedule_says_in_words_how_what_pulls_both_ways_is_settled(house: House) -> None:
    needy, strict = holding(answers=OPEN, case_notes=OPEN), holding()

    told = [list(in_words(schedule_of(one))) for one in (needy, strict)]

    assert [len(one) for one in told] == [4, 4]
    assert "answers and case notes are kept until the case is closed" in told[0][0]
    assert "the person is erased" in told[1][0]
    assert "6 months promised for telephone messages" in told[0][1]
    assert "Europe/Stockholm; answers 18 months, comments 12 months" in told[0][2]
    assert "the case note stays, the comment goes after 12 months" in told[0][3]
    assert "neither is kept for the case" in told[1][3]


def test_erasing_somebody_waits_for_what_the_schedule_lets_stand_in_the_way(house: House) -> None:
    needy, strict = holding(answers=OPEN), holding(free_comments=LEGAL)
    cases = [open_case(leave_traces(house, organisation=one)) for one in (needy, strict)]
    person = leave_traces(house, organisation=strict)
    kept = hold(house, strict, held_item(strict, person.comment.id))

    with reading() as session:
        told = [
            against_erasure(session, schedule_of(one), AskingPerson(one.id, customer, ()), now=NOON)
            for one, customer in (
                (needy, cases[0].customer_id),
                (strict, cases[1].customer_id),
                (strict, person.customer.id),
            )
        ]

    assert told[0] == [f"case {cases[0].id} is open, and answers are kept until it is closed"]
    assert told[1] == []
    assert told[2] == [f"hold {kept} stands; release it with 'flask holds release' first"]
