"""The phone lab over HTTP: the page, its stream of pictures, and what the page's buttons do."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from simulator.lab import DEFAULT_NUMBER, Lab, LineBusyError, NotANumberError
from simulator.lab_phone import Hands, LabPhone, MissedPieceError
from simulator.lab_state import PhoneState
from simulator.population_voices import Tone, Voice, voices

_HERE: Final = Path(__file__).parent
_KEYS: Final = "0123456789*#"
_LARGEST_PIECE: Final = 256 * 1024
_LONGEST_TEXT: Final = 1600
_HEARTBEAT: Final = 1.0  # seconds; a closed page is noticed after about two
_DEEDS: Final[dict[str, Callable[[Hands], None]]] = {
    "answer": lambda hands: setattr(hands, "picked_up", True),
    "decline": lambda hands: setattr(hands, "declined", True),
    "hangup": lambda hands: setattr(hands, "hung_up", True),
}


def lab_pages(lab: Lab) -> Blueprint:
    """The pages under `/lab`, for the simulator's web application to register."""
    pages = Blueprint(
        "lab",
        __name__,
        url_prefix="/lab",
        template_folder=str(_HERE / "templates"),
        static_folder=str(_HERE / "static"),
    )

    def phone(number: str) -> LabPhone:
        return lab.phone(number)

    @pages.before_request
    def only_from_our_own_pages() -> None:
        # A page of somebody else's, open in the same browser, must not answer or place calls.
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            abort(403)

    @pages.errorhandler(NotANumberError)
    def not_a_number(error: NotANumberError) -> ResponseReturnValue:
        return jsonify(error=str(error)), 400

    @pages.errorhandler(LineBusyError)
    def line_busy(error: LineBusyError) -> ResponseReturnValue:
        return jsonify(error=str(error)), 409

    @pages.get("/")
    def page() -> str:
        return render_template(
            "lab.html",
            default_number=DEFAULT_NUMBER,
            keys=_KEY_FACES,
            samples=_samples(),
            has_mail="mail" in current_app.blueprints,
        )

    @pages.get("/numbers")
    def numbers() -> Response:
        return jsonify([asdict(each) for each in lab.network.numbers()])

    @pages.get("/board")
    def board() -> Response:
        return jsonify(now=time.time(), calls=[asdict(line) for line in lab.board.lines()])

    @pages.get("/phones/<number>/events")
    def events(number: str) -> Response:
        return Response(
            _stream(lab, phone(number)),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @pages.post("/phones/<number>/<any(answer, decline, hangup):deed>")
    def do(number: str, deed: str) -> ResponseReturnValue:
        phone(number).act(_DEEDS[deed])
        return "", 204

    @pages.post("/phones/<number>/key")
    def key(number: str) -> ResponseReturnValue:
        pressed = _field("key")
        if len(pressed) != 1 or pressed not in _KEYS:
            abort(400, "A key is one of 0 to 9, * and #.")
        phone(number).act(lambda hands: hands.keys.append(pressed))
        return "", 204

    @pages.post("/phones/<number>/heard")
    def heard(number: str) -> ResponseReturnValue:
        given = _field("sound")
        if not given.isdecimal():
            abort(400, "A sound is told by its number.")
        sound = int(given)
        phone(number).act(lambda hands: setattr(hands, "heard", max(hands.heard, sound)))
        return "", 204

    @pages.post("/phones/<number>/close")
    def close(number: str) -> ResponseReturnValue:
        telephone = phone(number)
        with telephone.bell:
            if telephone.picture.state is PhoneState.ENDED:
                telephone.show(state=PhoneState.IDLE)
        return "", 204

    @pages.post("/phones/<number>/call")
    def call(number: str) -> ResponseReturnValue:
        withheld = _field("withheld", "false").lower() == "true"
        lab.place_call(number, to=_field("to"), withheld=withheld)
        return "", 204

    @pages.post("/phones/<number>/text")
    def text(number: str) -> ResponseReturnValue:
        body = _field("body")
        if not 1 <= len(body) <= _LONGEST_TEXT:
            abort(400, f"A text message has 1 to {_LONGEST_TEXT} characters.")
        lab.send_text(number, to=_field("to"), body=body)
        return "", 204

    @pages.post("/phones/<number>/speech/<int:window>/<int:piece>")
    def speech(number: str, window: int, piece: int) -> ResponseReturnValue:
        pcm = request.get_data(cache=False)
        if len(pcm) > _LARGEST_PIECE or len(pcm) % 2:
            abort(400, "A piece is at most 256 kB of 16-bit samples.")
        microphone = request.headers.get("X-Microphone", "")
        try:
            wanted = phone(number).take_sound(
                pcm, window=window, piece=piece, microphone=microphone
            )
        except MissedPieceError as missed:
            return jsonify(wanted=missed.wanted), 409
        return ("", 204) if wanted else ("", 410)

    @pages.post("/phones/<number>/speech/<int:window>/sample")
    def sample(number: str, window: int) -> ResponseReturnValue:
        chosen = next((v for v in _samples() if v.path.stem == _field("sample")), None)
        if chosen is None:
            abort(400, "There is no such sample.")
        taken = phone(number).take_sample(chosen.pcm(), window=window)
        return ("", 204) if taken else ("", 410)

    @pages.get("/phones/<number>/sounds/<int:sound>")
    def sound_of(number: str, sound: int) -> Response:
        playing, audio, media_type = phone(number).audio
        if playing != sound or not audio:
            abort(404)
        return Response(audio, mimetype=media_type or "audio/wav")

    return pages


_KEY_FACES: Final = (
    ("1", ""),
    ("2", "ABC"),
    ("3", "DEF"),
    ("4", "GHI"),
    ("5", "JKL"),
    ("6", "MNO"),
    ("7", "PQRS"),
    ("8", "TUV"),
    ("9", "WXYZ"),
    ("*", ""),
    ("0", "+"),
    ("#", ""),
)


def _samples() -> tuple[Voice, ...]:
    spoken = [tone for tone in Tone if tone not in (Tone.SILENT, Tone.NOISE)]
    return voices("sv", *spoken) + voices("en", *spoken)


def _stream(lab: Lab, phone: LabPhone) -> Iterator[str]:
    with phone.page():
        lab.show_texts(phone)
        yield "retry: 700\n\n"
        version = -1
        while not lab.stopping.is_set():
            picture = phone.changed_since(version, timeout=_HEARTBEAT)
            if picture is None:
                yield ": still here\n\n"
                continue
            version = picture.version
            yield f"data: {json.dumps(picture.as_json(now=time.time()))}\n\n"


def _field(name: str, default: str | None = None) -> str:
    given: Any = request.get_json(silent=True) or request.form
    value = given.get(name, default)
    if value is None:
        abort(400, f"The field {name} is missing.")
    return str(value)
