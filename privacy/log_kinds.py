"""What the house keeps about its own doings, and what it knows of people by keyed hashes alone.

Keys of the throttle, answers of outside registers, expired receipt codes, withdrawn wishes, closed
requests, cases and their notes, released holds, who listened, signed in or probed a line, alarms
that are over or that nobody ended, and things that are gone at the provider or cannot be deleted
there.
"""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, exists, null, select

from config.retention_rules import DataClass
from privacy.kinds import Kind
from storage.matters import CaseKind
from storage.receipts import Way
from storage.states import ProviderCopyState
from storage.tables import (
    Alarm,
    Call,
    Case,
    Consent,
    Disclosure,
    Export,
    Hold,
    LineProbe,
    Listening,
    Mailbox,
    Message,
    Objection,
    ProviderCopy,
    PurgeRun,
    ReceiptCode,
    RegisterResult,
    Restriction,
    RightsRequest,
    Row,
    Sitting,
    ThrottleToken,
    User,
)


def _tokens() -> Select[Any, UUID]:
    return select(ThrottleToken.asked_at, ThrottleToken.id)


def _register_results() -> Select[Any, UUID]:
    return select(RegisterResult.expires_at, RegisterResult.id)


def _receipt_codes() -> Select[Any, UUID]:
    return select(ReceiptCode.expires_at, ReceiptCode.id)


def _withdrawn_objections() -> Select[Any, UUID]:
    return select(Objection.withdrawn_at, Objection.id).where(Objection.withdrawn_at.is_not(None))


def _withdrawn_consents() -> Select[Any, UUID]:
    return select(Consent.withdrawn_at, Consent.id).where(Consent.withdrawn_at.is_not(None))


def _expired_consents() -> Select[Any, UUID]:
    return select(Consent.expires_at, Consent.id).where(
        Consent.withdrawn_at.is_(None), Consent.expires_at.is_not(None)
    )


def _lifted_restrictions() -> Select[Any, UUID]:
    """Of callers; one of a customer goes with the customer, one of a call with the call."""
    return select(Restriction.lifted_at, Restriction.id).where(
        Restriction.lifted_at.is_not(None), Restriction.subject_hash.is_not(None)
    )


def _requests() -> Select[Any, UUID]:
    return select(RightsRequest.closed_at, RightsRequest.id).where(
        RightsRequest.closed_at.is_not(None)
    )


def _complaints() -> Select[Any, UUID]:
    return select(Case.aged_from, Case.id).where(Case.kind == CaseKind.COMPLAINT)


def _follow_ups() -> Select[Any, UUID]:
    return select(Case.aged_from, Case.id).where(Case.kind == CaseKind.FOLLOW_UP)


def _collected_complaints() -> Select[Any, UUID]:
    return select(Case.collected_at, Case.id).where(Case.kind == CaseKind.COMPLAINT)


def _collected_follow_ups() -> Select[Any, UUID]:
    return select(Case.collected_at, Case.id).where(Case.kind == CaseKind.FOLLOW_UP)


def _released_holds() -> Select[Any, UUID]:
    return select(Hold.released_at, Hold.id).where(Hold.released_at.is_not(None))


def _disclosures() -> Select[Any, UUID]:
    return select(Disclosure.disclosed_at, Disclosure.id)


def _closed_exports() -> Select[Any, UUID]:
    return select(Export.closed_at, Export.id).where(Export.closed_at.is_not(None))


def _alarms() -> Select[Any, UUID]:
    return select(Alarm.cleared_at, Alarm.id).where(Alarm.cleared_at.is_not(None))


def _open_alarms() -> Select[Any, UUID]:
    """Of what nobody ends: whatever finds such a fault still sounds another one."""
    return select(Alarm.raised_at, Alarm.id).where(Alarm.cleared_at.is_(None))


def _listenings() -> Select[Any, UUID]:
    return select(Listening.listened_at, Listening.id)


