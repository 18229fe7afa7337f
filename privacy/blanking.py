"""Rows that stay when what was personal in them goes: a comment is kept as the fact that it was."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, delete, func, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from privacy import descent, request_codes
from privacy.descent import Descent
from storage import customer_ids
from storage.export_words import ExportEnd, ExportPlace
from storage.many_ids import among
from storage.receipts import Way
from storage.request_states import RequestState
from storage.states import CommentState, RecordingState, TranscriptState
from storage.tables import (
    Alarm,
    Call,
    Comment,
    Customer,
    Export,
    Interaction,
    Mailbox,
    Recording,
    RightsRequest,
    Row,
    Sitting,
    Transcript,
    User,
)

SHALLOW: Final = frozenset(
    {
        *(Way.BLANK_CALLER, Way.BLANK_CONTACT, Way.BLANK_CORRECTED, Way.BLANK_ACCOUNT),
        *(Way.BLANK_REQUEST, Way.BLANK_EXPORT, Way.BLANK_MAILBOX, Way.BLANK_SUBJECT),
    }
)
"""Ways that touch the rows alone: what hangs below them stays as it is."""
BLANKS: Final = SHALLOW | {Way.BLANK}
"""Ways in which the row stays until its response, call or customer goes."""


def blank(
    session: Session,
    table: type[Row],
    roots: Iterable[UUID],
    found: Descent,
    *,
    way: Way,
    now: datetime,
) -> int:
    """Empty the personal columns of these rows and of what hangs below; how many roots there were.

    The keys are destroyed already, so this only takes away what nobody can open.
    """
    items = list(roots)
    if way in SHALLOW:
        _blank_rows(session, table, items, way=way, now=now)
        return len(items)
    personal: dict[type[Row], dict[str, Any]] = {
        Comment: {
            "state": CommentState.ERASED,
            **dict.fromkeys(("text_sealed", "sensitive_at", "sensitive_until")),
        },
        Transcript: {
            "state": TranscriptState.ERASED,
            **dict.fromkeys(("words_sealed", "model", "next_try_at", "lease_until")),
        },
        Recording: {
            "state": RecordingState.ERASED,
            **dict.fromkeys(("seconds", "announced_seconds", "sample_rate", "sealed_sha256")),
            **dict.fromkeys(("peaks", "next_try_at", "lease_until")),
            "erased_at": now,
        },
    }
    for one, values in personal.items():
        for part in found.parts_of(one):
            descent.set_those(session, one, part, **values)
    return len(items)


def _blank_rows(
    session: Session, table: type[Row], items: list[UUID], *, way: Way, now: datetime
) -> None:
    columns = Row.metadata.tables[table.__tablename__].columns
    mine = among(session, columns.id, items)
    match way:
        case Way.BLANK_CALLER:
            session.execute(update(Call).where(mine).values(caller_sealed=None, caller_hash=None))
        case Way.BLANK_CONTACT:
            _blank_contact(session, table, items, now=now)
        case Way.BLANK_CORRECTED:
            # Only a database from before the correction still has the old id.
            fresh = [customer_ids.move(session, one) for one in items]
            _blank_contact(session, Customer, [one for one in fresh if one is not None], now=now)
        case Way.BLANK_ACCOUNT:
            _blank_account(session, items, now=now)
        case Way.BLANK_REQUEST:
            _answered(session, items, now=now)
        case Way.BLANK_EXPORT:
            ended = func.coalesce(Export.ended, ExportEnd.GONE)
            closed_at = func.coalesce(Export.closed_at, now)
            values = {"path_sealed": None, "ended": ended, "closed_at": closed_at}
            # One in our own folder is looked for again by its time, and found gone.
            elsewhere = Export.place == ExportPlace.ELSEWHERE
            session.execute(update(Export).where(mine, elsewhere).values(values))
        case Way.BLANK_MAILBOX:
            # As survey.retirement leaves it: a mailbox of that key and number is another one.
            nothing = literal("none-") + func.substr(_hexadecimal(Mailbox.id), 19)
            left = update(Mailbox).where(mine).values(key=nothing, number=nothing, script={})
            retired_at = func.coalesce(Mailbox.retired_at, now)
            session.execute(left.values(notify_sealed=None, retired_at=retired_at))
        case Way.BLANK_SUBJECT:
            session.execute(update(table).where(mine).values(subject_hash=None))


def _answered(session: Session, items: list[UUID], *, now: datetime) -> None:
    """Requests that were answered; after a restore they wait for it again, and not for long."""
    for request in session.scalars(
        select(RightsRequest).where(among(session, RightsRequest.id, items))
    ):
        request_codes.forget(session, request, at=now)
        request.contact_sealed = request.about_sealed = request.subject_hash = None
        request.state, request.closed_at = RequestState.TOLD, request.closed_at or now
    about = Alarm.subject.in_([str(item) for item in items])
    session.execute(update(Alarm).where(about, Alarm.cleared_at.is_(None)).values(cleared_at=now))


def _blank_account(session: Session, items: list[UUID], *, now: datetime) -> None:
    # Without what finds the account nobody signs in with it, and the name is free again.
    session.execute(
        update(User)
        .where(among(session, User.id, items))
        .values(
            sign_in_name_sealed=None,
            sign_in_name_hash=None,
            password_hash="",
            failed_sign_ins=0,
            locked_until=None,
            disabled_at=func.coalesce(User.disabled_at, now),
            erase_at=None,
            erased_at=now,
        )
    )
    # Whoever is still in with it is out.
    session.execute(delete(Sitting).where(among(session, Sitting.user_id, items)))


def _hexadecimal(item: InstrumentedAttribute[UUID]) -> ColumnElement[str]:
    return func.replace(cast(item, String), "-", "")


def _blank_contact(session: Session, table: type[Row], items: list[UUID], *, now: datetime) -> None:
    if table is Interaction:
        # Without the hash nobody finds it: the same case again is a new contact.
        session.execute(
            update(Interaction)
            .where(among(session, Interaction.id, items))
            .values(
                case_reference_sealed=None, case_hash=None, channel=None, reason=None, team=None
            )
        )
        return
    session.execute(
        update(Customer)
        .where(among(session, Customer.id, items))
        .values(
            name_sealed=None,
            phone_sealed=None,
            phone_as_given_sealed=None,
            email_sealed=None,
            phone_hash=None,
            email_hash=None,
            locale=None,
            minor=False,
            guardian_leave_on=None,
            customer_since=None,
            customer_until=None,
            source=None,
            erased_at=now,
        )
    )
