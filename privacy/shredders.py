"""What takes personal data away: one shredder per kind, each with a name and a description.

The purge picks rows by age (privacy.kinds), the erasure of a person picks them by person; both
then hand them to `privacy.erasing.erase` with the table and the way that the shredder names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.receipts import Way
from storage.tables import (
    Alarm,
    Call,
    Case,
    Comment,
    Consent,
    Customer,
    Disclosure,
    Export,
    Hold,
    Interaction,
    Invitation,
    LineProbe,
    Listening,
    Mailbox,
    Objection,
    ProviderCopy,
    PurgeRun,
    ReceiptCode,
    ReceivedText,
    Recording,
    RegisterResult,
    Restriction,
    RightsRequest,
    Row,
    Sitting,
    ThrottleToken,
    User,
)

OfPerson = Callable[[Session, Customer], Sequence[UUID]]


@dataclass(frozen=True, slots=True)
class Shredder:
    """How one kind of personal data is taken away."""

    name: str
    description: str
    table: type[Row]
    way: Way = Way.REMOVE
    # Which rows are a person's; None where a person's erasure leaves them, as the description says.
    of_person: OfPerson | None = None


def _by_customer(column: InstrumentedAttribute[UUID], table: Any) -> OfPerson:
    def find(session: Session, customer: Customer) -> Sequence[UUID]:
        wanted = select(table.id).where(
            table.organisation_id == customer.organisation_id, column == customer.id
        )
        return session.scalars(wanted.order_by(table.id)).all()

    return find


def _by_hash(column: InstrumentedAttribute[bytes | None], table: Any) -> OfPerson:
    """Rows that know the person by number or address alone."""

    def find(session: Session, customer: Customer) -> Sequence[UUID]:
        hashes = [one for one in (customer.phone_hash, customer.email_hash) if one is not None]
        wanted = select(table.id).where(
            table.organisation_id == customer.organisation_id, column.in_(hashes)
        )
        return session.scalars(wanted.order_by(table.id)).all()

    return find


COMMENTS: Final = Shredder(
    "comments",
    "Sound, transcript and typed text go, with file and keys; that there was a comment stays "
    "until its answers go.",
    Comment,
    Way.BLANK,
)
LOOSE_RECORDINGS: Final = Shredder(
    "loose recordings",
    "A recording that no comment was made of is emptied, its file and key destroyed.",
    Recording,
    Way.BLANK,
)
CALLERS: Final = Shredder(
    "callers' numbers",
    "The number that somebody showed who called us is emptied; the call stays.",
    Call,
    Way.BLANK_CALLER,
)
CALLS: Final = Shredder(
    "calls",
    "A call goes with its telephone message, deliveries, recordings, transcripts and events, and "
    "its copies at the provider.",
    Call,
    of_person=_by_hash(Call.caller_hash, Call),
)
CONTACTS: Final = Shredder(
    "contacts",
    "Case reference, channel, reason and team are emptied and the key destroyed; what was answered "
    "stays, of nobody known.",
    Interaction,
    Way.BLANK_CONTACT,
)
CONTACT_DATA: Final = Shredder(
    "contact data",
    "Name, number, address and language of a customer are emptied and their key destroyed; what "
    "was answered stays, of nobody known.",
    Customer,
    Way.BLANK_CONTACT,
)
INVITATIONS: Final = Shredder(
    "answers",
    "An invitation goes with its response, answers, comments, attempts, calls, recordings, "
    "decisions and history, and its copies at the provider.",
    Invitation,
    of_person=_by_customer(Invitation.customer_id, Invitation),
)
INTERACTIONS: Final = Shredder(
    "interactions",
    "A contact that nobody is asked about any more goes.",
    Interaction,
    Way.REMOVE_LOOSE,
    of_person=_by_customer(Interaction.customer_id, Interaction),
)
CUSTOMERS: Final = Shredder(
    "customers",
    "A customer without contacts goes, with key and restrictions.",
    Customer,
    Way.REMOVE_LOOSE,
    of_person=lambda _session, customer: [customer.id],
)
RECEIPT_CODES: Final = Shredder(
    "receipt codes",
    "What opens a response to whoever gave it, as a keyed hash; on the day it expires, or with the "
    "response.",
    ReceiptCode,
)
TOKENS: Final = Shredder(
    "throttle tokens",
    "When a person was last asked, under a keyed hash.",
    ThrottleToken,
    of_person=_by_hash(ThrottleToken.subject_hash, ThrottleToken),
)
REGISTER_RESULTS: Final = Shredder(
    "register results",
    "What an outside register said about a number, under a keyed hash; on the day it expires.",
    RegisterResult,
    of_person=_by_hash(RegisterResult.subject_hash, RegisterResult),
)
TEXTS: Final = Shredder(
    "received texts",
    "That a text message came from a number, under a keyed hash; after two days.",
    ReceivedText,
    of_person=_by_hash(ReceivedText.subject_hash, ReceivedText),
)
CONSENTS: Final = Shredder(
    "consents",
    "A yes that was withdrawn or has expired, under a keyed hash.",
    Consent,
    of_person=_by_hash(Consent.subject_hash, Consent),
)
OBJECTIONS: Final = Shredder(
    "objections",
    "A no that was withdrawn, under a keyed hash. One that stands outlives the person's erasure.",
    Objection,
)
RESTRICTIONS: Final = Shredder(
    "restrictions",
    "A restriction of somebody who only called, under a keyed hash, once it was lifted.",
    Restriction,
)
REQUESTS: Final = Shredder(
    "requests",
    "A closed request of a person; it outlives the person's erasure, which it proves.",
    RightsRequest,
)
CASES: Final = Shredder(
    "cases",
    "A complaint or a follow-up goes with its note.",
    Case,
    of_person=_by_customer(Case.customer_id, Case),
)
HOLDS: Final = Shredder("holds", "A hold that was released, with its reason.", Hold)
DISCLOSURES: Final = Shredder(
    "disclosures",
    "What was handed out, to whom and when; it outlives the person's erasure, under a keyed hash.",
    Disclosure,
)
EXPORTS: Final = Shredder(
    "exports",
    "The note of a file that is gone. The file itself goes in time, or when somebody is erased.",
    Export,
)
LISTENINGS: Final = Shredder(
    "listening log",
    "Who heard or read what, and why; it outlives what was opened, of which it holds opaque ids.",
    Listening,
)
SITTINGS: Final = Shredder("sittings", "A stay of a user in the console.", Sitting)
LINE_PROBES: Final = Shredder(
    "line probes",
    "That somebody of the staff had a line ring their own telephone, with the decision about it.",
    LineProbe,
)
ACCOUNTS: Final = Shredder(
    "accounts",
    "Name and password of somebody of the staff who left are emptied; the role stays with what was "
    "listened to.",
    User,
    Way.BLANK_ACCOUNT,
)
EMPTY_ACCOUNTS: Final = Shredder(
    "emptied accounts", "An emptied account goes when nothing refers to it any more.", User
)
MAILBOXES: Final = Shredder(
    "mailboxes",
    "A mailbox that is in no file any more goes when no message and no call of it is left; its "
    "staff's addresses and their key went when the files were applied.",
    Mailbox,
    Way.REMOVE_LOOSE,
)
ALARMS: Final = Shredder("alarms", "An alarm that is over, or that nobody ended.", Alarm)
PROVIDER_COPIES: Final = Shredder(
    "provider copies",
    "The note that something is gone at the provider, or cannot be deleted there, with its name.",
    ProviderCopy,
)
PURGE_RUNS: Final = Shredder("purge runs", "The numbers of an old run of the purge.", PurgeRun)
SHREDDERS: Final = (
    *(COMMENTS, LOOSE_RECORDINGS, CALLERS, RECEIPT_CODES, INVITATIONS, CALLS, CASES),
    *(CONTACTS, CONTACT_DATA),
    *(INTERACTIONS, CUSTOMERS, TOKENS, REGISTER_RESULTS, TEXTS, CONSENTS, OBJECTIONS),
    *(ACCOUNTS, EMPTY_ACCOUNTS, MAILBOXES, RESTRICTIONS),
    *(
        REQUESTS,
        DISCLOSURES,
        HOLDS,
        EXPORTS,
        LISTENINGS,
        SITTINGS,
        LINE_PROBES,
        ALARMS,
        PROVIDER_COPIES,
        PURGE_RUNS,
    ),
)
"""In the order in which a person's data go: what hangs on something before what it hangs on."""
