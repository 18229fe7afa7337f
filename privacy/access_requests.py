"""What the person asked to be done with their data before, and what became of it."""

from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from privacy import parts
from privacy.access_moments import Document, among, at
from privacy.persons import Person
from privacy.requests import ABOUT, CONTACT
from storage.keyring import Keyring
from storage.tables import IdentityCode, RightsRequest

_MOMENTS: Final = (
    "received_at", "due_at", "extended_at", "extension_told_at", "proven_at", "decided_at",
    "done_at", "fetched_at", "closed_at",
)  # fmt: skip
_WORDS: Final = ("kind", "channel", "state", "extension", "code_by", "proof", "outcome", "ground")


def asked(session: Session, person: Person, *, keyring: Keyring) -> list[Document]:
    """The person's requests, the oldest first, without the names of who decided them."""
    rows = session.scalars(
        select(RightsRequest)
        .where(
            RightsRequest.organisation_id == person.organisation_id,
            or_(
                person.named_in(RightsRequest.customer_id),
                and_(
                    RightsRequest.customer_id.is_(None),
                    RightsRequest.subject_hash.in_(person.hashes),
                ),
            ),
        )
        .order_by(RightsRequest.received_at, RightsRequest.id)
    ).all()
    about = keyring.open_many([(one.id, ABOUT, one.about_sealed) for one in rows])
    contacts = keyring.open_many([(one.id, CONTACT, one.contact_sealed) for one in rows])
    codes: dict[UUID, list[Document]] = {}
    for sent in among(
        session,
        IdentityCode,
        IdentityCode.request_id,
        [one.id for one in rows],
        person.organisation_id,
    ):
        codes.setdefault(sent.request_id, []).append(
            {
                "method": sent.method,
                "made_at": at(sent.made_at),
                "expires_at": at(sent.expires_at),
                "used_at": at(sent.used_at),
            }
        )
    return [
        {"reference": one.reference, "language": one.language, "contact": contact, "about": words}
        | {name: _word(getattr(one, name)) for name in _WORDS}
        | {name: at(getattr(one, name)) for name in _MOMENTS}
        | {"codes": codes.get(one.id, []), "left_out": _left_out(one)}
        for one, contact, words in zip(rows, contacts, about, strict=True)
    ]


def _word(value: object) -> str | None:
    return None if value is None else str(value)


def _left_out(request: RightsRequest) -> list[Document]:
    return [{"part": part.value, "at": at(moment)} for part, moment in parts.left_out(request)]
