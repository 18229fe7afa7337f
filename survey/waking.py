"""Looking again at people who wait for somebody's act, in the moment in which that is done.

An invitation that was put off says by `waits_for` which rule an act must change first. Whoever
does the act has those looked at again that it concerns: nobody is decided about every hour
meanwhile. What nobody does here (a consent that begins later, a paper signed elsewhere) is noticed
by the daily look.

A dialler that is deciding about somebody at this moment has read what was so before the act, and
writes down that they wait once the act is done. So it is waited for, by the invitations' rows: a
dialler waits for none of these, and holds them for the time of one decision.
"""

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from storage.database import after_commit
from storage.database_clock import clock_in, dialect_of
from storage.house import transaction
from storage.keyring import Keyring
from storage.tables import Campaign, Customer, Invitation, Organisation
from survey.invitations import OPEN
from survey.permission_terms import Rule

# What each act may change.
WASHED: Final = frozenset({Rule.NOT_WASHED, Rule.WASH_EXPIRED})
CONSENTED: Final = frozenset({Rule.NO_CONSENT, Rule.FORMER_CUSTOMER})
TOLD_ABOUT: Final = frozenset({Rule.MINOR, Rule.FORMER_CUSTOMER})
LIFTED: Final = frozenset({Rule.RESTRICTED})
STARTED: Final = frozenset({Rule.CAMPAIGN_NOT_RUNNING, Rule.CEILING_REACHED})
_PART: Final = 500


def known_by(
    session: Session, organisation_id: UUID, hashes: Collection[bytes], rules: Collection[Rule]
) -> None:
    """Of people known by these hashes."""
    wanted = sorted(set(hashes))
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        theirs = select(Customer.id).where(
            Customer.organisation_id == organisation_id,
            or_(Customer.phone_hash.in_(part), Customer.email_hash.in_(part)),
        )
        where = Invitation.customer_id.in_(theirs)
        _await(session, organisation_id, where)
        _wake(session, organisation_id, rules, where)


def people(
    session: Session, organisation_id: UUID, customers: Collection[UUID], rules: Collection[Rule]
) -> None:
    """Of these customers, whose rows the caller has locked: no dialler decides about them now."""
    wanted = sorted(set(customers))
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        _wake(session, organisation_id, rules, Invitation.customer_id.in_(part))


def campaign(session: Session, row: Campaign, rules: Collection[Rule]) -> None:
    """Of a campaign."""
    _wake(session, row.organisation_id, rules, Invitation.campaign_id == row.id)


def everybody(session: Session, organisation_id: UUID) -> None:
    """Of an organisation whose files were changed, whatever they wait for."""
    _wake(session, organisation_id, None)
    # Whoever changes files holds rows that a dialler may want, so nobody is waited for before
    # these are free.
    after_commit(session, lambda: _wake_late(organisation_id))


def _wake_late(organisation_id: UUID) -> None:
    with transaction() as session:
        _await(session, organisation_id, Invitation.due_at <= clock_in(dialect_of(session)))
        _wake(session, organisation_id, None)


def listed(session: Session, allowed_numbers: Collection[str], *, keyring: Keyring) -> None:
    """Whom this installation may contact by today's list and might not by an earlier one.

    An empty list allows every number.
    """
    rules = frozenset({Rule.NOT_ON_ALLOW_LIST})
    for owner in session.scalars(select(Organisation.id).order_by(Organisation.id)).all():
        if allowed_numbers:
            hashes = [keyring.lookup_hash(owner, "phone", one) for one in allowed_numbers]
            known_by(session, owner, hashes, rules)
        else:
            _wake(session, owner, rules)


def _await(session: Session, organisation_id: UUID, *where: ColumnElement[bool]) -> None:
    """Wait for whoever moves these, until this transaction ends."""
    if dialect_of(session) == "sqlite":
        return  # has one writer at a time
    moving = (
        select(Invitation.id)
        .where(Invitation.organisation_id == organisation_id, Invitation.state.in_(OPEN), *where)
        .order_by(Invitation.id)
        .with_for_update(key_share=True)
    )
    session.execute(moving).all()


def _wake(
    session: Session,
    organisation_id: UUID,
    rules: Iterable[Rule] | None,
    *where: ColumnElement[bool],
) -> None:
    waits = (
        Invitation.waits_for.is_not(None)
        if rules is None
        else Invitation.waits_for.in_(sorted(one.value for one in rules))
    )
    session.execute(
        update(Invitation)
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.state.in_(OPEN),
            waits,
            *where,
        )
        # As long ago as they have waited, and before whoever came later.
        .values(due_at=Invitation.created_at, waits_for=None)
        .execution_options(synchronize_session=False)
    )
