"""The rows of a week that passed, beside what the people in it remember."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from storage.house import reading
from storage.states import AttemptState, Disposition
from storage.tables import (
    Attempt,
    Call,
    Interaction,
    Invitation,
    InvitationEvent,
    PermissionDecision,
    Spending,
)
from survey.permission import Rule
from tests.load.week import Week
from tests.load.week_ground import STOCKHOLM
from tests.load.week_network import Rung
from tests.rows import cases_of


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt as the rows have it, and the call that the network remembers for it."""

    case: str
    number: int
    placing_at: datetime
    ended_at: datetime | None
    disposition: Disposition
    rung: Rung | None


class Told:
    """The rows of a week, beside what people remember."""

    def __init__(self, week: Week) -> None:
        self.week = week
        self.person_of = {case: one for one in week.everybody for case in one.cases}
        rung_by_token = {one.token: one for one in week.network.made}
        with reading() as session:
            cases = session.scalars(select(Interaction)).all()
            name_of = dict(zip([one.id for one in cases], cases_of(cases), strict=True))
            asked = session.execute(select(Invitation.interaction_id, Invitation.state))
            self.states = {name_of[case]: state for case, state in asked}
            rows = session.execute(
                select(
                    Invitation.interaction_id,
                    Attempt.number,
                    Attempt.placing_at,
                    Attempt.ended_at,
                    Attempt.disposition,
                    Attempt.state,
                    Call.token,
                )
                .join(Invitation, Invitation.id == Attempt.invitation_id)
                .join(Call, Call.attempt_id == Attempt.id)
                .order_by(Attempt.placing_at, Attempt.id)
            ).all()
            self.spent = dict(session.execute(select(Spending.day, Spending.micros)).all())
            self.steps = Counter(session.scalars(select(InvitationEvent.kind)))
            decided = session.execute(
                select(Invitation.interaction_id, PermissionDecision.rule).join(
                    Invitation, Invitation.id == PermissionDecision.invitation_id
                )
            ).all()
            self.decisions = Counter(rule for _, rule in decided)
            self.decided = {name_of[case] for case, _ in decided}
            # The cases that are not in the share that is asked about, and how often that was said.
            self.left_out = Counter(
                name_of[case] for case, rule in decided if rule == Rule.NOT_SAMPLED.value
            )
        assert all(state is AttemptState.ENDED for *_, state, _ in rows)
        assert {token for *_, token in rows} >= rung_by_token.keys()
        self.attempts: dict[str, list[Tried]] = defaultdict(list)
        for case, number, placing_at, ended_at, disposition, _, token in rows:
            tried = Tried(
                name_of[case], number, placing_at, ended_at, disposition, rung_by_token.get(token)
            )
            self.attempts[tried.case].append(tried)

    def days(self) -> Counter[date]:
        """How many calls were made on each day of Stockholm."""
        return Counter(one.asked_at.astimezone(STOCKHOLM).date() for one in self.week.network.made)

    def all(self) -> Iterator[Tried]:
        """Every attempt."""
        for theirs in self.attempts.values():
            yield from theirs
