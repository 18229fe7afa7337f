"""The attack: whoever sees every report of every day, and when everybody was called, finds nobody.

Histories are generated: people answer, correct, are frozen and thawed, erased and purged, and a
reader takes all reports at every moment between and subtracts any from any.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from privacy import person_erasure, purge
from privacy.erasing import hands_of
from privacy.person_erasure import Errand
from privacy.persons import Person
from storage import statistic_cells
from storage.house import House, reading, transaction
from storage.situations import LEAST, LEFT_OUT, Fact
from storage.tables import (
    Answer,
    Customer,
    Invitation,
    Organisation,
    Response,
    Restriction,
    StatisticCell,
)
from survey import anonymous, restrictions, statistics
from survey.restrictions import Cause
from survey.statistics import By, Wanted
from tests.console.worlds import make_campaign
from tests.rows import NOON, RETENTION, add, make_organisation
from tests.survey.answered import Given, answered

ONLY: tuple[dict[Fact, str], ...] = (
    {}, {Fact.TEAM: "A"}, {Fact.TEAM: "C"}, {Fact.REASON: "x"}, {Fact.TEAM: "A", Fact.REASON: "x"},
)  # fmt: skip
Place = tuple[date, int, str, str, str, str]
Asked = tuple[By, int, str | None]


class History:
    """What happens to the people of one organisation, drawn by chance."""

    def __init__(self, house: House, chance: Random, **more: Any) -> None:
        self.house = house
        self.chance = chance
        self.organisation = make_organisation(**more)
        self.campaign = make_campaign(self.organisation)
        self.now = NOON
        self.called: dict[UUID, datetime] = {}
        # In the order in which they were given: the same in every run, which their ids are not.
        self.answers: list[UUID] = []

    def some_answer(self, most: int = 6) -> None:
        for _ in range(self.chance.randrange(1, most + 1)):
            customer = self.somebody(at_most=3) if self.chance.random() < 0.4 else None
            if customer is None:
                customer = Customer(
                    id=UUID(int=self.chance.getrandbits(128)), organisation_id=self.organisation.id,
                    created_at=self.now, last_interaction_at=self.now,
                )  # fmt: skip
                add(customer)
            team = self.chance.choice("AAAAABBC")
            self.answers += answered(
                self.campaign,
                [
                    Given(
                        self.chance.randrange(11),
                        at=self.now,
                        team=team,
                        reason="z" if team == "C" else self.chance.choice("xxxy"),
                        language=self.chance.choice(["sv", "sv", "fi"]),
                        person=customer.id,
                    )
                ],
            )
            self.called[customer.id] = self.now

    def somebody(self, at_most: int | None = None) -> Customer | None:
        """Anybody who is there, or one of so few who answer again and again."""
        with reading() as session:
            everybody = select(Customer).order_by(Customer.created_at, Customer.id)
            there = session.scalars(everybody.limit(at_most)).all()
        return self.chance.choice(there) if there else None

    def count(self) -> None:
        """As the worker does once a minute."""
        statistic_cells.count_all(now=self.now)

    def correct(self) -> None:
        with transaction() as session:
            there = set(session.scalars(select(Answer.id)))
            answers = [answer for answer in self.answers if answer in there]
            if answers:
                one = session.get_one(Answer, self.chance.choice(answers))
                statistic_cells.correct(session, one, number=self.chance.randrange(11))

    def freeze(self) -> None:
        one = self.somebody()
        if one is not None:
            with transaction() as session:
                restrictions.restrict(
                    session, one, cause=Cause.NEEDED_FOR_CLAIM, at=self.now, review_at=None
                )

    def thaw(self) -> None:
        with transaction() as session:
            frozen = select(Restriction.customer_id).where(Restriction.lifted_at.is_(None))
            for item in session.scalars(frozen.limit(1)):
                assert item is not None
                restrictions.lift(session, session.get_one(Customer, item), at=self.now)

    def erase(self) -> None:
        one = self.somebody()
        with reading() as session:
            if one is None or restrictions.of_customer(session, one):
                return
        person = Person(self.organisation.id, one.id, ())
        errand = Errand(uuid4().hex, None)
        person_erasure.erase(person, errand, hands=hands_of(self.house), now=self.now)
        self.called.pop(one.id)

    def purge(self) -> None:
        purge.run(hands=hands_of(self.house), database=self.house.database, now=self.now)


class Reader:
    """Sees every figure that can be asked for, and remembers those of all moments."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.totals: Counter[Place] = Counter()
        self.scores: dict[Place, Counter[int]] = defaultdict(Counter)
        # Who was in each group that came, from the answers that said so at the moment.
        self.groups: dict[Place, list[frozenset[UUID]]] = {}
        self.counted: set[UUID] = set()
        # Each figure that was ever shown, by the groups in it.
        self.figures: dict[frozenset[tuple[Place, int]], int] = {}

    def look(self) -> None:
        self._what_came()
        with reading() as session:
            owner = session.get_one(Organisation, self.organisation.id)
            for by, (number, only) in itertools.product(By, enumerate(ONLY)):
                (*measured,) = statistics.report(session, owner, Wanted(by=by, only=only))
                lines = [line for one in measured for line in one.lines]
                shown = {line.name: line.figure.n for line in lines}
                assert shown == self._expected(by, only), (by, number)
                for name in shown:
                    self.figures[frozenset(self._in(by, only, name))] = shown[name]
                whole = frozenset(part for name in shown for part in self._in(by, only, name))
                if measured:
                    self.figures[whole] = measured[0].whole.n

    def _what_came(self) -> None:
        """Nothing is ever added to a cell but a whole group, and nothing is taken away."""
        now: Counter[Place] = Counter()
        people = self._who_came()
        scores: dict[Place, Counter[int]] = defaultdict(Counter)
        with reading() as session:
            for cell in session.scalars(select(StatisticCell)):
                place = cell.month, cell.rung, cell.team, cell.reason, cell.channel, cell.language
                now[place] += cell.count
                scores[place][cell.value] += cell.count
        for place, total in now.items():
            more = total - self.totals[place]
            assert more == 0 or len(people[place]) >= LEAST, (place, more)
            # Nor does one score move alone.
            came = scores[place] - self.scores[place]
            assert (came.total(), self.scores[place] - scores[place]) == (more, Counter()), place
            if more:
                self.groups.setdefault(place, []).append(frozenset(people[place]))
        assert all(now[place] == total for place, total in self.totals.items() if place not in now)
        self.totals, self.scores = now, scores

    def _who_came(self) -> defaultdict[Place, set[UUID]]:
        """By situation, the people whose answers are counted since the last look."""
        found: defaultdict[Place, set[UUID]] = defaultdict(set)
        with reading() as session:
            rows = session.execute(
                select(Answer.id, Invitation.customer_id, StatisticCell)
                .join(StatisticCell, StatisticCell.id == Answer.counted_in)
                .join(Response, Response.id == Answer.response_id)
                .join(Invitation, Invitation.id == Response.invitation_id)
                .where(Answer.id.not_in(self.counted))
            )
            for answer, person, cell in rows:
                place = cell.month, cell.rung, cell.team, cell.reason, cell.channel, cell.language
                found[place].add(person)
                self.counted.add(answer)
        return found

    def people_in(self, groups: frozenset[tuple[Place, int]]) -> int:
        return len(frozenset().union(*(self.groups[place][number] for place, number in groups)))

    def _chosen(self, only: dict[Fact, str]) -> Iterator[Place]:
        for place in self.totals:
            if all(_told(place, fact) == value for fact, value in only.items()):
                yield place

    def _in(self, by: By, only: dict[Fact, str], name: str | None) -> Iterator[tuple[Place, int]]:
        for place in self._chosen(only):
            if _name(place, by) == name:
                yield from ((place, number) for number in range(len(self.groups[place])))

    def _expected(self, by: By, only: dict[Fact, str]) -> dict[str | None, int]:
        found: Counter[str | None] = Counter()
        for place in self._chosen(only):
            found[_name(place, by)] += self.totals[place]
        return dict(found)


