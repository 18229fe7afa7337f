"""With which rows what is due goes: an answer with its invitation, a message with its call.

Everything of an invitation or a call hangs on it, so nothing of it stays behind.
"""

from collections.abc import Iterable
from typing import Final

from privacy.kinds import Kind
from privacy.retention import Item
from storage.many_ids import ManyIds
from storage.tables import Answer, Call, Invitation, Message, Response, Row

ROOTS: Final[dict[type[Row], type[Row]]] = {
    Answer: Invitation,
    Response: Invitation,
    Message: Call,
}
"""The table whose rows go where those of another one are due: everything of theirs hangs there."""


def roots_of(kind: Kind, items: Iterable[Item]) -> tuple[type[Row], ManyIds]:
    """The rows with which everything of these items goes, each once."""
    if kind.root is None:
        return kind.table, ManyIds(item.id for item in items)
    roots = [item.root for item in items if item.root is not None]
    return ROOTS[kind.table], ManyIds(dict.fromkeys(roots))
