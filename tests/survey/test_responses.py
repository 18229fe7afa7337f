"""What came back is stored once per question, and a no is final."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.house import House, reading, transaction
from storage.states import CommentKind, CommentState, FollowUp, InvitationState, ResponseState
from storage.tables import (
    Answer,
    Campaign,
    Customer,
    Invitation,
    Objection,
    Response,
    SurveyVersion,
)
from survey import objections, responses, standing
from survey.objections import Source
from survey.permission import Method
from survey.permission_sources import on_record
from survey.script import Direction, QuestionKind
from survey.script_document import from_document
from survey.standing import ResponseId, Standing

Invite = Callable[..., UUID]


def objected_to(session: Session, customer: Customer) -> frozenset[Method]:
    return on_record(session, customer.organisation_id, [customer], []).objected_to(customer)


def stands(session: Session, item: UUID) -> Standing:
    invitation = session.get_one(Invitation, item)
    return standing.of_invitation(session, invitation)


def begun(session: Session, item: UUID, now: datetime) -> ResponseId:
    invitation = session.get_one(Invitation, item)
    campaign = session.get_one(Campaign, invitation.campaign_id)
    return responses.begin(
        session, stands(session, item), version_id=campaign.survey_version_id, language="sv", at=now
    )


def the_response() -> Response:
    with reading() as session:
        return session.scalars(select(Response)).one()


def give(
    session: Session, response: ResponseId, value: int | str, now: datetime, key: str = "recommend"
) -> None:
    responses.give_answer(
        session,
        response,
        key,
        kind=QuestionKind.NPS,
        value=value,
        direction=Direction.HIGH_IS_GOOD,
        at=now,
    )


def test_an_invitation_has_one_response_however_often_it_begins(
    invite: Invite, now: datetime
) -> None:
    item = invite()

    with transaction() as session:
        first = begun(session, item, now)
        again = begun(session, item, now + timedelta(hours=1))

    row = the_response()
    assert first == again == ResponseId(row.organisation_id, row.id)
    assert (row.started_at, row.state) == (now, ResponseState.STARTED)


def test_the_first_answer_to_a_question_stands(invite: Invite, now: datetime) -> None:
    item = invite()
    with transaction() as session:
        response = begun(session, item, now)
        give(session, response, 0, now)
        give(session, response, 10, now)

    with transaction() as session:
        answer = session.scalars(select(Answer)).one()

    assert (answer.number, answer.choice, answer.direction) == (0, None, "high_is_good")


def test_what_was_answered_is_known_with_comments_and_permission(
    invite: Invite, now: datetime
) -> None:
    item = invite()
    with transaction() as session:
        response = begun(session, item, now)
        campaign = session.get_one(Campaign, session.get_one(Invitation, item).campaign_id)
        version = session.get_one(SurveyVersion, campaign.survey_version_id)
        script = from_document(version.document)
        assert stands(session, item).answered(script) == {}
        give(session, response, 0, now)
        give(session, response, "phone", now, key="topic")
        comment = responses.give_comment(
            session, response, "comment", kind=CommentKind.SPOKEN, at=now
        )
        comment.state = CommentState.LOST
        responses.answer_follow_up(session, response, yes=True, wording="Får vi?", at=now)

        known = stands(session, item).answered(script)

    assert known == {"recommend": 0, "topic": "phone", "comment": "spoken", "follow_up": "yes"}


def test_the_first_word_on_being_contacted_stands(invite: Invite, now: datetime) -> None:
    item = invite()
    with transaction() as session:
        response = begun(session, item, now)
        responses.answer_follow_up(session, response, yes=False, wording="Får vi?", at=now)
        responses.answer_follow_up(session, response, yes=True, wording="Får vi nu?", at=now)

    row = the_response()
    assert (row.follow_up, row.follow_up_wording) == (FollowUp.NO, "Får vi?")


@pytest.mark.parametrize(
    ("path", "end"),
    [
        (["partial", "completed"], "completed"),
        (["completed", "partial"], "completed"),
        (["partial", "refused"], "refused"),
        (["refused", "completed"], "refused"),
        (["completed", "refused"], "completed"),
    ],
)
def test_a_response_only_grows(invite: Invite, now: datetime, path: list[str], end: str) -> None:
    item = invite()
    with transaction() as session:
        response = begun(session, item, now)
        for state in path:
            responses.conclude(session, response, ResponseState(state), at=now)

    row = the_response()
    assert row.state is ResponseState(end)
    assert (row.completed_at is not None) == ("completed" in path[: path.index(end) + 1])


def test_somebody_who_objects_after_the_last_answer_has_still_answered(
    invite: Invite, now: datetime
) -> None:
    item = invite()
    with transaction() as session:
        response = begun(session, item, now)
        responses.conclude(session, response, ResponseState.COMPLETED, at=now)
        responses.refuse(session, response, at=now)

    row = the_response()
    assert (row.state, row.objected) == (ResponseState.COMPLETED, True)


def test_a_no_is_stored_once_under_each_hash_and_withdraws_what_is_open(
    invite: Invite, shipped: House, now: datetime
) -> None:
    item = invite()
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        customer.email_hash = b"e" * 32

        withdrawn = [
            objections.record(session, customer, Method.ALL, source=Source.CALL, at=now)
            for _ in range(2)
        ]

    with transaction() as session:
        stored = session.scalars(select(Objection)).all()
        assert [one.withdrawn for one in withdrawn] == [1, 0]
        assert {one.subject_hash for one in stored} == {customer.phone_hash, customer.email_hash}
        assert len(stored) == 2
        assert session.get_one(Invitation, item).state is InvitationState.WITHDRAWN
        assert objected_to(session, customer) == frozenset({Method.ALL})


def test_a_no_to_calls_and_a_no_to_everything_are_two(
    invite: Invite, shipped: House, now: datetime
) -> None:
    invite()
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        for method in (Method.CALLS, Method.ALL):
            objections.record(session, customer, method, source=Source.CALL, at=now)
        assert objected_to(session, customer) == frozenset({Method.CALLS, Method.ALL})
