"""Whatever is said, in whatever order and by whatever way: nobody who may not be rung is rung, and
nobody who may not be texted is texted.

The product's own dialler claims, decides and places, before an object that speaks the provider's
verbs, what is texted after an unanswered call is sent by what sends texts, and the product's own
callbacks and turns end both. Meanwhile people object by every way there is, take it back, consent,
withdraw that, are frozen, washed, erased and imported anew, and the clock is wound over both
changes of the year and now and then a little back. Beside it stands a model that knows nothing of
the rules' code; it judges each call and each text in the moment in which the provider is asked.

`AGAINST_THEIR_WILL_SEEDS=11,12` plays both stretches of the year with these seeds too.
"""

import os
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from config.campaign_rules import Campaign as CampaignRules
from config.directory import Configuration
from ivr import calls_status, placing, turns
from ivr.conversations import lock_by_token
from ivr.events import DocumentAsked, KeysPressed, StatusTold, scrubbed
from ivr.orders import Order, claim
from ivr.pacing import Pace
from ivr.steps import Gather, Waiting
from messaging import carrying_out, inbound, text_ends, texting
from messaging.events import TextReceived
from privacy import request_steps, requests
from storage import permits
from storage.faults import GiveUp, TryAgain
from storage.house import House, reading, transaction
from storage.permits import Permit
from storage.provider import CallOrder, PlacedCall, TakenText, TextOrder
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind
from storage.states import AttemptMethod, CampaignState, TextState
from storage.tables import (
    Attempt,
    Campaign,
    Customer,
    Line,
    Objection,
    Organisation,
    PermissionDecision,
    SentText,
)
from survey import (
    consents,
    interactions,
    objections,
    organisations,
    registers,
    restrictions,
    subjects,
    wish_import,
)
from survey.interactions import ToldInteraction
from survey.objections import Source
from survey.permission import Method
from survey.restrictions import Cause
from survey.subjects import Subject
from tests import one_hand

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LINE = "+46846500400"
BASE = "https://genklang.example"
REGISTER, WASH_COUNTS = "nix", timedelta(days=30)
THROTTLE = timedelta(days=90)
# Weekdays on which nobody is rung in the two stretches of the year that are played.
HOLIDAYS = {
    *(date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14)),
    *(date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 6), date(2027, 3, 26)),
    *(date(2027, 3, 29), date(2027, 5, 6), date(2028, 1, 6), date(2028, 4, 14)),
}
# The Friday before the clock is changed, and the moment in which it is.
SPRING, AUTUMN = datetime(2026, 3, 27, 6, tzinfo=UTC), datetime(2026, 10, 23, 6, tzinfo=UTC)
CHANGE = {
    SPRING: datetime(2026, 3, 29, 1, tzinfo=UTC), AUTUMN: datetime(2026, 10, 25, 1, tzinfo=UTC),
}  # fmt: skip
SAID = [Source.WEB, Source.CONSOLE, Source.LETTER, Source.CALL, Source.IMPORT]
ENDS = ["talk", "talk", "busy", *["no-answer"] * 4, "failed", "canceled", "completed"]
TEXT_AFTER_NO_ANSWER = {
    "busy": {"after": "15 minutes", "times": 2},
    "no_answer": {"after": "4 hours", "times": 1, "then": "sms"},
    "failed": {"after": "1 hour", "times": 1},
    "cut": {"after": "10 minutes", "times": 1},
}
# What is said of a telephone that the last look, or the decision about a text, must find.
OF_TELEPHONES = [Method.CALLS, Method.SMS, Method.ALL]
MORE_SEEDS = [int(one) for one in os.environ.get("AGAINST_THEIR_WILL_SEEDS", "").split(",") if one]
OF_REGISTERS = ("blocked_by_register", "not_washed", "wash_expired")
NO_TELEPHONE_RANG = ("failed", "canceled")


@dataclass
class Person:
    """One telephone number, with an address that changes and that somebody else may have too."""

    phone: str
    usual: str | None
    # As it was told last, if ever.
    email: str | None = None
    known: bool = False
    frozen: set[Cause] = field(default_factory=set)
    seen_at: datetime | None = None

    @property
    def names(self) -> set[str]:
        return {one for one in (self.phone, self.email) if one is not None}

    @property
    def says(self) -> list[str]:
        """What they may name when they say something."""
        return sorted(self.names | {self.usual or self.phone})


