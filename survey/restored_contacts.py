"""After a restore the provider is asked whom it contacted since, and nobody is asked again.

The database knows nothing of calls and text messages after its backup was made. For each that it
does not know, the person is noted as asked under their keyed hashes, and what was open for them by
then is withdrawn: what they answered is lost, and they are not troubled for it.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import restored
from storage.faults import GiveUp, TryAgain
from storage.house import House, reading, transaction
from storage.provider import ContactAtProvider
from storage.tables import Call, Line, SentText
from survey import invitations, throttling
from survey.places import find_organisation
from survey.subjects import all_hashes, customers_known_by

log = logging.getLogger(__name__)

_BATCH: Final = 200


class NotAskedError(GiveUp):
    """The provider could not be asked whom it contacted, so nothing may start."""


@dataclass(frozen=True, slots=True)
class Found:
    """How many calls and text messages nobody here knew of, and what was withdrawn for them."""

    contacts: int
    withdrawn: int


def ask(house: House, organisation: str, *, now: datetime) -> Found | None:
    """Note whom the provider contacted; None when the organisation does not wait for that.

    May be cut off and repeated. Raises UnknownPlaceError; NotAskedError, and the next one asks
    from the beginning.
    """
    with reading() as session:
        owner = find_organisation(session, organisation)
        since = owner.contacts_unknown_since
        lines = session.scalars(select(Line.number).where(Line.organisation_id == owner.id)).all()
    if since is None:
        return None
    contacts = withdrawn = 0
    try:
        for found in _batches(house, lines, since=since):
            new, ended = _note(house, owner.id, found, now=now)
            contacts, withdrawn = contacts + new, withdrawn + ended
    except TryAgain as fault:
        raise NotAskedError(
            f"the provider could not be asked whom it contacted since the backup ({fault}); "
            "nothing is started, try again",
            code=fault.code,
        ) from fault
    with transaction() as session:
        owner = find_organisation(session, organisation)
        restored.contacts_known(session, owner, at=now)
    log.info("restore.contacts_asked", extra={"organisation_id": owner.id, "count": contacts})
    return Found(contacts, withdrawn)


def _batches(
    house: House, lines: Sequence[str], *, since: datetime
) -> Iterator[Sequence[ContactAtProvider]]:
    for line in lines:
        told = house.provider.list_contacts(from_=line, since=since)
        people = (one for one in told if one.reached and one.to)
        while batch := list(islice(people, _BATCH)):
            yield batch


def _note(
    house: House, owner: UUID, found: Sequence[ContactAtProvider], *, now: datetime
) -> tuple[int, int]:
    with reading() as session:
        known = _known(session, [one.sid for one in found])
    unknown = [one for one in found if one.sid not in known]
    if not unknown:
        return 0, 0
    hashes = house.keyring.lookup_hashes(owner, "phone", [one.to for one in unknown])
    withdrawn = 0
    with transaction() as session:
        for contact, subject in zip(unknown, hashes, strict=True):
            at = contact.created_at or now
            people = customers_known_by(session, owner, [subject])
            everywhere = all_hashes([subject], people)
            throttling.asked_unknown(session, owner, everywhere, at=at)
            for person in people:
                withdrawn += invitations.contacted_unknown(session, person, until=at, now=now)
    return len(unknown), withdrawn


def _known(session: Session, sids: Sequence[str]) -> set[str]:
    calls = select(Call.provider_sid).where(Call.provider_sid.in_(sids))
    texts = select(SentText.provider_sid).where(SentText.provider_sid.in_(sids))
    return {one for wanted in (calls, texts) for one in session.scalars(wanted) if one is not None}
