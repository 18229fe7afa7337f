"""Text messages that lie at the provider and that no row of ours knows: heard late, and removed.

One is a message that reached the provider while we were away: a STOP among them counts all the
same. Others are the answers that the provider sent for us, which it names to nobody. What it said
was gone, and lists all the same, is removed once more, whoever sent it.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from messaging.events import TextReceived
from messaging.inbound import hear_late
from storage import provider_copies, there_again
from storage.house import reading, transaction
from storage.provider import MessageAtProvider, Provider
from storage.provider_copies import CopyKind
from storage.tables import ProviderCopy, ReceivedText

log = logging.getLogger(__name__)

LOOK_BACK: Final = timedelta(days=2)
# A younger one may still be on its way to us.
YOUNG: Final = timedelta(minutes=2)
# As long as the same word may be told or said again; see messaging.inbound.
REMEMBERED: Final = timedelta(days=2)
_PAGE: Final = 100
# Messages that somebody else in the house sends have a row of their own.
_OURS_TO_SWEEP: Final = frozenset({"inbound", "outbound-reply"})


def sweep(*, provider: Provider, now: datetime, swept_at: datetime | None = None) -> int:
    """Hear and remove what was left lying, and forget who texted us lately; how many messages.

    `swept_at` is when that was last done: however long we were away, nothing stays there.
    """
    with transaction() as session:
        session.execute(delete(ReceivedText).where(ReceivedText.received_at < now - REMEMBERED))
        since = min(now, swept_at or now) - LOOK_BACK
        settled = there_again.reported(session, CopyKind.MESSAGE, since=since, now=now)
    count, page = 0, list[MessageAtProvider]()
    for one in provider.list_messages(since=since):
        settled.discard(one.sid)
        page.append(one)
        if len(page) == _PAGE:
            count += _judge(page, provider=provider, now=now)
            page = []
    count += _judge(page, provider=provider, now=now)
    if settled:
        with transaction() as session:
            there_again.settle(session, settled, at=now)
    return count


def _judge(page: Sequence[MessageAtProvider], *, provider: Provider, now: datetime) -> int:
    with reading() as session:
        known = set(
            session.scalars(
                select(ProviderCopy.provider_sid).where(
                    ProviderCopy.kind == CopyKind.MESSAGE.value,
                    ProviderCopy.provider_sid.in_([one.sid for one in page]),
                )
            )
        )
        again = there_again.among(session, CopyKind.MESSAGE, known, now=now)
    if again:
        with transaction() as session:
            there_again.take_back(session, CopyKind.MESSAGE, again, now=now)
    # The oldest first: of two wishes of one person the later one stands.
    strangers = sorted(
        (one for one in page if one.sid not in known and _is_to_sweep(one, now=now)),
        key=lambda one: one.created_at or now,
    )
    for one in strangers:
        if one.direction == "inbound":
            _hear(one, provider=provider, now=now)
        with transaction() as session:
            provider_copies.note(session, CopyKind.MESSAGE, one.sid, organisation_id=None, at=now)
            provider_copies.let_go(session, CopyKind.MESSAGE, one.sid, at=now)
    return len(again) + len(strangers)


def _is_to_sweep(one: MessageAtProvider, *, now: datetime) -> bool:
    return one.direction in _OURS_TO_SWEEP and (one.created_at or now) <= now - YOUNG


def _hear(one: MessageAtProvider, *, provider: Provider, now: datetime) -> None:
    said = provider.read_message(one.sid)
    if said is None:
        return
    text = TextReceived(one.sid, said.sender, said.recipient, said.body, answered_by_provider=True)
    with transaction() as session:
        heard = hear_late(session, text, sent_at=one.created_at or now, at=now)
    log.info("text.heard_late", extra={"message_sid": one.sid, "counts": heard})
