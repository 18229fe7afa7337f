"""Where personal data lie, to which class each place belongs, and what takes it away.

Sealed and hashed columns are marked in their tables. Of any other column that can hold text or a
document this register says what it is; a column that is on neither list fails a test. Times, ids,
numbers and states of a row go with the row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, Column, LargeBinary, String

from config.retention_rules import DataClass
from privacy.shredders import Shredder
from storage.columns import EnumText
from storage.tables import Row


class Where(StrEnum):
    """What kind of place it is."""

    COLUMN = "column"
    FILE = "file"
    KEY = "key"
    REDIS = "Redis key"
    MAIL = "mail"
    EXPORT = "export"
    PROVIDER = "provider"
    LOG = "log"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Place:
    """One place that holds something of a person, and what becomes of it."""

    where: Where
    name: str
    data_class: DataClass | None
    taken_by: str


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What a table holds: the class of its rows, what takes them away, and its plain columns."""

    data_class: DataClass | None
    # The shredder, or in words what takes the rows away where none is needed.
    taken_by: Shredder | str
    # Text that says something about a person without being sealed.
    plain: tuple[str, ...] = ()
    # Of these the class in which they stay longest, where that is not the class of the rows.
    stays_as: Mapping[str, DataClass] = field(default_factory=dict)
    # Text that cannot be personal, with the reason.
    impersonal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A column that nobody has said anything of."""

    table: str
    column: str

    def __str__(self) -> str:
        return (
            f"{self.table}.{self.column} is on no list: say in privacy/data_map_tables.py whether "
            "it is personal, and what takes it away"
        )


def can_hold_text(column: Column[Any]) -> bool:
    """Whether a person's words, name or number would fit; ids, times and states would not."""
    kind = column.type
    return isinstance(kind, (String, LargeBinary, JSON)) and not isinstance(kind, EnumText)


def columns(tables: Mapping[str, TableEntry]) -> Iterator[Place | Unmapped]:
    """Every personal column, and every column that nobody has said anything of."""
    for table in Row.metadata.sorted_tables:
        entry = tables.get(table.name)
        for column in table.columns:
            marked = column.info.get("personal")
            if entry is not None and (marked or column.name in entry.plain):
                data_class = entry.stays_as.get(column.name, entry.data_class)
                if marked:
                    data_class = DataClass(marked)
                name = f"{table.name}.{column.name}"
                yield Place(Where.COLUMN, name, data_class, _name(entry.taken_by))
            elif (marked or can_hold_text(column)) and (
                entry is None or column.name not in entry.impersonal
            ):
                yield Unmapped(table.name, column.name)


def _name(taken_by: Shredder | str) -> str:
    return taken_by.name if isinstance(taken_by, Shredder) else taken_by


ELSEWHERE: Final = (
    Place(
        Where.FILE,
        "sealed recordings of comments (RECORDINGS_URL)",
        DataClass.FREE_COMMENTS,
        "comments, loose recordings, answers",
    ),
    Place(
        Where.FILE,
        "sealed recordings of telephone messages (RECORDINGS_URL)",
        DataClass.TELEPHONE_MESSAGES,
        "calls",
    ),
    Place(
        Where.KEY,
        "keyring: one wrapped key for each sealed row or file",
        None,
        "destroyed with the row, by its shredder",
    ),
    Place(
        Where.KEY,
        "keyring: the key of an organisation's look-up hashes",
        DataClass.OBJECTIONS,
        "kept as long as the organisation's objections",
    ),
    Place(
        Where.KEY,
        "backups of the keyring (KEYRING_BACKUPS_DIR)",
        None,
        "removed after KEYRING_BACKUPS_KEPT; one put back is rid of what was destroyed since",
    ),
    Place(
        Where.LEDGER,
        "lines of receipts",
        DataClass.RECEIPTS,
        "expire by their class, and a checkpoint says so",
    ),
    Place(
        Where.LEDGER,
        "opaque ids beside a line",
        DataClass.RECEIPTS,
        "go after BACKUPS_KEPT",
    ),
    Place(
        Where.REDIS,
        "rq: a job's name and one opaque row id",
        None,
        "gone when the job ends; a failed one after a minute",
    ),
    Place(
        Where.REDIS,
        "limit of guesses: from where a receipt code was keyed in, as a keyed hash",
        DataClass.REQUEST_LOG,
        "goes by itself within an hour",
    ),
    Place(
        Where.MAIL,
        "notices about telephone messages",
        DataClass.TELEPHONE_MESSAGES,
        "no spool of ours: a delivery row until it is sent, then with the message",
    ),
    Place(
        Where.EXPORT,
        "files below DATA_DIR/exports",
        DataClass.EXPORTS,
        "removed in time, and when somebody is erased; an alarm where that fails",
    ),
    Place(
        Where.EXPORT,
        "files that a command was told to write elsewhere",
        DataClass.EXPORTS,
        "the operator's to delete: noted with their hash, with an alarm when their time is over",
    ),
    Place(
        Where.EXPORT,
        "what a command wrote to standard output",
        DataClass.EXPORTS,
        "out of reach: that it was written is noted",
    ),
    Place(
        Where.PROVIDER,
        "recordings at the telephone provider",
        DataClass.FREE_COMMENTS,
        "deleted once ours is sealed, until the provider answers 404",
    ),
    Place(
        Where.PROVIDER,
        "calls at the telephone provider",
        DataClass.CONTACT_LOG,
        "deleted with the call here, until the provider answers 404",
    ),
    Place(
        Where.PROVIDER,
        "text messages at the telephone provider",
        DataClass.OBJECTIONS,
        "deleted once read, or once it is known what became of ours, until it answers 404",
    ),
    Place(
        Where.LOG,
        "lines on standard error",
        None,
        "nothing personal gets in: only listed keys pass (config/logs.py)",
    ),
)
