"""How fast the purge takes what is due, against bare batched deletes of the same rows.

The bare side deletes the very same rows, children first, in batches of as many people and with a
commit each: without a look for what is due, a lock, a key, a file, a figure kept, or a receipt.
"""

import os
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import Table, delete, func, insert, select

from privacy import purge
from privacy.erasing import hands_of
from privacy.purge_steps import Totals
from storage import sealing
from storage.house import house, reading, transaction, utc_now
from storage.identity import new_id
from storage.states import CommentKind, CommentState, InvitationState, ResponseState
from storage.tables import (
    Answer,
    Campaign,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Organisation,
    Response,
    Row,
)
from tests.load.ground import Ground, Kind, ground
from tests.load.processor import Spent

ORGANISATION, CAMPAIGN = "consumer-credit", "after-case"
ANSWERS_EACH: Final = 2
_LOADED_AT_ONCE: Final = 2_000
_QUESTIONS: Final = ("satisfaction", "recommend")
# Answers are kept for eighteen months and comments for twelve.
_LONG_AGO: Final = timedelta(days=700)
_COMMENTS_DUE: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class PurgeFigures:
    """Items per second on both sides; `ratio` is the median of the rounds' own."""

    kind: Kind
    what: str
    items: int
    bare_per_second: float
    ours_per_second: float
    ratio: float
    # The same of the processor seconds, of this process and of the database's: other work on the
    # machine hardly changes them.
    processor_ratio: float
    # By how much the process's greatest size grew in the second half of the last round's purge.
    grown_megabytes: float


