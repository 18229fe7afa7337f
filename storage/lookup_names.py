"""Names for what people are found by: made once for each value, known to the keyring alone.

In the main database a number, an address or a case reference stands under such a name. When the
keyring has forgotten it, nobody can tell whose it was, not by trying every number either.
"""

import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    bindparam,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.database import Database
from storage.keyring_rows import LookupName, LookupSeed
from storage.prepared import Prepared
from storage.prepared_lists import PreparedList

THE_HOUSE: Final = UUID(int=1)
"""In the place of an organisation, for what is found in all of them: who signs in."""
_SEED: Final = 1
_PART: Final = 500
_OWNER: Final[BindParameter[UUID]] = bindparam("owner", type_=LookupName.organisation_id.type)
# Made once: every look-up asks.
_KNOWN: Final = PreparedList(
    lambda items: select(LookupName.found_by, LookupName.name, LookupName.rests_since).where(
        LookupName.organisation_id == _OWNER, LookupName.found_by.in_(items)
    ),
    of=LookupName.found_by.type,
)


_SEEDS: Final = select(LookupSeed.number, LookupSeed.seed, LookupSeed.made_at).where(
    LookupSeed.id == _SEED
)
_COLUMNS: Final = ("organisation_id", "found_by", "name", "seed")
_INSERT_EACH: Final = Prepared(sqlite.insert(LookupName).on_conflict_do_nothing(), sets=_COLUMNS)
_INSERT_ARRAYS: Final = (
    postgresql.insert(LookupName)
    .from_select(
        _COLUMNS,
        select(
            _OWNER,
            func.unnest(bindparam("found_by", type_=postgresql.ARRAY(LargeBinary))),
            func.unnest(bindparam("names", type_=postgresql.ARRAY(LargeBinary))),
            func.unnest(bindparam("numbers", type_=postgresql.ARRAY(Integer))),
        ),
        include_defaults=False,
    )
    .on_conflict_do_nothing()
)


@dataclass(frozen=True, slots=True)
class Seed:
    """What names are made from for a while, with its number and since when."""

    number: int
    seed: bytes
    made_at: datetime


