"""The switches from outside: scenarios, people who call or text, faults, the log. Loopback only."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from simulator.exchange import Exchange
from simulator.faults import Faults
from simulator.records import RecordingStatus
from simulator.rest_recordings import media_response
from simulator.scenario import CallScript, ScenarioError, explain, scenario_from
from simulator.scripts import Scripts
from simulator.settings import Settings

LONGEST_WAIT = 120.0


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Scenario(_Body):
    scenario: dict[str, Any]
    beside: str | None = None
    """Folder that holds the sounds the scenario names."""


class _Inbound(_Body):
    caller: str = Field(alias="from", pattern=r"^\S+$")
    to: str
    person: str | None = None
    """Whose script it is, when the number that is shown is not the person's own."""
    script: CallScript | None = None
    beside: str | None = None


class _Text(_Body):
    sender: str = Field(alias="from", pattern=r"^\S+$")
    to: str
    body: str


class _Clock(_Body):
    now: AwareDatetime


def add_control_api(app: Flask, exchange: Exchange, scripts: Scripts) -> None:
    """Everything below `/simulator/api/`, and the object store of redirecting providers."""
    blueprint = Blueprint("control", __name__, url_prefix="/simulator/api")
    _add_people(blueprint, exchange, scripts)
    _add_windows(blueprint, exchange)
    _add_switches(blueprint, exchange, scripts)

    @blueprint.before_request
    def only_from_here() -> ResponseReturnValue | None:
        here = ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104
        # A page of another site open in the same browser must not steer the network.
        cross = request.method == "POST" and not (request.is_json or not request.data)
        if not here or cross or request.headers.get("Sec-Fetch-Site") == "cross-site":
            abort(403)
        return None

    @blueprint.errorhandler(ValidationError)
    def explain_mistake(fault: ValidationError) -> ResponseReturnValue:
        return jsonify({"error": explain(fault, name="request")}), 400

    @blueprint.errorhandler(ScenarioError)
    @blueprint.errorhandler(LookupError)
    def explain_refusal(fault: Exception) -> ResponseReturnValue:
        return jsonify({"error": str(fault)}), 400

    app.register_blueprint(blueprint)

    @app.get("/simulator/object-store/<name>.wav")
    def stored_object(name: str) -> Response:
        sid = exchange.object_store.sid(name)
        recording = exchange.store.recordings.get(sid) if sid is not None else None
        if recording is None:
            abort(404)
        return media_response(exchange, recording)


def _add_people(blueprint: Blueprint, exchange: Exchange, scripts: Scripts) -> None:
    @blueprint.post("/scenario")
    def install() -> ResponseReturnValue:
        body = _Scenario.model_validate(request.get_json())
        scenario = scenario_from(body.scenario)
        scripts.install(scenario, beside=_folder(body.beside))
        return jsonify({"phone": scenario.customer.phone, "calls": len(scenario.calls)})

    @blueprint.post("/inbound")
    def call_in() -> ResponseReturnValue:
        body = _Inbound.model_validate(request.get_json())
        person = body.person or body.caller
        handset = scripts.caller(person, body.script, beside=_folder(body.beside))
        return jsonify({"sid": exchange.call_in(body.caller, body.to, handset)}), 201

    @blueprint.post("/message")
    def text_in() -> ResponseReturnValue:
        body = _Text.model_validate(request.get_json())
        return jsonify({"sid": exchange.text_in(body.sender, body.to, body.body)}), 201

    @blueprint.post("/release")
    def release() -> Response:
        sid = (request.get_json(silent=True) or {}).get("sid")
        return jsonify({"released": exchange.release(sid)})


def _add_windows(blueprint: Blueprint, exchange: Exchange) -> None:
    @blueprint.get("/calls/<sid>/log")
    def call_log(sid: str) -> ResponseReturnValue:
        if request.args.get("wait"):
            exchange.wait(sid, timeout=LONGEST_WAIT)
        leg = exchange.leg(sid)
        entries = exchange.journal.of(sid)
        call = exchange.store.calls.get(sid)
        if call is None and not entries:
            return jsonify({"error": f"no call {sid}"}), 404
        return jsonify(
            {
                "sid": sid,
                "status": call.status.value if call is not None else None,
                "over": leg is None or leg.finished.is_set(),
                "entries": [entry.as_json() for entry in entries],
            }
        )

    @blueprint.get("/log")
    def whole_log() -> Response:
        if request.args.get("wait"):
            exchange.wait_for_all(timeout=LONGEST_WAIT)
        after = request.args.get("after", 0, type=int)
        return jsonify({"entries": [entry.as_json() for entry in exchange.journal.after(after)]})

    @blueprint.get("/left")
    def left() -> Response:
        kept = {
            "calls": [call.sid for call in exchange.store.calls.newest_first()],
            "recordings": [
                recording.sid
                for recording in exchange.store.recordings.newest_first()
                if recording.status is not RecordingStatus.DELETED
            ],
            "messages": [message.sid for message in exchange.store.messages.newest_first()],
        }
        return jsonify({name: {"count": len(sids), "sids": sids} for name, sids in kept.items()})


def _add_switches(blueprint: Blueprint, exchange: Exchange, scripts: Scripts) -> None:
    @blueprint.post("/faults")
    def set_faults() -> Response:
        faults = Faults.model_validate(request.get_json())
        exchange.faults.install(faults)
        return jsonify(faults.model_dump(mode="json"))

    @blueprint.get("/faults")
    def show_faults() -> Response:
        return jsonify(exchange.faults.now.model_dump(mode="json"))

    @blueprint.post("/settings")
    def set_settings() -> Response:
        given = request.get_json()
        settings = Settings.model_validate(exchange.settings.model_dump() | given)
        exchange.change_settings(settings)
        return jsonify(settings.model_dump(mode="json"))

    @blueprint.get("/settings")
    def show_settings() -> Response:
        return jsonify(exchange.settings.model_dump(mode="json"))

    @blueprint.post("/clock")
    def set_clock() -> Response:
        exchange.set_clock(_Clock.model_validate(request.get_json()).now)
        return jsonify({"now": exchange.clock.now().isoformat()})

    @blueprint.post("/reset")
    def reset() -> ResponseReturnValue:
        exchange.reset()
        exchange.faults.install(Faults())
        scripts.clear()
        return "", 204


def _folder(path: str | None) -> Path | None:
    return None if path is None else Path(path)