def _sittings() -> Select[Any, UUID]:
    return select(Sitting.seen_at, Sitting.id).join(User, Sitting.user_id == User.id)


def _line_probes() -> Select[Any, UUID]:
    return select(LineProbe.asked_at, LineProbe.id)


def _left_accounts() -> Select[Any, UUID]:
    return select(User.erase_at, User.id).where(User.erase_at.is_not(None))


def _emptied_accounts() -> Select[Any, UUID]:
    """Accounts of nobody to which nothing refers any more."""
    referring = [
        ~exists().where(column == User.id)
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if any(key.column is User.__table__.c.id for key in column.foreign_keys)
    ]
    return select(User.erased_at, User.id).where(User.erased_at.is_not(None), *referring)


def _retired_mailboxes() -> Select[Any, UUID]:
    """Mailboxes in no file any more, of which nothing is left that shows their name."""
    return select(Mailbox.retired_at, Mailbox.id).where(
        Mailbox.retired_at.is_not(None),
        ~exists().where(Message.mailbox_id == Mailbox.id),
        ~exists().where(Call.mailbox_id == Mailbox.id),
    )


def _provider_copies() -> Select[Any, UUID]:
    return select(ProviderCopy.gone_at, ProviderCopy.id).where(ProviderCopy.gone_at.is_not(None))


def _lasting_copies() -> Select[Any, UUID]:
    """What the provider cannot delete is never gone, so its note goes by the day it was made."""
    lasting = ProviderCopy.state == ProviderCopyState.UNSUPPORTED
    return select(ProviderCopy.created_at, ProviderCopy.id).where(lasting)


def _purge_runs() -> Select[Any, UUID]:
    return select(PurgeRun.started_at, PurgeRun.id).where(PurgeRun.finished_at.is_not(None))


