"""People whose answers or comments are due, as many as one likes, loaded by the database itself.

One person is written as everybody writes rows, and the database copies that person's rows with ids
and moments of their own: a million answers would take Python longer than the purge takes.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, func, insert, select, text

from storage import sealing
from storage.database import Database
from storage.house import house, reading, transaction, utc_now
from storage.identity import new_id
from storage.keyring import WrappedKey
from storage.states import CommentKind, CommentState, InvitationState, ResponseState
from storage.tables import (
    Answer,
    Campaign,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Organisation,
    Response,
    Row,
)

ORGANISATION, CAMPAIGN = "consumer-credit", "after-case"
ANSWERS_EACH: Final = 2
_QUESTIONS: Final = ("satisfaction", "recommend")
_COPIED_AT_ONCE: Final = 50_000
# Answers are kept for eighteen months and comments for twelve.
_LONG_AGO: Final = timedelta(days=700)
_COMMENTS_DUE: Final = timedelta(days=400)
# Where an id or a moment of the copied person stands, the copy's own; ids keep their order in time.
_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {
        "id": "printf('{tag}%012x7000800000000000', n.i)",
        "moment": "strftime('%Y-%m-%d %H:%M:%f000', t.{name}, '+' || (n.i / 10.0) || ' seconds')",
        "hash": "randomblob(32)",
    },
    "postgresql": {
        "id": "('{tag}' || lpad(to_hex(n.i), 12, '0') || '7000800000000000')::uuid",
        "moment": "t.{name} + n.i * interval '100 milliseconds'",
        "hash": "sha256(n.i::text::bytea)",
    },
}


def load(what: str, items: int) -> None:
    """People who answered so long ago, each with a case, two answers or one typed comment."""
    people = items // ANSWERS_EACH if what == "answers" else items
    at = utc_now() - (_LONG_AGO if what == "answers" else _COMMENTS_DUE)
    rows = _one_person(what, at=at)
    with transaction() as session:
        for table, values in rows:
            session.execute(insert(table), [values])
    tags = {values["id"]: f"{number:04x}" for number, (_, values) in enumerate(rows, 1)}
    for table, values in rows:
        _copy(house().database, table, _changed(table, values, tags), values["id"], people)
    keys = WrappedKey.metadata.tables[WrappedKey.__tablename__]
    for keyed in house().keyring.keys(tags):
        own = {"item_id": ("id", tags[keyed])}
        _copy(house().keyring.database, keys, own, keyed, people)
    house().database.look_over(*(table.name for table, _ in rows))
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == people


def _one_person(what: str, *, at: datetime) -> list[tuple[Table, dict[str, Any]]]:
    with reading() as session:
        campaign = session.scalars(
            select(Campaign)
            .join(Organisation, Organisation.id == Campaign.organisation_id)
            .where(Organisation.key == ORGANISATION, Campaign.key == CAMPAIGN)
        ).one()
    owned = {"organisation_id": campaign.organisation_id}
    customer, contact, invitation, response = (new_id() for _ in range(4))
    rows: list[tuple[type[Row], dict[str, Any]]] = [
        (Customer, {"id": customer, "created_at": at, "last_interaction_at": at,
                    "phone_hash": customer.bytes * 2}),
        (Interaction, {"id": contact, "customer_id": customer, "case_hash": contact.bytes * 2,
                       "happened_at": at, "created_at": at}),
        (Invitation, {"id": invitation, "campaign_id": campaign.id, "interaction_id": contact,
                      "customer_id": customer, "state": InvitationState.COMPLETED, "due_at": at,
                      "expires_at": at, "created_at": at}),
        (Response, {"id": response, "campaign_id": campaign.id, "invitation_id": invitation,
                    "survey_version_id": campaign.survey_version_id, "language": "sv",
                    "state": ResponseState.COMPLETED, "started_at": at}),
    ]  # fmt: skip
    if what == "answers":
        phone = house().keyring.seal_one(customer, "customer.phone", "+46701740605")
        rows[0][1]["phone_sealed"] = phone
        case = house().keyring.seal_one(contact, "interaction.case_reference", "case-4711")
        rows[1][1]["case_reference_sealed"] = case
        rows += [
            (Answer, {"id": new_id(), "response_id": response, "question_key": key, "kind": "nps",
                      "number": 9, "answered_at": at, "counted_in": campaign.id})
            for key in _QUESTIONS
        ]  # fmt: skip
    else:
        comment = new_id()
        key = house().keyring.make_keys([comment])[comment]
        said = sealing.seal(key, b"ord" * 40, item=comment, kind="comment.text")
        rows.append(
            (Comment, {"id": comment, "response_id": response, "question_key": "comment",
                       "kind": CommentKind.TYPED, "state": CommentState.WRITTEN, "made_at": at,
                       "text_sealed": said})
        )  # fmt: skip
    return [(Row.metadata.tables[one.__tablename__], owned | values) for one, values in rows]


def _changed(
    table: Table, values: Mapping[str, Any], tags: Mapping[UUID, str]
) -> dict[str, tuple[str, str]]:
    """Which columns of a copy are its own: what kind of value, and the tag of an id."""
    changed: dict[str, tuple[str, str]] = {}
    for name, value in values.items():
        if isinstance(value, UUID) and value in tags:
            changed[name] = ("id", tags[value])
        elif isinstance(value, datetime):
            changed[name] = ("moment", "")
    if table.name == "customers":
        changed["phone_hash"] = ("hash", "")
    if table.name == "interactions":
        changed["case_hash"] = ("hash", "")
    return changed


def _copy(
    database: Database,
    table: Table,
    changed: Mapping[str, tuple[str, str]],
    first: UUID,
    people: int,
) -> None:
    """Copy that row until there are as many as people."""
    for start, end in _ranges(people):
        with database.engine.begin() as connection:
            connection.execute(text(_copying(connection, table, changed, first, start, end)))
    database.checkpoint()


def _copying(
    connection: Connection,
    table: Table,
    changed: Mapping[str, tuple[str, str]],
    first: UUID,
    start: int,
    end: int,
) -> str:
    own = _OWN[connection.dialect.name]
    names = [column.name for column in table.columns]
    values = [
        own[changed[name][0]].format(tag=changed[name][1], name=name)
        if name in changed
        else f't."{name}"'
        for name in names
    ]
    key = table.primary_key.columns[0].name
    told = first.hex if connection.dialect.name == "sqlite" else str(first)
    listed = ", ".join(f'"{name}"' for name in names)
    numbers = f"n(i) AS (SELECT {start} UNION ALL SELECT i + 1 FROM n WHERE i < {end})"  # noqa: S608 - numbers of ours
    copies = f"{', '.join(values)} FROM {table.name} AS t, n WHERE t.{key} = '{told}'"
    return f"INSERT INTO {table.name} ({listed}) WITH RECURSIVE {numbers} SELECT {copies}"


def _ranges(people: int) -> Iterator[tuple[int, int]]:
    """The numbers of the copies, first and last, in parts that a transaction can hold."""
    for start in range(1, people, _COPIED_AT_ONCE):
        yield start, min(start + _COPIED_AT_ONCE, people) - 1
