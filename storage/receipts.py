"""What a receipt says, and what is kept beside it for a while so that a deletion can be repeated.

A receipt holds nothing personal. Beside it lie the opaque ids that a restored backup is to be rid
of again, and what people wished, under keyed hashes; both go once no backup can be older.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from config.retention_rules import DataClass
from storage.identity import new_id
from storage.many_ids import written

HOUSE_CHAIN: Final = UUID(int=0)
"""The chain of what belongs to no single organisation."""
SUBJECT_KIND: Final = "receipt"
"""Under which word a person's keyed hash is made for receipts: it fits no column of any table."""

# Requests with their statuses, and words made of our own enums: no free text gets into a receipt.
_PROOF: Final = re.compile(r"(GET|GET \.wav|DELETE) [0-9]{3}")
_KIND: Final = re.compile(r"[a-z_]{1,40}")
_RULE: Final = re.compile(r"[a-z0-9_ ,:;-]{1,160}")


class What(StrEnum):
    """What happened."""

    PURGED = "purged_by_age"
    ERASED = "erased_on_request"
    DROPPED = "dropped_unused"
    # Words were put right: the new ones have another key, and the old ones have none.
    CORRECTED = "corrected"
    LEAVINGS_REMOVED = "leavings_removed"
    PROVIDER_CONFIRMED = "provider_confirmed"
    # Takes back an earlier line of the kind above: it is listed there all the same.
    STILL_AT_PROVIDER = "still_at_provider"
    WISH_NOTED = "wish_noted"
    DELETED_AGAIN = "deleted_again_after_restore"
    KEYRING_RESTORED = "keyring_restored"
    LINES_LOST = "lines_lost"
    CHECKPOINT = "checkpoint"


class Way(StrEnum):
    """How rows go: altogether, or emptied of what is personal while the fact stays."""

    REMOVE = "remove"
    # Only while nothing hangs on them: somebody may be known anew meanwhile.
    REMOVE_LOOSE = "remove_loose"
    # Altogether, but what was answered is kept of nobody.
    ANONYMISE = "anonymise"
    BLANK = "blank"
    BLANK_CALLER = "blank_caller"
    # Who it was and what about; what was answered stays, of nobody known any more.
    BLANK_CONTACT = "blank_contact"
    # Who it was under an id, and so a key, that ended with a correction; the person has another.
    BLANK_CORRECTED = "blank_corrected"
    # Who somebody of the staff was; their role stays with what they listened to.
    BLANK_ACCOUNT = "blank_account"
    # The number or address of somebody whose request is answered; that it was made stays.
    BLANK_REQUEST = "blank_request"
    # Where a file of an export lay that is gone; that it was written stays.
    BLANK_EXPORT = "blank_export"
    # Whom of the staff a mailbox told that is in no file any more; its messages stay.
    BLANK_MAILBOX = "blank_mailbox"
    # The keyed hash of somebody; that something happened stays.
    BLANK_SUBJECT = "blank_subject"


@dataclass(frozen=True, slots=True)
class Erased:
    """What is to be gone: rows with all that hangs below them, keys, files."""

    table: str
    roots: tuple[UUID, ...]
    way: Way
    items: tuple[UUID, ...] = ()
    files: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A row that says what a person wants or no longer wants, as it was after a change."""

    table: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Detail:
    """What is kept beside a receipt for as long as a backup may be restored."""

    erased: Erased | None = None
    wishes: tuple[Wish, ...] = ()

    def document(self) -> dict[str, Any]:
        """A JSON object that `read_detail` reads back."""
        document: dict[str, Any] = {}
        if self.erased is not None:
            document["erased"] = {
                "table": self.erased.table,
                "way": self.erased.way.value,
                "roots": written(self.erased.roots),
                "items": written(self.erased.items),
                "files": written(self.erased.files),
            }
        if self.wishes:
            document["wishes"] = [
                {"table": wish.table, "values": dict(wish.values)} for wish in self.wishes
            ]
        return document


@dataclass(frozen=True, slots=True)
class Receipt:
    """One thing that happened, without anything personal.

    `count` is how many rows were removed or emptied, `keys` and `files` how many ids were named
    for destruction; `subject` is a keyed hash of the person who asked, None for a batch.
    """

    what: What
    happened_at: datetime
    organisation_id: UUID | None = None
    data_class: DataClass | None = None
    # What a run counts the rows as, such as `customers`; and the rule that decided, as text.
    kind: str | None = None
    rule: str | None = None
    count: int = 0
    keys: int = 0
    files: int = 0
    subject: bytes | None = None
    proofs: tuple[str, ...] = ()
    detail: Detail = field(default_factory=Detail)
    id: UUID = field(default_factory=new_id)

    @property
    def chain(self) -> UUID:
        """Whose chain it belongs to."""
        return self.organisation_id or HOUSE_CHAIN

    def document(self) -> dict[str, Any]:
        """What the line says of it, without its place in the chain and without the detail."""
        return {
            "receipt": str(self.id),
            "what": self.what.value,
            "class": None if self.data_class is None else self.data_class.value,
            "kind": self.kind,
            "rule": self.rule,
            "count": self.count,
            "keys": self.keys,
            "files": self.files,
            "subject": None if self.subject is None else self.subject.hex(),
            "proofs": list(self.proofs),
            "happened_at": moment(self.happened_at),
        }

    def __post_init__(self) -> None:
        """Refuse text that could carry something personal; raises ValueError."""
        if not all(_PROOF.fullmatch(proof) for proof in self.proofs):
            raise ValueError("a proof is a request and its status, such as 'DELETE 204'")
        if self.kind is not None and not _KIND.fullmatch(self.kind):
            raise ValueError("a kind is one word of small letters")
        if self.rule is not None and not _RULE.fullmatch(self.rule):
            raise ValueError("a rule is made of a class, a period and an event")


def read_receipt(
    document: Mapping[str, Any], *, organisation_id: UUID | None, detail: Mapping[str, Any]
) -> Receipt:
    """The receipt that `Receipt.document` wrote."""
    return Receipt(
        id=UUID(document["receipt"]),
        what=What(document["what"]),
        organisation_id=organisation_id,
        data_class=None if document["class"] is None else DataClass(document["class"]),
        kind=document["kind"],
        rule=document["rule"],
        count=document["count"],
        keys=document["keys"],
        files=document["files"],
        subject=None if document["subject"] is None else bytes.fromhex(document["subject"]),
        proofs=tuple(document["proofs"]),
        happened_at=datetime.fromisoformat(document["happened_at"]),
        detail=read_detail(detail),
    )


def read_detail(document: Mapping[str, Any]) -> Detail:
    """The detail that `Detail.document` wrote."""
    erased = document.get("erased")
    return Detail(
        erased=None
        if erased is None
        else Erased(
            table=erased["table"],
            way=Way(erased["way"]),
            roots=tuple(UUID(item) for item in erased["roots"]),
            items=tuple(UUID(item) for item in erased["items"]),
            files=tuple(UUID(item) for item in erased["files"]),
        ),
        wishes=tuple(Wish(wish["table"], wish["values"]) for wish in document.get("wishes", ())),
    )


def moment(at: datetime) -> str:
    """A moment as receipts write it, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
