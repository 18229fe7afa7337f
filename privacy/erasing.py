"""Erasing rows with everything of theirs, in steps that may be cut off anywhere.

Hide the rows; write the intent into the ledger, with the ids; delete the files; destroy the keys;
and only then, in one transaction, delete or blank the rows, let the provider's copies go and note
the receipt. A run that died before the last step left its intent, and `finish` takes it up: what is
begun is always ended, and what is destroyed is always known.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from privacy import anonymous, blanking, descent, ended_alarms
from privacy.descent import Descent
from storage import funnel_cells, provider_copies, receipt_notes
from storage.blobs import BlobStore
from storage.house import House, transaction
from storage.keyring import Keyring
from storage.ledger import Ledger
from storage.many_ids import ManyIds, among, in_order
from storage.receipts import Detail, Erased, Receipt, Way
from storage.tables import (
    Call,
    Customer,
    Interaction,
    Invitation,
    Mailbox,
    Message,
    Recording,
    Response,
    Row,
)

# What may hang on rows that go only while they are loose.
_HANGS: Final[dict[type[Row], tuple[type[Row], ...]]] = {
    Customer: (Interaction,),
    Interaction: (Invitation,),
    Mailbox: (Message, Call),
}
Counted = Callable[[Session, int], None]
Spared = Callable[[Session, Sequence[UUID]], set[UUID]]


@dataclass(frozen=True, slots=True)
class Hands:
    """What erasing works with besides the main database."""

    blobs: BlobStore
    keyring: Keyring
    ledger: Ledger


def hands_of(house: House) -> Hands:
    """The hands of a process's house."""
    return Hands(blobs=house.blobs, keyring=house.keyring, ledger=house.ledger)


@dataclass(frozen=True, slots=True)
class Erasure:
    """What became of it: how many rows went, and whether rows were left for a later run."""

    gone: int
    left: bool = False


def erase(
    receipt: Receipt,
    table: type[Row],
    roots: Sequence[UUID],
    way: Way,
    *,
    hands: Hands,
    now: datetime,
    counted: Counted | None = None,
    spared: Spared | None = None,
    known: Descent | None = None,
) -> Erasure:
    """Erase these rows and what hangs below them; the receipt says why, and gets the numbers.

    `counted` is called in the transaction in which the rows go; `spared` in the one that hides
    them, and says which are kept after all; `known` is what somebody saw below them just before.
    Rows that go only while they are loose stay when something was hung on them meanwhile. Raises
    StorageUnreachable; then the intent stays, and `finish` does the rest later.
    """
    with transaction() as session:
        roots = _without(roots, () if spared is None else spared(session, roots))
        if not roots:
            return Erasure(0)
        found = _locked(session, table, roots, way, known=known)
        left = not _may_go(table, way, found)
        if left:
            roots = _without(roots, _hung_on(session, table, roots))
            if not roots:
                return Erasure(0, left=True)
            found = below(session, table, roots, way)
        erased = Erased(
            table=table.__tablename__,
            roots=roots,
            way=way,
            items=found.sealed(),
            files=tuple(in_order(found.of(Recording))),
        )
        begun = replace(receipt, detail=Detail(erased=erased))
        if not erased.items:
            # No key, no file, nothing at the provider: all of it is one step, and needs no intent.
            done = _take(session, erased, found, organisation_id=receipt.organisation_id, now=now)
            _note(session, begun, done, counted=counted)
            return replace(done, left=done.left or left)
        _hide(session, table, found, way, now=now)
    hands.ledger.intend(begun, at=now)
    done = finish(begun, hands=hands, now=now, counted=counted, known=found)
    return replace(done, left=done.left or left)


def finish(
    receipt: Receipt,
    *,
    hands: Hands,
    now: datetime,
    counted: Counted | None = None,
    known: Descent | None = None,
) -> Erasure:
    """Do what an intent says, whatever of it is done already, and note the receipt.

    `known` is what was found below the rows when the intent was written. Raises StorageUnreachable.
    """
    erased = receipt.detail.erased
    if erased is None:
        raise ValueError("an intent names what is to be erased")
    destroy(erased, hands=hands)
    # The ledger has the ids from the intent.
    receipt = replace(receipt, detail=Detail())
    if known is not None and erased.way is Way.REMOVE_LOOSE:
        # Seen to be loose and hidden a moment ago: the databases themselves refuse it otherwise.
        with suppress(IntegrityError), transaction() as session:
            ended_alarms.end(session, known, organisation_id=receipt.organisation_id, now=now)
            done = Erasure(descent.remove(session, known).get(erased.table, 0))
            _note(session, receipt, done, erased=erased, counted=counted)
            return done
    with transaction() as session:
        done = take_away(
            session, erased, organisation_id=receipt.organisation_id, now=now, known=known
        )
        _note(session, receipt, done, erased=erased, counted=counted)
    return done


