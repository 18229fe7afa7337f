"""A person's no: stored under keyed hashes, biting at once on whatever is open for them.

It is stored under every hash that the person is known by, so that a later import meets it by the
number alone or by the address alone, also after the person was erased.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.identity import new_id
from storage.tables import Customer, Objection
from survey import invitations, subjects, unanswered_calls
from survey.permission import Method

_PART: Final = 500
WAYS: Final = (Method.CALLS, Method.SMS, Method.EMAIL)
"""What `all` stands for."""


class Source(StrEnum):
    """Where a wish was said; whoever wrote it down is another matter."""

    CALL = "call"
    CALLED_US = "called_us"
    CONSOLE = "console"
    SMS = "sms"
    WEB = "web"
    TOLD_STAFF = "told_staff"
    LETTER = "letter"
    EMAIL = "email"
    IMPORT = "import"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Noted:
    """What a no changed: whether there was none like it before, and what was withdrawn for it."""

    new: bool
    withdrawn: int


def record(
    session: Session, customer: Customer, method: Method, *, source: Source, at: datetime
) -> Noted:
    """Store a customer's no, and withdraw what it forbids. Saying no twice is one no."""
    return record_hashes(
        session,
        customer.organisation_id,
        subjects.hashes_of_customer(customer),
        method=method,
        source=source,
        at=at,
    )


def record_hashes(
    session: Session,
    organisation_id: UUID,
    hashes: Collection[bytes],
    *,
    method: Method,
    source: Source,
    at: datetime,
    said_at: datetime | None = None,
    by: UUID | None = None,
) -> Noted:
    """The same for somebody who may be no customer.

    `by` is the user who wrote it down, `said_at` when it was said if that was earlier. The
    invitations of everybody known by one of the hashes are withdrawn, and a telephone of theirs
    that rings at this moment stops.
    """
    known = subjects.customers_known_by(session, organisation_id, hashes)
    everything = subjects.all_hashes(hashes, known)
    new = _store(
        session,
        organisation_id,
        _wishes(hashes, known),
        method=method,
        source=source,
        at=said_at or at,
        by=by,
    )
    if len(everything) > len(set(hashes)):
        known = subjects.customers_known_by(session, organisation_id, everything)
    withdrawn = sum(invitations.withdraw(session, one, method, now=at) for one in known)
    unanswered_calls.call_off(session, organisation_id, [one.id for one in known], now=at)
    return Noted(new, withdrawn)


def take_back(
    session: Session,
    organisation_id: UUID,
    hashes: Collection[bytes],
    *,
    source: Source,
    at: datetime,
    method: Method = Method.ALL,
    only: Collection[Source] = tuple(Source),
    by: UUID | None = None,
) -> int:
    """End what these people objected to, for one way of being contacted or for all; how many rows.

    Nobody takes back for anybody else: of two who share an address, the other's number keeps its
    no. `only` says where a no that ends was said: a way that proves little ends none of another.
    Whoever objected to everything and takes back one way still objects to the others. What was
    withdrawn stays withdrawn: only what comes later asks again.
    """
    rows = _own(session, organisation_id, hashes)
    ended = [
        row
        for row in rows
        if (method in (Method.ALL, row.method) or row.method == Method.ALL) and row.source in only
    ]
    for row in ended:
        row.withdrawn_at, row.withdrawn_source, row.withdrawn_by = at, source.value, by
    session.flush()
    if method is not Method.ALL:
        for row in ended:
            if row.method == Method.ALL and row.subject_hash is not None:
                _keep_the_rest(session, row, method)
    return len(ended)


def in_force(
    session: Session, organisation_id: UUID, hashes: Iterable[bytes]
) -> dict[bytes, frozenset[Method]]:
    """What is objected to under each of those hashes that has an objection."""
    wanted, found = list(set(hashes)), dict[bytes, set[Method]]()
    for at in range(0, len(wanted), _PART):
        rows = session.execute(
            select(Objection.subject_hash, Objection.method).where(
                Objection.organisation_id == organisation_id,
                Objection.subject_hash.in_(wanted[at : at + _PART]),
                Objection.withdrawn_at.is_(None),
            )
        )
        for subject_hash, method in rows:
            if subject_hash is not None:
                found.setdefault(subject_hash, set()).add(Method(method))
    return {subject_hash: frozenset(methods) for subject_hash, methods in found.items()}


def among(found: Mapping[bytes, frozenset[Method]], customer: Customer) -> frozenset[Method]:
    """What one customer objects to, out of what `in_force` found for many."""
    return frozenset[Method]().union(
        *(found.get(one, ()) for one in subjects.hashes_of_customer(customer))
    )


