"""Messages of the API: send, read, list, redact and delete them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from simulator.exchange import Exchange
from simulator.records import MessageRecord, MessageStatus
from simulator.representation import message_json
from simulator.rest_errors import ApiError, not_found
from simulator.rest_lists import page_of, within
from simulator.rest_orders import NUMBER, optional_address
from simulator.texting import LONGEST_BODY, segments

_NAME: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


def add_message_routes(blueprint: Blueprint, exchange: Exchange) -> None:
    plant = exchange.plant

    @blueprint.post("/Messages.json")
    def create_message() -> ResponseReturnValue:
        message = exchange.texting.send(_make(exchange))
        return jsonify(message_json(message, plant)), exchange.settings.dialect.created_status

    @blueprint.get("/Messages.json")
    def list_messages() -> Response:
        found = _matching(exchange)
        return page_of("messages", found, lambda message: message_json(message, plant))

    @blueprint.get("/Messages/<sid>.json")
    def fetch_message(sid: str) -> Response:
        return jsonify(message_json(_find(exchange, sid), plant))

    @blueprint.post("/Messages/<sid>.json")
    def update_message(sid: str) -> Response:
        message = _find(exchange, sid)
        if request.form.get("Status"):
            raise ApiError(30409, "only scheduled messages can be canceled")
        if "Body" in request.form:
            if request.form["Body"]:
                raise ApiError(20001, "Body can only be emptied")
            _refuse_unfinished(exchange, message, "redact")
            message = replace(message, body="", updated_at=exchange.clock.now())
            exchange.store.messages.put(message)
        return jsonify(message_json(message, plant))

    @blueprint.delete("/Messages/<sid>.json")
    def delete_message(sid: str) -> ResponseReturnValue:
        message = _find(exchange, sid)
        if "message" in exchange.faults.now.refuse_delete:
            raise ApiError(20006, "Access Denied", status=403)
        _refuse_unfinished(
            exchange, message, "delete", early=exchange.faults.deletes_too_early(sid)
        )
        exchange.store.messages.delete(sid)
        return "", 204

    @blueprint.get("/Messages/<sid>/Media.json")
    def list_media(sid: str) -> Response:
        _find(exchange, sid)
        nothing: list[dict[str, Any]] = []
        return page_of("media_list", nothing, dict)


def _make(exchange: Exchange) -> MessageRecord:
    form = request.form
    sender, recipient = form.get("From", ""), form.get("To", "")
    body, service = form.get("Body", ""), form.get("MessagingServiceSid") or None
    if not recipient:
        raise ApiError(21604, "A 'To' phone number is required.")
    if not sender and service is None:
        raise ApiError(21603, "A 'From' phone number is required.")
    if NUMBER.fullmatch(recipient) is None:
        raise ApiError(21211, f"Invalid 'To' Phone Number: {recipient}")
    if form.get("MediaUrl") or form.get("ContentSid"):
        raise ApiError(21670, "media and content templates are not supported")
    if not body:
        raise ApiError(21602, "Message body is required.")
    if len(body) > LONGEST_BODY:
        raise ApiError(21617, f"The concatenated message body exceeds the {LONGEST_BODY} limit")
    if sender and exchange.number(sender) is None and _NAME.fullmatch(sender) is None:
        raise ApiError(21606, f"The 'From' phone number provided ({sender}) is not yours")
    if sender and exchange.store.opted_out(ours=sender, theirs=recipient):
        raise ApiError(21610, "Attempt to send to unsubscribed recipient")
    now = exchange.clock.now()
    return MessageRecord(
        sid=exchange.plant.sid("SM"),
        sender=sender or None,
        recipient=recipient,
        body=body,
        direction="outbound-api",
        status=MessageStatus.QUEUED if sender else MessageStatus.ACCEPTED,
        created_at=now,
        updated_at=now,
        segments=segments(body) if sender else 0,
        service_sid=service,
        status_callback=optional_address(form, "StatusCallback"),
    )


def _matching(exchange: Exchange) -> Iterator[MessageRecord]:
    wanted = {"recipient": "To", "sender": "From"}
    equal = {
        column: request.args[name] for column, name in wanted.items() if request.args.get(name)
    }
    for message in exchange.store.messages.newest_first(**equal):
        if within(message.sent_at, "DateSent"):
            yield message


def _find(exchange: Exchange, sid: str) -> MessageRecord:
    message = exchange.store.messages.get(sid)
    if message is None:
        raise not_found(request.path)
    return message


def _refuse_unfinished(
    exchange: Exchange, message: MessageRecord, deed: str, *, early: bool = False
) -> None:
    if not message.status.terminal or early:
        raise ApiError(
            20009,
            f"Cannot {deed} message in state {message.status.value.upper()}",
            status=exchange.settings.dialect.conflict_status,
        )
