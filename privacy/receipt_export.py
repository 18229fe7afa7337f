"""A chain of receipts handed out, so that a client company can check it without us.

The folder holds the lines, the public key, the signed head and the program that checks them, which
needs nothing of ours.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storage import receipt_chain, receipt_signing
from storage.ledger import Ledger

HEAD_FILE: Final = "head.txt"
PROGRAM_FILE: Final = "verify.py"


def export(ledger: Ledger, chain: UUID, folder: Path, *, now: datetime) -> int:
    """Write the chain into the folder, which is made if missing; how many lines."""
    folder.mkdir(parents=True, exist_ok=True)
    head = ledger.head(chain, at=now)
    count = 0
    with (folder / receipt_chain.LINES_FILE).open("w", encoding="utf-8") as file:
        for line in ledger.lines(chain):
            if line.sequence > head.sequence:
                break  # written since the head was taken
            told = {"body": line.body, "hash": line.hash, "signature": line.signature}
            file.write(json.dumps(told) + "\n")
            count += 1
    (folder / receipt_chain.KEY_FILE).write_bytes(
        ledger.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (folder / HEAD_FILE).write_text(receipt_signing.write_head(head), encoding="utf-8")
    (folder / PROGRAM_FILE).write_bytes(Path(receipt_chain.__file__).read_bytes())
    return count
