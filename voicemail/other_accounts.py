"""Copies in an account that is no longer the configured one: they wait there, with an alarm.

Another account knows none of their names, so its "not found" says nothing about them.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update

from storage import alarms
from storage.house import house, reading, transaction
from storage.provider import account_of
from storage.states import ProviderCopyState
from storage.tables import ProviderCopy

ALARM: Final = "provider_copy.other_account"
_PRESENT: Final = ProviderCopy.state == ProviderCopyState.PRESENT


def here() -> ColumnElement[bool]:
    """The copies that lie where we ask."""
    ours = account_of(house().settings)
    return or_(ProviderCopy.account == ours, ProviderCopy.account.is_(None))


def is_elsewhere(copy: ProviderCopy) -> bool:
    """Whether it lies in another account than the one we ask."""
    return copy.account not in (None, account_of(house().settings))


def watch(*, now: datetime) -> None:
    """Have one alarm open for each other account with something of ours in it.

    What was noted before accounts were kept is taken to lie in the one that is asked now.
    """
    ours = account_of(house().settings)
    with reading() as session:
        found = set(session.scalars(select(ProviderCopy.account).where(_PRESENT).distinct()))
        others = {one for one in found if one is not None} - {ours}
        open_now = alarms.open_subjects(session, ALARM)
    if None not in found and others == open_now:
        return
    with transaction() as session:
        session.execute(
            update(ProviderCopy)
            .where(_PRESENT, ProviderCopy.account.is_(None))
            .values(account=ours)
        )
        for account in sorted(others - open_now):
            alarms.sound(session, ALARM, subject=account, at=now)
        for account in sorted(open_now - others):
            alarms.clear(session, ALARM, subject=account, at=now)
