"""Whatever forgets is killed at any line of it: it is finished by the next run, and proven.

At random lines of the purge, of a person's erasure and of a deletion by receipt code, once or more
in a row. After each death whatever can still be seen can wholly be read; after the next run nothing
is left, every receipt is there once, and their chain verifies.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from config.periods import parse_period
from messaging import carrying_out
from privacy import answer_erasure, erasure_proof, receipt_codes
from privacy.erasing import hands_of
from storage import receipt_writing
from storage.house import House, reading, transaction
from storage.keyring import WrappedKey
from storage.ledger_check import check
from storage.request_states import RequestState
from storage.states import CommentState, MessageState, RecordingState, TranscriptState
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Case,
    Comment,
    Customer,
    Delivery,
    Interaction,
    Message,
    Organisation,
    PendingReceipt,
    ReceiptCode,
    Recording,
    Response,
    Row,
    ThrottleToken,
    Transcript,
)
from tests.conftest import environment_of
from tests.messaging.test_erasing_a_person import ask, whole_life
from tests.privacy.traces import leave_traces, make_message, run
from tests.rows import NOON, make_mailbox, make_organisation

END = parse_period("18 months").after(NOON, ZoneInfo("Europe/Stockholm"))
SOON = NOON + timedelta(hours=1)
MOMENTS = {"purge": END, "person": SOON, "code": SOON}
SEEN: tuple[tuple[Any, Any], ...] = (
    (Recording, RecordingState.ERASED),
    (Transcript, TranscriptState.ERASED),
    (Comment, CommentState.ERASED),
    (Message, MessageState.ERASED),
)
IN_A_ROW = 5


@dataclass(frozen=True)
class Life:
    """What is to be forgotten: what the dying process is told, and what its next run does."""

    item: UUID
    finish: Callable[[], None]


def count(table: type[Row]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def bodies(house: House, organisation: Organisation, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(line.body) for line in house.ledger.lines(organisation.id)]
    return [body for body in found if body["kind"] == kind]


class Purged:
    """Somebody who answered and somebody who left a message, both past their time."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.organisation = make_organisation()
        self.mailbox = make_mailbox(self.organisation)
        self.lives = 0

    def live(self) -> Life:
        self.lives += 1
        leave_traces(self.house, organisation=self.organisation)
        make_message(self.house, mailbox=self.mailbox)
        return Life(self.organisation.id, lambda: self.finish())

    def finish(self) -> None:
        run(self.house, END)
        for table in (Answer, Customer, Call, Recording, Transcript, Message, Delivery):
            assert count(table) == 0, table
        people = bodies(self.house, self.organisation, "customers")
        assert sum(body["count"] for body in people) == self.lives


class Erased:
    """A customer with everything, whose request to be erased was granted."""

    def __init__(self, house: House) -> None:
        self.house = house

    def live(self) -> Life:
        self.organisation = make_organisation()
        request = ask(whole_life(self.house, self.organisation, cases=1))

        def finish() -> None:
            done = carrying_out.carry_out(request.id, house=self.house, now=SOON)
            assert done is RequestState.DONE
            for table in (Customer, Interaction, Answer, Call, Recording, Case, ThrottleToken):
                assert count(table) == 0, table
            ledger = self.house.ledger
            proof = erasure_proof.of_request(ledger, self.organisation.id, request.reference)
            assert (proof.rows, proof.files) == (5 + 6, 3)

        return Life(request.id, finish)


