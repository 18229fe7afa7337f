"""What freezes a person's data, as far as it stands in the way of deleting them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from privacy.persons import Person
from storage.request_states import Outcome, RequestKind, RequestState
from storage.tables import Call, Restriction, RightsRequest

PENDING = "objection_pending"
"""The cause of a freeze that ends with an objection: when that is decided and told."""


def of_person(session: Session, person: Person) -> Sequence[str]:
    """The causes for which data of the person are frozen, the oldest first."""
    return session.scalars(
        select(Restriction.cause)
        .where(
            Restriction.organisation_id == person.organisation_id,
            or_(
                person.named_in(Restriction.customer_id),
                Restriction.subject_hash.in_(person.hashes),
                Restriction.call_id.in_(
                    select(Call.id).where(
                        Call.caller_hash.in_(person.hashes), Call.id.not_in(person.left_out)
                    )
                ),
            ),
            Restriction.lifted_at.is_(None),
        )
        .order_by(Restriction.made_at)
    ).all()


def objections_of(session: Session, person: Person) -> list[RightsRequest]:
    """The objections of the person for which the data are frozen: those not told of their end."""
    waiting = select(RightsRequest).where(
        RightsRequest.organisation_id == person.organisation_id,
        RightsRequest.kind == RequestKind.OBJECTION_TO_USE,
        or_(
            RightsRequest.state == RequestState.PROVEN,
            # A refusal ends the freeze once the person was told of it.
            and_(
                RightsRequest.state == RequestState.DONE, RightsRequest.outcome == Outcome.REFUSED
            ),
        ),
        or_(
            person.named_in(RightsRequest.customer_id),
            RightsRequest.subject_hash.in_(person.hashes),
        ),
    )
    return list(session.scalars(waiting.order_by(RightsRequest.received_at, RightsRequest.id)))


def in_words(session: Session, person: Person, *, asked_by: UUID | None) -> list[str]:
    """What freezes the data, with the command that ends it; empty when nothing does.

    `asked_by` is the request that is to be granted, which is never told to wait for itself.
    """
    causes = list(dict.fromkeys(of_person(session, person)))
    said = []
    waiting = objections_of(session, person) if PENDING in causes else []
    for one in waiting:
        if one.id == asked_by:
            continue
        act = "decide" if one.state is RequestState.PROVEN else "told"
        said.append(
            f"the data are frozen until objection {one.reference} of the same person is decided "
            f"and told; take 'flask rights {act} {one.reference}' first"
        )
    others = [cause for cause in causes if cause != PENDING or not said]
    if others:
        said.append(
            f"the data are frozen ({', '.join(others)}), so nothing of them is deleted; lift that "
            "with 'flask restrictions lift', or refuse the request with its ground"
        )
    return said
