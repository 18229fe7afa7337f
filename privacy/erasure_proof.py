"""What a person's erasure came to, as the ledger has it, and what is still on its way."""

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy.person_erasure import Errand
from storage.ledger import Ledger
from storage.tables import PendingReceipt


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


def is_begun(session: Session, ledger: Ledger, organisation_id: UUID, reference: str) -> bool:
    """Whether anything was erased in answer to that request, also if no receipt tells it yet."""
    rule = Errand(reference, None).rule
    mine = PendingReceipt.organisation_id == organisation_id
    pending = session.scalars(select(PendingReceipt.document).where(mine))
    return (
        any(one.get("rule") == rule for one in pending)
        or any(
            (one.organisation_id, one.rule) == (organisation_id, rule) for one in ledger.intents()
        )
        or bool(of_request(ledger, organisation_id, reference).rows)
    )
