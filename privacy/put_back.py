"""Putting back, into a restored database, what people wished and what was decided after its backup.

The ledger has the rows without anything personal. What they refer to and is not there any more is
left out; a hold is put back all the same, and stands without its reason.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage import alarms, customer_ids, policies
from storage.policy_states import PolicyState
from storage.tables import (
    Hold,
    Organisation,
    PolicyVersion,
    Restriction,
    Role,
    Row,
    Sitting,
    User,
)

_WHOSE: Final = ("customer_id", "subject_hash", "call_id")


def put_back(session: Session, table: type[Row], values: Mapping[str, Any]) -> int:
    """Store the row as the ledger has it; how many rows that changed, none or one."""
    if table is Hold:
        _have_owner(session, values)
    told = _known_references(session, table, values)
    if told is None or (table is Restriction and not any(told[name] for name in _WHOSE)):
        return 0
    known: Any = session.get(table, values["id"])
    if known is not None and all(getattr(known, name) == value for name, value in told.items()):
        return 0
    rows = Row.metadata.tables[table.__tablename__]
    if known is not None:
        session.execute(rows.update().where(rows.c.id == told["id"]).values(told))
    elif table is User:
        return 0  # made after the backup, so it is not open either
    else:
        session.execute(rows.insert(), told)
    session.expire_all()
    _follow(session, table, told)
    return 1


def _known_references(
    session: Session, table: type[Row], values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The values without what is not there any more; None where the row cannot be without."""
    told = dict(values)
    if told.get("customer_id") is not None:  # corrected since
        told["customer_id"] = customer_ids.known_as(session, told["customer_id"])
    for column in Row.metadata.tables[table.__tablename__].columns:
        for key in column.foreign_keys:
            if told.get(column.name) is None:
                continue
            target = key.column
            if session.scalar(select(target).where(target == told[column.name])) is not None:
                continue
            if not column.nullable:
                return None
            told[column.name] = None
    return told


def _have_owner(session: Session, values: Mapping[str, Any]) -> None:
    """Whoever answers for a hold and whose account is lost, as an account that was emptied."""
    owner: UUID = values["owner_id"]
    if session.get(User, owner) is not None:
        return
    made_at: datetime = values["made_at"]
    session.add(
        User(
            id=owner,
            organisation_id=None,
            role=Role.STAFF,
            password_hash="",
            created_at=made_at,
            disabled_at=made_at,
            erased_at=made_at,
        )
    )
    session.flush()


def _follow(session: Session, table: type[Row], told: Mapping[str, Any]) -> None:
    """What hangs together with such a row and was changed with it."""
    if table is User:
        session.execute(delete(Sitting).where(Sitting.user_id == told["id"]))
    if table is PolicyVersion:
        alarms.clear(session, policies.WAITS, subject=str(told["id"]), at=told["decided_at"])
        if told["state"] == PolicyState.IN_FORCE:
            organisation = session.get_one(Organisation, told["organisation_id"])
            organisation.document = {**organisation.document, "retention": told["rules"]}
            organisation.policy_number = told["number"]