def _note(
    session: Session,
    receipt: Receipt,
    done: Erasure,
    *,
    counted: Counted | None,
    erased: Erased | None = None,
) -> None:
    if counted is not None:
        counted(session, done.gone)
    keys, files = (0, 0) if erased is None else (len(erased.items), len(erased.files))
    receipt_notes.note(session, replace(receipt, count=done.gone, keys=keys, files=files))


def destroy(erased: Erased, *, hands: Hands) -> int:
    """Delete the files and destroy the keys; how many keys there still were."""
    for item in erased.files:
        hands.blobs.delete(item)
    return hands.keyring.destroy(erased.items)


def take_away(
    session: Session,
    erased: Erased,
    *,
    organisation_id: UUID | None,
    now: datetime,
    known: Descent | None = None,
) -> Erasure:
    """Delete or blank the rows whose files and keys are gone already.

    Rows on which something new was hung meanwhile are left: a later run judges them anew.
    """
    table, roots, way = row_class(erased.table), erased.roots, erased.way
    found = _locked(session, table, roots, way, known=known)
    done = _take(session, erased, found, organisation_id=organisation_id, now=now)
    if done.left:
        # What came below meanwhile is as invisible as the rest until then.
        _hide(session, table, found, way, now=now)
    return done


def _take(
    session: Session,
    erased: Erased,
    found: Descent,
    *,
    organisation_id: UUID | None,
    now: datetime,
) -> Erasure:
    table, roots, way = row_class(erased.table), erased.roots, erased.way
    if found.has_sealed_besides(erased.items) or not _may_go(table, way, found):
        return Erasure(0, left=True)
    _let_go(session, found, organisation_id=organisation_id, now=now)
    if way not in blanking.SHALLOW:
        ended_alarms.end(session, found, organisation_id=organisation_id, now=now)
    if way in blanking.BLANKS:
        return Erasure(blanking.blank(session, table, roots, found, way=way, now=now))
    if organisation_id is not None:
        if way is Way.ANONYMISE:
            anonymous.keep(session, organisation_id, found.of(Response))
        # Deleting people changes no figure of what was done before.
        for part in found.parts_of(Invitation):
            funnel_cells.keep(session, organisation_id, part)
    return Erasure(descent.remove(session, found).get(erased.table, 0))


def below(session: Session, table: type[Row], roots: Sequence[UUID], way: Way) -> Descent:
    """The rows and, unless the way touches them alone, all that hangs below them."""
    if way in blanking.SHALLOW:
        return Descent({table.__tablename__: [_many(roots)]})
    return descent.find(session, table, roots)


def _locked(
    session: Session, table: type[Row], roots: Sequence[UUID], way: Way, *, known: Descent | None
) -> Descent:
    """The rows and what hangs below them, locked."""
    if session.get_bind().dialect.name != "sqlite":
        # There a transaction has the database to itself, and nothing need be looked for twice.
        if known is None:
            # What goes only while it is loose has no call below it to be locked first.
            known = Descent() if way is Way.REMOVE_LOOSE else below(session, table, roots, way)
        descent.lock(session, table, roots, known)
    return below(session, table, roots, way)


def _without(roots: Sequence[UUID], kept: Collection[UUID]) -> ManyIds:
    return ManyIds(root for root in roots if root not in kept) if kept else _many(roots)


def _many(roots: Sequence[UUID]) -> ManyIds:
    return roots if isinstance(roots, ManyIds) else ManyIds(roots)


def _hung_on(session: Session, table: type[Row], roots: ManyIds) -> set[UUID]:
    """Those of the rows on which something hangs that they do not go with."""
    kept = set[UUID]()
    for hanging in _HANGS[table]:
        on = descent.column_to(hanging, table)
        kept.update(session.scalars(select(on).where(among(session, on, roots))))
    return kept


def _hide(session: Session, table: type[Row], found: Descent, way: Way, *, now: datetime) -> None:
    """Hide the rows from everybody until they are gone."""
    if way in blanking.SHALLOW:
        return
    descent.hide(session, found)
    if way is Way.REMOVE_LOOSE and table is Customer:
        # Nobody finds the person by number any more, so nothing new is hung on the row.
        for part in found.parts_of(Customer):
            descent.set_those(
                session, Customer, part, phone_hash=None, email_hash=None, erased_at=now
            )


def _may_go(table: type[Row], way: Way, found: Descent) -> bool:
    """Whether nobody hung anything on rows that go because nothing hangs on them."""
    if way is not Way.REMOVE_LOOSE:
        return True
    return not found.has(*_HANGS.get(table, ()))


def _let_go(
    session: Session, found: Descent, *, organisation_id: UUID | None, now: datetime
) -> None:
    sids = descent.provider_sids(session, found)
    if sids and organisation_id is not None:
        provider_copies.let_go_all(session, sids, organisation_id=organisation_id, at=now)


def row_class(name: str) -> type[Row]:
    """The class of a table's rows; raises LookupError."""
    for mapper in Row.registry.mappers:
        if mapper.local_table is Row.metadata.tables.get(name):
            return mapper.class_
    raise LookupError(f"there is no table {name}")
