"""The ledger: signed chains of receipts in a database of their own, which outlives any restore.

A deletion is written down twice: as an intent before anything is destroyed, with the ids that are
to go, and as a line of its organisation's chain once it has happened. Lines are never changed.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import and_, delete, exists, func, inspect, select, update
from sqlalchemy.orm import Session

from storage import receipt_signing, sealing, unsampled
from storage.database import Database
from storage.ledger_rows import (
    SCHEMA,
    AboutLedger,
    BeatRow,
    Chain,
    DetailRow,
    IntentRow,
    LedgerRow,
    LineRow,
    detail_hash,
    vouched_body,
)
from storage.ledger_writing import Place, intended, locked_chain, write_line
from storage.master_keys import MasterKeys
from storage.moments_ahead import SKEW
from storage.receipt_chain import GENESIS, Head, canonical
from storage.receipts import Detail, Receipt, What, moment, read_detail

_SIGNER: Final = UUID(int=1)
_INTENT: Final = b"genklang intent 1\n"
_PAGE: Final = 500


class LedgerTooNewError(Exception):
    """The ledger was written by a newer version of the software."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A line whose ids are not known any more; when it was written, unless it went itself."""

    sequence: int
    written_at: datetime | None


class Ledger:
    """Writes receipts and reads them; `kept` is how long a backup may be restored at most."""

    def __init__(self, database: Database, masters: MasterKeys, *, kept: timedelta) -> None:
        self.database = database
        self.kept = kept
        self._masters = masters

    def prepare(self) -> None:
        """Create the tables and the signing key if missing, then check that the key opens.

        Raises WrongMasterKeyError or LedgerTooNewError; nothing is changed then.
        """
        there = set(inspect(self.database.engine).get_table_names())
        if not there.issuperset(LedgerRow.metadata.tables):  # none, or those of an older version
            with self.database.alone() as session:
                LedgerRow.metadata.create_all(session.connection())
                if session.get(AboutLedger, 1) is None:
                    signer = self._masters.wrap(sealing.new_data_key(), _SIGNER)
                    master = self._masters.current
                    session.add(AboutLedger(id=1, schema=SCHEMA, signer=signer, master=master))
        unsampled.tell_of(self.database, LedgerRow.metadata)
        with self.database.reading() as session:
            about = session.get_one(AboutLedger, 1)
            if about.schema > SCHEMA:
                raise LedgerTooNewError(
                    f"the ledger has schema {about.schema}, this version knows {SCHEMA}: "
                    "install the version that wrote it, or a later one"
                )
            self._signer(session)

    def public_key(self) -> Ed25519PublicKey:
        """The key with which anybody checks our signatures."""
        with self.database.reading() as session:
            return self._signer(session).public_key()

    def intend(self, receipt: Receipt, *, at: datetime) -> None:
        """Write down a deletion before anything is destroyed; the detail says what will be."""
        body = canonical({**receipt.document(), "detail": receipt.detail.document()})
        with self.database.transaction() as session:
            signature = self._signer(session).sign(_INTENT + body.encode()).hex()
            session.add(
                IntentRow(
                    receipt_id=receipt.id,
                    chain=receipt.chain,
                    body=body,
                    signature=signature,
                    begun_at=at,
                )
            )

    def intents(self) -> list[Receipt]:
        """The deletions that were begun and are not written down as done, oldest first.

        One that was not signed by us is left out: nothing is destroyed on a stranger's word.
        """
        with self.database.reading() as session:
            key = self._signer(session).public_key()
            rows = session.scalars(
                select(IntentRow).order_by(IntentRow.begun_at, IntentRow.receipt_id)
            ).all()
        return [intended(row) for row in rows if _is_ours(row, key)]

    def cancel(self, receipt_id: UUID) -> None:
        """Forget an intent of which nothing came."""
        with self.database.transaction() as session:
            session.execute(delete(IntentRow).where(IntentRow.receipt_id == receipt_id))

    def append(
        self,
        receipts: Sequence[Receipt],
        *,
        at: datetime,
        details: Mapping[UUID, Mapping[str, Any]] | None = None,
    ) -> list[Place]:
        """Write receipts of what has happened, in order; where each now stands.

        One that is written already is not written again. Its intent ends, and the intent's ids are
        what is kept beside the line; else `details`, by receipt, or what the receipt itself holds.
        """
        beside = details or {}
        places = []
        with self.database.transaction() as session:
            key = self._signer(session)
            # In one order for everybody, so that two writers never wait for each other in a ring.
            for chain in sorted({one.chain for one in receipts}):
                row = locked_chain(session, chain)
                for receipt in receipts:
                    if receipt.chain == chain:
                        places.append(
                            write_line(
                                session,
                                row,
                                receipt,
                                key=key,
                                kept=self.kept,
                                at=at,
                                detail=beside.get(receipt.id),
                            )
                        )
        return places

    def expire(self, chain: UUID, sequence: int, receipt: Receipt, *, at: datetime) -> int:
        """Remove the lines up to that one and write a checkpoint that vouches for them; how many.

        Lines beside which ids are still kept stay, and all after them.
        """
        with self.database.transaction() as session:
            row = locked_chain(session, chain)
            held = session.scalar(
                select(func.min(DetailRow.sequence)).where(DetailRow.chain == chain)
            )
            up_to = min(sequence, row.sequence, *([held - 1] if held is not None else []))
            if up_to <= row.base:
                return 0
            last = session.get_one(LineRow, (chain, up_to))
            gone = up_to - row.base
            extra = {"up_to": up_to, "up_to_hash": last.hash, "count": gone}
            key = self._signer(session)
            write_line(session, row, receipt, key=key, kept=self.kept, at=at, extra=extra)
            row.base, row.base_hash = up_to, last.hash
            session.execute(
                delete(LineRow).where(LineRow.chain == chain, LineRow.sequence <= up_to)
            )
            return gone

    def shred(self, *, now: datetime) -> int:
        """Remove the ids kept beside lines that no backup can be older than; how many lines'.

        Those beside a line that a clock wrote ahead of its time are kept so long from now on.
        """
        longest = now + self.kept
        its_line = and_(LineRow.chain == DetailRow.chain, LineRow.sequence == DetailRow.sequence)
        ahead = exists().where(its_line, LineRow.written_at > now + SKEW)
        too_long = update(DetailRow).where(DetailRow.until > longest, ahead)
        with self.database.transaction() as session:
            session.execute(too_long.values(until=longest))
            gone = session.execute(delete(DetailRow).where(DetailRow.until <= now))
            return int(gone.rowcount)  # type: ignore[attr-defined]

    def latest(self, chain: UUID, what: What, *, until: datetime) -> datetime | None:
        """When the last line of that kind was written, of those that were by then."""
        wanted = select(func.max(LineRow.written_at)).where(LineRow.written_at <= until)
        with self.database.reading() as session:
            return session.scalar(wanted.where(LineRow.chain == chain, LineRow.what == what))

    def chains(self) -> dict[UUID, Chain]:
        """Where each chain ends."""
        with self.database.reading() as session:
            return {row.chain: row for row in session.scalars(select(Chain))}

    def head(self, chain: UUID, *, at: datetime) -> Head:
        """The signed head of a chain, to print or to mail."""
        with self.database.reading() as session:
            row = session.get(Chain, chain)
            return receipt_signing.signed_head(
                chain=str(chain),
                sequence=0 if row is None else row.sequence,
                digest=GENESIS if row is None else row.hash,
                at=moment(at),
                key=self._signer(session),
            )

    def lines(self, chain: UUID, *, after: int = 0) -> Iterator[LineRow]:
        """The lines of a chain in order, a page at a time."""
        while True:
            wanted = select(LineRow).where(LineRow.chain == chain, LineRow.sequence > after)
            with self.database.reading() as session:
                page = session.scalars(wanted.order_by(LineRow.sequence).limit(_PAGE)).all()
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].sequence

    def details(self, chain: UUID, *, after: int = 0) -> Iterator[tuple[LineRow, Detail]]:
        """The lines beside which something is kept, in order; only what its line vouches for."""
        key = self.public_key()
        for line in self.lines(chain, after=after):
            body = vouched_body(line, key)
            if body is None or body["detail"] is None:
                continue
            with self.database.reading() as session:
                row = session.get(DetailRow, (chain, line.sequence))
            if row is not None and detail_hash(row.salt, row.payload) == body["detail"]:
                yield line, read_detail(json.loads(row.payload))

    def beat(self) -> int:
        """How often it counted together with the main database."""
        with self.database.reading() as session:
            return session.scalar(select(BeatRow.number)) or 0

    def note_beat(self, number: int) -> None:
        """Remember that the main database has counted so far; a smaller number changes nothing."""
        with self.database.alone() as session:
            row = session.get(BeatRow, 1)
            if row is None:
                session.add(BeatRow(id=1, number=number))
            elif row.number < number:
                row.number = number

    def forgotten(self, chain: UUID, *, after: int) -> Forgotten | None:
        """The first line after one of which nobody knows any more what was deleted; None if none.

        Its ids were removed in time, or it went by age itself, or it is not what we wrote.
        """
        key = self.public_key()
        with self.database.reading() as session:
            row = session.get(Chain, chain)
        if row is not None and row.base > after:
            return Forgotten(row.base, None)
        for line in self.lines(chain, after=after):
            body = vouched_body(line, key)
            if body is not None and body["detail"] is None:
                continue
            with self.database.reading() as session:
                beside = session.get(DetailRow, (chain, line.sequence))
            if body is None or beside is None:
                return Forgotten(line.sequence, line.written_at)
            if detail_hash(beside.salt, beside.payload) != body["detail"]:
                return Forgotten(line.sequence, line.written_at)
        return None

    def rewrap(self) -> None:
        """Wrap the signing key under the current master key."""
        with self.database.transaction() as session:
            about = session.get_one(AboutLedger, 1, with_for_update=True)
            if about.master != self._masters.current:
                raw = self._masters.unwrap(about.signer, item=_SIGNER, master=about.master)
                about.signer = self._masters.wrap(raw, _SIGNER)
                about.master = self._masters.current

    def _signer(self, session: Session) -> Ed25519PrivateKey:
        about = session.get_one(AboutLedger, 1)
        raw = self._masters.unwrap(about.signer, item=_SIGNER, master=about.master)
        return Ed25519PrivateKey.from_private_bytes(raw)


def _is_ours(row: IntentRow, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(bytes.fromhex(row.signature), _INTENT + row.body.encode())
    except (InvalidSignature, ValueError):
        return False
    return bool(json.loads(row.body)["receipt"] == str(row.receipt_id))
