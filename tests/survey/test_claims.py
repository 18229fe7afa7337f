"""Claiming: what is due, when there is room, and never the same for two diallers."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from storage.database_clock import clock
from storage.house import House, reading, transaction
from storage.states import CampaignState, Disposition, InvitationState
from storage.tables import Attempt, Invitation, Line, LinePace, LineSlot
from survey import claims

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def state_of(invitation_id: UUID) -> tuple[InvitationState, datetime]:
    with reading() as session:
        invitation = session.get_one(Invitation, invitation_id)
        return invitation.state, invitation.due_at


def room(calls: int) -> None:
    """Give every line room for so many calls at a time."""
    with transaction() as session:
        session.execute(update(Line).values(simultaneous_calls=calls))


def claimed(now: datetime = NOW, limit: int = 10) -> list[UUID]:
    with transaction() as session:
        return [one.id for one in claims.claim_due(session, now=now, limit=limit).invitations]


def test_what_is_due_is_claimed_the_longest_waiting_first(invite: Any) -> None:
    later = invite("case-1", phone="+46701740605", happened_at=NOW - 2 * HOUR, now=NOW - HOUR)
    first = invite("case-2", phone="+46701740606", happened_at=NOW - 3 * HOUR, now=NOW - 2 * HOUR)

    assert claimed() == [first, later]
    assert claimed(limit=1) == [first]


def test_a_look_tells_whether_there_may_be_more_than_it_took(invite: Any) -> None:
    invite("case-1", phone="+46701740605")
    invite("case-2", phone="+46701740606")

    def more(limit: int) -> bool:
        with transaction() as session:
            return claims.claim_due(session, now=NOW, limit=limit).more

    assert [more(limit) for limit in (1, 2, 3)] == [True, True, False]
    room(0)
    assert more(3)


def test_what_is_not_due_yet_is_left_alone(invite: Any) -> None:
    soon = invite(happened_at=NOW)

    assert claimed(now=NOW + HOUR - timedelta(seconds=1)) == []
    assert claimed(now=NOW + HOUR) == [soon]


def test_what_became_too_old_is_not_claimed(invite: Any) -> None:
    invite(happened_at=NOW)
    edge = NOW + timedelta(days=7)

    assert len(claimed(now=edge - timedelta(seconds=1))) == 1
    assert claimed(now=edge) == []


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.STOPPED])
def test_a_campaign_that_does_not_run_is_not_claimed_from(
    invite: Any, desk: Any, state: CampaignState
) -> None:
    waiting = invite()
    with transaction() as session:
        desk.campaign(session).state = state
    assert claimed() == []

    with transaction() as session:
        desk.campaign(session).state = CampaignState.RUNNING

    assert claimed() == [waiting]


def test_a_line_gets_no_more_than_it_has_room_for(invite: Any, desk: Any) -> None:
    for number in range(4):
        invite(f"case-{number}", phone=f"+4670174060{number + 5}")
    room(3)
    assert len(claimed()) == 3

    with transaction() as session:
        first = claims.claim_due(session, now=NOW, limit=1).invitations[0]
        attempt = desk.ring(session, first)
        attempt_id = attempt.id
    assert len(claimed()) == 2

    with transaction() as session:
        desk.end(session, session.get_one(Attempt, attempt_id), Disposition.COMPLETED, now=NOW)
    assert len(claimed()) == 3


def test_a_full_line_keeps_no_other_line_waiting(invite: Any, desk: Any) -> None:
    full = invite("case-1")
    other = invite(
        "case-2", organisation="answering-service", campaign="after-message",
        happened_at=NOW - 3 * HOUR,
    )  # fmt: skip
    with transaction() as session:
        desk.campaign(session)
        line = desk.campaign(session).line_id
        session.execute(update(Line).where(Line.id == line).values(simultaneous_calls=1))
        desk.ring(session, session.get_one(Invitation, full))

    assert claimed() == [other]


def test_an_invitation_whose_telephone_rings_is_not_claimed_again(invite: Any, desk: Any) -> None:
    ringing = invite()
    with transaction() as session:
        desk.ring(session, session.get_one(Invitation, ringing))

    assert claimed(now=NOW + HOUR) == []
    assert state_of(ringing)[0] is InvitationState.TRYING


def test_two_dialers_never_claim_the_same_invitation_nor_more_than_the_line_holds(
    shipped: House, invite: Any, desk: Any
) -> None:
    for number in range(20):
        invite(f"case-{number}", phone=f"+467017406{number + 10:02d}")
    room(7)
    with reading() as session:
        line_id = desk.campaign(session).line_id
    together = threading.Barrier(4)

    def dial() -> None:
        together.wait()
        for _ in range(6):
            with transaction() as session:
                due = claims.claim_due(session, now=NOW, limit=3).invitations
                if due:
                    for invitation in due[: max(claims.room_on(session, line_id)[1], 0)]:
                        desk.ring(session, invitation)

    threads = [threading.Thread(target=dial) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with reading() as session:
        rung = session.scalars(select(Attempt.invitation_id)).all()
    assert len(rung) == len(set(rung)) == 7


def test_nothing_is_claimed_for_a_line_that_is_held_or_begins_no_call_soon(
    invite: Any, desk: Any
) -> None:
    waiting = invite()
    with transaction() as session:
        campaign = desk.campaign(session)
        ours = {"line_id": campaign.line_id, "organisation_id": campaign.organisation_id}
        later = session.scalars(select(clock(session, ahead=2 * claims.SOON))).one()
        session.add(LineSlot(**ours, number=0, free_at=later))
    assert claimed() == []

    with transaction() as session:
        session.execute(update(LineSlot).values(taken_for=later))  # it is only being used
    assert claimed() == [waiting]

    with transaction() as session:
        session.execute(update(LineSlot).values(free_at=later - 2 * claims.SOON, taken_for=None))
        session.add(LinePace(**ours, held_until=later))
    assert claimed() == []

    with transaction() as session:
        session.execute(update(LinePace).values(held_until=later - 3 * claims.SOON))
    assert claimed() == [waiting]
