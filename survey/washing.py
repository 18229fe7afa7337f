"""The numbers that an outside register must be asked about, and until when its answers count."""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from config.periods import Period
from storage.database import Database
from storage.export_words import ExportKind, ExportReason
from storage.faults import GiveUp
from storage.house import House
from storage.keyring import Keyring
from storage.restrictions import is_restricted
from storage.tables import Campaign, Customer, Invitation, Organisation, RegisterResult
from survey import export_book
from survey.export_book import Draft
from survey.invitations import OPEN
from survey.permission_facts import rules_of
from survey.places import find_campaign, find_organisation

PART: Final = 500
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownRegisterError(GiveUp):
    """No campaign of the organisation heeds such a register; the reason names those there are."""


def heeded_by(campaign: Campaign) -> set[str]:
    """The registers that a campaign wants to have asked, that of companies among them."""
    rules = rules_of(campaign)
    keys = {one.key for one in rules.registers}
    if rules.company_numbers is not None:
        keys.add(rules.company_numbers.register_key)
    return keys


def _counts_since(owner: Organisation, campaign: Campaign, *, now: datetime) -> dict[str, datetime]:
    """By register the day from which an answer counts for this campaign, whatever others allow.

    Near the end of a month it may be asked again some days early.
    """
    zone = ZoneInfo(owner.timezone)
    since = dict.fromkeys(heeded_by(campaign), _EVER)
    return since | {
        one.key: one.valid_for.before(now, zone) for one in rules_of(campaign).registers
    }


def write_numbers(
    house: House, out: Path, *, organisation: str, campaign: str, now: datetime
) -> Draft:
    """Write the numbers to be washed to `out`, readable by its owner alone; how many is in `lines`.

    Those of open invitations about whom some register that the campaign heeds has no answer that
    still counts. Raises UnknownPlaceError, or UnknownRegisterError when it heeds none.
    """
    with house.database.reading() as session:
        owner, place = find_campaign(session, organisation=organisation, campaign=campaign)
        wanted = _counts_since(owner, place, now=now)
    if not wanted:
        raise UnknownRegisterError(
            f"campaign {campaign} of {organisation} heeds no register; "
            "name one under registers in its file"
        )
    errand = export_book.Errand(owner, ExportKind.NUMBERS, ExportReason.REGISTER, ".csv", out)
    with (
        export_book.written(house, errand, now=now) as draft,
        draft.path.open("w", encoding="ascii", newline="") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(("phone",))
        for number in _numbers(house.database, house.keyring, owner.id, place.id, wanted, now=now):
            rows.writerow((number,))
            draft.lines += 1
    return draft


def validity(
    session: Session, *, organisation: str, register: str, checked_on: date, stated: Period | None
) -> tuple[datetime, datetime]:
    """From when to when an answer of that day counts, by the files of the organisation's campaigns.

    Of several periods the longest: each campaign still asks for its own. `stated` counts for a
    register that only tells companies' numbers. Raises UnknownPlaceError, UnknownRegisterError, or
    GiveUp when nothing says how long.
    """
    owner = find_organisation(session, organisation)
    zone = ZoneInfo(owner.timezone)
    checked_at = datetime.combine(checked_on, time.min, tzinfo=zone)
    periods, known = list[Period](), set[str]()
    for campaign in _campaigns(session, owner):
        known |= heeded_by(campaign)
        periods += [one.valid_for for one in rules_of(campaign).registers if one.key == register]
    if register not in known:
        there = ", ".join(sorted(known)) or "none"
        raise UnknownRegisterError(
            f"no campaign of {organisation} heeds a register called {register[:60]!r}; "
            f"there are: {there}"
        )
    if stated is not None:
        periods.append(stated)
    if not periods:
        raise GiveUp(
            f"no file says how long an answer of {register} counts; "
            'say it with --valid-for "1 year"'
        )
    longest = max(period.after(checked_at, zone) for period in periods)
    return checked_at, longest.astimezone(zone)


def _campaigns(session: Session, owner: Organisation) -> list[Campaign]:
    rows = session.scalars(select(Campaign).where(Campaign.organisation_id == owner.id))
    return list(rows)


def _numbers(
    database: Database,
    keyring: Keyring,
    organisation_id: UUID,
    campaign_id: UUID,
    registers: Mapping[str, datetime],
    *,
    now: datetime,
) -> Iterator[str]:
    after = UUID(int=0)
    while True:
        with database.reading() as session:
            people = session.scalars(
                _unwashed(organisation_id, campaign_id, registers, now=now, after=after)
            ).all()
        if not people:
            return
        yield from (
            number
            for number in keyring.open_many(
                [(one.id, "customer.phone", one.phone_sealed) for one in people]
            )
            if number is not None
        )
        after = people[-1].id


def _unwashed(
    organisation_id: UUID,
    campaign_id: UUID,
    registers: Mapping[str, datetime],
    *,
    now: datetime,
    after: UUID,
) -> Select[Customer]:
    waiting = exists().where(
        Invitation.campaign_id == campaign_id,
        Invitation.customer_id == Customer.id,
        Invitation.state.in_(OPEN),
        Invitation.expires_at > now,
    )
    counts = or_(
        *(
            and_(RegisterResult.register_key == key, RegisterResult.checked_at >= since)
            for key, since in registers.items()
        )
    )
    answered = (
        select(func.count())
        .where(
            RegisterResult.organisation_id == organisation_id,
            RegisterResult.subject_hash == Customer.phone_hash,
            RegisterResult.expires_at > now,
            counts,
        )
        .scalar_subquery()
    )
    return (
        select(Customer)
        .where(
            Customer.organisation_id == organisation_id,
            Customer.id > after,
            Customer.phone_sealed.is_not(None),
            waiting,
            answered < len(registers),
            ~is_restricted(Customer.id),
        )
        .order_by(Customer.id)
        .limit(PART)
    )
