"""Whatever is said, in whatever order and by whatever way: nobody who may not be rung is rung.

A dialler claims, decides and rings through the real stores, while people object, take it back,
consent, are frozen, are imported anew, and the clock is wound over both changes of the year. Beside
it stands a model that knows nothing of the rules' code; it judges each call that is made.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from config.directory import Configuration
from ivr import attempt_ends
from ivr.last_look import why_unwanted
from ivr.orders import Order, claim
from messaging import inbound
from messaging.events import TextReceived
from storage.house import House, reading, transaction
from storage.states import AttemptState, CampaignState, Disposition
from storage.tables import Attempt, Call, Campaign, Customer, Invitation, Objection, Organisation
from survey import (
    consents,
    interactions,
    invitations,
    objections,
    organisations,
    restrictions,
    subjects,
)
from survey.interactions import ToldInteraction
from survey.objections import Source
from survey.permission import Method
from survey.restrictions import Cause
from survey.subjects import Subject

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LINE = "+46846500400"
THROTTLE = timedelta(days=90)
# Weekdays on which nobody is rung in the two stretches of the year that are played.
HOLIDAYS = {date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14)}
SPRING, AUTUMN = datetime(2026, 3, 27, 6, tzinfo=UTC), datetime(2026, 10, 23, 6, tzinfo=UTC)
SAID = [Source.WEB, Source.CONSOLE, Source.LETTER, Source.CALL, Source.IMPORT]
ENDS = [
    *(Disposition.COMPLETED, Disposition.BUSY, Disposition.NO_ANSWER, Disposition.FAILED),
    *(Disposition.MACHINE, Disposition.PARTIAL, Disposition.CANCELED),
]


@dataclass
class Person:
    """One telephone number, with an address that somebody else may have too."""

    phone: str
    email: str
    known: bool = False
    frozen: set[Cause] = field(default_factory=set)
    # The case that asked last, and when; none when no telephone rang for it.
    asked: dict[str, datetime] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return {self.phone, self.email}


@dataclass
class Said:
    """A no or a yes, and everything it holds for."""

    names: set[str]
    method: Method
    ends: datetime | None = None


@dataclass
class Model:
    """What may be done, told in sets and dates alone."""

    people: list[Person]
    noes: list[Said] = field(default_factory=list)
    yeses: list[Said] = field(default_factory=list)
    running: bool = True
    needs_consent: bool = False

    def linked(self, names: set[str]) -> set[str]:
        """These names and the others of everybody known by them."""
        found = set(names)
        for person in self.people:
            if person.known and person.names & names:
                found |= person.names
        return found

    def faults(self, person: Person, case: str, now: datetime) -> list[str]:
        """Every reason for which this call should not have been made."""
        local = now.astimezone(STOCKHOLM)
        open_day = local.weekday() < 5 and local.date() not in HOLIDAYS
        consent = any(
            yes.names & person.names
            and yes.method in (Method.CALLS, Method.ALL)
            and (yes.ends is None or yes.ends > now)
            for yes in self.yeses
        )
        found = {
            "objected": any(
                no.names & person.names and no.method in (Method.CALLS, Method.ALL)
                for no in self.noes
            ),
            "frozen": bool(person.frozen),
            "paused": not self.running,
            "hours": not (open_day and 9 <= local.hour < 20),
            "consent": self.needs_consent and not consent,
            "throttle": any(
                other != case
                and at.astimezone(STOCKHOLM).replace(tzinfo=None) + THROTTLE
                > local.replace(tzinfo=None)
                for other, at in person.asked.items()
            ),
        }
        return [name for name, bad in found.items() if bad]


class World:
    """The service's stores and the model, told the same things."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.dice = house, random.Random(seed)
        self.now = self.dice.choice([SPRING, AUTUMN])
        people = [
            Person(f"+467017406{n:02d}", f"p{n // 2 if n < 15 else n}@example.org")
            for n in range(5, 35)
        ]
        self.model = Model(people)
        self.cases, self.texts = 0, 0
        self.happened: Counter[str] = Counter()
        with reading() as session:
            self.owner = session.scalars(
                select(Organisation).where(Organisation.key == "consumer-credit")
            ).one()
            self.campaign_id = session.scalars(
                select(Campaign.id).where(Campaign.organisation_id == self.owner.id)
            ).one()

    def hashes(self, name: str) -> tuple[bytes, ...]:
        subject = Subject(email=name) if "@" in name else Subject(name)
        (found,) = subjects.hashes_of(
            [subject], organisation_id=self.owner.id, keyring=self.house.keyring
        )
        return found

    def someone(self) -> Person:
        return self.dice.choice(self.model.people)

    def step(self) -> None:
        deeds = {
            self.ring: 10, self.wind: 6, self.import_case: 14, self.object_to: 2,
            self.take_back: 3, self.text: 2, self.freeze: 1, self.thaw: 2, self.pause_or_go_on: 1,
            self.consent: 4, self.object_while_imported: 1, self.ask_for_consent_or_not: 1,
        }  # fmt: skip
        (deed,) = self.dice.choices(list(deeds), weights=list(deeds.values()))
        deed()

    def wind(self) -> None:
        by = [timedelta(minutes=7), timedelta(hours=1), timedelta(hours=5), timedelta(days=1)]
        self.now += self.dice.choice([*by, timedelta(days=3)])
        if self.dice.random() < 0.4:  # to ten in the morning, when people are rung
            local = self.now.astimezone(STOCKHOLM).replace(hour=10, minute=5)
            self.now = max(self.now, local.astimezone(UTC))
        if self.dice.random() < 0.04:
            self.now += timedelta(days=self.dice.choice([40, 89, 91]))

    def import_case(self, person: Person | None = None) -> None:
        person = person or self.someone()
        self.cases += 1
        told = ToldInteraction(
            f"case-{self.cases}", person.phone, person.phone, self.now - timedelta(hours=2),
            email=person.email,
        )  # fmt: skip
        with transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            done = interactions.register(
                session, told, campaign=campaign, keyring=self.house.keyring, now=self.now
            )
        self.happened[done.outcome.value] += 1
        if done.outcome is interactions.Outcome.INVITED:
            person.known = True

    def object_to(self, person: Person | None = None) -> None:
        name = self.dice.choice(sorted((person or self.someone()).names))
        method = self.dice.choice([Method.CALLS, Method.ALL, Method.SMS])
        with transaction() as session:
            objections.record_hashes(
                session, self.owner.id, self.hashes(name), method=method,
                source=self.dice.choice(SAID), at=self.now,
            )  # fmt: skip
        self.model.noes.append(Said(self.model.linked({name}), method))

    def take_back(self) -> None:
        self._taken_back(self.dice.choice(sorted(self.someone().names)), Source.CONSOLE)

    def _taken_back(self, name: str, source: Source) -> None:
        with transaction() as session:
            objections.take_back(
                session, self.owner.id, self.hashes(name), source=source, at=self.now
            )
        self._model_takes_back(name)

    def _model_takes_back(self, name: str) -> None:
        names = self.model.linked({name})
        self.model.noes = [no for no in self.model.noes if not no.names & names]

    def object_while_imported(self) -> None:
        """The no comes between an import's look and its last line: only the door can see it."""
        person = self.someone()
        if self.model.linked(person.names) & {n for no in self.model.noes for n in no.names}:
            return
        self.import_case(person)
        (phone_hash,) = self.hashes(person.phone)
        with transaction() as session:
            session.add(
                Objection(
                    organisation_id=self.owner.id, subject_hash=phone_hash,
                    method=Method.CALLS.value, source=Source.WEB.value, made_at=self.now,
                )
            )  # fmt: skip
        self.model.noes.append(Said({person.phone}, Method.CALLS))

    def text(self, person: Person | None = None) -> None:
        person, word = (
            person or self.someone(),
            self.dice.choice(["Stopp!", "LOPETA", "börja", "hej"]),
        )
        self.texts += 1
        text = TextReceived(f"SM{self.texts}", person.phone, LINE, word, answered_by_provider=False)
        with transaction() as session:
            inbound.receive(session, text, at=self.now)
        if word in ("Stopp!", "LOPETA"):
            self.model.noes.append(Said(self.model.linked({person.phone}), Method.ALL))
        elif word == "börja":
            self._model_takes_back(person.phone)

    def _customer(self, session: Any, person: Person) -> Customer | None:
        (phone_hash,) = self.hashes(person.phone)
        found: Customer | None = session.scalars(
            select(Customer).where(
                Customer.organisation_id == self.owner.id, Customer.phone_hash == phone_hash
            )
        ).one_or_none()
        return found

    def freeze(self, person: Person | None = None) -> None:
        person, cause = person or self.someone(), self.dice.choice(list(Cause))
        with transaction() as session:
            customer = self._customer(session, person)
            if customer is not None:
                restrictions.restrict(session, customer, cause=cause, at=self.now, review_at=None)
                person.frozen.add(cause)

    def thaw(self) -> None:
        person, cause = self.someone(), self.dice.choice([None, *Cause])
        with transaction() as session:
            customer = self._customer(session, person)
            if customer is not None:
                restrictions.lift(session, customer, at=self.now, cause=cause)
                person.frozen -= set(Cause) if cause is None else {cause}

    def pause_or_go_on(self, _: Person | None = None) -> None:
        self.model.running = self.dice.random() < 0.85
        state = CampaignState.RUNNING if self.model.running else CampaignState.PAUSED
        with transaction() as session:
            session.get_one(Campaign, self.campaign_id).state = state

    def ask_for_consent_or_not(self) -> None:
        self.model.needs_consent = self.dice.random() < 0.3
        by = "consent" if self.model.needs_consent else "not_marketing"
        with transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            decided = campaign.rules["classification"] | {"calls_allowed_by": by}
            campaign.rules = campaign.rules | {"classification": decided}

    def consent(self) -> None:
        person = self.someone()
        method = self.dice.choice([Method.CALLS, Method.ALL, Method.EMAIL])
        ends = self.dice.choice([None, self.now + timedelta(days=self.dice.randint(1, 20))])
        name = self.dice.choice(sorted(person.names))
        with transaction() as session:
            consents.record(
                session, self.owner.id, self.hashes(name), method=method, source="form",
                given_at=self.now, expires_at=ends,
            )  # fmt: skip
        self.model.yeses.append(Said({name}, method, ends))

    def ring(self) -> None:
        """One round of a dialler; between deciding and ringing, somebody may say something."""
        with transaction() as session:
            claimed = claim(session, now=self.now, limit=3)
        self.happened["refused"] += claimed.refused
        for order in claimed.orders:
            (person,) = [one for one in self.model.people if one.phone == order.wanted.to]
            if self.dice.random() < 0.4:
                said = [self.object_to, self.text, self.freeze, self.pause_or_go_on]
                self.dice.choice(said)(person)
            self._place(order, person)

    def _place(self, order: Order, person: Person) -> None:
        with reading() as session:
            why = why_unwanted(session, [order], now=self.now).get(order.attempt_id)
            invitation_id = session.get_one(Attempt, order.attempt_id).invitation_id
        if why is not None:
            self.happened[f"not placed: {why}"] += 1
            with transaction() as session:
                call = session.get_one(Call, order.call_id)
                attempt = session.get_one(Attempt, order.attempt_id)
                attempt_ends.write_off(
                    session, call, attempt, why=Disposition.NEVER_PLACED, code=why, at=self.now
                )
            return
        self.happened["rung"] += 1
        case = str(invitation_id)
        assert self.model.faults(person, case, self.now) == [], (self.now, person, case)
        ended = self.dice.choice(ENDS)
        if ended not in (Disposition.FAILED, Disposition.CANCELED):
            for one in self.model.people:
                if one.names & person.names:  # who shares an address shares the patience
                    one.asked[case] = self.now
        with transaction() as session:
            attempt = session.get_one(Attempt, order.attempt_id)
            attempt.state, attempt.disposition = AttemptState.ENDED, ended
            attempt.ended_at = self.now
            session.flush()
            invitation = session.get_one(Invitation, invitation_id)
            invitations.after_attempt(session, invitation, ended, now=self.now)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_is_rung_who_said_no_is_frozen_was_asked_lately_or_sleeps(
    house: House, files: Configuration, seed: int
) -> None:
    steps = 400 if house.database.is_sqlite else 60
    with transaction() as session:
        organisations.apply(session, files, keyring=house.keyring, now=SPRING)
    world = World(house, seed)

    for _ in range(steps):
        world.step()

    if house.database.is_sqlite:
        assert world.happened["rung"] >= 5, world.happened
        assert world.happened["refused"] >= 10, world.happened