@dataclass
class Said:
    """A no or a yes, and everything it holds for."""

    names: set[str]
    method: Method
    begins: datetime | None = None
    ends: datetime | None = None
    by_text: bool = False


@dataclass
class Model:
    """What may be done, told in sets and dates alone."""

    people: list[Person]
    noes: list[Said] = field(default_factory=list)
    yeses: list[Said] = field(default_factory=list)
    running: bool = True
    needs_consent: bool = False
    needs_wash: bool = False
    # What the register said of a number, and when.
    washed: dict[str, tuple[bool, datetime]] = field(default_factory=dict)
    # By name the cases that asked, and when; none when no telephone rang for it.
    asked: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def linked(self, names: set[str]) -> set[str]:
        """These names and the others of everybody known by them."""
        found = set(names)
        for person in self.people:
            if person.known and person.names & names:
                found |= person.names
        return found

    def own(self, name: str) -> set[str]:
        """The names of whoever is meant by this one; an address that two have names neither."""
        meant = [one for one in self.people if one.known and name in one.names]
        return {name} | (meant[0].names if len(meant) == 1 else set())

    def take_back(self, name: str, *, by_text: bool = False) -> None:
        """Whose number a no names keeps it, unless it is their own word; a text ends a text's."""
        names = self.own(name)
        others = {
            one
            for person in self.people
            if person.known and not person.names <= names
            for one in person.names
        }
        for no in self.noes:
            if no.by_text or not by_text:
                # An address that they had once is nobody's by now.
                no.names = (no.names if no.names.isdisjoint(names) else no.names & others) - names

    def forget(self, person: Person) -> None:
        """Whoever is erased leaves a no to everything, and nothing else."""
        gone = person.names
        self.noes.append(Said(gone, Method.ALL))
        for yes in self.yeses:
            yes.names = yes.names - gone
        self.washed.pop(person.phone, None)
        for name in gone:
            self.asked.pop(name, None)
        person.known, person.email, person.seen_at = False, None, None

    def faults(self, person: Person, case: str, by: Method, now: datetime) -> list[str]:
        """Every reason for which this call or this text should not have been made."""
        local = now.astimezone(STOCKHOLM)
        open_day = local.weekday() < 5 and local.date() not in HOLIDAYS
        consent = any(
            yes.names & person.names
            and yes.method in (Method.CALLS, Method.ALL)
            and (yes.begins is None or yes.begins <= now)
            and (yes.ends is None or yes.ends > now)
            for yes in self.yeses
        )
        listed, checked_at = self.washed.get(person.phone, (True, now))
        checked = checked_at.astimezone(STOCKHOLM).replace(tzinfo=None)
        washed = not listed and checked + WASH_COUNTS > local.replace(tzinfo=None)
        found = {
            "register": self.needs_wash and not washed,
            "objected": any(
                no.names & person.names and no.method in (by, Method.ALL) for no in self.noes
            ),
            "frozen": bool(person.frozen),
            "paused": not self.running,
            "hours": not (open_day and 9 <= local.hour < 20),
            # This campaign is no marketing: a text needs none.
            "consent": by is Method.CALLS and self.needs_consent and not consent,
            "throttle": any(
                other != case
                and at.astimezone(STOCKHOLM).replace(tzinfo=None) + THROTTLE
                > local.replace(tzinfo=None)
                for name in person.names
                for other, at in self.asked.get(name, {}).items()
            ),
        }
        return [name for name, bad in found.items() if bad]


