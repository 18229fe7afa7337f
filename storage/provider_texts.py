"""Text messages at the provider: what is asked of it, and what it still has."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from storage.provider_connections import Connections
from storage.provider_faults import NotThere, ProviderAway, translated
from storage.provider_reading import read_message
from storage.provider_terms import (
    AskedText,
    MessageAtProvider,
    TakenText,
    TextAtProvider,
    TextOrder,
)

_PAGE: Final = 200
_MOST_FOUND: Final = 100


def wishes(order: TextOrder | AskedText) -> dict[str, Any]:
    """An order in the client library's words."""
    return {
        "to": order.to,
        "from_": order.from_,
        "body": order.body,
        "status_callback": order.status_url,
    }


def taken(made: Any) -> TakenText:
    """What the provider answered to an order; raises ProviderAway when it names no message."""
    if not made.sid:
        raise ProviderAway("the provider named no message", may_have_happened=True, code="no_sid")
    return TakenText(sid=made.sid, status=made.status or "queued")


class TextsAtProvider:
    """Looking at the text messages that lie at the provider."""

    _at: Connections

    def list_messages(self, *, since: datetime | None = None) -> Iterator[MessageAtProvider]:
        """The text messages that lie at the provider, page by page."""
        chosen: dict[str, Any] = {"page_size": _PAGE}
        if since is not None:
            chosen["date_sent_after"] = since.astimezone(UTC)
        with translated():
            for one in self._at.client.messages.stream(**chosen):
                yield read_message(one)

    def find_messages(
        self, *, to: str, from_: str, since: datetime
    ) -> tuple[MessageAtProvider, ...]:
        """Our messages from one number to another that were created since then, newest first.

        By creation: one that waits was not sent yet. One without a date is included.
        """
        with translated():
            found = self._at.client.messages.list(
                to=to, from_=from_, limit=_MOST_FOUND, page_size=_MOST_FOUND
            )
        ours = [one for one in map(read_message, found) if one.direction == "outbound-api"]
        recent = [one for one in ours if one.created_at is None or one.created_at >= since]
        newest = datetime.max.replace(tzinfo=UTC)
        return tuple(sorted(recent, key=lambda one: one.created_at or newest, reverse=True))

    def fetch_message(self, sid: str) -> MessageAtProvider | None:
        """Where a message stands, or None when the provider does not know it."""
        try:
            with translated():
                return read_message(self._at.client.messages(sid).fetch())
        except NotThere:
            return None

    def read_message(self, sid: str) -> TextAtProvider | None:
        """What a text message says; None when the provider does not know it."""
        try:
            with translated():
                found = self._at.client.messages(sid).fetch()
        except NotThere:
            return None
        return TextAtProvider(found.from_, found.to, found.body or "")
