"""Calls of the API: make, read, list, change and delete them."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from simulator.exchange import Exchange, QueueFullError
from simulator.handset import Direction
from simulator.journal import Kind
from simulator.orders import Order, OrderKind
from simulator.records import CallRecord, CallStatus
from simulator.representation import call_json
from simulator.rest_errors import ApiError, not_found
from simulator.rest_lists import page_of, within
from simulator.rest_orders import (
    EVENTS,
    KNOWN,
    NUMBER,
    optional_address,
    read_order,
    read_source,
    seconds,
)


def add_call_routes(blueprint: Blueprint, exchange: Exchange) -> None:
    plant = exchange.plant

    @blueprint.post("/Calls.json")
    def create_call() -> ResponseReturnValue:
        record = _make(exchange)
        return jsonify(call_json(record, plant)), exchange.settings.dialect.created_status

    @blueprint.get("/Calls.json")
    def list_calls() -> Response:
        return page_of("calls", _matching(exchange), lambda call: call_json(call, plant))

    @blueprint.get("/Calls/<sid>.json")
    def fetch_call(sid: str) -> Response:
        return jsonify(call_json(_find(exchange, sid), plant))

    @blueprint.post("/Calls/<sid>.json")
    def update_call(sid: str) -> Response:
        _change(exchange, _find(exchange, sid))
        return jsonify(call_json(_find(exchange, sid), plant))

    @blueprint.delete("/Calls/<sid>.json")
    def delete_call(sid: str) -> ResponseReturnValue:
        dialect = exchange.settings.dialect
        if not dialect.deletes_calls:
            raise ApiError(20004, "Method not allowed", status=405)
        record = _find(exchange, sid)
        if "call" in exchange.faults.now.refuse_delete:
            raise ApiError(20006, "Access Denied", status=403)
        if not record.status.terminal or exchange.faults.deletes_too_early(sid):
            raise ApiError(
                20009,
                f"Call {sid} cannot be deleted in state {record.status}",
                status=dialect.conflict_status,
            )
        exchange.store.calls.delete(sid)
        return "", 204


def _make(exchange: Exchange) -> CallRecord:
    form = request.form
    called, caller = form.get("To", ""), form.get("From", "")
    if not called:
        raise ApiError(21201, "No 'To' number is specified")
    if not caller:
        raise ApiError(21213, "From is required")
    if NUMBER.fullmatch(called) is None:
        raise ApiError(
            21211, f"The phone number you are attempting to call, {called}, is not valid"
        )
    number = exchange.number(caller)
    if number is None:
        raise ApiError(
            21210 if NUMBER.fullmatch(caller) else 21212,
            f"The source phone number provided, {caller}, is not yet verified for your account",
        )
    ordered = read_order(form)
    events = form.getlist("StatusCallbackEvent") or ["completed"]
    unknown_events = sorted(set(events) - EVENTS)
    if unknown_events:
        raise ApiError(21626, f"StatusCallbackEvent does not know {', '.join(unknown_events)}")
    dialect = exchange.settings.dialect
    ring = seconds(form, "Timeout", 60, least=1, most=600, code=21208)
    limit = seconds(form, "TimeLimit", 0, least=1, most=86_400, code=21208)
    now = exchange.clock.now()
    record = CallRecord(
        sid=exchange.plant.sid("CA"),
        caller=caller,
        called=called,
        direction=Direction.OUTBOUND,
        status=CallStatus.QUEUED,
        created_at=now,
        updated_at=now,
        number_sid=number.sid,
        status_callback=optional_address(form, "StatusCallback"),
        status_events=tuple(events),
        fallback=optional_address(form, "FallbackUrl"),
    )
    for name in sorted(set(form) - KNOWN):
        message = f"parameter {name} is not known"
        exchange.journal.add(record.sid, Kind.WARNING, now, code=20001, message=message)
    try:
        return exchange.place(
            record,
            ordered,
            ring_seconds=ring if dialect.honours_timeout else 60,
            time_limit=limit or None,
        )
    except QueueFullError as fault:
        raise ApiError(22005, "Call queue is full") from fault


def _matching(exchange: Exchange) -> Iterator[CallRecord]:
    wanted = {"recipient": "To", "sender": "From", "status": "Status"}
    equal = {
        column: request.args[name] for column, name in wanted.items() if request.args.get(name)
    }
    for call in exchange.store.calls.newest_first(**equal):
        if request.args.get("ParentCallSid"):
            return
        if within(call.started_at, "StartTime") and within(call.ended_at, "EndTime"):
            yield call


def _find(exchange: Exchange, sid: str) -> CallRecord:
    record = exchange.store.calls.get(sid)
    if record is None:
        raise not_found(request.path)
    return record


def _change(exchange: Exchange, record: CallRecord) -> None:
    form = request.form
    status, source = form.get("Status", ""), read_source(form)
    if status not in ("", "canceled", "completed"):
        raise ApiError(21220, f"Status is canceled or completed, not {status!r}")
    if form.get("Url") and form.get("Twiml"):
        raise ApiError(21205, "Url and Twiml exclude each other")
    leg = exchange.leg(record.sid)
    if not status and source is None:
        return
    if leg is None or leg.record.status.terminal:
        raise ApiError(21220, "Call is not in-progress. Cannot redirect.")
    if status:
        cancelled = leg.cancel()
        if not cancelled and status == "completed":
            leg.order(Order(OrderKind.HANG_UP))
        return
    if leg.record.status is not CallStatus.IN_PROGRESS:
        raise ApiError(21220, "Call is not in-progress. Cannot redirect.")
    changes = {}
    if form.get("Url") and form.get("StatusCallback"):
        changes["status_callback"] = optional_address(form, "StatusCallback")
    if form.get("FallbackUrl"):
        changes["fallback"] = optional_address(form, "FallbackUrl")
    if changes:
        leg.change(**changes)
    leg.order(Order(OrderKind.REDIRECT, source))
