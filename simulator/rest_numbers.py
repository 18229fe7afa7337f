"""Numbers of the API: the service's own telephone numbers and where they point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from simulator.exchange import Exchange
from simulator.records import NumberRecord
from simulator.representation import number_json
from simulator.rest_errors import ApiError, not_found
from simulator.rest_lists import page_of
from simulator.rest_orders import NUMBER

# Parameter to the field it sets.
_SETTABLE: Final = {
    "FriendlyName": "friendly_name",
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
    "SmsFallbackUrl": "sms_fallback_url",
    "SmsFallbackMethod": "sms_fallback_method",
}


def add_number_routes(blueprint: Blueprint, exchange: Exchange) -> None:
    plant = exchange.plant

    @blueprint.get("/IncomingPhoneNumbers.json")
    def list_numbers() -> Response:
        found = _matching(exchange)
        return page_of("incoming_phone_numbers", found, lambda one: number_json(one, plant))

    @blueprint.post("/IncomingPhoneNumbers.json")
    def create_number() -> ResponseReturnValue:
        number = request.form.get("PhoneNumber", "")
        if NUMBER.fullmatch(number) is None:
            raise ApiError(21421, f"PhoneNumber is invalid: {number!r}")
        record = _changed(exchange, exchange.own(number))
        return jsonify(number_json(record, plant)), exchange.settings.dialect.created_status

    @blueprint.get("/IncomingPhoneNumbers/<sid>.json")
    def fetch_number(sid: str) -> Response:
        return jsonify(number_json(_find(exchange, sid), plant))

    @blueprint.post("/IncomingPhoneNumbers/<sid>.json")
    def update_number(sid: str) -> Response:
        return jsonify(number_json(_changed(exchange, _find(exchange, sid)), plant))

    @blueprint.delete("/IncomingPhoneNumbers/<sid>.json")
    def delete_number(sid: str) -> ResponseReturnValue:
        exchange.store.numbers.delete(_find(exchange, sid).sid)
        return "", 204


def _changed(exchange: Exchange, record: NumberRecord) -> NumberRecord:
    changes: dict[str, Any] = {
        field: request.form[name] for name, field in _SETTABLE.items() if name in request.form
    }
    for field, value in changes.items():
        if field.endswith("_method") and value.upper() not in ("GET", "POST"):
            raise ApiError(20001, f"{field} is GET or POST, not {value!r}")
    record = replace(record, **changes, updated_at=exchange.clock.now())
    exchange.store.numbers.put(record)
    return record


def _matching(exchange: Exchange) -> Iterator[NumberRecord]:
    number, name = request.args.get("PhoneNumber"), request.args.get("FriendlyName")
    for record in exchange.store.numbers.newest_first():
        if (not number or number in record.number) and name in (None, "", record.friendly_name):
            yield record


def _find(exchange: Exchange, sid: str) -> NumberRecord:
    record = exchange.store.numbers.get(sid)
    if record is None:
        raise not_found(request.path)
    return record
