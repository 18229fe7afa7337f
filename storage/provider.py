"""The telephone provider as the rest of the house sees it: a few verbs and frozen answers.

It lies in storage because dialling, voicemail and messaging all speak to the provider, and none of
them may import another. `open_provider` gives the real client; tests give it a real HTTP server.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from config.settings import Settings
from storage.permits import AskedFor, Permit
from storage.provider_client import TelephoneProvider
from storage.provider_terms import (
    AskedCall,
    AskedText,
    CallAtProvider,
    CallOrder,
    ContactAtProvider,
    Deletion,
    DeletionVerdict,
    Media,
    MessageAtProvider,
    PlacedCall,
    RecordingAtProvider,
    TakenText,
    TextAtProvider,
    TextOrder,
)

__all__ = [
    "AskedCall",
    "AskedText",
    "CallAtProvider",
    "CallOrder",
    "ContactAtProvider",
    "Deletion",
    "DeletionVerdict",
    "Media",
    "MessageAtProvider",
    "PlacedCall",
    "Provider",
    "RecordingAtProvider",
    "TakenText",
    "TextAtProvider",
    "TextOrder",
    "open_provider",
]


class Provider(Protocol):
    """What we ask of a telephone provider.

    Every verb raises TryAgain (busy, away, not finished yet) or GiveUp (refused for good); with
    `may_have_happened` a call may ring although we got no answer.
    """

    def place_call(self, order: CallOrder, permit: Permit) -> PlacedCall:
        """Ring somebody, on the strength of a stored permission decision.

        Raises TypeError, before anybody is asked, for anything but the permit for this very call.
        """
        ...

    def send_message(self, order: TextOrder, permit: Permit) -> TakenText:
        """Text somebody, on the strength of a stored permission decision.

        Raises TypeError, before anybody is asked, for anything but a permit for this very text.
        """
        ...

    def call_asked_for(self, order: AskedCall, paper: AskedFor) -> PlacedCall:
        """Ring somebody who asked for it, on the strength of a stored code or probe.

        Raises TypeError, before anybody is asked, for anything but the paper for this number.
        """
        ...

    def text_asked_for(self, order: AskedText, paper: AskedFor) -> TakenText:
        """Text somebody a code that they asked for, on the strength of the stored code.

        Raises TypeError, before anybody is asked, for anything but the paper for this number.
        """
        ...

    def find_calls(self, *, to: str, from_: str, since: datetime) -> tuple[CallAtProvider, ...]:
        """The calls from one number to another that were created since then, newest first."""
        ...

    def list_contacts(self, *, from_: str, since: datetime) -> Iterator[ContactAtProvider]:
        """Whom our number called or texted since then, page by page and in no order.

        One that was called before, and is still being called, may be told too.
        """
        ...

    def fetch_call(self, sid: str) -> CallAtProvider | None:
        """The call, or None when the provider does not know it."""
        ...

    def end_call(self, sid: str) -> None:
        """Hang up, or withdraw a call that does not ring yet; over already is success."""
        ...

    def delete_call(self, sid: str) -> Deletion:
        """Delete the record of a call; its recordings must have gone before."""
        ...

    def download_recording(self, sid: str, *, max_bytes: int) -> Media:
        """The sound of a recording; raises TryAgain while it is not there yet."""
        ...

    def delete_recording(self, sid: str) -> Deletion:
        """Delete a recording and ask again until the provider says it is gone."""
        ...

    def recording_exists(self, sid: str) -> bool:
        """Whether the provider still has the recording."""
        ...

    def list_recordings(
        self, *, since: datetime | None = None, call_sid: str | None = None
    ) -> Iterator[RecordingAtProvider]:
        """The recordings that lie at the provider, page by page."""
        ...

    def list_messages(self, *, since: datetime | None = None) -> Iterator[MessageAtProvider]:
        """The text messages that lie at the provider, page by page."""
        ...

    def find_messages(
        self, *, to: str, from_: str, since: datetime
    ) -> tuple[MessageAtProvider, ...]:
        """Our messages from one number to another that were created since then, newest first."""
        ...

    def fetch_message(self, sid: str) -> MessageAtProvider | None:
        """Where a message stands, or None when the provider does not know it."""
        ...

    def read_message(self, sid: str) -> TextAtProvider | None:
        """What a text message says; None when the provider does not know it."""
        ...

    def delete_message(self, sid: str) -> Deletion:
        """Delete a text message and ask again until the provider says it is gone."""
        ...

    def point_number(
        self,
        number: str,
        *,
        voice_url: str,
        status_url: str,
        fallback_url: str | None = None,
        text_url: str | None = None,
    ) -> None:
        """Have calls and texts to our number come to these addresses; GiveUp if it is not ours."""
        ...


def account_of(settings: Settings) -> str:
    """The account that the settings name, with its region where it has one: each knows its own."""
    region = settings.twilio_region
    sid = settings.twilio_account_sid
    return sid if region is None else f"{sid}/{region}"


def open_provider(settings: Settings) -> Provider:
    """The provider that the settings name; nothing is asked of it yet."""
    return TelephoneProvider(
        base_url=settings.twilio_api_base_url,
        account_sid=settings.twilio_account_sid,
        user=settings.twilio_api_key_sid or settings.twilio_account_sid,
        secret=(
            settings.twilio_api_key_secret.get_secret_value()
            if settings.twilio_api_key_secret is not None
            else settings.auth_tokens[0]
        ),
        traits=settings.traits,
        timeout_seconds=settings.provider_timeout_seconds,
    )
