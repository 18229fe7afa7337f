"""Customers: found again by keyed hash whatever way their number was written, sealed otherwise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select, update
from sqlalchemy.orm import Session

from storage.identity import new_id
from storage.insertion import insert_missing
from storage.keyring import Keyring
from storage.tables import Customer, Invitation
from survey import waking

# Made once: every claim asks.
_ITEMS: Final[BindParameter[Any]] = bindparam("items", expanding=True)
_OF_IDS: Final = select(Customer).where(
    Customer.organisation_id == bindparam("owner"), Customer.id.in_(_ITEMS)
)


ABOUT: Final = ("minor", "guardian_leave_on", "customer_since", "customer_until", "source")


@dataclass(frozen=True, slots=True)
class About:
    """What a contact tells of the person besides how to reach them; None is not told."""

    minor: bool | None = None
    guardian_leave_on: date | None = None
    customer_since: date | None = None
    customer_until: date | None = None
    # Where the number came from.
    source: str | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What is told, by the columns' names."""
        found = {name: getattr(self, name) for name in ABOUT}
        return {name: value for name, value in found.items() if value is not None}


NOTHING: Final = About()
# The columns of what a contact may leave out, and of what it always tells.
_TOLD: Final = {
    "name": ("name_sealed",),
    "email": ("email_sealed", "email_hash"),
    "locale": ("locale",),
}
_ALWAYS: Final = {"phone_sealed", "phone_as_given_sealed", "last_interaction_at"}
_GAPS: Final = (*(one for columns in _TOLD.values() for one in columns), *ABOUT)


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as one contact described them; `phone` is E.164."""

    phone: str
    phone_as_given: str
    name: str | None
    email: str | None
    locale: str | None
    seen_at: datetime
    about: About = NOTHING


@dataclass(frozen=True, slots=True)
class HashedContact:
    """A contact with the keyed hashes under which the organisation finds the person again."""

    contact: Contact
    phone_hash: bytes
    email_hash: bytes | None


def hashed(
    contacts: Sequence[Contact], *, organisation_id: UUID, keyring: Keyring
) -> list[HashedContact]:
    """The contacts in their order, each with its hashes, with as few looks as one takes."""
    mails = sorted({one.email.lower() for one in contacts if one.email is not None})
    asked = [*(("phone", one.phone) for one in contacts), *(("email", one) for one in mails)]
    hashes = keyring.names_of(organisation_id, asked)
    phones = hashes[: len(contacts)]
    by_mail = dict(zip(mails, hashes[len(contacts) :], strict=True))
    return [
        HashedContact(one, phone, by_mail[one.email.lower()] if one.email else None)
        for one, phone in zip(contacts, phones, strict=True)
    ]


def of_invitations(session: Session, invitations: Iterable[Invitation]) -> dict[UUID, Customer]:
    """The customers of those invitations by their ids, in one look for each organisation."""
    wanted: dict[UUID, set[UUID]] = {}
    for one in invitations:
        wanted.setdefault(one.organisation_id, set()).add(one.customer_id)
    return {
        customer.id: customer
        for owner, items in wanted.items()
        for customer in session.scalars(_OF_IDS, {"owner": owner, "items": sorted(items)})
    }


def numbers_of(customers: Iterable[Customer], *, keyring: Keyring) -> dict[UUID, str | None]:
    """Each customer's number in E.164, with one look into the keyring; None where there is none."""
    people = list(customers)
    opened = keyring.open_many([(one.id, "customer.phone", one.phone_sealed) for one in people])
    return {one.id: number for one, number in zip(people, opened, strict=True)}


def find_or_create(
    session: Session,
    contacts: Sequence[HashedContact],
    *,
    organisation_id: UUID,
    keyring: Keyring,
    now: datetime,
) -> dict[bytes, UUID]:
    """The customer of each contact, by phone hash; those not known yet are made.

    One telephone number is one customer. What the newest contact says about the person stands, and
    what it does not tell stays as it is known: an older one, or one that comes later, fills gaps.
    """
    if not contacts:
        return {}
    newest = _summed_up(contacts)
    known = _known(session, organisation_id, newest)
    missing = {phone_hash: new_id() for phone_hash in newest if phone_hash not in known}
    if missing:
        fresh = {item: newest[phone_hash] for phone_hash, item in missing.items()}
        # In one order for everybody, so that two imports at once never wait for each other in a
        # ring.
        rows = sorted(_sealed_rows(fresh, keyring=keyring), key=lambda row: row["phone_hash"])
        for row in rows:
            row |= {"organisation_id": organisation_id, "created_at": now}
            row |= {**dict.fromkeys(ABOUT), "minor": False} | fresh[row["id"]].contact.about.told
        insert_missing(session, Customer, rows)
        # Another import may have been quicker: what is stored wins, and its key is the one to keep.
        stored = _known(session, organisation_id, missing)
        lost = [item for phone_hash, item in missing.items() if stored[phone_hash].id != item]
        keyring.destroy(lost)
        known |= stored
    told = {known[phone_hash]: one for phone_hash, one in newest.items()}
    told_about = _renew(session, told, keyring=keyring)
    if told_about:
        waking.people(session, organisation_id, told_about, waking.TOLD_ABOUT)
    return {phone_hash: row.id for phone_hash, row in known.items()}


