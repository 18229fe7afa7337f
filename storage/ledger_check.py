"""`receipts verify`: every change in the ledger is found, in its chains and in what lies beside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from storage import receipt_chain
from storage.ledger import Ledger
from storage.ledger_rows import Chain, DetailRow, LineRow, detail_hash, vouched_body
from storage.receipt_chain import GENESIS, Fault, Head, Line


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a chain, by line; how many lines were read, and the last of them."""

    faults: list[Fault]
    read: int
    last: int
    last_hash: str


def check(ledger: Ledger, chain: UUID, *, now: datetime, **known: Any) -> list[Fault]:
    """What is wrong with a chain, by line; `known` as for `look`."""
    return look(ledger, chain, now=now, **known).faults


def look(
    ledger: Ledger,
    chain: UUID,
    *,
    now: datetime,
    heads: Sequence[tuple[int, str]] = (),
    hashes: Sequence[str] = (),
    given: Sequence[Head] = (),
) -> Checked:
    """Every line of a chain read and checked.

    `heads`, `hashes` and `given` heads are what is known from elsewhere.

    A receipt written meanwhile is no fault: the chain's end is read before its lines.
    """
    with ledger.database.reading() as session:
        end = session.get(Chain, chain)
    walk = _Walk(ledger, chain, now=now)
    known = list(heads)
    if end is not None:
        known += [(end.sequence, end.hash), (end.base, end.base_hash)]
    faults = list(
        receipt_chain.verify(
            walk.lines(),
            chain=str(chain),
            public_key=ledger.public_key(),
            now=now,
            heads=[(number, digest) for number, digest in known if number > 0],
            hashes=hashes,
            given=given,
        )
    )
    if end is None and walk.last:
        faults.append(Fault(1, "the ledger does not say where this chain ends"))
    if end is not None and walk.first is not None and walk.first - 1 not in _bases(ledger, end):
        faults.append(Fault(walk.first, "is not where the ledger says that this chain begins"))
    named = {fault.line for fault in faults}
    faults += [fault for fault in walk.faults if fault.line not in named]
    faults += _strays(ledger, chain, walk)
    faults.sort(key=lambda fault: fault.line)
    return Checked(faults, walk.read, walk.last, walk.last_hash)


class _Walk:
    """Goes over the rows once, handing out lines and noting what is wrong beside them."""

    def __init__(self, ledger: Ledger, chain: UUID, *, now: datetime) -> None:
        self.faults: list[Fault] = []
        self.first: int | None = None
        self.read = 0
        self.last = 0
        self.last_hash = GENESIS
        self.detailed: set[int] = set()
        self._ledger = ledger
        self._chain = chain
        self._now = now
        self._key = ledger.public_key()

    def lines(self) -> Iterator[Line]:
        """The lines as the pure check wants them."""
        for row in self._ledger.lines(self._chain):
            self.first = self.first or row.sequence
            self.read += 1
            self.last, self.last_hash = row.sequence, row.hash
            self._look_beside(row)
            yield Line(row.body, row.hash, row.signature)

    def _look_beside(self, row: LineRow) -> None:
        body = vouched_body(row, self._key)
        if body is None:
            self.faults.append(Fault(row.sequence, "altered: its columns do not repeat it"))
            return
        if body["detail"] is not None:
            self.detailed.add(row.sequence)
            fault = self._detail_fault(row, body)
            if fault is not None:
                self.faults.append(Fault(row.sequence, fault))

    def _detail_fault(self, row: LineRow, body: dict[str, Any]) -> str | None:
        with self._ledger.database.reading() as session:
            detail = session.get(DetailRow, (row.chain, row.sequence))
        until = datetime.fromisoformat(body["detail_until"])
        if detail is None:
            early = "what a restore would need is missing before its time"
            return early if until > self._now else None
        if detail_hash(detail.salt, detail.payload) != body["detail"] or detail.until != until:
            return "altered: what is kept beside it does not fit its hash"
        return None


def _bases(ledger: Ledger, end: Chain) -> set[int]:
    """Where the chain begins, looked at again: old lines may expire while we read."""
    with ledger.database.reading() as session:
        later = session.get_one(Chain, end.chain)
    return {end.base, later.base}


def _strays(ledger: Ledger, chain: UUID, walk: _Walk) -> list[Fault]:
    with ledger.database.reading() as session:
        held = session.scalars(select(DetailRow.sequence).where(DetailRow.chain == chain)).all()
        lone = [number for number in held if number not in walk.detailed]
        fresh = [
            number
            for number in lone
            if number > walk.last and session.get(LineRow, (chain, number)) is not None
        ]
    return [
        Fault(number, "something is kept beside no line that says so")
        for number in lone
        if number not in fresh
    ]
