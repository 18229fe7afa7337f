"""What a person's erasure came to, as the ledger has it, and what is still on its way."""

import json
from dataclasses import dataclass
from uuid import UUID

from privacy.person_erasure import Errand
from storage.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Proof:
    """The sums of the receipts of one erasure, and the lines of the chain that hold them."""

    rows: int
    keys: int
    files: int
    lines: tuple[int, ...]


def of_request(ledger: Ledger, organisation_id: UUID, reference: str) -> Proof:
    """The receipts that were written in answer to that request."""
    rule = Errand(reference, None).rule
    rows = keys = files = 0
    lines = []
    for line in ledger.lines(organisation_id):
        body = json.loads(line.body)
        if body.get("rule") != rule:
            continue
        rows, keys, files = rows + body["count"], keys + body["keys"], files + body["files"]
        lines.append(line.sequence)
    return Proof(rows, keys, files, tuple(lines))
