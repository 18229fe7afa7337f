"""What the purge counts, in words for people: one of each kind, and several."""

from collections.abc import Mapping
from typing import Final

_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "answers": ("response", "responses"),
    "free_comments": ("comment", "comments"),
    "telephone_messages": ("telephone message", "telephone messages"),
    "callers": ("number of a caller", "numbers of callers"),
    "calls": ("call that left nothing", "calls that left nothing"),
    "contact_log": ("contact", "contacts"),
    "contact_data": ("person's name and number", "people's names and numbers"),
    "interactions": ("loose contact", "loose contacts"),
    "customers": ("loose customer", "loose customers"),
    "complaints": ("complaint", "complaints"),
    "case_notes": ("case note", "case notes"),
    "throttle_tokens": ("note of a last asking", "notes of a last asking"),
    "register_results": ("answer of a register", "answers of registers"),
    "receipt_codes": ("code for one's own answers", "codes for one's own answers"),
    "objections": ("objection", "objections"),
    "consents": ("consent", "consents"),
    "restrictions": ("lifted restriction", "lifted restrictions"),
    "accounts": ("account of staff", "accounts of staff"),
    "request_log": ("closed request", "closed requests"),
    "holds": ("released hold", "released holds"),
    "disclosures": ("note of a disclosure", "notes of disclosures"),
    "alarms": ("alarm that is over", "alarms that are over"),
    "listening_log": ("line of the listening log", "lines of the listening log"),
    "sittings": ("sitting", "sittings"),
    "line_probes": ("probe of a line", "probes of lines"),
    "provider_copies": ("note of a copy at the provider", "notes of copies at the provider"),
    "staff_register": ("member of staff", "staff"),
    "receipts": ("receipt", "receipts"),
    "exports": ("export", "exports"),
    "export_files": ("file of an export", "files of exports"),
    "export_notes": ("note of an export", "notes of exports"),
}


def counted(name: str, number: int) -> str:
    """The word for so many of a kind."""
    one, several = _KINDS[name]
    return one if number == 1 else several
