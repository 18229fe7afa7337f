"""The answer to "what do you keep about me?": a zip with a page, the same as JSON, and the sound.

Made one recording at a time, so memory does not grow with what is kept, and when it is fetched, so
no copy lies anywhere. For somebody who takes their data along it holds what they gave themselves,
where the ground is consent or a contract.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from privacy import (
    access_page,
    access_receivers,
    access_requests,
    access_rows,
    access_wishes,
    persons,
)
from privacy.access_contacts import Why
from privacy.access_moments import Document, at
from privacy.access_rows import Kept
from privacy.access_sounds import Mask
from storage import sealing
from storage.blobs import BlobStore
from storage.keyring import KeyDestroyedError, Keyring
from storage.request_states import RequestKind
from storage.tables import Organisation, RightsRequest

SCHEMA: Final = "genklang-access-1"
_AUDIO: Final = "recording.audio"
_TAKEN_ALONG: Final = frozenset({"consent", "contract"})
# What staff did about an answer is not the person's own, as little as how they were contacted.
_DONE_BY_US: Final = frozenset(
    {
        *("decisions", "attempts", "history", "planned_at", "to_ask_from", "to_ask_until"),
        *("waits_for", "next_by", "sensitive_at", "sensitive_until", "sensitive_steps"),
        *("transcript_state", "transcript_begun_at", "transcript_done_at"),
        "reviewed_at",
        "decided_at",
        "handled_at",
        "listened_to",
        "read_by",
    }
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package about to be written: what it says, and the sound that belongs to it."""

    document: Document
    page: str
    sounds: dict[UUID, str]

    @property
    def cases(self) -> int:
        """How many cases it tells of."""
        return len(self.document["cases"])


def prepare(
    session: Session,
    request: RightsRequest,
    *,
    keyring: Keyring,
    mask: Mask,
    now: datetime,
    why: Why | None = None,
) -> Package:
    """Everything but the sound; `why` puts a decision in words. Raises SeveralPeopleError."""
    zone = ZoneInfo(session.get_one(Organisation, request.organisation_id).timezone)
    document, kept = _document(session, request, keyring=keyring, mask=mask, now=now, why=why)
    named = _named(document)
    return Package(
        document,
        access_page.written(document, request.language, zone=zone),
        {item: name for item, name in kept.sounds.items() if name in named},
    )


def parts(package: Package, *, keyring: Keyring, blobs: BlobStore) -> Iterator[bytes]:
    """The bytes of the zip, a recording at a time; what was erased meanwhile is left out.

    Raises StorageUnreachable, in the middle of it.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        data = json.dumps(package.document, ensure_ascii=False, indent=2)
        archive.writestr("data.json", data)
        archive.writestr("index.html", package.page)
        yield sink.taken()
        for item, name in package.sounds.items():
            sound = _sound(item, keyring=keyring, blobs=blobs)
            if sound is not None:
                archive.writestr(name, sound)
                yield sink.taken()
    yield sink.taken()


class _Sink:
    """Takes what is written and hands it on; cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        """Keep a piece until it is taken."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole


def _document(
    session: Session,
    request: RightsRequest,
    *,
    keyring: Keyring,
    mask: Mask,
    now: datetime,
    why: Why | None,
) -> tuple[Document, Kept]:
    person = persons.of_request(session, request)
    organisation = session.get_one(Organisation, request.organisation_id)
    kept = access_rows.read(
        session, person, keyring=keyring, mask=mask, why=why, language=request.language
    )
    contact = organisation.document.get("contact", {})
    head: Document = {
        "schema": SCHEMA,
        "reference": request.reference,
        "made_at": at(now),
        "organisation": {
            "name": organisation.name,
            "privacy_email": contact.get("privacy_email"),
            "phone": contact.get("phone"),
            "data_protection_officer": contact.get("data_protection_officer"),
            "authority": contact.get("authority"),
        },
        "person": kept.about,
    }
    if request.kind is RequestKind.PORTABILITY:
        given = [_given(one) for one in kept.cases if one.get("legal_basis") in _TAKEN_ALONG]
        return head | {"cases": given, "messages": []}, kept
    return head | {
        "source": "told by the organisation with each case, or by the person",
        **access_receivers.told(
            session, person, organisation, keyring=keyring, language=request.language
        ),
        "kept_for": _kept_for(organisation),
        "cases": kept.cases,
        "messages": kept.messages,
        "matters": kept.matters,
        "calls_to_us": kept.calls,
        "requests": access_requests.asked(session, person, keyring=keyring),
        **access_wishes.told(session, person, calls=kept.called),
    }, kept


def _kept_for(organisation: Organisation) -> list[Document]:
    """How long each class is kept, and what was marked as sensitive."""
    rules = [
        {name: rule.get(name) for name in ("class", "keep", "from", "ceiling")}
        for rule in organisation.document.get("retention", [])
    ]
    marked = organisation.document.get("sensitive")
    if marked is not None:
        rules.append(
            {"class": "sensitive", "keep": marked["keep"], "from": "event", "ceiling": None}
        )
    return rules


def _given(value: Any) -> Any:
    """What the person gave themself: nothing that we decided or did."""
    if isinstance(value, dict):
        return {name: _given(one) for name, one in value.items() if name not in _DONE_BY_US}
    return [_given(one) for one in value] if isinstance(value, list) else value


def _named(value: Any) -> set[str]:
    """The sounds that a document names."""
    if isinstance(value, dict):
        own = {value["audio"]} if isinstance(value.get("audio"), str) else set()
        return own.union(*(_named(one) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(_named(one) for one in value))
    return set()


def _sound(item: UUID, *, keyring: Keyring, blobs: BlobStore) -> bytes | None:
    try:
        return sealing.unseal_file(keyring.key(item), blobs.get(item), item=item, kind=_AUDIO)
    except (KeyDestroyedError, FileNotFoundError):  # erased meanwhile
        return None