class World:
    """The service's stores and the model, told the same things."""

    def __init__(self, house: House, begins: datetime, folder: Any, seed: int) -> None:
        self.house, self.dice, self.seed = house, random.Random(seed), seed
        self.now = self.begins = begins
        self.folder = folder
        self.pace = Pace(threading.Event())
        people = [
            Person(
                f"+467017406{n:02d}", f"p{n // 2 if n < 55 else n}@example.org" if n < 80 else None
            )
            for n in range(5, 95)
        ]
        self.model = Model(people)
        self.hashes_of: dict[str, tuple[bytes, ...]] = {}
        self.cases, self.texts = 0, 0
        # Whom a call did not reach, and what was texted since the last look.
        self.unreached: list[Person] = []
        self.sent: list[str] = []
        self.happened: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.claimed_at = begins
        with reading() as session:
            self.owner = session.scalars(
                select(Organisation).where(Organisation.key == "consumer-credit")
            ).one()
            self.campaign_id = session.scalars(
                select(Campaign.id).where(Campaign.organisation_id == self.owner.id)
            ).one()

    def hashes(self, name: str) -> tuple[bytes, ...]:
        if name not in self.hashes_of:
            subject = Subject(email=name) if "@" in name else Subject(name)
            (self.hashes_of[name],) = subjects.hashes_of(
                [subject], organisation_id=self.owner.id, keyring=self.house.keyring
            )
        return self.hashes_of[name]

    def someone(self) -> Person:
        return self.dice.choice(self.model.people)

    def text_after_no_answer(self) -> None:
        with transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            price = campaign.rules["price"] | {"per_sms": "0.50"}
            campaign.rules = campaign.rules | {"retry": TEXT_AFTER_NO_ANSWER, "price": price}
            CampaignRules.model_validate(campaign.rules)

    def step(self) -> None:
        deeds = {
            self.ring: 14, self.wind: 6, self.import_case: 16, self.object_to: 1,
            self.take_back: 14, self.text: 1, self.freeze: 2, self.thaw: 3, self.pause_or_go_on: 3,
            self.consent: 7, self.object_while_imported: 1, self.ask_for_consent_or_not: 1,
            self.withdraw_consent: 1, self.wash: 5, self.heed_a_register_or_not: 1,
            self.object_by_file: 1, self.send_texts: 9, self.erase: 1,
        }  # fmt: skip
        (deed,) = self.dice.choices(list(deeds), weights=list(deeds.values()))
        deed()

    def wind(self) -> None:
        if self.now < CHANGE[self.begins] and self.dice.random() < 0.2:
            # Into the hour that comes twice, or not at all.
            self.now = CHANGE[self.begins] + timedelta(minutes=self.dice.randint(-70, 70))
            return
        if self.dice.random() < 0.08:  # a clock that went wrong is put right
            self.now -= timedelta(minutes=self.dice.randint(1, 50))
            return
        by = [timedelta(minutes=7), timedelta(hours=1), timedelta(hours=5), timedelta(days=1)]
        self.now += self.dice.choice([*by, timedelta(days=3)])
        if self.dice.random() < 0.6:  # to ten in the morning, when people are rung
            local = self.now.astimezone(STOCKHOLM)
            ten = local.replace(hour=10, minute=5)
            self.now = (ten + timedelta(days=local > ten)).astimezone(UTC)
        if self.dice.random() < 0.04:
            self.now += timedelta(days=self.dice.choice([40, 89, 91]))

    def import_case(self, person: Person | None = None) -> None:
        person = person or self.someone()
        self.cases += 1
        at = self.now - timedelta(hours=2)
        email = self.dice.choice(
            [*[person.usual] * 5, None, f"p{self.dice.randint(0, 30)}@example.org"]
        )
        told = ToldInteraction(f"case-{self.cases}", person.phone, person.phone, at, email=email)
        with transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            done = interactions.register(
                session, told, campaign=campaign, keyring=self.house.keyring, now=self.now
            )
        self.happened[done.outcome.value] += 1
        if done.outcome is interactions.Outcome.INVITED:
            newer = person.seen_at is None or at > person.seen_at
            if email is not None and (newer or person.email is None):
                person.email = email
            person.known, person.seen_at = True, max(at, person.seen_at or at)
            self.happened["without address"] += email is None

    def object_to(self, person: Person | None = None) -> None:
        name = self.dice.choice((person or self.someone()).says)
        method = self.dice.choice([Method.CALLS, Method.ALL, Method.SMS])
        with transaction() as session:
            objections.record_hashes(
                session, self.owner.id, self.hashes(name), method=method,
                source=self.dice.choice(SAID), at=self.now,
            )  # fmt: skip
        self.model.noes.append(Said(self.model.linked({name}), method))

    def object_by_file(self, person: Person | None = None) -> None:
        person = person or self.someone()
        path = self.folder / "noes.csv"
        path.write_text(f"phone,email,method,made_at\n{person.phone},,calls,\n")
        wish_import.import_objections(
            self.house, path, organisation=self.owner.key, now=self.now
        )  # fmt: skip
        self.model.noes.append(Said(self.model.linked({person.phone}), Method.CALLS))

    def take_back(self) -> None:
        self._taken_back(self.dice.choice(self.someone().says), Source.CONSOLE)

    def _taken_back(self, name: str, source: Source) -> None:
        with transaction() as session:
            objections.take_back(
                session, self.owner.id, self.hashes(name), source=source, at=self.now
            )
        self.model.take_back(name)

    def object_while_imported(self) -> None:
        """The no comes between an import's look and its last line: only the door can see it."""
        person = self.someone()
        if self.model.linked(person.names) & {n for no in self.model.noes for n in no.names}:
            return
        self.import_case(person)
        self.object_unseen(person)

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
            names = self.model.linked({person.phone})
            self.model.noes.append(Said(names, Method.ALL, by_text=True))
        elif word == "börja":
            self.model.take_back(person.phone, by_text=True)

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

    def erase(self, person: Person | None = None) -> None:
        """Everything of a person goes on their request, but not while a telephone of theirs rings:
        then the no alone is there at once."""
        person = person or self.someone()
        with transaction() as session:
            customer = self._customer(session, person)
            if customer is None or person.frozen:
                return
            request = requests.open_request(
                session, customer, kind=RequestKind.ERASURE, channel=RequestChannel.TELEPHONE,
                at=self.now,
            )  # fmt: skip
            request_steps.prove(request, way=ProofWay.CALLED_BACK, at=self.now)
            request_steps.decide(session, request, outcome=Outcome.GRANTED, at=self.now)
        try:
            carrying_out.carry_out(request.id, house=self.house, now=self.now)
        except TryAgain:
            self.happened["erased later"] += 1
            self.model.noes.append(Said(person.names, Method.ALL))
            return
        self.happened["erased"] += 1
        self.model.forget(person)

    def pause_or_go_on(self, _: Person | None = None) -> None:
        self.model.running = self.dice.random() < 0.85
        state = CampaignState.RUNNING if self.model.running else CampaignState.PAUSED
        with transaction() as session:
            session.get_one(Campaign, self.campaign_id).state = state

    def ask_for_consent_or_not(self, needed: bool | None = None) -> None:
        self.model.needs_consent = self.dice.random() < 0.25 if needed is None else needed
        by = "consent" if self.model.needs_consent else "not_marketing"
        with transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            decided = campaign.rules["classification"] | {"calls_allowed_by": by}
            campaign.rules = campaign.rules | {"classification": decided}

    def consent(self) -> None:
        person = self.someone()
        method = self.dice.choice([Method.CALLS, Method.ALL, Method.EMAIL])
        ends = self.dice.choice([None, self.now + timedelta(days=self.dice.randint(1, 20))])
        name = self.dice.choice(person.says)
        with transaction() as session:
            consents.record(
                session, self.owner.id, self.hashes(name), method=method, source="form",
                given_at=self.now, expires_at=ends,
            )  # fmt: skip
        self.model.yeses.append(Said({name}, method, self.now, ends))

    def withdraw_consent(self, person: Person | None = None) -> None:
        name = self.dice.choice((person or self.someone()).says)
        method = self.dice.choice([Method.CALLS, Method.ALL])
        with transaction() as session:
            consents.withdraw(
                session, self.owner.id, self.hashes(name), method=method, source=Source.WEB,
                at=self.now,
            )  # fmt: skip
        names = self.model.linked({name})
        self.model.yeses = [
            yes
            for yes in self.model.yeses
            if not (yes.names & names and (method is Method.ALL or yes.method is not Method.EMAIL))
        ]

    def heed_a_register_or_not(self, heeded: bool | None = None) -> None:
        self.model.needs_wash = self.dice.random() < 0.4 if heeded is None else heeded
        named = [{"key": REGISTER, "valid_for": "30 days"}] if self.model.needs_wash else []
        with transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            campaign.rules = campaign.rules | {"registers": named}

    def wash(self) -> None:
        with transaction() as session:
            for person in self.dice.sample(self.model.people, 12):
                listed = self.dice.random() < 0.2
                (phone_hash,) = self.hashes(person.phone)
                new = registers.record(
                    session, self.owner.id, phone_hash, register=REGISTER, listed=listed,
                    checked_at=self.now, expires_at=self.now + timedelta(days=60),
                )  # fmt: skip
                if new:
                    self.model.washed[person.phone] = (listed, self.now)

    def ring(self) -> None:
        """One round of a dialler; between deciding and placing, somebody may say something."""
        with transaction() as session:
            claimed = claim(session, now=self.now, limit=3)
        self.claimed_at = self.now
        self.happened["refused"] += claimed.refused
        for order in claimed.orders:
            (person,) = [one for one in self.model.people if one.phone == order.wanted.to]
            if self.dice.random() < 0.35:
                self.say_something(person)
            outcome = one_hand.place(
                order,
                provider=self,  # type: ignore[arg-type]
                pace=self.pace,
                clock=lambda: self.now,
            )
            self.happened[outcome.value] += 1
            if outcome is placing.Outcome.PLACED:
                self.end(order, person)

    def say_something(self, person: Person) -> None:
        said = [
            self.object_to, self.text, self.freeze, self.pause_or_go_on, self.withdraw_consent,
            self.object_by_file, self.object_unseen, self.erase,
        ]  # fmt: skip
        self.dice.choice(said)(person)

    def object_unseen(self, person: Person, method: Method | None = None) -> None:
        """A no that withdraws nothing, because nobody knew yet whose it was."""
        (phone_hash,) = self.hashes(person.phone)
        method = method or self.dice.choice(OF_TELEPHONES)
        with transaction() as session:
            session.add(
                Objection(
                    organisation_id=self.owner.id, subject_hash=phone_hash,
                    method=method.value, source=Source.WEB.value, made_at=self.now,
                )
            )  # fmt: skip
        self.model.noes.append(Said({person.phone}, method))

    # What the dialler knows as the provider.

    def place_call(self, order: CallOrder, permit: Permit) -> PlacedCall:
        permits.require(permit, AttemptMethod.CALL, order)
        (person,) = [one for one in self.model.people if one.phone == order.to]
        case = str(permit.invitation_id)
        faults = self.model.faults(person, case, Method.CALLS, self.now)
        assert faults == [], (f"seed {self.seed}", self.now, person, case)
        self.happened["rung after the change"] += self.now > CHANGE[self.begins]
        if self.dice.random() < 0.04:
            raise GiveUp("no such number", code="21211")
        self.happened["rung"] += 1
        if self.dice.random() < 0.1:  # too late for this call, in time for every other
            self.say_something(person)
        return PlacedCall(f"CA{self.happened['rung']:032x}", "queued")

    def send_message(self, order: TextOrder, permit: Permit) -> TakenText:
        permits.require(permit, AttemptMethod.SMS, order)
        (person,) = [one for one in self.model.people if one.phone == order.to]
        case = str(permit.invitation_id)
        faults = self.model.faults(person, case, Method.SMS, self.now)
        assert faults == [], (f"seed {self.seed}", self.now, person, case)
        if self.dice.random() < 0.06:
            raise GiveUp("no such number", code="21211")
        self.happened["texted"] += 1
        self.happened["texted after the change"] += self.now > CHANGE[self.begins]
        for name in person.names:
            self.model.asked.setdefault(name, {})[case] = self.now
        self.sent.append(f"SM{self.happened['texted']:032x}")
        if self.dice.random() < 0.1:  # too late for this text, in time for everything else
            self.say_something(person)
        return TakenText(self.sent[-1], "queued")

    def send_texts(self) -> None:
        """One look of what sends texts, before which one of those who wait may say something."""
        if self.unreached and self.dice.random() < 0.7:  # by then one of them is due
            self.now += timedelta(hours=4, minutes=5)
        if self.unreached and self.dice.random() < 0.45:
            person = self.unreached.pop()
            if self.dice.random() < 0.3:
                self.say_something(person)
            else:
                self.object_unseen(person, self.dice.choice([Method.SMS, Method.ALL]))
        texting.send_due(
            provider=self,  # type: ignore[arg-type]
            clock=lambda: self.now,
            most=3,
        )
        for sid in self.sent:
            arrived = self.dice.random() < 0.8
            with transaction() as session:
                wanted = select(SentText).where(SentText.provider_sid == sid).with_for_update()
                state = TextState.DELIVERED if arrived else TextState.UNDELIVERED
                text = session.scalars(wanted).one_or_none()
                if text is not None:
                    text_ends.arrive(session, text, state, at=self.now)
        self.sent = []

    def end(self, order: Order, person: Person) -> None:
        """The person answers, or does not; the provider's callbacks and the turns say so."""
        sid, how = f"CA{self.happened['rung']:032x}", self.dice.choice(ENDS)
        if how not in NO_TELEPHONE_RANG:
            case = str(order.permit.invitation_id)
            for name in person.names:  # who shares an address shares the patience
                self.model.asked.setdefault(name, {})[case] = self.claimed_at
        if how == "no-answer":
            self.unreached.append(person)
        if how == "talk":
            self._talk(order.token, sid, person)
        form = {
            "CallSid": sid, "CallStatus": "completed" if how == "talk" else how,
            "SequenceNumber": "3", "CallDuration": "20",
        }  # fmt: skip
        with transaction() as session:
            call = lock_by_token(session, order.token)
            assert call is not None
            told = StatusTold.from_form(form)
            calls_status.told(session, call, told, facts=scrubbed(form), at=self.now)

    def _talk(self, token: str, sid: str, person: Person) -> None:
        asked = DocumentAsked.from_form({"CallSid": sid, "AnsweredBy": "human"})
        with transaction() as session:
            heard = turns.answer(session, token, asked, base_url=BASE, at=self.now)
        keys, pressed = self.dice.choice(["", "4", "45", "*1", "*2"]), ""
        for key in keys:
            listening = [one for one in heard.steps if isinstance(one, Gather)] if heard else []
            if not listening:
                break
            with transaction() as session:
                heard = turns.turn(
                    session, token, listening[0].visit,
                    KeysPressed.from_form({"CallSid": sid, "Digits": key}), Waiting.KEYS,
                    base_url=BASE, at=self.now,
                )  # fmt: skip
            pressed += key
        if pressed in ("*1", "*2"):
            method = Method.CALLS if pressed == "*1" else Method.ALL
            self.happened["objected in a call"] += 1
            self.model.noes.append(Said(self.model.linked({person.phone}), method))