def _told(place: Place, fact: Fact) -> str | None:
    """A fact of a group; None when it was given up for company."""
    _, rung, *facts = place
    if rung > LEFT_OUT.index(fact):
        return None
    return facts[(Fact.TEAM, Fact.REASON, Fact.CHANNEL, Fact.LANGUAGE).index(fact)]


def _name(place: Place, by: By) -> str | None:
    return f"{place[0]:%Y-%m}" if by is By.MONTH else _told(place, Fact(by.value))


@pytest.mark.parametrize(
    ("database_url", "seed"),
    [("sqlite", 3), ("sqlite", 8)],
    indirect=["database_url"],
)
def test_no_two_reports_of_any_history_differ_by_a_few(house: House, seed: int) -> None:
    chance = Random(seed)
    history = History(house, chance)
    reader = Reader(history.organisation)
    for _ in range(16):
        history.now += timedelta(days=chance.randrange(1, 12))
        history.some_answer()
        for happens in chance.sample(
            [history.correct, history.freeze, history.thaw, history.erase, history.purge], k=2
        ):
            happens()
            reader.look()
        history.count()
        reader.look()
    while history.somebody() is not None:
        history.now += timedelta(days=chance.randrange(60, 200))
        history.thaw()
        history.purge()
        reader.look()

    assert len(reader.figures) > 20
    # Some of them answered again, or nothing would be seen of who counts answers for people.
    assert any(reader.people_in(groups) < size for groups, size in reader.figures.items())
    for few, many in itertools.permutations(reader.figures, 2):
        if few < many:
            assert reader.people_in(many - few) >= LEAST
    assert min(map(reader.people_in, reader.figures)) >= LEAST


