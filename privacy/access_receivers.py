"""Who got something of a person's data, and what nobody does with them, for their package."""

from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from privacy import disclosures, receivers
from privacy.access_moments import Document, at, on
from privacy.persons import Person
from storage.keyring import Keyring
from storage.tables import Customer, Organisation, Receiver, Role, User

NO_PROFILING: Final = "none"


def told(
    session: Session,
    person: Person,
    organisation: Organisation,
    *,
    keyring: Keyring,
    language: str | None,
) -> Document:
    """The sections of the package, by name."""
    customer = None if person.customer_id is None else session.get(Customer, person.customer_id)
    return {
        "receivers": _kinds(session, organisation),
        "companies": _companies(session, organisation, customer, language),
        "disclosures": [
            {
                "receiver": one.receiver,
                "what": list(one.row.classes),
                "ground": one.row.ground.value,
                "at": at(one.row.disclosed_at),
                "noted_at": at(one.row.noted_at),
            }
            for one in disclosures.of_person(session, person, keyring=keyring)
        ],
        "exports": _exports(session, person, customer),
        # The code knows no other way: scores order work, and what is decided by rule is whom not
        # to contact.
        "profiling": NO_PROFILING,
    }


def _kinds(session: Session, organisation: Organisation) -> list[str]:
    """Who gets to see something of it; a client company where it has accounts of its own."""
    clients = select(User.id).where(
        User.organisation_id == organisation.id,
        User.role == Role.CLIENT,
        User.disabled_at.is_(None),
    )
    found = ["staff", "telephone_provider"]
    return [*found, "client_company"] if session.scalar(select(clients.exists())) else found


def _companies(
    session: Session,
    organisation: Organisation,
    customer: Customer | None,
    language: str | None,
) -> list[Document]:
    """The companies on the organisation's list, and those that were on it since one is known."""
    still = Receiver.ended_at.is_(None)
    known = still if customer is None else or_(still, Receiver.ended_at >= customer.created_at)
    rows = session.scalars(
        select(Receiver)
        .where(Receiver.organisation_id == organisation.id, known)
        .order_by(Receiver.since, Receiver.name, Receiver.noted_at)
    )
    return [
        {
            "name": one.name,
            "role": one.role,
            "work": words.work,
            "gets": words.gets,
            "country": one.country,
            "transfer": words.transfer,
            "gets_since": on(one.since),
            "ended_at": at(one.ended_at),
        }
        for one in rows
        for words in [receivers.told_of(one, language)]
    ]


def _exports(session: Session, person: Person, customer: Customer | None) -> list[Document]:
    """The files with people's data that went to somebody and may tell of this person too."""
    if customer is None:
        return []  # who only called is in none
    rows = receivers.may_have(session, person.organisation_id, known_since=customer.created_at)
    return [
        {
            "made_at": at(one.made_at),
            "kind": one.kind.value,
            "reason": one.reason.value,
            "place": one.place.value,
            "lines": one.lines,
            "expires_at": at(one.expires_at),
            "became": None if one.ended is None else one.ended.value,
            "closed_at": at(one.closed_at),
        }
        for one in rows
    ]