PLAYED = [(SPRING, 1), (AUTUMN, 4), (SPRING, 4)]
MORE = [(begins, seed) for seed in MORE_SEEDS for begins in (SPRING, AUTUMN)]
# The rules are the same on both databases; on PostgreSQL one stretch shows that its queries are.
STRETCHES = [
    *(("sqlite", *one) for one in [*PLAYED, *MORE]),
    *(("postgresql", *one) for one in [*PLAYED[1:2], *MORE]),
]


@pytest.mark.parametrize(
    ("database_url", "begins", "seed"),
    STRETCHES,
    indirect=["database_url"],
    ids=[f"{name}-{begins:%B}-{seed}" for name, begins, seed in STRETCHES],
)
def test_nobody_is_contacted_who_said_no_is_frozen_was_asked_lately_or_sleeps(
    house: House, files: Configuration, begins: datetime, seed: int, tmp_path: Any
) -> None:
    steps, part = (1_000, 1) if house.database.is_sqlite else (450, 3)
    with transaction() as session:
        organisations.apply(session, files, keyring=house.keyring, now=begins)
        session.execute(update(Line).values(calls_per_second=100.0, simultaneous_calls=100))
    world = World(house, begins, tmp_path, seed)
    world.text_after_no_answer()

    for number in range(steps):
        # Each stretch is long enough for its rule to refuse somebody.
        if number in (steps // 4, steps // 3):
            world.ask_for_consent_or_not(number == steps // 4)
        if number in (steps // 2, steps * 2 // 3):
            world.heed_a_register_or_not(number == steps // 2)
        world.step()

    happened, late = world.happened, given_back()
    rung, texted = refusals(Method.CALLS), refusals(Method.SMS)
    told = (f"seed {seed}", happened, rung, texted, late)
    if (begins, seed) not in PLAYED:  # another seed may bring less of something
        return

    def enough(many: int) -> int:
        return max(1, many // part)

    for what, many in {
        "rung": 20, "rung after the change": 15, "without address": 9, "texted": 4, "erased": 3,
    }.items():  # fmt: skip
        assert happened[what] >= enough(many), (what, told)
    for rule in ("objection", "restricted", "throttled", "no_consent"):
        assert rung[rule] >= enough(3), (rule, told)
    assert rung["outside_calling_hours"] + rung["public_holiday"] >= enough(12), told
    assert sum(rung[rule] for rule in OF_REGISTERS) >= enough(3), told
    assert texted["objection"] >= enough(2), told
    # Said after the decision: found by the last look.
    assert sum(late.values()) - late["21211"] >= enough(6), told


def refusals(by: Method) -> Counter[str]:
    """How often each rule refused a call, or a text."""
    refused = (PermissionDecision.allowed.is_(False), PermissionDecision.method == by)
    with reading() as session:
        counted = select(PermissionDecision.rule, func.count()).where(*refused)
        return Counter(dict(session.execute(counted.group_by(PermissionDecision.rule)).all()))


def given_back() -> Counter[str]:
    """How often the last look found what."""
    with reading() as session:
        counted = select(Attempt.error_code, func.count()).where(Attempt.error_code.is_not(None))
        return Counter(dict(session.execute(counted.group_by(Attempt.error_code)).all()))
