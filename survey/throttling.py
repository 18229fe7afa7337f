"""Not too often: when a person was last asked, over all campaigns and ways of one organisation.

A token lies under each keyed hash the person is known by and names the invitation that asked, whose
own later attempts it does not hold up. It goes with the person's erasure, which leaves a no to
everything: so nobody who asks to be forgotten is asked again the next day.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import Session

from config.periods import Period, parse_period
from storage.identity import new_id
from storage.insertion import insert_missing
from storage.prepared import Prepared
from storage.prepared_lists import PreparedList
from storage.states import NOBODY_RANG, AttemptState, Disposition
from storage.tables import Attempt, Campaign, Customer, Invitation, Organisation, ThrottleToken
from survey.subjects import hashes_of_customer
from survey.trying_out import disregards_hours

# An attempt that ended so did not reach for anybody: no telephone rang.
NOBODY: Final = NOBODY_RANG | {Disposition.FAILED, Disposition.CANCELED}

# Made once: every attempt asks, and building them takes longer than answering.
_HASH: Final = ThrottleToken.subject_hash.type
_TOKENS: Final = PreparedList(
    lambda items: (
        select(ThrottleToken.subject_hash)
        .where(
            ThrottleToken.organisation_id == bindparam("owner"),
            ThrottleToken.subject_hash.in_(items),
        )
        .order_by(ThrottleToken.subject_hash)
        .with_for_update()
    ),
    of=_HASH,
)
_MOVE: Final = Prepared(
    update(ThrottleToken).where(
        ThrottleToken.organisation_id == bindparam("owner"),
        ThrottleToken.subject_hash == bindparam("hash"),
    ),
    sets=("invitation_id", "asked_at"),
)
_LAST_ASKED: Final = PreparedList(
    lambda items: select(
        ThrottleToken.subject_hash, ThrottleToken.invitation_id, ThrottleToken.asked_at
    ).where(
        ThrottleToken.organisation_id == bindparam("owner"),
        ThrottleToken.subject_hash.in_(items),
    ),
    of=_HASH,
)


@dataclass(frozen=True, slots=True)
class LastAsked:
    """When somebody was last asked, and by which invitation."""

    invitation_id: UUID
    asked_at: datetime


def period_of(organisation: Organisation) -> Period | None:
    """For how long the organisation leaves a person alone once asked; None when it sets none."""
    written = organisation.document.get("throttle")
    return None if written is None else parse_period(written)


def heeded_period(organisation: Organisation, campaign: Campaign) -> Period | None:
    """The period that a campaign heeds: whoever tries out may be rung again at once."""
    return None if disregards_hours(campaign) else period_of(organisation)


def take(session: Session, customer: Customer, invitation: Invitation, *, at: datetime) -> None:
    """Note that this invitation asks the person now; the caller holds the customer's row."""
    take_all(session, [(customer, invitation)], at=at)


def take_all(
    session: Session, asked: Sequence[tuple[Customer, Invitation]], *, at: datetime
) -> None:
    """Note that these invitations of one organisation ask these people now, no two of whom are
    known by the same; the caller holds the customers' rows."""
    by_hash = {one: theirs for who, theirs in asked for one in hashes_of_customer(who)}
    if not by_hash:
        return
    owner = asked[0][0].organisation_id
    known = {one for (one,) in _TOKENS.rows(session, {"owner": owner}, sorted(by_hash))}
    changes = [
        {"owner": owner, "hash": one, "invitation_id": by_hash[one].id, "asked_at": at}
        for one in sorted(known)
    ]
    _MOVE.write_all(session, changes)
    # Two people may share an address, so another dialler may be writing the same token.
    insert_missing(
        session,
        ThrottleToken,
        [
            {
                "id": new_id(),
                "organisation_id": owner,
                "subject_hash": one,
                "invitation_id": by_hash[one].id,
                "asked_at": at,
            }
            for one in sorted(by_hash.keys() - known)
        ],
    )


