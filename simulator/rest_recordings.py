"""Recordings of the API: read, list, delete, and their sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from simulator.exchange import Exchange
from simulator.faults import MediaFailure
from simulator.records import RecordingRecord, RecordingStatus
from simulator.representation import call_recording_json, recording_json
from simulator.rest_errors import ApiError, not_found
from simulator.rest_lists import page_of, within

_DELETABLE = (RecordingStatus.COMPLETED, RecordingStatus.ABSENT)


def add_recording_routes(blueprint: Blueprint, exchange: Exchange) -> None:
    plant = exchange.plant

    @blueprint.get("/Recordings.json")
    def list_recordings() -> Response:
        found = _matching(exchange, request.args.get("CallSid"))
        return page_of("recordings", found, lambda one: recording_json(one, plant))

    @blueprint.get("/Calls/<call_sid>/Recordings.json")
    def list_call_recordings(call_sid: str) -> Response:
        # Without its call a recording can no longer be found this way, only by its own sid.
        if exchange.store.calls.get(call_sid) is None:
            raise not_found(request.path)
        found = _matching(exchange, call_sid)
        return page_of("recordings", found, lambda one: call_recording_json(one, plant))

    @blueprint.get("/Recordings/<sid>.json")
    def fetch_recording(sid: str) -> Response:
        return jsonify(recording_json(_find(exchange, sid), plant))

    @blueprint.get("/Calls/<call_sid>/Recordings/<sid>.json")
    def fetch_call_recording(call_sid: str, sid: str) -> Response:
        return jsonify(call_recording_json(_find(exchange, sid, call_sid), plant))

    @blueprint.delete("/Recordings/<sid>.json")
    def delete_recording(sid: str) -> ResponseReturnValue:
        return _delete(exchange, _find(exchange, sid))

    @blueprint.delete("/Calls/<call_sid>/Recordings/<sid>.json")
    def delete_call_recording(call_sid: str, sid: str) -> ResponseReturnValue:
        return _delete(exchange, _find(exchange, sid, call_sid))

    @blueprint.post("/Calls/<call_sid>/Recordings.json")
    @blueprint.post("/Calls/<call_sid>/Recordings/<sid>.json")
    def control_recording(call_sid: str, sid: str = "") -> Response:
        raise ApiError(
            20001, "the simulator keeps what a person says to <Record>, not whole calls", status=400
        )

    @blueprint.get("/Recordings/<sid>/Transcriptions.json")
    def list_transcriptions(sid: str) -> Response:
        _find(exchange, sid)
        nothing: list[dict[str, Any]] = []
        return page_of("transcriptions", nothing, dict)

    @blueprint.get("/Recordings/<name>")
    def media(name: str) -> ResponseReturnValue:
        sid, _, extension = name.partition(".")
        if extension not in ("", "wav"):  # no MP3 is built; the provider would have one
            raise not_found(request.path)
        recording = _find(exchange, sid, soft_deleted=False)
        if request.args.get("RequestedChannels") == "2":
            raise ApiError(21220, "the recording has one channel", status=400)
        if exchange.settings.dialect.media_redirects:
            return redirect(f"/simulator/object-store/{exchange.object_store.put(sid)}.wav")
        return media_response(exchange, recording)


def media_response(exchange: Exchange, recording: RecordingRecord) -> Response:
    """The sound, or whatever stands in for it by order."""
    path = exchange.store.media_path(recording.sid)
    age = (exchange.clock.now() - recording.updated_at).total_seconds()
    fault = exchange.faults.media_fault(recording.sid, age_seconds=max(0.0, age))
    there = recording.status is RecordingStatus.COMPLETED and path.exists()
    if fault is MediaFailure.MISSING or not there:
        raise not_found(request.path)
    sound = path.read_bytes()
    match fault:
        case MediaFailure.ERROR_PAGE:
            return Response("<html><h1>Something went wrong</h1></html>", mimetype="text/html")
        case MediaFailure.EMPTY:
            sound = b""
        case MediaFailure.TEXT:
            sound = b"this is not a sound file at all\n" * 50
        case MediaFailure.TRUNCATED:
            # Announced in full and cut off on the way.
            half = Response(sound[: len(sound) // 2], mimetype="audio/x-wav")
            half.headers["Content-Length"] = str(len(sound))
            half.automatically_set_content_length = False
            return half
    return Response(sound, mimetype="audio/x-wav")


def _matching(exchange: Exchange, call_sid: str | None) -> Iterator[RecordingRecord]:
    if request.args.get("ConferenceSid"):
        return
    equal = {"parent": call_sid} if call_sid else {}
    for recording in exchange.store.recordings.newest_first(**equal):
        if recording.status is RecordingStatus.DELETED and not _wants_deleted():
            continue
        if within(recording.created_at, "DateCreated"):
            yield recording


def _find(
    exchange: Exchange, sid: str, call_sid: str | None = None, *, soft_deleted: bool = True
) -> RecordingRecord:
    recording = exchange.store.recordings.get(sid)
    if recording is None or call_sid not in (None, recording.call_sid):
        raise not_found(request.path)
    gone = recording.status is RecordingStatus.DELETED
    if gone and not (soft_deleted and request.method == "GET" and _wants_deleted()):
        raise not_found(request.path)
    return recording


def _wants_deleted() -> bool:
    return request.args.get("IncludeSoftDeleted", "").lower() == "true"


def _delete(exchange: Exchange, recording: RecordingRecord) -> ResponseReturnValue:
    dialect = exchange.settings.dialect
    if not dialect.deletes_recordings:
        raise ApiError(20004, "Method not allowed", status=405)
    if "recording" in exchange.faults.now.refuse_delete:
        raise ApiError(20006, "Access Denied", status=403)
    early = exchange.faults.deletes_too_early(recording.sid)
    if recording.status not in _DELETABLE or early:
        raise ApiError(
            20009,
            f"Recording {recording.sid} cannot be deleted in state {recording.status}",
            status=dialect.conflict_status,
        )
    exchange.store.delete_media(recording.sid)
    exchange.store.recordings.put(
        replace(recording, status=RecordingStatus.DELETED, updated_at=exchange.clock.now())
    )
    return "", 204