def history(session: Session, organisation_id: UUID, hashes: Collection[bytes]) -> list[Objection]:
    """Every no under these hashes, those taken back too, the oldest first."""
    rows = session.scalars(
        select(Objection)
        .where(
            Objection.organisation_id == organisation_id,
            Objection.subject_hash.in_(list(hashes)),
        )
        .order_by(Objection.made_at, Objection.id)
    )
    return list(rows)


def _wishes(hashes: Collection[bytes], known: Sequence[Customer]) -> list[list[bytes]]:
    """The hashes that a no is stored under: of one person together, of several apart.

    What lies together can be taken back together, and whoever has the same address is somebody
    else. They are held by the address; their own numbers are, where nobody can say who spoke.
    """
    if named := subjects.named_by(hashes, known):
        return [subjects.all_hashes(hashes, named)]
    others = subjects.all_hashes(hashes, known)[len(set(hashes)) :]
    return [list(dict.fromkeys(hashes)), *([one] for one in others)]


def _store(
    session: Session,
    organisation_id: UUID,
    wishes: Iterable[Collection[bytes]],
    *,
    method: Method,
    source: Source,
    at: datetime,
    by: UUID | None,
) -> bool:
    said = {one: wish_id for wish in wishes for wish_id in (new_id(),) for one in wish}
    there = select(Objection.subject_hash).where(
        Objection.organisation_id == organisation_id,
        Objection.subject_hash.in_(said),
        Objection.method == method.value,
        Objection.withdrawn_at.is_(None),
    )
    if source is not Source.SMS:
        # What a text began, a text may end: a no that is said otherwise stands beside it.
        there = there.where(Objection.source != Source.SMS.value)
    known = set(session.scalars(there))
    missing = [one for one in said if one not in known]
    session.add_all(
        Objection(
            organisation_id=organisation_id,
            subject_hash=one,
            method=method.value,
            source=source.value,
            wish_id=said[one],
            made_by=by,
            made_at=at,
        )
        for one in missing
    )
    session.flush()
    return bool(missing)


def _own(session: Session, organisation_id: UUID, hashes: Collection[bytes]) -> list[Objection]:
    """Everything in force of the person whom these hashes name, and of nobody else.

    What was said in the same breath belongs to it, unless somebody else is known by it today.
    """
    known = subjects.customers_known_by(session, organisation_id, hashes)
    named = subjects.named_by(hashes, known)
    mine = subjects.all_hashes(hashes, named)
    live = (Objection.organisation_id == organisation_id, Objection.withdrawn_at.is_(None))
    found = session.scalars(
        select(Objection).where(*live, Objection.subject_hash.in_(mine)).with_for_update()
    ).all()
    said = session.scalars(
        select(Objection)
        .where(*live, Objection.wish_id.in_({row.wish_id for row in found} - {None}))
        .with_for_update()
    ).all()
    # Under an address anybody may have said something; the number, or all that is told, tells who.
    anchor = {one.phone_hash for one in named if one.phone_hash is not None} or {*hashes}
    breaths = dict[UUID | None, set[bytes | None]]()
    for row in said:
        breaths.setdefault(row.wish_id, set()).add(row.subject_hash)
    others = _of_others(session, organisation_id, breaths, named)
    rows = {row.id: row for row in found} | {
        row.id: row
        for row in said
        if anchor <= breaths[row.wish_id] and row.subject_hash not in others
    }
    return [rows[item] for item in sorted(rows)]


def _of_others(
    session: Session,
    organisation_id: UUID,
    breaths: Mapping[UUID | None, Collection[bytes | None]],
    named: Sequence[Customer],
) -> set[bytes]:
    """Every hash of today's customers who were spoken of too and are not the one named."""
    spoken = {one for breath in breaths.values() for one in breath if one is not None}
    known = subjects.customers_known_by(session, organisation_id, spoken)
    return {*subjects.all_hashes((), (one for one in known if one not in named))}


def _keep_the_rest(session: Session, ended: Objection, taken_back: Method) -> None:
    """What remains of a no to everything when one way of it is taken back."""
    there = in_force(session, ended.organisation_id, [ended.subject_hash or b""])
    objected = there.get(ended.subject_hash or b"", frozenset())
    for method in WAYS:
        if method is taken_back or objected & {method, Method.ALL}:
            continue
        session.add(
            Objection(
                organisation_id=ended.organisation_id,
                subject_hash=ended.subject_hash,
                method=method.value,
                source=ended.source,
                wish_id=ended.wish_id,
                made_by=ended.made_by,
                made_at=ended.made_at,
            )
        )
    session.flush()
