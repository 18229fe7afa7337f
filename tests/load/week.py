"""A week of a campaign in a few minutes: the product's own code under a clock that jumps.

Import, claim, permission, attempt, placing, callbacks, turns, settling and the next attempt are the
product's; only the telephones are not there. One hand places, because a clock that everybody waits
for knows one thing at a time; how several diallers share a line is tested elsewhere.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any, Final, cast

from sqlalchemy import bindparam, func, select

from ivr import reconcile
from ivr.dialling import BATCH, IDLE_SECONDS
from ivr.orders import claim
from ivr.pacing import Pace
from ivr.placing import Outcome
from storage import case_references
from storage.faults import TryAgain
from storage.house import House, house, reading, transaction
from storage.prepared import Prepared
from storage.tables import Customer, Interaction, Invitation, LinePace
from survey import invitations, objections
from survey.objections import Source
from survey.permission import Method
from survey.places import find_campaign
from tests.load.week_ground import (
    BEGINS,
    CAMPAIGN,
    ENDS,
    FILES,
    ORGANISATION,
    LineCarries,
    Person,
    import_cases,
    people,
    prepare,
    wind,
    write_cases,
)
from tests.load.week_network import Clock, Network, NeverStop
from tests.one_hand import place_all

USUAL: Final = LineCarries()
_HOUR: Final = 3_600.0
_DAY: Final = 24 * _HOUR
# Of what happens meanwhile the dialler hears so late at most: that a line has room again.
_LOOK: Final = timedelta(seconds=30)
# When somebody is due next, and until when the line is held.
_NEXT: Final = Prepared(
    select(
        *(
            select(func.min(Invitation.due_at))
            .where(
                Invitation.campaign_id == bindparam("campaign"),
                Invitation.state == state,
                Invitation.due_at > bindparam("now"),
            )
            .scalar_subquery()
            for state in invitations.OPEN
        ),
        select(LinePace.held_until)
        .where(LinePace.line_id == bindparam("line"), LinePace.held_until > bindparam("now"))
        .scalar_subquery(),
    )
)


@dataclass
class Week:
    """What is known of a week by those who lived in it."""

    everybody: list[Person]
    network: Network
    clock: Clock
    ceiling_of_day: int
    line: LineCarries
    # How many of a hundred cases the campaign asks about.
    share: int
    # Who said on a web page, when, that they want no calls.
    objected: dict[str, datetime] = field(default_factory=dict)
    # Those of them whose case was still open.
    withdrawn: set[str] = field(default_factory=set)
    refused: int = 0
    import_seconds: float = 0.0
    dial_seconds: float = 0.0


def live(
    opened: House,
    folder: Path,
    *,
    count: int,
    ceiling_of_day: int,
    line: LineCarries = USUAL,
    share: int = 100,
    seed: int = 1,
) -> Week:
    """Let a week pass for so many people, of which no day may cost more than that.

    Of a hundred of their cases the campaign asks about `share`.
    """
    clock = Clock(BEGINS)
    everybody = people(count, seed=seed)
    # A no counts once for each open case: of two cases nobody here could say which still was.
    both = frozenset(one.number for one in everybody if len(one.cases) > 1)
    network = Network(clock, seed=seed, mild=both)
    week = Week(everybody, network, clock, ceiling_of_day, line, share)
    folder.mkdir(exist_ok=True)
    prepare(folder, ceiling_of_day=ceiling_of_day, line=line, share=share)
    wind(opened, clock)
    began = process_time()
    _Diary(week, folder, seed=seed).live()
    week.dial_seconds = process_time() - began - week.import_seconds
    return week


class _Diary:
    """The dialler's hours and everybody else's."""

    def __init__(self, week: Week, folder: Path, *, seed: int) -> None:
        self._week, self._folder, self._clock = week, folder, week.clock
        self._chance = random.Random(f"diary {seed}")
        stop = cast("Any", NeverStop(self._clock))
        self._pace = Pace(stop, ticks=self._clock.ticks)
        with reading() as session:
            owner, campaign = find_campaign(session, organisation=ORGANISATION, campaign=CAMPAIGN)
            self._owner, self._campaign_id, self._line_id = owner.id, campaign.id, campaign.line_id

    def live(self) -> None:
        for told_at in FILES:
            self._clock.after((told_at - BEGINS).total_seconds(), self._file_comes)
        self._clock.go_to(BEGINS)
        self._some_object()
        self._each_hour()
        while self._clock.now < ENDS:
            if not self._dial():
                self._clock.go_to(min(self._next_moment(), ENDS))
        self._clock.go_to(ENDS + timedelta(hours=1))

    def _dial(self) -> bool:
        """Place what a look brings, and rest as the dialler does; False when it brought nothing."""
        with transaction() as session:
            claimed = claim(session, now=self._clock.now, limit=BATCH)
        self._week.refused += claimed.refused
        outcomes = place_all(
            claimed.orders, provider=self._week.network, pace=self._pace, clock=self._clock
        )
        for fault in outcomes:
            if isinstance(fault, Exception) and not isinstance(fault, TryAgain):
                raise fault
        if Outcome.UNCERTAIN in outcomes:
            for seconds in (40, 130):
                self._clock.after(seconds, self._reconcile)
        if not claimed.orders and not claimed.refused:
            return False
        if not claimed.more:
            self._clock.go_to(self._clock.now + timedelta(seconds=IDLE_SECONDS))
        return True

    def _file_comes(self) -> None:
        theirs = [one for one in self._week.everybody if one.told_at == self._clock.now]
        path = write_cases(self._folder / f"{self._clock.now:%d}.csv", theirs)
        began = process_time()
        import_cases(path, now=self._clock.now)
        self._week.import_seconds += process_time() - began

    def _next_moment(self) -> datetime:
        """When there is something to do again, for us or for anybody."""
        names = {"campaign": self._campaign_id, "line": self._line_id, "now": self._clock.now}
        with reading() as session:
            (found,) = _NEXT.rows(session, names)
        soon = self._clock.now + _LOOK
        coming = [] if self._clock.next_at is None else [max(self._clock.next_at, soon)]
        moments = [one for one in (*found, *coming) if one is not None]
        # A dialler that found nothing looks again after as long as this.
        return max(min(moments, default=ENDS), self._clock.now + timedelta(seconds=IDLE_SECONDS))

    def _reconcile(self) -> None:
        reconcile.reconcile_attempts(provider=cast("Any", self._week.network), now=self._clock.now)

    def _each_hour(self) -> None:
        self._reconcile()
        with transaction() as session:
            invitations.expire(session, now=self._clock.now)
        self._clock.after(_HOUR, self._each_hour)

    def _some_object(self) -> None:
        """One in a hundred goes to the web page within a day after their case came in."""
        for person in self._week.everybody:
            if len(person.cases) == 1 and self._chance.random() < 0.01:
                told_at = (person.told_at - BEGINS).total_seconds()
                within = self._chance.random() * _DAY
                self._clock.after(told_at + within, lambda who=person: self._objects(who))

    def _objects(self, person: Person) -> None:
        with transaction() as session:
            customer = session.scalars(
                select(Customer)
                .join(Interaction, Interaction.customer_id == Customer.id)
                .where(
                    Interaction.organisation_id == self._owner,
                    Interaction.case_hash
                    == case_references.hash_of(house().keyring, self._owner, person.cases[0]),
                )
            ).one()
            noted = objections.record(
                session, customer, Method.CALLS, source=Source.WEB, at=self._clock.now
            )
        self._week.objected[person.number] = self._clock.now
        if noted.withdrawn:
            self._week.withdrawn.add(person.number)
