"""A user's stay in the console: begun at sign-in, ended by sign-out, idleness or age.

The row is what counts, not the cookie: a copied cookie is worth nothing after signing out.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from console.visitor import Visitor, zone_of
from storage import sign_in_names
from storage.database import Database
from storage.keyring import Keyring
from storage.tables import Organisation, Sitting, User

IDLE_LIMIT: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
_SEEN_EVERY: Final = timedelta(minutes=1)


def begin(session: Session, user_id: UUID, *, at: datetime) -> UUID:
    """A new sitting; the user's sittings that are over leave nothing behind."""
    over = or_(Sitting.seen_at < at - IDLE_LIMIT, Sitting.begun_at < at - LONGEST)
    session.execute(delete(Sitting).where(Sitting.user_id == user_id, over))
    sitting = Sitting(user_id=user_id, begun_at=at, seen_at=at)
    session.add(sitting)
    session.flush()
    return sitting.id


def resume(
    database: Database, keyring: Keyring, sitting_id: UUID, *, at: datetime, counts: bool
) -> Visitor | None:
    """Who sits there; None when the sitting is over or the account is disabled.

    With `counts` the visit prolongs the sitting, written at most once a minute.
    """
    with database.reading() as session:
        found = session.execute(
            select(Sitting, User)
            .join(User, Sitting.user_id == User.id)
            .where(Sitting.id == sitting_id, User.disabled_at.is_(None))
        ).one_or_none()
        if found is None:
            return None
        sitting, user = found
        zones = select(Organisation.timezone).distinct()
        if user.organisation_id is not None:
            zones = zones.where(Organisation.id == user.organisation_id)
        zone = zone_of(list(session.scalars(zones)))
    if at >= sitting.seen_at + IDLE_LIMIT or at >= sitting.begun_at + LONGEST:
        return None
    if counts and at >= sitting.seen_at + _SEEN_EVERY:
        with database.transaction() as session:
            again = session.get(Sitting, sitting_id)
            if again is None:  # signed out in this very moment
                return None
            again.seen_at = max(again.seen_at, at)
    return Visitor(
        user_id=user.id,
        sitting_id=sitting.id,
        name=sign_in_names.name_of(keyring, user),
        role=user.role,
        organisation_id=user.organisation_id,
        zone=zone,
    )


def end(session: Session, sitting_id: UUID) -> None:
    """End the sitting; ended already is success."""
    session.execute(delete(Sitting).where(Sitting.id == sitting_id))
