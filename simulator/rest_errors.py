"""The provider's error answers."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from simulator.profiles import Profile


class ApiError(Exception):
    """Answered as the provider answers; without a status it is that of an invalid request."""

    def __init__(self, code: int, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def not_found(path: str) -> ApiError:
    return ApiError(20404, f"The requested resource {path} was not found", status=404)


def error_response(error: ApiError, profile: Profile) -> Response:
    status = error.status or profile.invalid_status
    body: dict[str, Any] = {
        "code": str(error.code) if profile.code_as_text else error.code,
        "message": error.message,
        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
        "status": status,
    }
    response = jsonify(body)
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response
