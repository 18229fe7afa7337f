"""The register of tables for the data map: class, shredders, and what each text is."""

from collections.abc import Mapping
from typing import Final

from config.retention_rules import DataClass
from privacy import shredders
from privacy.data_map import TableEntry

_OURS: Final = "a word of our own"
_CODE: Final = "a code of ours or the provider's"
_FILE: Final = "from the operator's file"
_OPAQUE: Final = "an opaque name made by a machine"
_NOTHING: Final = "nothing personal in it"
_ANSWERS, _COMMENTS, _TOLD, _REGISTER, _CONTACTS, _WISHES, _TOKENS, _REQUESTS = (
    DataClass.ANSWERS,
    DataClass.FREE_COMMENTS,
    DataClass.TELEPHONE_MESSAGES,
    DataClass.STAFF_REGISTER,
    DataClass.CONTACT_LOG,
    DataClass.OBJECTIONS,
    DataClass.THROTTLE_TOKENS,
    DataClass.REQUEST_LOG,
)

TABLES: Final[Mapping[str, TableEntry]] = {
    # Of customers
    "customers": TableEntry(
        _ANSWERS,
        shredders.CUSTOMERS,
        plain=("locale", "source"),
        emptied_by=shredders.CONTACT_DATA,
        emptied=(
            *("name_sealed", "phone_sealed", "phone_as_given_sealed", "email_sealed"),
            *("phone_hash", "email_hash", "locale"),
            *("minor", "guardian_leave_on", "customer_since", "customer_until", "source"),
        ),
    ),
    "interactions": TableEntry(
        _CONTACTS,
        shredders.INTERACTIONS,
        plain=("channel", "reason", "team"),
        emptied_by=shredders.CONTACTS,
        emptied=("case_reference_sealed", "case_hash", "channel", "reason", "team"),
        stays=(_ANSWERS, shredders.INTERACTIONS),
    ),
    "invitations": TableEntry(_ANSWERS, shredders.INVITATIONS),
    "invitation_events": TableEntry(
        _ANSWERS, shredders.INVITATIONS, impersonal={"detail": _OURS, "facts": _OURS}
    ),
    "permission_decisions": TableEntry(
        _ANSWERS,
        shredders.INVITATIONS,
        plain=("facts",),
        impersonal={"method": _OURS, "rule": _OURS},
    ),
    "attempts": TableEntry(
        _ANSWERS,
        shredders.INVITATIONS,
        impersonal={"error_code": _CODE, "answered_by": _CODE},
    ),
    # A text with a code has no words of its own, and goes with its request.
    "sent_texts": TableEntry(
        _ANSWERS,
        shredders.INVITATIONS,
        impersonal={
            "token": _OPAQUE,
            "provider_sid": _OPAQUE,
            "error_code": _CODE,
            "wording": _OURS,
        },
    ),
    "responses": TableEntry(
        _ANSWERS,
        shredders.INVITATIONS,
        plain=("language", "follow_up_wording"),
        impersonal={"channel": _OURS},
    ),
    "answers": TableEntry(
        _ANSWERS,
        shredders.INVITATIONS,
        plain=("choice",),
        impersonal={"question_key": _FILE, "kind": _OURS, "direction": _OURS},
    ),
    "receipt_codes": TableEntry(_ANSWERS, shredders.RECEIPT_CODES),
    "comments": TableEntry(
        _COMMENTS,
        shredders.INVITATIONS,
        emptied_by=shredders.COMMENTS,
        emptied=("text_sealed", "sensitive_at", "sensitive_until"),
        stays=(_ANSWERS, shredders.INVITATIONS),
        impersonal={"question_key": _FILE},
    ),
    "recordings": TableEntry(
        _COMMENTS,
        shredders.INVITATIONS,
        plain=("peaks", "language"),
        emptied_by=shredders.COMMENTS,
        emptied=("peaks", "seconds", "announced_seconds", "sample_rate"),
        stays=(_ANSWERS, shredders.INVITATIONS),
        impersonal={
            "provider_sid": _OPAQUE,
            "sealed_sha256": "of the sealed bytes",
            "error_code": _CODE,
        },
    ),
    "transcripts": TableEntry(
        _COMMENTS,
        shredders.INVITATIONS,
        plain=("language",),
        emptied_by=shredders.COMMENTS,
        emptied=("words_sealed",),
        stays=(_ANSWERS, shredders.INVITATIONS),
        impersonal={"model": "a model's name", "error_code": _CODE},
    ),
    # Of calls and messages
    "calls": TableEntry(
        _TOLD,
        shredders.CALLS,
        plain=("flow",),
        emptied_by=shredders.CALLERS,
        emptied=("caller_sealed", "caller_hash"),
        stays=(_ANSWERS, shredders.INVITATIONS),
        impersonal={"token": _OPAQUE, "provider_sid": _OPAQUE},
    ),
    "call_events": TableEntry(
        _ANSWERS,
        shredders.INVITATIONS,
        plain=("facts",),
        impersonal={"kind": _OURS, "dedup_key": _OPAQUE},
    ),
    "messages": TableEntry(_TOLD, shredders.CALLS),
    "deliveries": TableEntry(
        _TOLD, shredders.CALLS, impersonal={"method": _OURS, "error_code": _CODE}
    ),
    "provider_copies": TableEntry(
        _CONTACTS,
        shredders.PROVIDER_COPIES,
        plain=("provider_sid", "call_sid"),
        impersonal={
            "kind": _OURS,
            "proof": "requests and their statuses",
            "account": "the operator's account at the provider",
        },
    ),
    # Known by keyed hashes alone
    "objections": TableEntry(
        _WISHES,
        shredders.OBJECTIONS,
        impersonal={"method": _OURS, "source": _OURS, "withdrawn_source": _OURS},
    ),
    "consents": TableEntry(
        _WISHES,
        shredders.CONSENTS,
        plain=("source",),
        impersonal={"method": _OURS, "withdrawn_source": _OURS},
    ),
    "restrictions": TableEntry(_REQUESTS, shredders.RESTRICTIONS, impersonal={"cause": _OURS}),
    "register_results": TableEntry(
        _TOKENS, shredders.REGISTER_RESULTS, impersonal={"register_key": _FILE}
    ),
    "throttle_tokens": TableEntry(_TOKENS, shredders.TOKENS),
    "received_texts": TableEntry(_WISHES, shredders.TEXTS, impersonal={"provider_sid": _OPAQUE}),
    # Of staff, and of what they did
    "users": TableEntry(
        _REGISTER,
        shredders.EMPTY_ACCOUNTS,
        plain=("password_hash",),
        emptied_by=shredders.ACCOUNTS,
        emptied=(
            *("sign_in_name_sealed", "sign_in_name_hash", "password_hash"),
            *("failed_sign_ins", "locked_until", "erase_at"),
        ),
    ),
    "mailboxes": TableEntry(
        _REGISTER,
        shredders.MAILBOXES,
        plain=("name", "script"),
        impersonal={"key": _FILE, "number": "a line of the organisation", "language": _FILE},
    ),
    "cases": TableEntry(DataClass.CASE_NOTES, shredders.CASES),
    "holds": TableEntry(_REQUESTS, shredders.HOLDS),
    "disclosures": TableEntry(
        _REQUESTS, shredders.DISCLOSURES, impersonal={"classes": "names of classes"}
    ),
    "exports": TableEntry(
        _REQUESTS,
        shredders.EXPORTS,
        impersonal={
            "folder": _OPAQUE,
            "suffix": _OURS,
            "sha256": "of the whole file",
        },
    ),
    "listenings": TableEntry(DataClass.LISTENING_LOG, shredders.LISTENINGS),
    "sittings": TableEntry(DataClass.LISTENING_LOG, shredders.SITTINGS),
    "rights_requests": TableEntry(
        _REQUESTS,
        shredders.REQUESTS,
        plain=("reference", "language"),
        impersonal={
            "passed_on": "ids and kinds of exports",
            "left_out": "kinds of what is kept, and until the answer their ids and moments",
        },
    ),
    "identity_codes": TableEntry(_REQUESTS, shredders.REQUESTS, impersonal={"method": _OURS}),
    "alarms": TableEntry(
        _REQUESTS, shredders.ALARMS, plain=("subject",), impersonal={"kind": _OURS}
    ),
    "pending_receipts": TableEntry(
        DataClass.RECEIPTS,
        "written into the ledger within minutes, and then gone",
        plain=("document", "detail"),
    ),
    # Of nobody
    "organisations": TableEntry(
        None,
        _NOTHING,
        impersonal={
            "key": _FILE,
            "name": _FILE,
            "country": _FILE,
            "timezone": _FILE,
            "document": "the file without staff addresses",
        },
    ),
    "receivers": TableEntry(
        None,
        _NOTHING,
        impersonal=dict.fromkeys(
            ("name", "role", "work", "gets", "country", "transfer", "in_languages"), _FILE
        ),
    ),
    "policy_versions": TableEntry(None, _NOTHING, impersonal={"rules": _FILE}),
    "lines": TableEntry(None, _NOTHING, impersonal={"number": _FILE, "name": _FILE}),
    "survey_versions": TableEntry(
        None,
        _NOTHING,
        impersonal={"survey_key": _FILE, "fingerprint": "of the script", "document": _FILE},
    ),
    "mailbox_notices": TableEntry(
        None, _NOTHING, impersonal={"fingerprint": "of the document", "document": _FILE}
    ),
    "campaigns": TableEntry(
        None, _NOTHING, impersonal={"key": _FILE, "state_reason": _OURS, "rules": _FILE}
    ),
    "funnel_cells": TableEntry(None, _NOTHING),
    "quota_cells": TableEntry(None, _NOTHING, impersonal={"segment": _FILE, "value": _FILE}),
    "anonymous_responses": TableEntry(None, _NOTHING),
    "anonymous_answers": TableEntry(
        None, _NOTHING, impersonal={"question_key": _FILE, "choice": "from the survey's file"}
    ),
    "statistic_cells": TableEntry(
        None,
        _NOTHING,
        impersonal={
            "question_key": _FILE,
            "team": "of a whole group, or left out",
            "reason": "of a whole group, or left out",
            "channel": "of a whole group, or left out",
            "language": "of a whole group, or left out",
        },
    ),
    "line_paces": TableEntry(None, _NOTHING),
    "line_probes": TableEntry(
        DataClass.LISTENING_LOG,
        shredders.LINE_PROBES,
        impersonal={
            "rule": _OURS,
            "facts": _OURS,
            "token": _OPAQUE,
            "provider_sid": _OPAQUE,
            "error_code": _CODE,
        },
    ),
    "line_slots": TableEntry(None, _NOTHING),
    "spendings": TableEntry(None, _NOTHING),
    "purge_runs": TableEntry(
        None,
        shredders.PURGE_RUNS,
        impersonal={"counts": "numbers by organisation and class", "policies": "numbers"},
    ),
    "periodic_jobs": TableEntry(None, _NOTHING, impersonal={"name": _OURS}),
    "leases": TableEntry(
        None, _NOTHING, impersonal={"name": _OURS, "holder": "a machine and a process"}
    ),
    "ledger_heads": TableEntry(None, _NOTHING, impersonal={"hash": "of a line"}),
    "ledger_beats": TableEntry(None, _NOTHING),
}
