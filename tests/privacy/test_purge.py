"""The purge takes what is past its period, everywhere, in any state, and nothing else."""

import itertools
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, select, text

from config.periods import Period, parse_period
from privacy import lateness, purge
from privacy.purge_steps import NO_RULE
from storage import alarms
from storage.blobs import BlobStore, StorageUnreachable
from storage.house import House, reading, transaction
from storage.identity import new_id
from storage.keyring import WrappedKey
from storage.ledger_check import check
from storage.states import (
    CallState,
    CommentKind,
    CommentState,
    MessageState,
    ProviderCopyState,
    RecordingState,
    TranscriptState,
)
from storage.tables import (
    Alarm,
    Answer,
    Attempt,
    Call,
    CallEvent,
    Comment,
    Customer,
    Delivery,
    Interaction,
    Invitation,
    Listening,
    Message,
    Objection,
    Organisation,
    PendingReceipt,
    PermissionDecision,
    ProviderCopy,
    PurgeRun,
    Recording,
    Response,
    Row,
    Transcript,
    User,
)
from tests.conftest import environment_of
from tests.privacy.traces import (
    Person,
    leave_traces,
    make_message,
    make_recording,
    run,
)
from tests.rows import (
    NOON,
    add,
    make_call,
    make_campaign,
    make_customer,
    make_invitation,
    make_mailbox,
    make_organisation,
    make_response,
    make_survey_call,
    named_case,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MICROSECOND = timedelta(microseconds=1)


def after(period: str, start: datetime = NOON, zone: ZoneInfo = STOCKHOLM) -> datetime:
    """The moment a period is over."""
    parsed: Period = parse_period(period)
    return parsed.after(start, zone)


def count(table: type[Row]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def states_of(table: Any) -> set[Any]:
    with reading() as session:
        return set(session.scalars(select(table.state)))


def get(table: Any, item: UUID) -> Any:
    with reading() as session:
        return session.get(table, item)


def keyed(house: House, *items: UUID) -> set[UUID]:
    with house.keyring.database.reading() as session:
        return set(session.scalars(select(WrappedKey.item_id).where(WrappedKey.item_id.in_(items))))


def test_a_free_comment_stays_until_its_last_moment_and_goes_in_the_next(house: House) -> None:
    person = leave_traces(house)
    end = after("12 months")

    run(house, end - MICROSECOND)
    assert get(Comment, person.comment.id).state is CommentState.TRANSCRIBED
    assert keyed(house, *person.items) == set(person.items)

    totals = run(house, end)
    assert totals.counts == {person.organisation.key: {"free_comments": 1}}
    assert get(Comment, person.comment.id).state is CommentState.ERASED


def test_sound_transcript_and_typed_text_go_together_and_the_score_stays(house: House) -> None:
    person = leave_traces(house)
    typed = Comment(
        id=uuid4(),
        organisation_id=person.organisation.id,
        response_id=person.response.id,
        question_key="more",
        kind=CommentKind.TYPED,
        state=CommentState.WRITTEN,
        made_at=NOON,
    )
    typed.text_sealed = house.keyring.seal_one(typed.id, "comment.text", "så här var det")
    add(typed)

    run(house, after("12 months"))

    recording = get(Recording, person.recording.id)
    transcript = get(Transcript, person.transcript.id)
    assert (recording.state, recording.erased_at) == (RecordingState.ERASED, after("12 months"))
    assert (recording.peaks, recording.seconds, recording.sealed_sha256) == (None, None, None)
    assert (transcript.state, transcript.words_sealed) == (TranscriptState.ERASED, None)
    assert get(Comment, typed.id).text_sealed is None
    assert list(house.blobs.items()) == []
    assert keyed(house, *person.items, typed.id) == {person.customer.id}
    with reading() as session:
        assert session.scalars(select(Answer.number)).one() == 9
        copy = session.scalars(select(ProviderCopy)).one()
    assert (copy.kind, copy.provider_sid) == ("recording", person.recording.provider_sid)
    assert copy.delete_at == after("12 months")


def test_answers_stay_until_their_last_moment_and_everything_goes_in_the_next(
    house: House,
) -> None:
    person = leave_traces(house)
    end = after("18 months")

    run(house, end - MICROSECOND)
    assert (count(Answer), count(Customer), count(Call)) == (1, 1, 1)

    totals = run(house, end)
    counted = {"answers": 1, "interactions": 1, "customers": 1}
    assert totals.counts == {person.organisation.key: counted}
    for table in (
        Answer, Response, Comment, Recording, Transcript, CallEvent, Call, Attempt,
        PermissionDecision, Invitation, Interaction, Customer,
    ):  # fmt: skip
        assert count(table) == 0, table
    with house.keyring.database.reading() as session:
        # The organisation's own key makes look-up hashes and stays.
        assert session.scalars(select(WrappedKey.item_id)).all() == [person.organisation.id]


def test_a_telephone_message_goes_whole_after_its_months(house: House) -> None:
    message = make_message(house)
    end = after("6 months")

    run(house, end - MICROSECOND)
    assert get(Message, message.id).state is MessageState.NEW
    assert len(list(house.blobs.items())) == 1

    totals = run(house, end)
    assert list(totals.counts.values()) == [{"telephone_messages": 1}]
    assert [count(t) for t in (Message, Delivery, Call, Recording, Transcript)] == [0] * 5
    assert list(house.blobs.items()) == []
    with reading() as session:
        copies = session.scalars(select(ProviderCopy).order_by(ProviderCopy.kind)).all()
    assert [(c.kind, c.state, c.delete_at) for c in copies] == [
        ("call", ProviderCopyState.PRESENT, end),
        ("recording", ProviderCopyState.PRESENT, end),
    ]


@pytest.mark.parametrize(
    ("keep", "start", "end"),
    [
        # 31 August plus six months is the last day of February.
        ("6 months", "2025-08-31T10:00+02:00", "2026-02-28T10:00+01:00"),
        ("6 months", "2023-08-31T10:00+02:00", "2024-02-29T10:00+01:00"),
        ("6 months", "2025-08-28T10:00+02:00", "2026-02-28T10:00+01:00"),
        ("12 months", "2024-02-29T10:00+01:00", "2025-02-28T10:00+01:00"),
        # Over the change to summer time the wall clock decides, not the number of hours.
        ("180 days", "2025-10-01T12:00+02:00", "2026-03-30T12:00+02:00"),
        ("6 months", "2025-09-29T02:30+02:00", "2026-03-29T03:30+02:00"),
        ("1 day", "2026-10-24T02:30+02:00", "2026-10-25T02:30+02:00"),
    ],
)
def test_months_and_days_are_those_of_the_calendar_where_the_organisation_is(
    house: House, keep: str, start: str, end: str
) -> None:
    begun, over = (datetime.fromisoformat(text).astimezone(UTC) for text in (start, end))
    organisation = make_organisation(
        retention=[
            {"class": "answers", "keep": keep, "from": "answered"},
            {"class": "free_comments", "keep": keep, "from": "answered"},
            {"class": "telephone_messages", "keep": keep, "from": "received"},
        ]
    )
    leave_traces(house, at=begun, organisation=organisation)

    assert run(house, over - MICROSECOND).counts == {}
    assert count(Answer) == 1
    run(house, over)
    assert count(Answer) == 0


def test_a_younger_interaction_keeps_the_identity_and_the_older_one_goes(house: House) -> None:
    person = leave_traces(house)
    later = NOON + timedelta(days=60)
    leave_traces(house, at=later, organisation=person.organisation, customer=person.customer)
    with transaction() as session:
        session.get_one(Customer, person.customer.id).last_interaction_at = later

    run(house, after("18 months"))
    assert (count(Interaction), count(Answer), count(Customer)) == (1, 1, 1)
    name = get(Customer, person.customer.id).name_sealed
    assert house.keyring.open(person.customer.id, "customer.name", name) == "Kund Kundsson"

    run(house, after("18 months", later))
    assert (count(Interaction), count(Answer), count(Customer)) == (0, 0, 0)
    assert keyed(house, person.customer.id) == set()


def test_a_recording_goes_by_age_in_whatever_state_it_is(house: House) -> None:
    organisation = make_organisation()
    people = {state: leave_traces(house, organisation=organisation) for state in RecordingState}
    with transaction() as session:
        for state, person in people.items():
            session.get_one(Recording, person.recording.id).state = state

    run(house, after("12 months"))

    for state, person in people.items():
        recording = get(Recording, person.recording.id)
        gone = (RecordingState.ERASED, after("12 months"))
        assert (recording.state, recording.erased_at) == gone, state
        assert keyed(house, recording.id, person.transcript.id) == set(), state
    assert list(house.blobs.items()) == []


def test_a_call_without_an_end_goes_by_age_too(house: House) -> None:
    organisation = make_organisation()
    people = {state: leave_traces(house, organisation=organisation) for state in CallState}
    with transaction() as session:
        for state, person in people.items():
            call = session.get_one(Call, person.call.id)
            call.state, call.ended_at = state, None

    run(house, after("18 months"))

    assert states_of(Call) == set()


def test_a_message_goes_by_age_in_whatever_state_it_is(house: House) -> None:
    mailbox = make_mailbox(make_organisation())
    for state in MessageState:
        make_message(house, state=state, mailbox=mailbox)

    run(house, after("6 months"))

    assert states_of(Message) == set()


def test_somebody_who_was_never_reached_goes_as_well(house: House) -> None:
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    invitation = make_invitation(campaign, make_customer(organisation))
    make_survey_call(campaign, invitation)

    run(house, after("18 months") - MICROSECOND)
    assert count(Customer) == 1
    run(house, after("18 months"))

    assert [count(t) for t in (Customer, Interaction, Invitation, Attempt, Call)] == [0] * 5


def test_a_response_without_an_answer_goes_as_well(house: House) -> None:
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    invitation = make_invitation(campaign, make_customer(organisation))
    make_response(campaign, invitation, score=None)

    run(house, after("18 months"))

    assert (count(Response), count(Customer)) == (0, 0)


def test_people_and_cases_that_nothing_hangs_on_go_as_well(house: House) -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, phone="+46701740607")
    make_customer(organisation, phone="+46701740608")
    add(
        Interaction(
            **named_case(organisation.id), customer_id=customer.id,
            happened_at=NOON, created_at=NOON,
        )
    )  # fmt: skip

    run(house, after("18 months") - MICROSECOND)
    assert (count(Interaction), count(Customer)) == (1, 2)
    run(house, after("18 months"))

    assert (count(Interaction), count(Customer)) == (0, 0)


def test_a_caller_who_left_no_message_is_forgotten_like_one_who_did(house: House) -> None:
    organisation = make_organisation()
    make_call(organisation.id, caller="+46701740609")

    run(house, after("6 months") - MICROSECOND)
    assert count(Call) == 1
    run(house, after("6 months"))

    assert count(Call) == 0


def test_somebody_who_called_back_loses_the_number_first_and_the_comment_later(
    house: House,
) -> None:
    person = leave_traces(house)
    call = make_call(person.organisation.id, caller="+46701740610")
    second = make_recording(house, call, at=NOON, comment_id=person.comment.id, visit=7)

    run(house, after("6 months"))
    kept = get(Call, call.id)
    assert (kept.caller_sealed, kept.caller_hash) == (None, None)
    assert keyed(house, call.id) == set()
    assert get(Recording, second.id).state is RecordingState.STORED

    run(house, after("12 months"))
    assert list(house.blobs.items()) == []
    assert get(Call, call.id) is None


def test_a_recording_that_no_comment_was_made_of_goes_with_the_comments(house: House) -> None:
    person = leave_traces(house)
    loose = make_recording(house, person.call, at=NOON, visit=9)

    run(house, after("12 months") - MICROSECOND)
    assert get(Recording, loose.id).state is RecordingState.STORED
    run(house, after("12 months"))

    assert get(Recording, loose.id).state is RecordingState.ERASED
    assert list(house.blobs.items()) == []


def test_running_twice_deletes_once(house: House) -> None:
    leave_traces(house)
    make_message(house)
    end = after("18 months")

    first, second = run(house, end), run(house, end)

    assert sum(len(one) for one in first.counts.values()) > 0
    assert second.counts == {}
    with reading() as session:
        runs = session.scalars(select(PurgeRun).order_by(PurgeRun.id)).all()
    assert [one.counts for one in runs] == [first.counts, {}]
    assert all(one.finished_at == end for one in runs)


def test_a_comment_that_was_hidden_by_a_run_that_died_is_finished_by_the_next(
    house: House,
) -> None:
    person = leave_traces(house)
    with transaction() as session:
        session.get_one(Comment, person.comment.id).state = CommentState.ERASED
        session.get_one(Recording, person.recording.id).state = RecordingState.ERASED
        session.get_one(Transcript, person.transcript.id).state = TranscriptState.ERASED

    run(house, after("12 months"))

    assert get(Recording, person.recording.id).erased_at == after("12 months")
    assert get(Transcript, person.transcript.id).words_sealed is None
    assert list(house.blobs.items()) == []
    assert keyed(house, *person.items) == {person.customer.id}


def test_the_oldest_go_first(house: House) -> None:
    organisation = make_organisation()
    for days in (3, 1, 2):
        leave_traces(house, at=NOON + timedelta(days=days), organisation=organisation)
    seen: list[datetime] = []
    blobs = Watching(house.blobs, lambda item: seen.append(get(Recording, item).recorded_at))

    run(house, after("12 months", NOON + timedelta(days=9)), blobs=blobs, batch=1)

    assert len(seen) == 3
    assert seen == sorted(seen)


def test_no_rule_or_one_that_cannot_be_read_deletes_nothing_and_sounds_an_alarm(
    house: House,
) -> None:
    missing = make_organisation(retention=[])
    strange = make_organisation(retention=[{"class": "answers", "keep": "a while"}])
    for organisation in (missing, strange):
        leave_traces(house, organisation=organisation)

    totals = run(house, NOON + timedelta(days=5_000))

    assert totals.counts == {}
    assert count(Answer) == 2
    with reading() as session:
        assert alarms.open_subjects(session, NO_RULE) == {str(missing.id), str(strange.id)}

    mended = make_organisation().document["retention"]
    with transaction() as session:
        one = session.get_one(Organisation, missing.id)
        one.document = one.document | {"retention": mended}
    run(house, NOON + timedelta(days=5_000))
    with reading() as session:
        assert alarms.open_subjects(session, NO_RULE) == {str(strange.id)}


def test_never_by_age_is_respected(house: House) -> None:
    rules = [
        {"class": "answers", "keep": "never by age", "from": "answered"},
        {"class": "free_comments", "keep": "12 months", "from": "answered"},
        {"class": "telephone_messages", "keep": "6 months", "from": "received"},
    ]
    leave_traces(house, organisation=make_organisation(retention=rules))

    run(house, NOON + timedelta(days=5_000))

    assert (count(Answer), count(Customer)) == (1, 1)
    assert list(house.blobs.items()) == []


def test_a_ceiling_counts_where_nobody_handled_it(house: House) -> None:
    keep = {"keep": "until handled", "from": "answered", "ceiling": "12 months"}
    rules = [{"class": name, **keep} for name in ("answers", "free_comments", "telephone_messages")]
    leave_traces(house, organisation=make_organisation(retention=rules))

    run(house, after("12 months") - MICROSECOND)
    assert count(Answer) == 1
    run(house, after("12 months"))

    assert count(Answer) == 0


def test_a_neighbours_data_stays(house: House) -> None:
    short = [
        {"class": name, "keep": "1 day", "from": "answered"}
        for name in ("answers", "free_comments", "telephone_messages")
    ]
    leave_traces(house, organisation=make_organisation(retention=short))
    neighbour = leave_traces(house)

    run(house, after("1 day"))

    with reading() as session:
        assert session.scalars(select(Customer.id)).all() == [neighbour.customer.id]
    assert list(house.blobs.items()) == [neighbour.recording.id]


def test_a_no_outlives_the_person_who_said_it(house: House) -> None:
    person = leave_traces(house)
    add(
        Objection(
            organisation_id=person.organisation.id, subject_hash=person.customer.phone_hash,
            method="calls", source="call", made_at=NOON,
        )
    )  # fmt: skip

    run(house, after("18 months"))

    assert count(Customer) == 0
    with reading() as session:
        kept = session.scalars(select(Objection.subject_hash)).one()
    assert kept == person.customer.phone_hash


def test_who_listened_is_remembered_when_the_recording_is_gone(house: House) -> None:
    person = leave_traces(house)
    user = User(id=uuid4(), password_hash="x", created_at=NOON)
    add(user)
    add(
        Listening(
            organisation_id=person.organisation.id, user_id=user.id, sitting_id=uuid4(),
            item_id=person.recording.id, listened_at=NOON,
        )
    )  # fmt: skip

    run(house, after("18 months"))

    assert (count(Recording), count(Listening)) == (0, 1)


def test_a_store_that_is_away_keeps_the_rows_for_the_next_run(house: House) -> None:
    person = leave_traces(house)
    make_message(house)
    end = after("18 months")

    def away(item: UUID) -> None:
        if item == person.recording.id:
            raise StorageUnreachable("away", code="storage_unreachable")

    totals = run(house, end, blobs=Watching(house.blobs, away))

    assert totals.left > 0
    assert count(Message) == 0  # one batch in trouble does not stop the others
    assert get(Comment, person.comment.id).state is CommentState.ERASED  # hidden at once
    with reading() as session:
        assert session.scalars(select(PurgeRun.finished_at)).one() is None
        kinds = set(session.scalars(select(Alarm.kind)))
    # The comment's own time was over months ago.
    assert kinds == {purge.STORE_AWAY, lateness.OVERDUE}
    run(house, end)
    assert [count(t) for t in (Recording, Customer, Answer)] == [0, 0, 0]
    with reading() as session:
        assert session.scalars(select(Alarm.cleared_at)).all() == [end, end]


# PostgreSQL's files are its own; destroyed keys are the erasure there.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_written_over_is_gone_from_the_database_files(house: House) -> None:
    person = leave_traces(house)
    with transaction() as session:
        session.get_one(Interaction, _interaction_of(person)).reason = "MARKER-4711"
    path = house.settings.data_dir / "genklang.db"
    assert b"MARKER-4711" in _bytes_of(path)

    run(house, after("18 months"))

    assert b"MARKER-4711" not in _bytes_of(path)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("number", range(2))
def test_a_log_that_a_reader_keeps_from_being_emptied_sounds_until_all_are_emptied(
    house: House, number: int
) -> None:
    databases = (house.database, house.keyring.database, house.ledger.database)
    for database in databases:
        event.listen(database.engine, "checkout", _wait_for_nobody)
    leave_traces(house)
    end = after("18 months")

    with databases[number].reading() as reader:
        reader.execute(text("SELECT name FROM sqlite_master")).all()
        run(house, end)
        with reading() as session:
            assert alarms.is_open(session, purge.LOG_BUSY)
    run(house, end + MICROSECOND)

    with reading() as session:
        assert not alarms.is_open(session, purge.LOG_BUSY)


def _wait_for_nobody(connection: Any, *_: object) -> None:
    connection.execute("PRAGMA busy_timeout=0")


def _interaction_of(person: Person) -> UUID:
    with reading() as session:
        return session.scalars(
            select(Interaction.id).where(Interaction.customer_id == person.customer.id)
        ).one()


def _bytes_of(path: Any) -> bytes:
    files = [path, path.with_name(path.name + "-wal")]
    return b"".join(file.read_bytes() for file in files if file.exists())


class Watching(BlobStore):
    """A real store that tells before each deletion."""

    def __init__(self, real: BlobStore, tell: Callable[[UUID], object]) -> None:
        super().__init__(real.url)
        self._tell = tell

    def delete(self, item: UUID) -> None:
        self._tell(item)
        super().delete(item)


def test_killed_at_any_step_the_next_run_finishes(house: House) -> None:
    """Every fourth commit, file deletion and key destruction is a place to die, other ones on each
    database."""
    end = after("18 months")
    organisation = make_organisation()
    mailbox = make_mailbox(organisation)
    with dying_purges(house) as purges:
        first = 1 if house.database.is_sqlite else 3
        for step in itertools.count(first, 4):
            for _ in range(2):
                leave_traces(house, organisation=organisation)
                make_message(house, mailbox=mailbox)
            purges.stdin.write(f"{step} {end.isoformat()}\n")
            purges.stdin.flush()
            if purges.stdout.readline() == "ended\n":
                break
            run(house, end)
            for table in (Answer, Customer, Call, Recording, Transcript, Message, Delivery):
                assert count(table) == 0, (table, step)
            assert list(house.blobs.items()) == [], step
            with house.keyring.database.reading() as session:
                keys = set(session.scalars(select(WrappedKey.item_id)))
            assert keys <= {organisation.id, mailbox.id}, step
            # Whatever was done has a receipt, and each person exactly one.
            assert (house.ledger.intents(), count(PendingReceipt)) == ([], 0), step
            assert check(house.ledger, organisation.id, now=end) == []
            people = [
                body["count"]
                for body in map(json.loads, (x.body for x in house.ledger.lines(organisation.id)))
                if body["kind"] == "customers"
            ]
            assert sum(people) == 2 * (1 + (step - first) // 4), step
    assert step > 30


@contextmanager
def dying_purges(house: House) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("dying_purge.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=environment_of(house.settings) | {"PATH": os.environ["PATH"], "PYTHONPATH": "."},
    )
    try:
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        assert process.wait(30) == 0


@pytest.mark.parametrize("seed", range(3))
def test_whoever_came_whenever_nothing_outlives_its_limit_and_nothing_goes_early(
    house: House, seed: int
) -> None:
    chance = random.Random(seed)
    organisation = make_organisation(timezone=chance.choice(["Europe/Helsinki", "Europe/Oslo"]))
    zone = ZoneInfo(organisation.timezone)
    begun = [NOON - timedelta(seconds=chance.randrange(900 * 86_400)) for _ in range(12)]
    people = [leave_traces(house, at=at, organisation=organisation) for at in begun]
    moments = sorted(NOON + timedelta(days=chance.randrange(-500, 600)) for _ in range(3))

    for now in moments:
        run(house, now, batch=chance.randrange(1, 5))

        with reading() as session:
            customers = set(session.scalars(select(Customer.id)))
            answered = set(session.scalars(select(Answer.response_id)))
        files = set(house.blobs.items())
        for at, person in zip(begun, people, strict=True):
            whole = now < after("18 months", at, zone)
            spoken = now < after("12 months", at, zone)
            assert (person.customer.id in customers) is whole
            assert (person.response.id in answered) is whole
            assert (person.recording.id in files) is spoken
            assert keyed(house, person.recording.id, person.transcript.id) == (
                {person.recording.id, person.transcript.id} if spoken else set()
            )
        again = run(house, now)
        assert again.counts == {}


def test_new_ids_are_found_in_the_order_of_time(house: House) -> None:
    organisation = make_organisation()
    for hours in range(5):
        add(
            Customer(
                id=new_id(), organisation_id=organisation.id, created_at=NOON,
                last_interaction_at=NOON + timedelta(hours=hours),
            )
        )  # fmt: skip

    run(house, after("18 months", NOON + timedelta(hours=2)), batch=2)

    assert count(Customer) == 2