def _summed_up(contacts: Iterable[HashedContact]) -> dict[bytes, HashedContact]:
    """By number what all these contacts tell together, the newest last."""
    found: dict[bytes, HashedContact] = {}
    for one in sorted(contacts, key=lambda each: each.contact.seen_at):
        before = found.get(one.phone_hash)
        found[one.phone_hash] = one if before is None else _over(before, one)
    return found


def _over(before: HashedContact, one: HashedContact) -> HashedContact:
    """A newer contact, with what it does not tell taken from the one before."""
    gaps = {
        name: getattr(before.contact, name)
        for name in ("name", "email", "locale")
        if getattr(one.contact, name) is None
    }
    about = About(**before.contact.about.told | one.contact.about.told)
    mail = before.email_hash if one.email_hash is None else one.email_hash
    return HashedContact(replace(one.contact, **gaps, about=about), one.phone_hash, mail)


def _renew(
    session: Session, told: "Mapping[_Known, HashedContact]", *, keyring: Keyring
) -> list[UUID]:
    """Write what newer contacts tell over what is known, and what older ones tell into gaps; of
    whom they tell something that rules ask about."""
    wanted = {known: columns for known, one in told.items() if (columns := _columns(known, one))}
    sealed = _sealed_rows({known.id: told[known] for known in wanted}, keyring=keyring)
    rows = {row["id"]: row for row in sealed}
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for known, columns in sorted(wanted.items(), key=lambda each: each[0].id):
        row = rows[known.id] | told[known].contact.about.told
        alike.setdefault(columns, []).append({name: row[name] for name in ("id", *columns)})
    for columns in sorted(alike, key=sorted):
        session.execute(update(Customer), alike[columns])
    return [known.id for known, columns in wanted.items() if not columns.isdisjoint(ABOUT)]


def _columns(known: "_Known", one: HashedContact) -> frozenset[str]:
    """What is to be written of that contact."""
    told = {
        column
        for name, columns in _TOLD.items()
        if getattr(one.contact, name) is not None
        for column in columns
    } | one.contact.about.told.keys()
    newer = one.contact.seen_at > known.last_interaction_at
    return frozenset(told | _ALWAYS if newer else told & known.gaps)


@dataclass(frozen=True, slots=True)
class _Known:
    id: UUID
    last_interaction_at: datetime
    gaps: frozenset[str]


def _known(
    session: Session, organisation_id: UUID, phone_hashes: Mapping[bytes, object]
) -> dict[bytes, _Known]:
    rows = session.execute(
        select(
            Customer.phone_hash,
            Customer.id,
            Customer.last_interaction_at,
            *(getattr(Customer, name).is_(None) for name in _GAPS),
        ).where(
            Customer.organisation_id == organisation_id,
            Customer.phone_hash.in_(list(phone_hashes)),
        )
    )
    return {
        phone_hash: _Known(
            item, seen_at, frozenset(one for one, empty in zip(_GAPS, gaps, strict=True) if empty)
        )
        for phone_hash, item, seen_at, *gaps in rows
        if phone_hash is not None
    }


def _sealed_rows(
    contacts: Mapping[UUID, HashedContact], *, keyring: Keyring
) -> list[dict[str, Any]]:
    sealed = keyring.seal_many(
        {
            item: {
                "customer.name": one.contact.name,
                "customer.phone": one.contact.phone,
                "customer.phone_as_given": one.contact.phone_as_given,
                "customer.email": one.contact.email,
            }
            for item, one in contacts.items()
        }
    )
    return [
        {
            "id": item,
            "name_sealed": sealed[item]["customer.name"],
            "phone_sealed": sealed[item]["customer.phone"],
            "phone_as_given_sealed": sealed[item]["customer.phone_as_given"],
            "email_sealed": sealed[item]["customer.email"],
            "phone_hash": one.phone_hash,
            "email_hash": one.email_hash,
            "locale": one.contact.locale,
            "last_interaction_at": one.contact.seen_at,
        }
        for item, one in contacts.items()
    ]
