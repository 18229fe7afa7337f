"""Organisations and campaigns by the keys operators use."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.faults import GiveUp
from storage.tables import Campaign, Organisation


class UnknownPlaceError(GiveUp):
    """No such organisation or campaign; the reason names those that exist."""


def find_organisation(session: Session, key: str) -> Organisation:
    """The organisation of that key; raises UnknownPlaceError."""
    found = session.scalars(select(Organisation).where(Organisation.key == key)).first()
    if found is None:
        known = session.scalars(select(Organisation.key).order_by(Organisation.key)).all()
        raise UnknownPlaceError(_unknown("organisation", key, known))
    return found


def find_campaign(
    session: Session, *, organisation: str, campaign: str
) -> tuple[Organisation, Campaign]:
    """The organisation and its campaign by their keys; raises UnknownPlaceError."""
    owner = find_organisation(session, organisation)
    campaigns = session.scalars(
        select(Campaign).where(Campaign.organisation_id == owner.id).order_by(Campaign.key)
    ).all()
    for one in campaigns:
        if one.key == campaign:
            return owner, one
    known = [one.key for one in campaigns]
    raise UnknownPlaceError(_unknown(f"campaign of {organisation}", campaign, known))


def _unknown(kind: str, wanted: str, known: Sequence[str]) -> str:
    there = f"there are: {', '.join(known)}" if known else "there is none yet"
    return f"there is no {kind} called {wanted[:80]!r}; {there}"
