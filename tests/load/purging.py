"""How fast the purge takes what is due, against bare batched deletes of the same rows.

Both sides run in one process on databases that were loaded alike, with the same settings, indexes
and batches. The bare side deletes the very same rows, children first, and destroys the same keys, a
commit for each batch: without a look for what is due or for what keeps it, without hiding, a
figure kept, or a receipt.
"""

import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import psutil
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from privacy import purge
from privacy.erasing import hands_of
from privacy.purge_steps import Totals
from storage.house import house, reading, transaction, utc_now
from storage.many_ids import ManyIds, among
from storage.tables import Answer, Comment, Customer, Interaction, Invitation, Response
from tests.load.ground import Ground, Kind, ground
from tests.load.people_due import ANSWERS_EACH, ORGANISATION, load
from tests.load.processor import Spent


@dataclass(frozen=True, slots=True)
class PurgeFigures:
    """Seconds of both sides by the clock, and of the processor; medians over the rounds."""

    kind: Kind
    what: str
    items: int
    bare_seconds: float
    our_seconds: float
    # The bare side's seconds through ours, of each round; the median.
    ratio: float
    # The same of the processor, of this process and of the database's: other work on the machine
    # hardly changes them.
    bare_processor: float
    our_processor: float
    processor_ratio: float
    # What this process held when a fifth of the purge was done, and at its end; of the last round.
    megabytes_at_a_fifth: float
    megabytes_at_the_end: float


def measure(kind: Kind, *, what: str, items: int, rounds: int) -> PurgeFigures:
    """Both sides in turns, each round on databases of its own; `what` is answers or comments."""
    bare, ours, held = list[_Moment](), list[_Moment](), (0.0, 0.0)
    for _ in range(rounds):
        with ground(kind) as here:
            load(what, items)
            began = _Moment.now(here)
            held = _purge(what, items)
            ours.append(began.passed(here))
        with ground(kind) as here:
            load(what, items)
            began = _Moment.now(here)
            _delete_bare(what)
            bare.append(began.passed(here))
    pairs = list(zip(bare, ours, strict=True))
    return PurgeFigures(
        kind,
        what,
        items,
        bare_seconds=statistics.median(one.clock for one in bare),
        our_seconds=statistics.median(one.clock for one in ours),
        ratio=statistics.median(b.clock / o.clock for b, o in pairs),
        bare_processor=statistics.median(one.spent.whole for one in bare),
        our_processor=statistics.median(one.spent.whole for one in ours),
        processor_ratio=statistics.median(b.spent.whole / o.spent.whole for b, o in pairs),
        megabytes_at_a_fifth=held[0],
        megabytes_at_the_end=held[1],
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    """A look at the clock, and at what the processor has done for us and for the database."""

    clock: float
    spent: Spent

    @classmethod
    def now(cls, here: Ground) -> Self:
        spent = Spent.so_far(server=os.getpid(), database=here.database_pid)
        return cls(time.perf_counter(), spent)

    def passed(self, here: Ground) -> Self:
        now = self.now(here)
        return type(self)(now.clock - self.clock, now.spent.since(self.spent))


def _purge(what: str, items: int) -> tuple[float, float]:
    """The megabytes held after a fifth and at the end."""
    # Answers are counted by the person, and each person's contact and customer beside them.
    people = items // ANSWERS_EACH if what == "answers" else items
    rows = 3 * people if what == "answers" else people
    at_a_fifth = list[float]()

    class Watched(Totals):
        """Looks at the size of this process when a fifth is done."""

        def add(self, organisation: str, counted_as: str, number: int) -> None:
            """Count some more, and look once."""
            super().add(organisation, counted_as, number)
            if not at_a_fifth and sum(self.counts[organisation].values()) >= rows / 5:
                at_a_fifth.append(_megabytes())

    totals = purge.run(
        hands=hands_of(house()), database=house().database, now=utc_now(), totals=Watched()
    )
    at_the_end = _megabytes()
    counted = totals.counts[ORGANISATION]
    expected = {"free_comments": people}
    if what == "answers":
        expected = dict.fromkeys(("answers", "interactions", "customers"), people)
    assert counted == expected, counted
    return at_a_fifth[0], at_the_end


def _megabytes() -> float:
    return float(psutil.Process().memory_info().rss / 1e6)


def _delete_bare(what: str) -> None:
    """What is due, as whoever knows it would delete it."""
    if what == "comments":
        for part in _pages(Comment):
            house().keyring.destroy(part)
            with transaction() as session:
                _delete(session, Comment, among(session, Comment.id, part))
        return
    for part in _pages(Invitation):
        with transaction() as session:
            theirs = among(session, Response.invitation_id, part)
            answered = select(Response.id).where(theirs)
            _delete(session, Answer, Answer.response_id.in_(answered))
            _delete(session, Response, theirs)
            _delete(session, Invitation, among(session, Invitation.id, part))
    for part in _pages(Interaction):
        house().keyring.destroy(part)
        with transaction() as session:
            _delete(session, Interaction, among(session, Interaction.id, part))
    for part in _pages(Customer):
        house().keyring.destroy(part)
        with transaction() as session:
            _delete(session, Customer, among(session, Customer.id, part))


def _delete(session: Session, table: Any, which: ColumnElement[bool]) -> None:
    # Past the session, which would ask for the ids of what went.
    deleting = delete(table).where(which).execution_options(synchronize_session=False)
    session.execute(deleting)


def _pages(table: Any) -> Iterator[ManyIds]:
    last = None
    while True:
        wanted = select(table.id).order_by(table.id).limit(purge.BATCH)
        with reading() as session:
            found = session.scalars(wanted if last is None else wanted.where(table.id > last))
            part = ManyIds(found)
        if not part:
            return
        yield part
        last = part[-1]