_TOKENS, _REQUESTS, _LISTENING = (
    DataClass.THROTTLE_TOKENS,
    DataClass.REQUEST_LOG,
    DataClass.LISTENING_LOG,
)
THROTTLE_TOKENS: Final = Kind(
    _TOKENS, _TOKENS, ThrottleToken, ThrottleToken.asked_at, _tokens
)  # fmt: skip
REGISTER_RESULTS: Final = Kind(
    _TOKENS, "register_results", RegisterResult, RegisterResult.expires_at, _register_results,
    expires=RegisterResult.expires_at,
)  # fmt: skip
RECEIPT_CODES: Final = Kind(
    DataClass.ANSWERS, "receipt_codes", ReceiptCode, ReceiptCode.expires_at, _receipt_codes,
    expires=ReceiptCode.expires_at,
)  # fmt: skip
WITHDRAWN_OBJECTIONS: Final = Kind(
    _REQUESTS, "objections", Objection, Objection.withdrawn_at, _withdrawn_objections
)
WITHDRAWN_CONSENTS: Final = Kind(
    _REQUESTS, "consents", Consent, Consent.withdrawn_at, _withdrawn_consents
)
EXPIRED_CONSENTS: Final = Kind(
    _REQUESTS, "consents", Consent, Consent.expires_at, _expired_consents
)
LIFTED_RESTRICTIONS: Final = Kind(
    _REQUESTS, "restrictions", Restriction, Restriction.lifted_at, _lifted_restrictions
)
REQUESTS: Final = Kind(
    _REQUESTS, _REQUESTS, RightsRequest, RightsRequest.closed_at, _requests
)  # fmt: skip
HOLDS: Final = Kind(_REQUESTS, "holds", Hold, Hold.released_at, _released_holds)
DISCLOSURES: Final = Kind(
    _REQUESTS, "disclosures", Disclosure, Disclosure.disclosed_at, _disclosures
)
EXPORTS: Final = Kind(_REQUESTS, "export_notes", Export, Export.closed_at, _closed_exports)
COMPLAINTS: Final = Kind(
    DataClass.COMPLAINTS, DataClass.COMPLAINTS, Case, Case.aged_from, _complaints,
    handled=Case.closed_at,
)  # fmt: skip
FOLLOW_UPS: Final = Kind(
    DataClass.CASE_NOTES, DataClass.CASE_NOTES, Case, Case.aged_from, _follow_ups,
    handled=Case.closed_at,
)  # fmt: skip
BY_COLLECTION: Final = {
    COMPLAINTS: replace(COMPLAINTS, start=Case.collected_at, rows=_collected_complaints),
    FOLLOW_UPS: replace(FOLLOW_UPS, start=Case.collected_at, rows=_collected_follow_ups),
}
"""What goes by another clock where the schedule reckons its class from collection."""
ALARMS: Final = Kind(_REQUESTS, "alarms", Alarm, Alarm.cleared_at, _alarms)
OPEN_ALARMS: Final = Kind(_REQUESTS, "alarms", Alarm, Alarm.raised_at, _open_alarms)
LISTENINGS: Final = Kind(_LISTENING, _LISTENING, Listening, Listening.listened_at, _listenings)
SITTINGS: Final = Kind(
    _LISTENING, "sittings", Sitting, Sitting.seen_at, _sittings,
    organisation=User.organisation_id,
)  # fmt: skip
LINE_PROBES: Final = Kind(
    _LISTENING, "line_probes", LineProbe, LineProbe.asked_at, _line_probes
)  # fmt: skip
ACCOUNTS: Final = Kind(
    DataClass.STAFF_REGISTER, "accounts", User, User.erase_at, _left_accounts, Way.BLANK_ACCOUNT,
    expires=User.erase_at, organisation=User.organisation_id,
)  # fmt: skip
EMPTIED_ACCOUNTS: Final = Kind(
    DataClass.STAFF_REGISTER, "emptied_accounts", User, User.erased_at, _emptied_accounts,
    expires=User.erased_at, organisation=User.organisation_id,
)  # fmt: skip
RETIRED_MAILBOXES: Final = Kind(
    DataClass.STAFF_REGISTER, "mailboxes", Mailbox, Mailbox.retired_at, _retired_mailboxes,
    Way.REMOVE_LOOSE, expires=Mailbox.retired_at,
)  # fmt: skip
PROVIDER_COPIES: Final = Kind(
    DataClass.CONTACT_LOG, "provider_copies", ProviderCopy, ProviderCopy.gone_at, _provider_copies
)
LASTING_COPIES: Final = Kind(
    DataClass.CONTACT_LOG, "provider_copies", ProviderCopy, ProviderCopy.created_at, _lasting_copies
)
LOG_KINDS: Final = (
    *(THROTTLE_TOKENS, REGISTER_RESULTS, RECEIPT_CODES, WITHDRAWN_OBJECTIONS, WITHDRAWN_CONSENTS),
    *(
        EXPIRED_CONSENTS,
        LIFTED_RESTRICTIONS,
        REQUESTS,
        COMPLAINTS,
        FOLLOW_UPS,
        HOLDS,
        DISCLOSURES,
        EXPORTS,
        ALARMS,
        OPEN_ALARMS,
        LISTENINGS,
        SITTINGS,
        LINE_PROBES,
        ACCOUNTS,
        EMPTIED_ACCOUNTS,
        RETIRED_MAILBOXES,
        PROVIDER_COPIES,
        LASTING_COPIES,
    ),
)
OF_THE_HOUSE: Final = (
    *(ALARMS, OPEN_ALARMS, SITTINGS, ACCOUNTS, EMPTIED_ACCOUNTS, PROVIDER_COPIES, LASTING_COPIES),
    Kind(
        DataClass.REQUEST_LOG,
        "purge_runs",
        PurgeRun,
        PurgeRun.started_at,
        _purge_runs,
        organisation=null(),
    ),
)
"""What belongs to no organisation, such as the sittings of people who see all of them."""
