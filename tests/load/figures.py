"""How quickly scores are counted, and how long a report takes over few of them and over very many.

The many are in the cells as counts. Their rows are not made: a report reads none of them, which
tests/survey/test_statistics.py holds.
"""

import statistics as middle
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import select, update

from storage import statistic_cells
from storage.house import house, reading, transaction, utc_now
from storage.tables import Campaign, Customer, Organisation, StatisticCell
from survey import statistics
from survey.places import find_campaign
from survey.statistics import By, Wanted
from tests.load.ground import Kind, ground
from tests.survey.answered import Given, answered

FEW: Final = 10_000
TIMES: Final = 1_000
_ROUNDS: Final = 9


@dataclass(frozen=True, slots=True)
class FigureFigures:
    """Scores counted per second, and seconds of all five reports over few and over many."""

    kind: Kind
    few: int
    many: int
    counted_per_second: float
    seconds_of_few: float
    seconds_of_many: float
    cells: int

    @property
    def ratio(self) -> float:
        """How much longer a report over the many takes."""
        return self.seconds_of_many / self.seconds_of_few


def measure(kind: Kind, *, few: int = FEW) -> FigureFigures:
    """Have that many scores given in a year, count them, report; then a thousand times as many."""
    with ground(kind):
        now = utc_now()
        with reading() as session:
            owner, campaign = find_campaign(
                session, organisation="consumer-credit", campaign="after-case"
            )
        _give(campaign, few)
        started = time.perf_counter()
        counted = statistic_cells.count_new(owner.id, overdue_before=now)
        took = time.perf_counter() - started
        of_few = _reports(owner)
        with transaction() as session:
            session.execute(update(StatisticCell).values(count=StatisticCell.count * TIMES))
        of_many = _reports(owner)
        with reading() as session:
            cells = len(session.scalars(select(StatisticCell.id)).all())
    return FigureFigures(kind, counted, counted * TIMES, counted / took, of_few, of_many, cells)


def _give(campaign: Campaign, many: int) -> None:
    with transaction() as session:
        customer = Customer(
            id=uuid4(), organisation_id=campaign.organisation_id, created_at=utc_now(),
            last_interaction_at=utc_now(),
        )  # fmt: skip
        session.add(customer)
    now = utc_now()
    scores = [
        Given(
            n % 11, at=now - timedelta(days=30 * (n % 12) + 10), team=f"team {n // 12 % 3}",
            reason=f"reason {n // 36 % 3}", channel=("phone", "chat")[n // 108 % 2],
        )
        for n in range(many)
    ]  # fmt: skip
    for start in range(0, many, 2_000):
        answered(campaign, scores[start : start + 2_000])


def _reports(owner: Organisation) -> float:
    """The median of some rounds of all five reports."""
    took = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        with house().database.reading() as session:
            there = session.get_one(Organisation, owner.id)
            for by in By:
                statistics.report(session, there, Wanted(by=by))
        took.append(time.perf_counter() - started)
    return middle.median(took)
