"""The places outside of the main database that hold something of a person, each with its limit.

A file below DATA_DIR, a key in Redis, a kind of thing at the provider and a module that sends mail
must each be named here; privacy.unmapped finds what is not, for a test and for an operator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from config.retention_rules import DataClass
from privacy.shredders import CALLS, COMMENTS, INVITATIONS, LOOSE_RECORDINGS
from storage.periodic import PERIODIC
from storage.queue import FAILURE_SECONDS, JobName
from storage.tables import Row


class Where(StrEnum):
    """What kind of place it is, outside of the rows."""

    FILE = "file"
    KEY = "key"
    REDIS = "Redis key"
    MAIL = "mail"
    EXPORT = "export"
    PROVIDER = "provider"
    LOG = "log"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Outside:
    """A place that holds something of people: of which class, from when, and until when."""

    where: Where
    name: str
    # Of which its content is a part; nothing where nothing personal gets in.
    classes: frozenset[DataClass]
    unit: str
    begins: str
    # A stated ceiling of its own; None where the period of the class is the limit.
    lives: timedelta | None
    taken_by: str
    # Below DATA_DIR, each `*` within one folder; {setting} is where that setting says, and `**` at
    # the end is all below.
    paths: tuple[str, ...] = ()
    # Keys in Redis, kinds of things at the provider, or modules that send.
    names: tuple[str, ...] = ()


def _sealed() -> frozenset[DataClass]:
    return frozenset(
        DataClass(column.info["personal"])
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if column.info.get("sealed")
    )


def _of(*classes: DataClass) -> frozenset[DataClass]:
    return frozenset(classes)


_SEALED: Final = _sealed()
_DATABASES: Final = ("{database_url}", "{keyring_url}", "{ledger_url}")
_SOUND: Final = f"{COMMENTS.name}, {LOOSE_RECORDINGS.name}, {INVITATIONS.name}; {CALLS.name}"
_GONE_THERE: Final = "until the provider answers 404"
OUTSIDE: Final = (
    Outside(
        Where.FILE, "sealed recordings (RECORDINGS_URL)",
        _of(DataClass.FREE_COMMENTS, DataClass.TELEPHONE_MESSAGES), "a file for each recording",
        "when it was made", None, _SOUND, ("{recordings_url}/[0-9a-f][0-9a-f]/*.sealed*",),
    ),
    Outside(
        Where.FILE, "the databases' own files with logs and free pages",
        frozenset(DataClass), "a row", "with the row", None,
        "SQLite overwrites what is deleted, and its log is emptied after each purge, each erasure "
        "and each sweep of requests; PostgreSQL's "
        "pages, with VACUUM",
        tuple(f"{one}{end}" for one in _DATABASES for end in ("", "-wal", "-shm", "-journal")),
    ),
    Outside(
        Where.FILE, "the copy that `flask privacy rehearse` works on (DATA_DIR/rehearsal)",
        frozenset(DataClass), "a folder for each run, without a key", "when its run was killed",
        PERIODIC[JobName.PURGE],
        "the run itself, at its end; that of a killed one, the next purge; an alarm where that "
        "fails",
        ("rehearsal/**",),
    ),
    Outside(
        Where.KEY, "keyring: wrapped keys", _SEALED, "a key for each sealed row or file",
        "with the row", None, "every shredder, before the row",
    ),
    Outside(
        Where.KEY, "keyring: the key by which an organisation's names are found",
        _of(DataClass.OBJECTIONS), "a key for each organisation", "with the first number", None,
        "kept as long as the organisation's objections",
    ),
    Outside(
        Where.KEY, "keyring: the key by which the names of who signs in are found",
        _of(DataClass.STAFF_REGISTER), "a key for the house", "with the first account", None,
        "kept as long as the house; a name is forgotten with its account",
    ),
    Outside(
        Where.KEY, "keyring: names that stand for a number, an address, a case or a sign-in name",
        _of(
            DataClass.ANSWERS, DataClass.CONTACT_LOG, DataClass.OBJECTIONS, DataClass.REQUEST_LOG,
            DataClass.STAFF_REGISTER, DataClass.TELEPHONE_MESSAGES, DataClass.THROTTLE_TOKENS,
        ),
        "a name for each value", "when somebody is first looked up, or gets an account", None,
        "the sweep of names, half a day after the last row that bears it",
    ),
    Outside(
        Where.KEY, "backups of the keyring (KEYRING_BACKUPS_DIR)", _SEALED, "a file each day",
        "when it was made", timedelta(days=7),
        "the daily backup, after KEYRING_BACKUPS_KEPT; one put back is rid of what was destroyed "
        "since",
        ("{keyring_backups_dir}/*.keyring", "{keyring_backups_dir}/*.part*"),
    ),
    Outside(
        Where.LEDGER, "lines of receipts", _of(DataClass.RECEIPTS), "a line for each deletion",
        "when it was written", None, "the purge, and a checkpoint says so",
    ),
    Outside(
        Where.LEDGER, "opaque ids beside a line", _of(DataClass.RECEIPTS), "the ids of a deletion",
        "when the line was written", timedelta(days=90), "the purge, after BACKUPS_KEPT",
    ),
    Outside(
        Where.REDIS, "rq: a job's name and one opaque row id", _of(), "a job", "when it is rung",
        timedelta(seconds=FAILURE_SECONDS),
        "rq: when the job ends; of a failed one after that time",
        names=("rq:*",),
    ),
    Outside(
        Where.REDIS, "limit of guesses: from where a receipt code was keyed in, as a keyed hash",
        _of(DataClass.REQUEST_LOG), "a key for each place", "with the first wrong code",
        timedelta(hours=1), "Redis, by itself",
        names=("mine:*",),
    ),
    Outside(
        Where.MAIL, "notices about telephone messages", _of(DataClass.TELEPHONE_MESSAGES),
        "a mail for each message and address", "when the message came", None,
        "no spool of ours: a delivery row until it is sent, then with the message",
        names=("voicemail.deliveries",),
    ),
    Outside(
        Where.MAIL, "codes and answers to people who ask about their data",
        _of(DataClass.REQUEST_LOG), "a mail for each step", "when it is sent", timedelta(0),
        "no spool and no copy of ours: it is made while it is sent",
        names=("messaging.code_mail", "messaging.answer_mail"),
    ),
    Outside(
        Where.MAIL, "heads of the ledger's chains", _of(), "a mail for each month",
        "when it is sent",
        timedelta(0), "nothing personal in it: a hash and a signature",
        names=("privacy.head_mail",),
    ),
    Outside(
        Where.EXPORT, "files below DATA_DIR/exports", _of(DataClass.EXPORTS), "a file",
        "when it was made", None,
        "the purge, and the erasure of a person; an alarm where that fails",
        ("exports/*",),
    ),
    Outside(
        Where.EXPORT, "files that a command was told to write elsewhere", _of(DataClass.EXPORTS),
        "a file", "when it was made", None,
        "the operator's to delete: noted with their hash, with an alarm when their time is over",
    ),
    Outside(
        Where.EXPORT, "what a command wrote to standard output", _of(DataClass.EXPORTS), "a run",
        "when it was made", timedelta(0), "out of reach: that it was written is noted",
    ),
    Outside(
        Where.PROVIDER, "recordings at the telephone provider",
        _of(DataClass.FREE_COMMENTS, DataClass.TELEPHONE_MESSAGES), "a recording",
        "when it was made", None, f"deleted once ours is sealed, {_GONE_THERE}",
        names=("recordings",),
    ),
    Outside(
        Where.PROVIDER, "calls at the telephone provider", _of(DataClass.CONTACT_LOG), "a call",
        "when it began", None, f"deleted with the call here, {_GONE_THERE}", names=("calls",),
    ),
    Outside(
        Where.PROVIDER, "text messages at the telephone provider", _of(DataClass.OBJECTIONS),
        "a message", "when it was sent", None,
        f"deleted once read, or once it is known what became of ours, {_GONE_THERE}",
        names=("messages",),
    ),
    Outside(
        Where.PROVIDER, "the pretended network and its mail catcher (SIMULATOR=on)",
        frozenset(DataClass), "a thing as at the provider, a mail as at its reader",
        "when it was made", None, "the same, and by hand: it is for trying out",
        ("simulator/network.sqlite*", "simulator/recordings/*", "simulator/mail/*"),
    ),
    Outside(
        Where.LOG, "lines on standard error, and in DATA_DIR/logs under `make run`", _of(),
        "a line",
        "when it is written", timedelta(0),
        "nothing personal gets in: only listed keys pass (config/logs.py)",
        ("logs/*",),
    ),
)  # fmt: skip
"""In the order of the printed table."""
NOTHING: Final[Mapping[str, str]] = {
    "secrets.env": "keys of this installation",
    ".secrets.env.*": "the same while it is written",
    "sign-in.txt": "the first user's password, for trying out",
    "demo-customers": "that invented customers were made",
    **dict.fromkeys((f"{one}.lock" for one in _DATABASES), "an empty file to lock"),
    "rehearsal.lock": "an empty file to lock",
    "redis.sock": "a socket",
    "redis/*": "Redis's own log: names of jobs and opaque ids",
    "redis/appendonlydir/*": "the same",
    "{vosk_models_dir}/**": "speech models",
}
"""Paths below DATA_DIR that hold nothing of anybody, with the reason; written like those above."""


def senders() -> frozenset[str]:
    """The modules that send mail, as the map has them."""
    return _names(Where.MAIL)


def at_the_provider() -> frozenset[str]:
    """The kinds of things that may lie at the provider, as the map has them."""
    return _names(Where.PROVIDER)


def redis_keys() -> frozenset[str]:
    """Patterns of the keys in Redis, as the map has them."""
    return _names(Where.REDIS)


def _names(where: Where) -> frozenset[str]:
    return frozenset(name for one in OUTSIDE if one.where is where for name in one.names)