def measure(kind: Kind, *, what: str, items: int, rounds: int) -> PurgeFigures:
    """Both sides in turns, each round on databases of its own; `what` is answers or comments."""
    bare, ours, grown, spent = [], [], 0.0, list[float]()
    for _ in range(rounds):
        with ground(kind) as here:
            _load(what, items)
            began = _Moment.now(here)
            grown = _purge(what, items)
            purged = began.passed(here)
            ours.append(items / purged.clock)
        with ground(kind) as here:
            _load(what, items)
            began = _Moment.now(here)
            _delete_bare(what)
            deleted = began.passed(here)
            bare.append(items / deleted.clock)
        spent.append(deleted.spent.whole / purged.spent.whole)
    return PurgeFigures(
        kind,
        what,
        items,
        statistics.median(bare),
        statistics.median(ours),
        statistics.median(o / b for o, b in zip(ours, bare, strict=True)),
        statistics.median(spent),
        grown,
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


def _purge(what: str, items: int) -> float:
    halfway, at_half = items // 2, list[int]()

    class Watched(Totals):
        """Looks at the size of this process when half is done."""

        def add(self, organisation: str, counted_as: str, number: int) -> None:
            """Count some more, and look once."""
            super().add(organisation, counted_as, number)
            done = sum(self.counts[organisation].values())
            if not at_half and done >= halfway // ANSWERS_EACH:
                at_half.append(_greatest_size())

    totals = purge.run(
        hands=hands_of(house()), database=house().database, now=utc_now(), totals=Watched()
    )
    counted = totals.counts[ORGANISATION]
    expected = {"answers": items // ANSWERS_EACH} if what == "answers" else {"free_comments": items}
    assert {name: counted[name] for name in expected} == expected, counted
    return (_greatest_size() - at_half[0]) / 1_000


def _greatest_size() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _delete_bare(what: str) -> None:
    """What is due, as whoever knows it would delete it; of comments the text, key and all."""
    if what == "comments":
        _blank_bare()
        return
    for part in _pages(Invitation):
        answered = select(Response.id).where(Response.invitation_id.in_(part))
        with transaction() as session:
            session.execute(delete(Answer).where(Answer.response_id.in_(answered)))
            session.execute(delete(Response).where(Response.invitation_id.in_(part)))
            session.execute(delete(Invitation).where(Invitation.id.in_(part)))
    for table in (Interaction, Customer):
        for part in _pages(table):
            with transaction() as session:
                session.execute(delete(table).where(table.id.in_(part)))  # type: ignore[attr-defined]


def _blank_bare() -> None:
    for part in _pages(Comment):
        house().keyring.destroy(part)
        with transaction() as session:
            session.execute(delete(Comment).where(Comment.id.in_(part)))


def _pages(table: Any) -> Iterator[Sequence[UUID]]:
    last: UUID | None = None
    while True:
        wanted = select(table.id).order_by(table.id).limit(purge.BATCH)
        with reading() as session:
            part = session.scalars(wanted if last is None else wanted.where(table.id > last)).all()
        if not part:
            return
        yield part
        last = part[-1]


def _load(what: str, items: int) -> None:
    """People who answered so long ago, each with a case, two answers or one typed comment."""
    with reading() as session:
        organisation = session.scalars(
            select(Organisation).where(Organisation.key == ORGANISATION)
        ).one()
        campaign = session.scalars(
            select(Campaign).where(
                Campaign.organisation_id == organisation.id, Campaign.key == CAMPAIGN
            )
        ).one()
    people = items // ANSWERS_EACH if what == "answers" else items
    at = utc_now() - (_LONG_AGO if what == "answers" else _COMMENTS_DUE)
    for start in range(0, people, _LOADED_AT_ONCE):
        count = min(_LOADED_AT_ONCE, people - start)
        _load_some(what, campaign, count, at=at + timedelta(seconds=start / 10))
    house().database.look_over("customers", "interactions", "invitations", "responses", "answers")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == people


def _load_some(what: str, campaign: Campaign, count: int, *, at: datetime) -> None:
    owned = {"organisation_id": campaign.organisation_id}
    ids = [[new_id() for _ in range(count)] for _ in range(4)]
    customers, interactions, invitations, responses = ids
    rows: dict[type[Row], list[dict[str, Any]]] = {
        Customer: [
            {**owned, "id": one, "created_at": at, "last_interaction_at": at,
             "phone_hash": one.bytes * 2}
            for one in customers
        ],
        Interaction: [
            {**owned, "id": one, "customer_id": customer, "case_hash": one.bytes * 2,
             "happened_at": at, "created_at": at}
            for one, customer in zip(interactions, customers, strict=True)
        ],
        Invitation: [
            {**owned, "id": one, "campaign_id": campaign.id, "interaction_id": interaction,
             "customer_id": customer, "state": InvitationState.COMPLETED, "due_at": at,
             "expires_at": at, "created_at": at}
            for one, interaction, customer in zip(invitations, interactions, customers, strict=True)
        ],
        Response: [
            {**owned, "id": one, "campaign_id": campaign.id, "invitation_id": invitation,
             "survey_version_id": campaign.survey_version_id, "language": "sv",
             "state": ResponseState.COMPLETED, "started_at": at}
            for one, invitation in zip(responses, invitations, strict=True)
        ],
    }  # fmt: skip
    if what == "answers":
        rows[Answer] = [
            {**owned, "id": new_id(), "response_id": response, "question_key": key, "kind": "nps",
             "number": 9, "answered_at": at, "counted_in": campaign.id}
            for response in responses for key in _QUESTIONS
        ]  # fmt: skip
    else:
        comments = [new_id() for _ in responses]
        keys = house().keyring.make_keys(comments)
        rows[Comment] = [
            {**owned, "id": one, "response_id": response, "question_key": "comment",
             "kind": CommentKind.TYPED, "state": CommentState.WRITTEN, "made_at": at,
             "text_sealed": sealing.seal(keys[one], b"ord" * 40, item=one, kind="comment.text")}
            for one, response in zip(comments, responses, strict=True)
        ]  # fmt: skip
    with transaction() as session:
        for table, values in rows.items():
            mapped: Table = Row.metadata.tables[table.__tablename__]
            session.execute(insert(mapped), values)
