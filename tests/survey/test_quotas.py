"""The share that is asked, and the segments that have answers enough."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from config.campaign_limits import Quota, Segment
from storage.house import transaction
from storage.identity import new_id
from storage.states import ResponseState
from storage.tables import Campaign, Interaction, Invitation
from survey import responses, standing
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
