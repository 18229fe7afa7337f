"""The provider's REST API: who may come in, what goes wrong by order, and all its routes."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulator.exchange import Exchange
from simulator.faults import ApiFailure, ApiOperation, ApiRule
from simulator.journal import Kind
from simulator.records import API_VERSION
from simulator.rest_calls import add_call_routes
from simulator.rest_errors import ApiError, error_response
from simulator.rest_messages import add_message_routes
from simulator.rest_numbers import add_number_routes
from simulator.rest_recordings import add_recording_routes

_PLAIN: dict[ApiFailure, tuple[int, int, str]] = {
    ApiFailure.SERVER_ERROR: (500, 20500, "Internal Server Error"),
    ApiFailure.SERVER_ERROR_AFTER: (500, 20500, "Internal Server Error"),
    ApiFailure.UNAVAILABLE: (503, 20503, "Service Unavailable"),
    ApiFailure.TOO_MANY: (429, 20429, "Too Many Requests"),
}
_AFTER = (ApiFailure.SERVER_ERROR_AFTER, ApiFailure.TIMEOUT_AFTER)


def add_rest_api(app: Flask, exchange: Exchange) -> None:
    """Everything below `/2010-04-01/`."""
    blueprint = Blueprint("provider", __name__, url_prefix=f"/{API_VERSION}/Accounts/<account_sid>")

    @blueprint.url_value_preprocessor
    def take_account(endpoint: str | None, values: dict[str, str] | None) -> None:
        g.account_sid = (values or {}).pop("account_sid", "")

    @blueprint.before_request
    def admit() -> ResponseReturnValue | None:
        if not _is_public_media(exchange):
            _authenticate(exchange)
        operation = _operation()
        g.rule = exchange.faults.api_rule(operation)
        exchange.journal.add(
            "", Kind.API, exchange.clock.now(), method=request.method, path=request.path
        )
        if g.rule is not None and g.rule.how not in _AFTER:
            return _failure(exchange, g.rule)
        return None

    @blueprint.after_request
    def fail_after(response: Response) -> Response:
        rule: ApiRule | None = g.get("rule")
        if rule is not None and rule.how in _AFTER:
            return _failure(exchange, rule)
        return response

    add_call_routes(blueprint, exchange)
    add_recording_routes(blueprint, exchange)
    add_message_routes(blueprint, exchange)
    add_number_routes(blueprint, exchange)
    app.register_blueprint(blueprint)

    @app.errorhandler(ApiError)
    def answer_error(error: ApiError) -> Response:
        return error_response(error, exchange.settings.dialect)

    @app.errorhandler(HTTPException)
    def answer_http(error: HTTPException) -> ResponseReturnValue:
        if not request.path.startswith(f"/{API_VERSION}"):
            return error
        status = error.code or 500
        code = {404: 20404, 405: 20004}.get(status, 20000 + status)
        message = error.description or error.name
        if status == 404:
            message = f"The requested resource {request.path} was not found"
        return error_response(ApiError(code, message, status=status), exchange.settings.dialect)


def _authenticate(exchange: Exchange) -> None:
    given = request.authorization
    if given is None or given.type != "basic":
        raise ApiError(20003, "Authentication Error - No credentials provided", status=401)
    user, secret = given.username or "", given.password or ""
    if not exchange.account.opens(user, secret):
        raise ApiError(20003, "Authentication Error - invalid username", status=401)
    if g.account_sid != exchange.account.sid:
        raise ApiError(20003, "Authenticate", status=401)


def _is_public_media(exchange: Exchange) -> bool:
    if request.endpoint != "provider.media" or g.account_sid != exchange.account.sid:
        return False
    settings = exchange.settings
    return settings.dialect.media_public or not settings.media_auth


def _operation() -> ApiOperation:
    if request.endpoint == "provider.media":
        return ApiOperation.MEDIA
    if request.method == "DELETE":
        return ApiOperation.DELETE
    if request.method == "GET":
        return ApiOperation.READ
    created = {
        "provider.create_call": ApiOperation.CREATE_CALL,
        "provider.create_message": ApiOperation.CREATE_MESSAGE,
    }
    return created.get(request.endpoint or "", ApiOperation.UPDATE)


def _failure(exchange: Exchange, rule: ApiRule) -> Response:
    if rule.how in (ApiFailure.TIMEOUT, ApiFailure.TIMEOUT_AFTER):
        exchange.plant.stopping.wait(rule.seconds)
        return Response("<html><h1>504 Gateway Time-out</h1></html>", 504, mimetype="text/html")
    if rule.how is ApiFailure.GATEWAY_PAGE:
        return Response("<html><h1>502 Bad Gateway</h1></html>", 502, mimetype="text/html")
    status, code, message = _PLAIN[rule.how]
    return error_response(ApiError(code, message, status=status), exchange.settings.dialect)
