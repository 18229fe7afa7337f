"""How many permission decisions are made in a second: the pure rule, and the whole way to a row.

The bare side writes the same decision rows in transactions of the same size, without asking
anything: what it leaves out is the locking, the facts and the rules.
"""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from storage.house import house, reading, transaction, utc_now
from storage.identity import new_id
from storage.tables import Customer, Invitation, PermissionDecision
from survey import permission
from survey.interaction_import import import_file
from survey.permission_facts import Asking, gather_many
from survey.permission_terms import PermissionFacts
from tests.load.bench_import import CAMPAIGN, ORGANISATION, write_file
from tests.load.ground import Kind, ground

# As many as the dialler decides about in one transaction.
BATCH: Final = 16


@dataclass(frozen=True, slots=True)
class PermissionFigures:
    """Decisions per second on one database, and how large a record is."""

    kind: Kind
    pure_allowed: float
    pure_refused: float
    bare: float
    stored: float
    ratio: float
    record_bytes: float


def measure(kind: Kind, *, rounds: int, people: int) -> PermissionFigures:
    """Both sides in turns on one database; the pure rule beside them."""
    with ground(kind) as here:
        path = write_file(here.folder / "cases.csv", rows=people)
        now = utc_now()
        import_file(
            house(), path, organisation=ORGANISATION, campaign=CAMPAIGN, now=now, dry_run=False
        )
        later = _an_open_hour(now)
        with reading() as session:
            ids = list(session.scalars(select(Invitation.id).order_by(Invitation.id)))
        bare, ours = [], []
        for _ in range(rounds):
            ours.append(_per_second(ids, lambda part: _decide_and_store(part, now=later)))
            rows = _rows()
            bare.append(_per_second(rows, _insert))
        facts = _facts(ids[0], now=later)
        ratios = [one / other for one, other in zip(ours, bare, strict=True)]
        sizes = [len(json.dumps(row["facts"], separators=(",", ":"))) for row in rows]
        return PermissionFigures(
            kind,
            _pure(facts, later),
            _pure(replace(facts, due_at=later + timedelta(hours=30)), later),
            statistics.median(bare),
            statistics.median(ours),
            statistics.median(ratios),
            statistics.mean(sizes),
        )


def _an_open_hour(now: datetime) -> datetime:
    """The next moment at which the campaign may ring, after everything has become due."""
    with reading() as session:
        invitation = session.scalars(select(Invitation).order_by(Invitation.id)).first()
        assert invitation is not None
    facts = _facts(invitation.id, now=now)
    return facts.hours.next_opening(now + timedelta(hours=2)) or now


def _facts(invitation_id: UUID, *, now: datetime) -> PermissionFacts:
    with transaction() as session:
        found = session.get_one(Invitation, invitation_id)
        numbers = {found.customer_id: "+46701740605"}
        return gather_many(
            session, [found], now=now, numbers_of=numbers, asking=Asking(()), lock=False
        )[0]


def _pure(facts: PermissionFacts, now: datetime) -> float:
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < 1.0:
        for _ in range(100):
            permission.decide(facts, now=now)
        count += 100
    return count / (time.perf_counter() - started)


def _per_second(items: Sequence[Any], work: Callable[[Sequence[Any]], None]) -> float:
    started = time.perf_counter()
    for at in range(0, len(items), BATCH):
        work(items[at : at + BATCH])
    return len(items) / (time.perf_counter() - started)


def _decide_and_store(ids: Sequence[UUID], *, now: datetime) -> None:
    with transaction() as session:
        found = session.scalars(select(Invitation).where(Invitation.id.in_(ids))).all()
        people = session.scalars(
            select(Customer).where(Customer.id.in_([one.customer_id for one in found]))
        ).all()
        opened = house().keyring.open_many(
            [(one.id, "customer.phone", one.phone_sealed) for one in people]
        )
        numbers = {one.id: number for one, number in zip(people, opened, strict=True)}
        gathered = gather_many(session, found, now=now, numbers_of=numbers, asking=Asking(()))
        for invitation, facts in zip(found, gathered, strict=True):
            permission.store(
                session, permission.decide(facts, now=now), invitation, to=None, now=now
            )


def _rows() -> list[dict[str, Any]]:
    with reading() as session:
        return [
            {
                "id": new_id(),
                "organisation_id": row.organisation_id,
                "invitation_id": row.invitation_id,
                "method": row.method,
                "allowed": row.allowed,
                "rule": row.rule,
                "facts": row.facts,
                "next_allowed_at": row.next_allowed_at,
                "decided_at": row.decided_at,
            }
            for row in session.scalars(select(PermissionDecision).limit(2_000))
        ]


def _insert(rows: Sequence[dict[str, Any]]) -> None:
    with transaction() as session:
        session.execute(insert(PermissionDecision), list(rows))
