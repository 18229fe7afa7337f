"""Whom the provider contacted from a number of ours, for a house that does not know it any more."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from storage.provider_connections import Connections
from storage.provider_faults import translated
from storage.provider_reading import read_contact
from storage.provider_terms import ContactAtProvider

_PAGE: Final = 200
# The provider's day of a call is that of its start, which one that waits or rings may not have.
_NOT_STARTED: Final = ("queued", "ringing")


class ContactsAtProvider:
    """Looking at the calls and text messages of one number."""

    _at: Connections

    def list_contacts(self, *, from_: str, since: datetime) -> Iterator[ContactAtProvider]:
        """Whom our number called or texted since then, page by page and in no order.

        One that was called before, and is still being called, may be told too.
        """
        calls: list[dict[str, Any]] = [{"start_time_after": since.astimezone(UTC)}]
        calls += [{"status": status} for status in _NOT_STARTED]
        with translated():
            for chosen in calls:
                for one in self._at.client.calls.stream(from_=from_, page_size=_PAGE, **chosen):
                    yield read_contact(one)
            # Without a day: one that waits was not sent yet, and there are few of them.
            for one in self._at.client.messages.stream(from_=from_, page_size=_PAGE):
                contact = read_contact(one)
                if contact.created_at is None or contact.created_at >= since:
                    yield contact
