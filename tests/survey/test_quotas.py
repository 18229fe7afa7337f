"""The share that is asked, and the segments that have answers enough."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from config.campaign_limits import Quota, Segment
from storage import schema
from storage.columns import PASSING
from storage.forgotten_names import columns_bearing
from storage.house import House, transaction
from storage.identity import new_id
from storage.states import ResponseState
from storage.tables import Campaign, Customer, Interaction, Invitation, QuotaCell, Response
from survey import quotas, responses, standing
from survey.permission import Refusal, Rule
from survey.permission_files import in_sample

Invite = Callable[..., UUID]


def test_the_share_is_kept_over_many_and_never_rolled_again() -> None:
    ids = [new_id() for _ in range(4_000)]

    chosen = {one for one in ids if in_sample(one, 25)}

    assert 800 < len(chosen) < 1_200
    assert chosen == {one for one in ids if in_sample(one, 25)}
    # A greater share asks all those that a smaller one asks.
    assert chosen <= {one for one in ids if in_sample(one, 26)}
    assert all(in_sample(one, 100) for one in ids)


def _with_rules(session: Any, **rules: Any) -> Campaign:
    campaign = session.scalars(select(Campaign).where(Campaign.key == "after-case")).one()
    campaign.rules = campaign.rules | rules
    session.flush()
    return campaign


def test_whoever_is_not_in_the_share_is_refused_for_good(
    invite: Invite, desk: Any, now: datetime
) -> None:
    items = [invite(f"case-{n}", phone=f"+4670174{n:04d}") for n in range(12)]

    with transaction() as session:
        _with_rules(session, sample_percent=1)
        asked = {one: desk.ask(session, session.get_one(Invitation, one)) for one in items}

    left_out = [one for one in items if not in_sample(one, 1)]
    assert left_out
    assert all(
        isinstance(asked[one], Refusal)
        and (asked[one].rule, asked[one].next_allowed_at) == (Rule.NOT_SAMPLED, None)
        for one in left_out
    )


Answer = Callable[[Any, UUID], None]


@pytest.fixture
def answer(now: datetime) -> Answer:
    """Has an invitation answered to the end, by the word that a call says it with."""

    def one(session: Any, item: UUID) -> None:
        invitation = session.get_one(Invitation, item)
        campaign = session.get_one(Campaign, invitation.campaign_id)
        given = responses.begin(
            session,
            standing.of_invitation(session, invitation),
            version_id=campaign.survey_version_id,
            language="sv",
            at=now,
        )
        responses.conclude(session, given, ResponseState.COMPLETED, at=now)

    return one


def _in_team(session: Any, item: UUID, team: str | None) -> None:
    case = session.get_one(Invitation, item).interaction_id
    session.get_one(Interaction, case).team = team
    session.flush()


def _one_of(segment: Segment, equals: str, *, at_most: int = 1) -> Quota:
    return Quota(segment=segment, equals=equals, at_most=at_most)


def _limit(session: Any, *limits: Quota) -> Campaign:
    """As when the files are applied with these quotas."""
    campaign = _with_rules(session, quotas=[one.model_dump(mode="json") for one in limits])
    quotas.keep_counts(session, campaign, limits)
    return campaign


def test_a_full_quota_stays_full_when_its_contacts_are_blanked_and_its_answers_are_purged(
    invite: Invite, desk: Any, answer: Answer
) -> None:
    done, same, other = (invite(f"case-{n}", phone=f"+4670174{n:04d}") for n in range(3))

    with transaction() as session:
        _limit(session, _one_of(Segment.TEAM, "east"))
        for item, team in ((done, "east"), (same, "east"), (other, "west")):
            _in_team(session, item, team)
        answer(session, done)
        _in_team(session, done, None)
        blanked = desk.ask(session, session.get_one(Invitation, same))
        session.execute(delete(Response))
        purged = desk.ask(session, session.get_one(Invitation, same))
        west = desk.ask(session, session.get_one(Invitation, other))

    assert isinstance(blanked, Refusal)
    assert isinstance(purged, Refusal)
    assert (blanked.rule, purged.rule) == (Rule.QUOTA_FULL, Rule.QUOTA_FULL)
    assert not isinstance(west, Refusal)


def test_an_answer_counts_once_in_each_quota_of_its_segments_however_often_it_ends(
    invite: Invite, answer: Answer
) -> None:
    first, second = (invite(f"case-{n}", phone=f"+4670174{n:04d}") for n in range(2))
    limits = (
        _one_of(Segment.TEAM, "east", at_most=9),
        _one_of(Segment.CHANNEL, "chat", at_most=9),
        _one_of(Segment.LANGUAGE, "fi", at_most=9),
        _one_of(Segment.TEAM, "west", at_most=9),
    )

    with transaction() as session:
        _limit(session, *limits)
        for item in (first, second):
            _in_team(session, item, "east")
        here = session.get_one(Invitation, first)
        session.get_one(Interaction, here.interaction_id).channel = "chat"
        # Chosen in this very call, and not written yet.
        session.get_one(Customer, here.customer_id).locale = "fi"
        for item in (first, first, second, first):
            answer(session, item)

    with transaction() as session:
        cells = session.scalars(select(QuotaCell)).all()
    assert {(one.segment, one.value): one.count for one in cells} == {
        ("team", "east"): 2,
        ("channel", "chat"): 1,
        ("language", "fi"): 1,
        ("team", "west"): 0,
    }


def test_answers_that_end_in_the_same_moment_are_counted_each(
    invite: Invite, answer: Answer
) -> None:
    items = [invite(f"case-{n}", phone=f"+4670174{n:04d}") for n in range(6)]
    with transaction() as session:
        _limit(
            session,
            _one_of(Segment.TEAM, "east", at_most=9),
            _one_of(Segment.CHANNEL, "chat", at_most=9),
        )
        for item in items:
            _in_team(session, item, "east")
            case = session.get_one(Invitation, item).interaction_id
            session.get_one(Interaction, case).channel = "chat"
    together = threading.Barrier(len(items))

    def answers(item: UUID) -> None:
        together.wait(10)
        with transaction() as session:
            answer(session, item)

    with ThreadPoolExecutor(len(items)) as pool:
        list(pool.map(answers, items))

    with transaction() as session:
        assert set(session.scalars(select(QuotaCell.count))) == {6}


def test_a_quota_that_is_written_later_begins_with_the_answers_that_are_there(
    invite: Invite, desk: Any, answer: Answer
) -> None:
    done, same = (invite(f"case-{n}", phone=f"+4670174{n:04d}") for n in range(2))

    with transaction() as session:
        for item in (done, same):
            _in_team(session, item, "east")
        answer(session, done)
        campaign = _limit(session, _one_of(Segment.TEAM, "east"))
        _in_team(session, done, None)
        quotas.keep_counts(session, campaign, [_one_of(Segment.TEAM, "east")])  # applied again
        asked = desk.ask(session, session.get_one(Invitation, same))

    assert isinstance(asked, Refusal)
    assert asked.rule is Rule.QUOTA_FULL


def test_answers_of_before_there_was_a_count_are_counted_on_the_way_up(
    shipped: House, invite: Invite, answer: Answer
) -> None:
    items = [invite(f"case-{n}", phone=f"+4670174{n:04d}") for n in range(3)]
    limits = _one_of(Segment.TEAM, "east"), _one_of(Segment.LANGUAGE, "fi")
    with transaction() as session:
        _with_rules(session, quotas=[one.model_dump(mode="json") for one in limits])
        for item in items:
            _in_team(session, item, "east")
        for item in items[:2]:
            answer(session, item)

    with transaction() as session:
        # There is no way back for names that only the keyring knows.
        for column in columns_bearing(PASSING):
            session.execute(update(column.table).values({column.name: None}))
    schema.downgrade(shipped.database, "0032")
    schema.upgrade(shipped.database)

    with transaction() as session:
        cells = session.scalars(select(QuotaCell)).all()
    assert {(one.segment, one.value): one.count for one in cells} == {
        ("team", "east"): 2,
        ("language", "fi"): 0,
    }


def test_a_segment_with_answers_enough_is_not_asked_and_the_others_are(
    invite: Invite, desk: Any, now: datetime
) -> None:
    done, same, other = (invite(f"case-{n}", phone=f"+4670174{n:04d}") for n in range(3))
    quota = Quota(segment=Segment.TEAM, equals="east", at_most=1)

    with transaction() as session:
        campaign = _with_rules(session, quotas=[quota.model_dump(mode="json")])
        for item, team in ((done, "east"), (same, "east"), (other, "west")):
            invitation = session.get_one(Invitation, item)
            session.get_one(Interaction, invitation.interaction_id).team = team
        response = responses.begin(
            session,
            standing.of_invitation(session, session.get_one(Invitation, done)),
            version_id=campaign.survey_version_id,
            language="sv",
            at=now,
        )
        before = desk.ask(session, session.get_one(Invitation, same))
        responses.conclude(session, response, ResponseState.COMPLETED, at=now)
        session.flush()
        after = desk.ask(session, session.get_one(Invitation, same))
        west = desk.ask(session, session.get_one(Invitation, other))

    assert not isinstance(before, Refusal)
    assert isinstance(after, Refusal)
    assert after.rule is Rule.QUOTA_FULL
    assert not isinstance(west, Refusal)
