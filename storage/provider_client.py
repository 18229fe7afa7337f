"""The provider's official client behind our own few verbs, at whatever origin is configured."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from config.providers import ProviderTraits
from storage import permits, provider_media, provider_texts
from storage.faults import GiveUp
from storage.permits import AskedFor, Permit
from storage.provider_connections import Connections
from storage.provider_contacts import ContactsAtProvider
from storage.provider_faults import (
    NotThere,
    ProviderBusy,
    ProviderSaysNo,
    translated,
)
from storage.provider_reading import moment, placed_call, read_call, whole
from storage.provider_terms import (
    AskedCall,
    AskedText,
    CallAtProvider,
    CallOrder,
    Deletion,
    DeletionVerdict,
    Media,
    PlacedCall,
    RecordingAtProvider,
    TakenText,
    TextOrder,
)
from storage.provider_texts import TextsAtProvider
from storage.states import AttemptMethod

log = logging.getLogger(__name__)
_PAGE: Final = 200
_MOST_FOUND: Final = 100
_DOWNLOAD_SECONDS: Final = 90.0
_NOT_IN_PROGRESS: Final = "21220"
_ASKED_SECONDS: Final = 180
_ASKED_RINGS: Final = 30
# Not when it begins to ring somebody: that it has the call its answer says, and ringing follows.
STATUS_EVENTS: Final = ("ringing", "answered", "completed")


class TelephoneProvider(TextsAtProvider, ContactsAtProvider):
    """Our `Provider` over the official client; safe in threads and after a fork."""

    def __init__(
        self,
        *,
        base_url: str,
        account_sid: str,
        user: str,
        secret: str,
        traits: ProviderTraits,
        timeout_seconds: float,
    ) -> None:
        self._base_url = base_url
        self._account_sid = account_sid
        self._auth = (user, secret)
        self._traits = traits
        self._timeout = timeout_seconds
        self._at = Connections(base_url, (user, secret), account_sid, timeout=timeout_seconds)

    def place_call(self, order: CallOrder, permit: Permit) -> PlacedCall:
        """Ring somebody, on the strength of a stored permission decision.

        Raises TypeError, before anybody is asked, for anything but the permit for this very call.
        """
        decision_id = permits.require(permit, AttemptMethod.CALL, order).decision_id
        wishes = self._to_ring(order, seconds=order.limit_seconds, rings=order.ring_seconds)
        if order.fallback_url is not None:
            wishes |= {"fallback_url": order.fallback_url, "fallback_method": "GET"}
        if self._traits.detects_machines and (order.detected_url or order.waits_for_guess):
            wishes["machine_detection"] = "Enable"
        if self._traits.detects_machines and order.detected_url is not None:
            wishes |= {
                "async_amd": "true",
                "async_amd_status_callback": order.detected_url,
                "async_amd_status_callback_method": "POST",
            }
        with translated(creating=True):
            made = self._at.client.calls.create(**wishes)
        placed = placed_call(made)
        log.info("call.placed", extra={"decision_id": str(decision_id), "call_sid": placed.sid})
        return placed

    def send_message(self, order: TextOrder, permit: Permit) -> TakenText:
        """Text somebody, on the strength of a stored permission decision.

        Raises TypeError, before anybody is asked, for anything but a permit for this very text.
        """
        decision_id = permits.require(permit, AttemptMethod.SMS, order).decision_id
        with translated(creating=True):
            made = self._at.client.messages.create(**provider_texts.wishes(order))
        taken = provider_texts.taken(made)
        log.info("text.taken", extra={"decision_id": str(decision_id), "message_sid": taken.sid})
        return taken

    def call_asked_for(self, order: AskedCall, paper: AskedFor) -> PlacedCall:
        """Ring somebody who asked for it, on the strength of a stored code or probe.

        Raises TypeError, before anybody is asked, for anything but the paper for this number.
        """
        asked = permits.require_asked(paper, AttemptMethod.CALL, order.to, purpose=order.purpose)
        wishes = self._to_ring(order, seconds=_ASKED_SECONDS, rings=_ASKED_RINGS)
        with translated(creating=True):
            made = self._at.client.calls.create(**wishes)
        placed = placed_call(made)
        log.info("call.placed", extra={"asked_id": str(asked.item_id), "call_sid": placed.sid})
        return placed

    def _to_ring(self, order: CallOrder | AskedCall, *, seconds: int, rings: int) -> dict[str, Any]:
        """What is said of every call: for at most so many seconds, and of ringing so many."""
        wishes: dict[str, Any] = {
            "to": order.to,
            "from_": order.from_,
            "url": order.answer_url,
            "method": "POST",
            "status_callback": order.status_url,
            "status_callback_method": "POST",
            "status_callback_event": list(STATUS_EVENTS),
            "time_limit": seconds,
        }
        if self._traits.takes_ring_time:
            wishes["timeout"] = rings
        return wishes

    def text_asked_for(self, order: AskedText, paper: AskedFor) -> TakenText:
        """Text somebody a code that they asked for, on the strength of the stored code.

        Raises TypeError, before anybody is asked, for anything but the paper for this number.
        """
        code_id = permits.require_asked(paper, AttemptMethod.SMS, order.to).item_id
        with translated(creating=True):
            made = self._at.client.messages.create(**provider_texts.wishes(order))
        taken = provider_texts.taken(made)
        log.info("text.taken", extra={"code_id": str(code_id), "message_sid": taken.sid})
        return taken

    def find_calls(self, *, to: str, from_: str, since: datetime) -> tuple[CallAtProvider, ...]:
        """The calls from one number to another that were created since then, newest first.

        By creation, not by start: a queued call has not started. One without a date is included.
        """
        with translated():
            found = self._at.client.calls.list(
                to=to, from_=from_, limit=_MOST_FOUND, page_size=_MOST_FOUND
            )
        calls = [read_call(one) for one in found]
        recent = [one for one in calls if one.created_at is None or one.created_at >= since]
        newest = datetime.max.replace(tzinfo=UTC)
        return tuple(sorted(recent, key=lambda one: one.created_at or newest, reverse=True))

    def fetch_call(self, sid: str) -> CallAtProvider | None:
        """The call, or None when the provider does not know it."""
        try:
            with translated():
                return read_call(self._at.client.calls(sid).fetch())
        except NotThere:
            return None

    def end_call(self, sid: str) -> None:
        """Hang up, or withdraw a call that does not ring yet; over already is success."""
        try:
            with translated():
                self._at.client.calls(sid).update(status="completed")
        except NotThere:
            return
        except ProviderSaysNo as refusal:
            if refusal.code != _NOT_IN_PROGRESS:
                raise
            call = self.fetch_call(sid)
            if call is None or call.status not in {"queued", "initiated", "ringing"}:
                return
            with translated():
                self._at.client.calls(sid).update(status="canceled")

    def delete_call(self, sid: str) -> Deletion:
        """Delete the record of a call; its recordings must have gone before."""
        call = self._at.client.calls(sid)
        return self._deleted(self._traits.deletes_calls, call.delete, call.fetch)

    def download_recording(self, sid: str, *, max_bytes: int) -> Media:
        """The sound of a recording; raises TryAgain while it is not there yet."""
        return provider_media.download(
            self._at.session,
            self._media_url(sid),
            auth=self._auth,
            max_bytes=max_bytes,
            timeout_seconds=self._timeout,
            deadline_seconds=_DOWNLOAD_SECONDS,
        )

    def delete_recording(self, sid: str) -> Deletion:
        """Delete a recording; confirmed once neither its record nor its sound is found again."""
        recording = self._at.client.recordings(sid)
        gone = self._deleted(self._traits.deletes_recordings, recording.delete, recording.fetch)
        if gone.verdict is not DeletionVerdict.CONFIRMED:
            return gone
        status = provider_media.status_of(
            self._at.session, self._media_url(sid), auth=self._auth, timeout_seconds=self._timeout
        )
        proof = (*gone.proof, f"GET .wav {status}")
        if status in {404, 410}:
            return Deletion(DeletionVerdict.CONFIRMED, proof)
        return Deletion(DeletionVerdict.PENDING, proof)

    def recording_exists(self, sid: str) -> bool:
        """Whether the provider still has the recording."""
        try:
            with translated():
                found = self._at.client.recordings(sid).fetch()
        except NotThere:
            return False
        return bool(found.status != "deleted")

    def list_recordings(
        self, *, since: datetime | None = None, call_sid: str | None = None
    ) -> Iterator[RecordingAtProvider]:
        """The recordings that lie at the provider, page by page."""
        wishes: dict[str, Any] = {"page_size": _PAGE}
        if since is not None:
            wishes["date_created_after"] = since.astimezone(UTC)
        if call_sid is not None:
            wishes["call_sid"] = call_sid
        with translated():
            for one in self._at.client.recordings.stream(**wishes):
                yield RecordingAtProvider(
                    sid=one.sid,
                    call_sid=one.call_sid,
                    status=one.status or "",
                    seconds=whole(one.duration),
                    created_at=moment(one.date_created),
                )

    def delete_message(self, sid: str) -> Deletion:
        """Delete a text message and ask again until the provider says it is gone."""
        message = self._at.client.messages(sid)
        return self._deleted(self._traits.deletes_messages, message.delete, message.fetch)

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
        wishes: dict[str, Any] = {
            "voice_url": voice_url,
            "voice_method": "POST",
            "status_callback": status_url,
            "status_callback_method": "POST",
        }
        if fallback_url is not None:
            wishes |= {"voice_fallback_url": fallback_url, "voice_fallback_method": "GET"}
        if text_url is not None:
            wishes |= {"sms_url": text_url, "sms_method": "POST"}
        with translated():
            found = self._at.client.incoming_phone_numbers.list(phone_number=number, limit=1)
            if not found:
                raise GiveUp("the provider knows no such number of ours", code="not_our_number")
            self._at.client.incoming_phone_numbers(found[0].sid).update(**wishes)

    def _deleted(
        self, supported: bool, delete: Callable[[], Any], fetch: Callable[[], Any]
    ) -> Deletion:
        if not supported:
            return Deletion(DeletionVerdict.UNSUPPORTED)
        try:
            with translated():
                delete()
            proof: tuple[str, ...] = ("DELETE 204",)
        except NotThere:
            proof = ("DELETE 404",)
        except ProviderBusy as busy:
            return Deletion(DeletionVerdict.PENDING, (f"DELETE refused {busy.code}",))
        except ProviderSaysNo as refusal:
            if refusal.code not in {"405", "501"}:
                raise
            return Deletion(DeletionVerdict.UNSUPPORTED, (f"DELETE {refusal.code}",))
        try:
            with translated():
                fetch()
        except NotThere:
            return Deletion(DeletionVerdict.CONFIRMED, (*proof, "GET 404"))
        return Deletion(DeletionVerdict.PENDING, (*proof, "GET 200"))

    def _media_url(self, sid: str) -> str:
        return provider_media.media_url(self._base_url, self._account_sid, sid)