class Deleted:
    """Somebody who answered and was given a code."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.lives = 0

    def live(self) -> Life:
        self.lives += 1
        self.organisation = make_organisation()
        person = leave_traces(self.house, organisation=self.organisation)
        with transaction() as session:
            receipt_codes.give(
                session, self.organisation.id, person.response.id, keyring=self.house.keyring,
                at=NOON,
            )  # fmt: skip
            code = receipt_codes.of_response(session, self.organisation.id, person.response.id)
            assert code is not None

        def finish() -> None:
            # Who was killed before the wish was noted is asked again by the person.
            answer_erasure.ask(code.id, keyring=self.house.keyring, now=SOON)
            for waiting in answer_erasure.waiting():
                answer_erasure.carry_out(waiting, hands=hands_of(self.house), now=SOON)
            receipt_writing.write_out(
                ledger=self.house.ledger, keyring=self.house.keyring, now=SOON
            )
            for table in (Response, Answer, Comment, Recording, Transcript, Call, ReceiptCode):
                assert count(table) == 0, table
            answers = bodies(self.house, self.organisation, "responses")
            assert [body["count"] for body in answers] == [1]
            # That they were asked stays, so that nobody asks again.
            assert count(Attempt) == self.lives

        return Life(code.id, finish)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("database_url", "deaths"),
    [
        ("sqlite", {"purge": 70, "person": 80, "code": 55}),
        ("postgresql", {"purge": 8, "person": 6, "code": 6}),
    ],
    indirect=["database_url"],
)
def test_killed_at_random_lines_it_is_finished_by_the_next_run_and_nothing_is_half_alive(
    house: House, deaths: dict[str, int]
) -> None:
    chance, died = Random(4), Counter[str]()
    with dying(house) as forgetting:
        for kind, world in (
            ("purge", Purged(house)), ("person", Erased(house)), ("code", Deleted(house)),
        ):  # fmt: skip
            passed: list[int] = []
            for _ in range(2):
                life = world.live()
                _, passed = forgetting(kind, 0, life.item)
                life.finish()
            while died[kind] < deaths[kind]:
                life = world.live()
                for _ in range(IN_A_ROW):
                    dead, _ = forgetting(kind, point_of(passed, chance), life.item)
                    if not dead:
                        break
                    died[kind] += 1
                    look_for_the_half_alive(house)
                life.finish()
                look_for_leavings(house, world.organisation)

    assert all(died[kind] >= wanted for kind, wanted in deaths.items())
    assert died.total() >= (200 if house.database.is_sqlite else 20)


def point_of(passed: list[int], chance: Random) -> int:
    """A line to die at: every other one lies where files, keys and rows are going."""
    lines, *destroying = passed
    if chance.random() < 0.5:
        return chance.randrange(1, lines + 1)
    going = [range(*ends) for ends in zip(destroying[::2], destroying[1::2], strict=True)]
    return 1 + chance.choice([line for these in going for line in these])


def look_for_the_half_alive(house: House) -> None:
    """What is not hidden has its file and its key."""
    files = set(house.blobs.items())
    for table, erased in SEEN:
        with reading() as session:
            alive = session.scalars(select(table).where(table.state != erased)).all()
        if table is Recording:
            assert {one.id for one in alive} <= files
        keyed = {one.id for one in alive if table is not Comment or one.text_sealed}
        assert set(house.keyring.keys(keyed)) == keyed, table


def look_for_leavings(house: House, organisation: Organisation) -> None:
    """No file, no key, no intent and no receipt on its way."""
    assert (list(house.blobs.items()), house.ledger.intents(), count(PendingReceipt)) == ([], [], 0)
    assert check(house.ledger, organisation.id, now=END) == []
    with reading() as session:
        there = {
            item
            for table in Row.metadata.sorted_tables
            if "id" in table.columns
            for item in session.scalars(select(table.c.id))
        }
    with house.keyring.database.reading() as session:
        keyed = set(session.scalars(select(WrappedKey.item_id)))
    assert keyed <= there


@contextmanager
def dying(house: House) -> Iterator[Callable[[str, int, UUID], tuple[bool, list[int]]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.dying_forgetting"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=environment_of(house.settings) | {"PATH": os.environ["PATH"], "PYTHONPATH": "."},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    tell, hear = process.stdin, process.stdout

    def forget(kind: str, line: int, item: UUID) -> tuple[bool, list[int]]:
        tell.write(f"{kind} {line} {item} {MOMENTS[kind].isoformat()}\n")
        tell.flush()
        what, *passed = hear.readline().split()
        assert what in ("died", "ended")
        return what == "died", [int(one) for one in passed]

    try:
        yield forget
    finally:
        tell.close()
        hear.close()
        assert process.wait(30) == 0
