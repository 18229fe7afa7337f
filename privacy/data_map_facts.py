"""Numbers, days, times and states for the data map: which tell of a person, and which of nobody.

Whatever is no text, no id and no reference to another row is on one of the two lists.
"""

from collections.abc import Mapping
from typing import Final

_FACTS: Final[Mapping[str, str]] = {
    # Of customers
    "customers": "minor guardian_leave_on customer_since customer_until created_at "
    "last_interaction_at erased_at",
    "interactions": "happened_at created_at",
    "invitations": "state due_at expires_at next_by waits_for started_at created_at ended_at",
    "invitation_events": "kind happened_at",
    "permission_decisions": "allowed next_allowed_at decided_at",
    "attempts": "number method state disposition cost_micros placing_at ended_at",
    "sent_texts": "state parts asked_at ended_at",
    "responses": "state follow_up follow_up_at objected started_at completed_at reviewed_at "
    "decided_at handled_at",
    "answers": "number answered_at corrected_at",
    "receipt_codes": "made_at expires_at by_text_at text_due_at erase_asked_at",
    "comments": "kind state made_at corrected_at sensitive_at sensitive_until",
    "recordings": "visit state superseded announced_seconds seconds sample_rate recorded_at "
    "stored_at erased_at",
    "transcripts": "state created_at corrected_at done_at",
    # Of calls and messages
    "calls": "state started_at answered_at ended_at seconds",
    "call_events": "verdict happened_at",
    "messages": "state received_at read_at sensitive_at sensitive_until",
    "deliveries": "state created_at sent_at",
    "provider_copies": "state first_refused_at gone_at created_at",
    # Known by keyed hashes alone
    "objections": "made_at withdrawn_at",
    "consents": "given_at expires_at withdrawn_at",
    "restrictions": "made_at review_at lifted_at",
    "register_results": "listed checked_at expires_at",
    "throttle_tokens": "asked_at",
    "received_texts": "word answered received_at",
    # Of staff, and of what they did
    "users": "role failed_sign_ins locked_until created_at disabled_at erase_at erased_at",
    "mailboxes": "retired_at",
    "cases": "kind state opened_at collected_at reviewed_at decided_at answered_at closed_at",
    "holds": "scope data_class review_at ends_at made_at released_at",
    "disclosures": "ground disclosed_at noted_at",
    "exports": "kind reason place lines made_at expires_at closed_at ended",
    "listenings": "act purpose listened_at",
    "sittings": "begun_at seen_at",
    "line_probes": "allowed state shown asked_at answered_at ended_at seconds",
    "rights_requests": "kind channel state code_by received_at due_at extension extended_at "
    "extension_told_at proof proven_at outcome ground decided_at done_at fetched_at closed_at",
    "identity_codes": "made_at expires_at used_at",
    "alarms": "raised_at cleared_at",
}
FACTS: Final = {table: tuple(names.split()) for table, names in _FACTS.items()}
"""What tells something of a person without being text, by table."""

ANYWHERE: Final[Mapping[str, str]] = {
    "tries": "how often a step was tried",
    "next_try_at": "when a step is tried again",
    "lease_until": "until when a process is at it",
}
"""What is technical in whatever table it is, with the reason."""

OF_NOBODY: Final[Mapping[str, Mapping[str, str]]] = {
    "anonymous_answers": {"number": "a score of nobody, never one of a few"},
    "anonymous_responses": {"month": "of a whole group"},
    "campaigns": {
        "state": "of a campaign",
        "state_changed_at": "of a campaign",
        "rings_at_any_hour": "from the operator's file",
    },
    "funnel_cells": {
        "month": "of a whole group",
        "hour": "of a whole group",
        "attempt": "of a whole group",
        "kind": "of a whole group",
        "count": "of a whole group",
    },
    "leases": {"until": "until when a process is at it"},
    "quota_cells": {"count": "of a whole segment"},
    "ledger_beats": {
        "id": "there is one row",
        "number": "counts the house",
        "counted_at": "when the house was counted",
    },
    "ledger_heads": {"sequence": "of a line", "mailed_at": "when a head was mailed"},
    "line_paces": {"held_until": "of a line", "refusals": "of a line"},
    "line_probes": {"cost_micros": "of a line"},
    "line_slots": {"number": "of a line", "free_at": "of a line", "taken_for": "of a line"},
    "lines": {"calls_per_second": "of a line", "simultaneous_calls": "of a line"},
    "organisations": {
        "policy_number": "of a version",
        "applied_at": "when the file was applied",
        "contacts_unknown_since": "when a backup was put back",
        "kept_unconfirmed_since": "when a backup was put back",
    },
    "pending_receipts": {
        "number": "the order of the lines",
        "settled": "whether the line may be written",
    },
    "mailbox_notices": {"number": "of a version", "created_at": "of a version"},
    "periodic_jobs": {
        "next_at": "of the house",
        "last_rung_at": "of the house",
        "last_done_at": "of the house",
    },
    "policy_versions": {
        "number": "of a version",
        "state": "of a version",
        "proposed_at": "of a version",
        "decided_at": "of a version",
        "ended_at": "of a version",
    },
    "provider_copies": {"delete_at": "when the provider is asked to delete"},
    "purge_runs": {"started_at": "of the house", "finished_at": "of the house"},
    "receivers": dict.fromkeys(("since", "noted_at", "ended_at"), "of a company"),
    "spendings": {"day": "of a whole campaign", "micros": "of a whole campaign"},
    "statistic_cells": {
        "month": "of a whole group",
        "rung": "of a whole group",
        "value": "of a whole group",
        "count": "of a whole group",
    },
    "survey_versions": {"number": "of a version", "created_at": "of a version"},
}
"""What tells of nobody, with the reason."""