class LookupNames:
    """Finds and makes names; `found_by` is the keyed hash of a value."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def of(self, organisation: UUID, found_by: Sequence[bytes]) -> list[bytes]:
        """The name of each value in their order, made where missing; committed before it returns.

        Whoever asks is about to use it: a name that rests is awake again.
        """
        known = self._awake(organisation, list(dict.fromkeys(found_by)))
        # In one order for everybody, so that two never wait for each other in a ring.
        missing = sorted({one for one in found_by if one not in known})
        if missing:
            known |= self._made(organisation, missing)
        return [known[one] for one in found_by]

    def known(self, organisation: UUID, found_by: Collection[bytes]) -> dict[bytes, bytes]:
        """The names that are there, by what they are found by; none is made and none is woken."""
        with self.database.reading() as session:
            rows = _KNOWN.rows(session, {"owner": organisation}, found_by)
        return {one: name for one, name, _ in rows}

    def foretold(self, organisation: UUID, found_by: bytes) -> bytes | None:
        """The name of a value, or the one it would get now; none is made and none is woken.

        A keyring that was put back has not heard of those made since, and makes the same again.
        """
        known, seed = self.known(organisation, [found_by]), self.seed()
        if found_by in known or seed is None:
            return known.get(found_by)
        return hmac.digest(seed.seed, found_by, "sha256")

    def pages(self, size: int) -> Iterator[Sequence[LookupName]]:
        """All of them, so many at a time."""
        key = tuple_(LookupName.organisation_id, LookupName.found_by)
        wanted = select(LookupName).order_by(LookupName.organisation_id, LookupName.found_by)
        page = self._page(wanted.limit(size))
        while page:
            yield page
            last = (page[-1].organisation_id, page[-1].found_by)
            page = self._page(wanted.where(key > last).limit(size))

    def renew_seed(self, *, now: datetime) -> Seed:
        """Have names be made from another seed from here on; the one before."""
        with self.database.transaction() as session:
            before = self._seed(session)
            _set_seed(session, Seed(before.number + 1, secrets.token_bytes(32), now))
        return before

    def set_seed(self, seed: Seed) -> None:
        """Have names be made from that seed."""
        with self.database.transaction() as session:
            self._seed(session)
            _set_seed(session, seed)

    def seed(self) -> Seed | None:
        """What names are made from; None before there was one to be made."""
        with self.database.reading() as session:
            row = session.execute(_SEEDS).first()
        return None if row is None else Seed(*row)

    def put_back(self, rows: Iterable[tuple[UUID, bytes, bytes, int]]) -> None:
        """Add names that were lost, as a backup has them; those that are there stay."""
        by_owner: dict[UUID, list[tuple[bytes, bytes, int]]] = {}
        for owner, found_by, name, number in rows:
            by_owner.setdefault(owner, []).append((found_by, name, number))
        with self.database.transaction() as session:
            for owner, theirs in by_owner.items():
                _insert_missing(session, owner, theirs)

    def put_back_seed(self, seed: Seed) -> None:
        """Have names made from the seed of a backup, unless there is one already."""
        with self.database.transaction() as session:
            _insert_seed(session, seed)

    def _page(self, wanted: Select[LookupName]) -> Sequence[LookupName]:
        with self.database.reading() as session:
            return list(session.scalars(wanted))

    def _awake(self, organisation: UUID, found_by: Sequence[bytes]) -> dict[bytes, bytes]:
        with self.database.reading() as session:
            rows = _KNOWN.rows(session, {"owner": organisation}, found_by)
        known = {one: name for one, name, rests_since in rows if rests_since is None}
        resting = sorted({one for one, _, rests_since in rows if rests_since is not None})
        for at in range(0, len(resting), _PART):
            mine = (
                LookupName.organisation_id == organisation,
                LookupName.found_by.in_(resting[at : at + _PART]),
            )
            with self.database.transaction() as session:
                hold(session, mine)
                # Read again once it is held: it may have got another name, or have gone.
                session.execute(update(LookupName).where(*mine).values(rests_since=None))
                found = session.execute(select(LookupName.found_by, LookupName.name).where(*mine))
                known |= {one: name for one, name in found}  # noqa: C416 - typed
        return known

    def _made(self, organisation: UUID, missing: Sequence[bytes]) -> dict[bytes, bytes]:
        with self.database.transaction() as session:
            seed = self._seed(session)
            made = [(one, hmac.digest(seed.seed, one, "sha256"), seed.number) for one in missing]
            known = {one: name for one, name, _ in made}
            if _insert_missing(session, organisation, made) < len(made):
                # Another process was quicker: what is stored wins, never two names.
                rows = _KNOWN.rows(session, {"owner": organisation}, missing)
                known = {one: name for one, name, _ in rows}
        return known

    def _seed(self, session: Session) -> Seed:
        row = session.execute(_SEEDS).first()
        if row is None:
            _insert_seed(session, Seed(1, secrets.token_bytes(32), datetime.now(UTC)))
            row = session.execute(_SEEDS).one()
        return Seed(*row)


def hold(session: Session, those: Iterable[ColumnElement[bool]]) -> None:
    """Hold those names of one organisation until the transaction ends, in everybody's order."""
    wanted = select(LookupName.found_by).where(*those).order_by(LookupName.found_by)
    session.execute(wanted.with_for_update()).all()


def _set_seed(session: Session, seed: Seed) -> None:
    told = {"number": seed.number, "seed": seed.seed, "made_at": seed.made_at}
    session.execute(update(LookupSeed).where(LookupSeed.id == _SEED).values(**told))


def _insert_seed(session: Session, seed: Seed) -> None:
    told = {"number": seed.number, "seed": seed.seed, "made_at": seed.made_at}
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    session.execute(insert(LookupSeed).on_conflict_do_nothing(), {"id": _SEED, **told})


def _insert_missing(
    session: Session, organisation: UUID, rows: Sequence[tuple[bytes, bytes, int]]
) -> int:
    """How many of them were not there."""
    if session.get_bind().dialect.name == "sqlite":
        told = [
            {"organisation_id": organisation, "found_by": one, "name": name, "seed": number}
            for one, name, number in rows
        ]
        return _INSERT_EACH.write_all(session, told)
    found_by, names, numbers = zip(*rows, strict=True)
    arrays = {"found_by": list(found_by), "names": list(names), "numbers": list(numbers)}
    values = {"owner": organisation, **arrays}
    return session.connection().execute(_INSERT_ARRAYS, values).rowcount
