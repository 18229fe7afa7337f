"""Sends webhooks with whatever misbehaviour is ordered, and writes each delivery down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from simulator.courier import Courier, DeliveryError, Parcel, Reply, new_token
from simulator.faults import FaultBook, SignatureFault, Webhook
from simulator.journal import Journal, Kind
from simulator.parameters import Fields, shuffled
from simulator.records import Address
from simulator.settings import Settings


@dataclass(slots=True)
class Session:
    """What the network remembers while one call or message lasts."""

    sid: str
    cookies: dict[str, str] = field(default_factory=dict)
    to_replay: list[tuple[Webhook, Parcel]] = field(default_factory=list)


class Dispatch:
    """The way out of the network. Safe to use from many threads."""

    def __init__(
        self,
        courier: Courier,
        *,
        faults: FaultBook,
        journal: Journal,
        settings: Callable[[], Settings],
        stopping: threading.Event,
    ) -> None:
        self._courier = courier
        self._faults = faults
        self._journal = journal
        self._settings = settings
        self._stopping = stopping

    def document(
        self, kind: Webhook, address: Address, fields: Fields, session: Session, *, at: datetime
    ) -> Reply:
        """The service's answer to a request for TwiML. Raises `DeliveryError`."""
        faults = self._faults.now
        parcel = self._parcel(kind, address, fields, plus=True)
        if kind in faults.lose:
            if kind in faults.replay:
                session.to_replay.append((kind, parcel))
            self._note(session.sid, kind, parcel, at, error=11200, fault="lost")
            raise DeliveryError(11200, "the request was lost on the way")
        reply = self._send(kind, parcel, session, at=at)
        if kind in faults.duplicate:
            reply = self._send(kind, parcel, session, at=at, fault="duplicate")
        return reply

    def callback(
        self, kind: Webhook, address: Address, fields: Fields, session: Session, *, at: datetime
    ) -> None:
        """Tell the service something; what it answers is noted and changes nothing."""
        faults = self._faults.now
        parcel = self._parcel(kind, address, fields, plus=False)
        if kind in faults.lose:
            self._note(session.sid, kind, parcel, at, fault="lost")
            return
        for fault in ("", "duplicate") if kind in faults.duplicate else ("",):
            try:
                reply = self._send(kind, parcel, session, at=at, fault=fault)
            except DeliveryError as error:
                self._warn(session.sid, at, f"{kind} callback not delivered: {error.reason}")
                continue
            if reply.status >= 400:
                self._warn(session.sid, at, f"{kind} callback answered {reply.status}")

    def replay(self, session: Session, *, at: datetime) -> None:
        """Repeat the captured requests word for word, as an eavesdropper would."""
        for kind, parcel in session.to_replay:
            try:
                self._send(kind, parcel, session, at=at, fault="replay")
            except DeliveryError as error:
                self._warn(session.sid, at, f"replay not delivered: {error.reason}")
        session.to_replay.clear()

    def fetch_media(self, url: str) -> Reply:
        return self._courier.fetch_media(url, deadline=self._settings().deadline)

    def _parcel(self, kind: Webhook, address: Address, fields: Fields, *, plus: bool) -> Parcel:
        faults = self._faults.now
        return Parcel(
            url=address.url,
            method=address.method,
            parameters=shuffled(fields | faults.extra),
            token=new_token(),
            plus_for_space=plus,
            tampered=kind in faults.tamper,
            signing=faults.signature,
        )

    def _send(
        self, kind: Webhook, parcel: Parcel, session: Session, *, at: datetime, fault: str = ""
    ) -> Reply:
        settings, faults = self._settings(), self._faults.now
        if fault != "replay" and kind in faults.replay:
            session.to_replay.append((kind, replace(parcel)))
        if parcel.tampered:
            fault = "tampered"
        if parcel.signing is not SignatureFault.RIGHT:
            fault = f"signature {parcel.signing}"
        try:
            if kind in faults.unreachable:
                raise DeliveryError(11205, "connection refused (by order)")
            if self._stopping.is_set():
                raise DeliveryError(11200, "the network was stopped")
            reply = self._courier.deliver(
                parcel,
                profile=settings.dialect,
                deadline=settings.deadline,
                cookies=session.cookies,
            )
        except DeliveryError as error:
            self._note(session.sid, kind, parcel, at, error=error.code, fault=fault)
            raise
        self._note(session.sid, kind, parcel, at, status=reply.status, fault=fault)
        return reply

    def _note(
        self,
        sid: str,
        kind: Webhook,
        parcel: Parcel,
        at: datetime,
        *,
        status: int | None = None,
        error: int | None = None,
        fault: str = "",
    ) -> None:
        self._journal.add(
            sid,
            Kind.WEBHOOK,
            at,
            webhook=kind.value,
            url=parcel.url,
            method=parcel.method,
            fields=dict(sorted(parcel.parameters)),
            token=parcel.token,
            status=status,
            error=error,
            fault=fault,
        )

    def _warn(self, sid: str, at: datetime, message: str) -> None:
        self._journal.add(sid, Kind.WARNING, at, code=15003, message=message)