def asked_unknown(
    session: Session, organisation_id: UUID, hashes: Collection[bytes], *, at: datetime
) -> None:
    """Note that somebody was asked then, by nobody knows which invitation; never earlier than is
    known already."""
    _later = (ThrottleToken.asked_at < at) & ThrottleToken.subject_hash.in_(hashes)
    session.execute(
        update(ThrottleToken)
        .where(ThrottleToken.organisation_id == organisation_id, _later)
        .values(invitation_id=new_id(), asked_at=at)
    )
    insert_missing(
        session,
        ThrottleToken,
        [
            {
                "id": new_id(),
                "organisation_id": organisation_id,
                "subject_hash": one,
                "invitation_id": new_id(),
                "asked_at": at,
            }
            for one in sorted(hashes)
        ],
    )


def give_back(session: Session, invitation: Invitation) -> None:
    """Forget that this invitation asked, if none of its attempts reached for anybody after all."""
    reached = exists().where(
        Attempt.organisation_id == invitation.organisation_id,
        Attempt.invitation_id == invitation.id,
        (Attempt.state != AttemptState.ENDED) | Attempt.disposition.not_in(NOBODY),
    )
    if session.scalar(select(reached)):
        return
    customer = session.get_one(Customer, invitation.customer_id)
    session.execute(
        delete(ThrottleToken).where(
            ThrottleToken.organisation_id == invitation.organisation_id,
            ThrottleToken.subject_hash.in_(hashes_of_customer(customer)),
            ThrottleToken.invitation_id == invitation.id,
        )
    )


def know_also(session: Session, customer: Customer, before: Collection[bytes]) -> None:
    """Have what is noted under the hashes that the customer had count for those they have now."""
    owner = customer.organisation_id
    noted = last_asked(session, owner, before)
    fresh = [one for one in hashes_of_customer(customer) if one not in before]
    if not noted or not fresh:
        return
    newest = max(noted.values(), key=lambda one: one.asked_at)
    known = last_asked(session, owner, fresh)
    older = [one for one, last in known.items() if last.asked_at < newest.asked_at]
    session.execute(
        update(ThrottleToken)
        .where(ThrottleToken.organisation_id == owner, ThrottleToken.subject_hash.in_(older))
        .values(invitation_id=newest.invitation_id, asked_at=newest.asked_at)
    )
    missing = [
        {
            "id": new_id(),
            "organisation_id": owner,
            "subject_hash": one,
            "invitation_id": newest.invitation_id,
            "asked_at": newest.asked_at,
        }
        for one in sorted(fresh)
        if one not in known
    ]
    insert_missing(session, ThrottleToken, missing)


def one_at_a_time(session: Session, customers: Iterable[Customer]) -> None:
    """Have nobody else decide about people who share an address with these until this transaction
    ends; whoever waited sees then what was decided.

    A number is one customer's, whose row is held; an address may be known of several. The caller
    holds the customers' rows. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    shared = {one.email_hash for one in customers if one.email_hash is not None}
    if not shared:
        return
    # In one order for everybody, so that two never wait for each other in a ring.
    keys = sorted(int.from_bytes(one[:8], "big", signed=True) for one in shared)
    each = func.unnest(bindparam("keys", keys, ARRAY(BigInteger))).column_valued("key")
    in_order = select(each.label("key")).order_by(each).subquery()
    session.execute(select(func.pg_advisory_xact_lock(in_order.c.key))).all()


def last_asked(
    session: Session, organisation_id: UUID, hashes: Collection[bytes]
) -> dict[bytes, LastAsked]:
    """Who was asked last, by each of those hashes that has a token."""
    found = dict[bytes, LastAsked]()
    rows = _LAST_ASKED.rows(session, {"owner": organisation_id}, set(hashes))
    for subject_hash, invitation_id, asked_at in rows:
        found[subject_hash] = LastAsked(invitation_id, asked_at)
    return found
