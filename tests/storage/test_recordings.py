"""However often, late or out of order the provider speaks, the rows come out the same."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import alarms, comments, recordings
from storage.house import House, reading, transaction
from storage.queue import QueueName
from storage.states import CommentState, RecordingState, Verdict
from storage.tables import Alarm, Call, Comment, ProviderCopy, Recording
from tests.rows import (
    NOON,
    make_campaign,
    make_comment,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
    make_survey_call,
)

Step = Callable[[Session, Call], object]


@pytest.fixture
def comment(house: House) -> Comment:
    """A comment that was just spoken, in the only call there is."""
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    invitation = make_invitation(campaign, make_customer(organisation))
    make_survey_call(campaign, invitation)
    return make_comment(make_response(campaign, invitation))


def play(*steps: Step) -> list[object]:
    """Each step in a transaction of its own, as webhooks are."""
    results = []
    for step in steps:
        with transaction() as session:
            results.append(step(session, session.scalars(select(Call)).one()))
    return results


def announced(comment_id: UUID, visit: int = 4, name: str | None = "RE1") -> Step:
    return lambda session, call: recordings.announce(
        session, call, visit=visit, language="sv", at=NOON, provider_sid=name, seconds=5,
        comment_id=comment_id,
    )  # fmt: skip


def ready(visit: int = 4, name: str = "RE1") -> Step:
    return lambda session, call: recordings.ready(
        session, call, visit=visit, language="sv", provider_sid=name, seconds=6, at=NOON
    )


def absent(visit: int = 4, name: str | None = "RE1", *, failed: bool = False) -> Step:
    return lambda session, call: recordings.absent(
        session, call, visit=visit, language="sv", provider_sid=name, at=NOON, failed=failed
    )


def discarded(visit: int = 4) -> Step:
    return lambda session, call: recordings.discard(session, call, visit=visit, at=NOON)


def only() -> Recording:
    with reading() as session:
        return session.scalars(select(Recording)).one()


def state_of(comment: Comment) -> CommentState:
    with reading() as session:
        return session.get_one(Comment, comment.id).state


def rung(house: House) -> int:
    jobs = house.bell.queue(QueueName.RECORDINGS).jobs
    return sum(job.func_name.endswith("fetch_recording") for job in jobs)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_action_and_callback_in_any_order_and_doubled_are_one_ready_recording(
    house: House, comment: Comment, order: tuple[int, ...]
) -> None:
    steps = [announced(comment.id), announced(comment.id), ready(), ready()]

    play(*(steps[place] for place in order))

    recording = only()
    assert (recording.state, recording.announced_seconds) == (RecordingState.READY, 6)
    assert (recording.comment_id, recording.provider_sid) == (comment.id, "RE1")
    assert rung(house) == 1
    assert state_of(comment) is CommentState.RECORDED
    with reading() as session:
        copy = session.scalars(select(ProviderCopy)).one()
        assert copy.call_sid == session.scalars(select(Call.provider_sid)).one()
    assert copy.delete_at is None


def test_a_name_that_only_the_callback_knows_is_filled_in(house: House, comment: Comment) -> None:
    play(announced(comment.id, name=None), ready())

    assert only().provider_sid == "RE1"
    assert rung(house) == 1


def test_the_same_name_in_another_visit_is_the_same_recording(
    house: House, comment: Comment
) -> None:
    play(announced(comment.id, visit=4), ready(visit=5))

    assert (only().visit, only().state) == (4, RecordingState.READY)


def test_nobody_waits_for_a_callback_for_ever(house: House, comment: Comment) -> None:
    play(announced(comment.id))

    assert only().next_try_at == NOON + timedelta(minutes=2)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_absent_recording_is_an_empty_comment_in_any_order(
    house: House, comment: Comment, order: tuple[int, ...]
) -> None:
    steps = [announced(comment.id), absent(), absent()]

    play(*(steps[place] for place in order))

    assert (only().state, only().error_code) == (RecordingState.DROPPED, "absent")
    assert state_of(comment) is CommentState.EMPTY
    assert rung(house) == 0
    with reading() as session:
        assert session.scalars(select(ProviderCopy.delete_at)).one() == NOON
        assert session.scalars(select(Alarm)).all() == []


def test_a_recording_the_provider_lost_is_an_alarm(house: House, comment: Comment) -> None:
    play(announced(comment.id), absent(failed=True))

    with reading() as session:
        assert session.scalars(select(Alarm.kind)).one() == "recording.lost_at_provider"


@pytest.mark.parametrize("kind", [comments.LOST, recordings.FAILED_ALARM])
def test_what_was_said_to_be_lost_or_failed_is_not_once_it_is_there_or_nobody_wants_it(
    house: House, comment: Comment, kind: str
) -> None:
    play(announced(comment.id))
    with transaction() as session:
        session.get_one(Comment, comment.id).state = CommentState.LOST
        subject = (
            comment.id if kind == comments.LOST else session.scalars(select(Recording.id)).one()
        )
        alarms.sound(session, kind, subject=str(subject), at=NOON)

    play(ready() if kind == comments.LOST else discarded())
    play(announced(comment.id))

    with reading() as session:
        assert session.scalars(select(Alarm.cleared_at)).one() == NOON


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_recording_again_drops_the_first_whenever_it_gets_ready(
    house: House, comment: Comment, order: tuple[int, ...]
) -> None:
    first = announced(comment.id)
    later = [ready(), announced(comment.id, visit=8, name="RE2"), discarded()]

    play(first, *(later[place] for place in order))

    with reading() as session:
        both = session.scalars(select(Recording).order_by(Recording.visit)).all()
        copies = session.scalars(select(ProviderCopy).order_by(ProviderCopy.provider_sid)).all()
    assert [one.state for one in both] == [RecordingState.DROPPED, RecordingState.ANNOUNCED]
    assert both[0].superseded
    assert [copy.delete_at for copy in copies] == [NOON, None]
    assert state_of(comment) is CommentState.RECORDED


def test_a_callback_for_a_dropped_recording_is_refused_and_its_copy_deleted(
    house: House, comment: Comment
) -> None:
    verdicts = play(announced(comment.id, name=None), discarded(), ready())

    assert verdicts[-1] is Verdict.REFUSED
    assert rung(house) == 0
    with reading() as session:
        assert session.scalars(select(ProviderCopy.delete_at)).one() == NOON


def test_dropping_what_is_home_already_asks_for_its_destruction(
    house: House, comment: Comment
) -> None:
    play(announced(comment.id))
    with transaction() as session:
        session.scalars(select(Recording)).one().state = RecordingState.STORED

    play(discarded())

    assert (only().state, only().next_try_at) == (RecordingState.DROPPED, NOON)
    assert rung(house) == 1


def test_whether_a_recording_can_be_heard_is_told_by_its_visit(
    house: House, comment: Comment
) -> None:
    play(announced(comment.id))

    def heard(visit: int) -> Step:
        return lambda session, call: recordings.is_home(session, call, visit=visit)

    assert play(heard(4), heard(5)) == [False, False]
    with transaction() as session:
        session.scalars(select(Recording)).one().state = RecordingState.STORED
    assert play(heard(4), heard(5)) == [True, False]