@pytest.mark.parametrize(
    ("database_url", "seed"), [("sqlite", 3), ("sqlite", 8)], indirect=["database_url"]
)
def test_who_knows_when_somebody_was_called_finds_no_line_of_theirs(
    house: House, seed: int
) -> None:
    chance = Random(seed)
    rules = [{**RETENTION[0], "then": "anonymise"}, *RETENTION[1:]]
    history = History(house, chance, retention=rules)
    for _ in range(22):
        history.now += timedelta(days=chance.randrange(1, 7))
        history.some_answer()
        chance.choice([history.correct, history.freeze, history.erase, history.count])()
    history.now += timedelta(days=10)
    history.count()
    zone = ZoneInfo(history.organisation.timezone)
    months = Counter(f"{at.astimezone(zone):%Y-%m}" for at in history.called.values())
    people = people_counted()
    told: dict[str, Counter[str]] = {}

    while history.somebody() is not None:
        history.now += timedelta(days=chance.randrange(3, 60))
        chance.choice([history.thaw, history.erase, lambda: None])()
        history.purge()
        now = lines_by_month(history.organisation)
        # A month is told at once or not at all, so no line tells by its day whose it is.
        assert {month: now[month] for month in told} == told
        for month, shown in now.items():
            assert shown.total() >= LEAST
            # Whoever was called in that month may well be one of enough who are in no line.
            assert len(people[month]) - shown.total() >= LEAST
        told = now

    assert told
    assert set(told) <= set(months)


def lines_by_month(organisation: Organisation) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    with reading() as session:
        for line in anonymous.lines(session, session.get_one(Organisation, organisation.id)):
            assert set(line) == {"campaign", "month", "answers"}
            found.setdefault(line["month"], Counter())[repr(line["answers"])] += 1
    return found


def people_counted() -> dict[str, set[UUID]]:
    """By month, who gave what is counted in it."""
    found: defaultdict[str, set[UUID]] = defaultdict(set)
    with reading() as session:
        rows = session.execute(
            select(StatisticCell.month, Invitation.customer_id)
            .join(Answer, Answer.counted_in == StatisticCell.id)
            .join(Response, Response.id == Answer.response_id)
            .join(Invitation, Invitation.id == Response.invitation_id)
        )
        for month, person in rows:
            found[f"{month:%Y-%m}"].add(person)
    return found
