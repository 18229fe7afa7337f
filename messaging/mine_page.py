"""The page on which whoever answered opens their own answers with the code they heard.

No account, no cookie, no script. A right code is answered with the answers and with a signed word
that lasts some minutes; it stands in the forms and, another one, in the address of the sound. A
wrong code, one that has expired and one whose answer is deleted are answered alike.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from messaging import guess_limits, own_answers, page_owner, public_pages, signed_words
from messaging.guess_limits import Allowed
from messaging.mine_words import MINE, MineWords
from messaging.own_answers import OwnAnswers
from messaging.page_owner import Owner
from messaging.page_words import NO
from privacy import access_package, answer_erasure, emptied_logs, receipt_codes
from privacy.access_package import Package
from privacy.erasing import hands_of
from privacy.person_erasure import FrozenError, NeededError
from storage.faults import TryAgain
from storage.house import house, once_more, reading, utc_now
from storage.tables import Organisation, ReceiptCode
from survey.corrections import NoSuchCommentError, NoSuchScoreError
from survey.numbers import readable

log = logging.getLogger(__name__)

bp = Blueprint("mine", __name__, url_prefix="/mine", template_folder="templates")
bp.after_request(public_pages.protect)

_RETRY_SECONDS: Final = 360
_LONGEST: Final = 60


@bp.get("")
def form() -> ResponseReturnValue:
    """Where the code is keyed in."""
    return _form()


@bp.post("")
def enter() -> ResponseReturnValue:
    """Open the answers; every code is counted before it is looked at."""
    if (page := _turned_away()) is not None:
        return page
    now = utc_now()
    allowed = guess_limits.take(
        house().bell.redis,
        public_pages.where_from(),
        secret=house().settings.secret_key.get_secret_value(),
    )
    if allowed is not Allowed.YES:
        return _too_often(allowed, now=now)
    with reading() as session:
        code = receipt_codes.opened_by(
            session, request.form.get("code", "")[:_LONGEST], keyring=house().keyring, at=now
        )
        if code is None:
            return _form(fault=_said().wrong), 422
        log.info("receipt_code.opened", extra={"response_id": code.response_id})
        return _answers(session, code)


@bp.post("/correct")
def correct() -> ResponseReturnValue:
    """Write what is right over what is there."""

    def change(session: Session, code: ReceiptCode, now: datetime) -> ResponseReturnValue:
        if _read(session, code).frozen:
            return _answers(session, code, fault=_said().frozen), 409
        changed = own_answers.correct(
            session, code, request.form, asked=_said().may_contact, keyring=house().keyring, now=now
        )
        if changed:
            log.info("answer.corrected", extra={"response_id": code.response_id})
        return _answers(session, code, done=_said().corrected if changed else _said().unchanged)

    return _with_code(change)


@bp.post("/download")
def download() -> ResponseReturnValue:
    """A zip with the answers, the same for a program, and the sound."""

    def hand_out(session: Session, code: ReceiptCode, now: datetime) -> ResponseReturnValue:
        own = _read(session, code)
        page = render_template("messaging/mine_file.html", own=own, **_shown())
        package = Package(own.document() | {"cases": []}, page, own.sounds)
        parts = access_package.parts(package, keyring=house().keyring, blobs=house().blobs)
        answer = Response(parts, mimetype="application/zip")
        answer.headers["Content-Disposition"] = 'attachment; filename="answers.zip"'
        return answer

    return _with_code(hand_out)


@bp.post("/delete")
def delete() -> ResponseReturnValue:
    """Delete the answers in every place, or say what stands in the way."""
    if (page := _turned_away()) is not None:
        return page
    now = utc_now()
    with reading() as session:
        code = _opened(session, now)
        if code is None:
            return _form(fault=_said().over), 403
        owner = _owner(session, code)
    try:
        answer_erasure.ask(code.id, keyring=house().keyring, now=now)
        receipt_id = answer_erasure.carry_out(code.id, hands=hands_of(house()), now=now)
    except (FrozenError, NeededError, TryAgain) as fault:
        return _kept(code.id, fault, now=now)
    # Somebody waits for this page: if a reader is in the way, the sweep does it again.
    emptied_logs.empty(house(), now=now, patience=0)
    log.info("answer.erased", extra={"response_id": code.response_id})
    # A backup of the keyring goes by a job that runs once a day.
    days = house().settings.keyring_backups_kept.days + 1
    return render_template(
        "messaging/mine_gone.html", receipt_id=receipt_id, days=days, **_shown(owner=owner)
    )


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """A refusal in the person's language; leading elsewhere is none."""
    if error.code is not None and error.code < 400:
        return error.get_response()
    words = NO[_language()]
    return _plain(words.not_there_title, words.not_there), error.code or 404


@bp.errorhandler(Exception)
def broken(error: Exception) -> ResponseReturnValue:
    """A fault of ours: the person is told so."""
    log.exception("page.broke", extra={"error": type(error).__name__})
    return _plain(NO[_language()].broken_title, _said().broken), 500


def _with_code(
    work: Callable[[Session, ReceiptCode, datetime], ResponseReturnValue],
) -> ResponseReturnValue:
    """What `work` answers in a transaction of whoever keyed in the code a moment ago."""
    if (page := _turned_away()) is not None:
        return page
    now = utc_now()

    def do(session: Session) -> ResponseReturnValue:
        code = _opened(session, now)
        return (_form(fault=_said().over), 403) if code is None else work(session, code, now)

    try:
        return once_more(do)
    except (NoSuchScoreError, NoSuchCommentError):  # nothing of it was written
        with reading() as session:
            code = _opened(session, now)
            if code is None:
                return _form(fault=_said().over), 403
            return _answers(session, code, fault=_said().not_corrected), 422


def _opened(session: Session, now: datetime) -> ReceiptCode | None:
    return signed_words.page_opened(session, request.form.get("opened", ""), at=now)


def _turned_away() -> ResponseReturnValue | None:
    if not public_pages.sent_from_elsewhere():
        return None
    words = NO[_language()]
    return _plain(words.elsewhere_title, words.elsewhere), 403


def _too_often(allowed: Allowed, *, now: datetime) -> Response:
    if allowed is Allowed.NOT_BY_ANYBODY:
        guess_limits.alarm(now=now)
    status = 503 if allowed is Allowed.NOT_KNOWN else 429
    page = Response(_plain(_said().later_title, _said().later), status)
    page.headers["Retry-After"] = str(_RETRY_SECONDS)
    return page


def _kept(code_id: UUID, fault: Exception, *, now: datetime) -> ResponseReturnValue:
    said = _said()
    told = said.under_way
    if isinstance(fault, FrozenError):
        told = said.frozen
    elif isinstance(fault, NeededError):
        told = said.needed
    with reading() as session:
        code = receipt_codes.still_open(session, code_id, at=now)
        if code is None:  # begun, and finished by the worker
            return _plain(said.later_title, said.goes_on), 202
        return _answers(session, code, fault=told), 409


def _read(session: Session, code: ReceiptCode) -> OwnAnswers:
    said = _said()
    return own_answers.read(
        session,
        code,
        language=_language(),
        keyring=house().keyring,
        yes_no=(said.yes, said.no),
        now=utc_now(),
    )


def _answers(session: Session, code: ReceiptCode, *, done: str = "", fault: str = "") -> str:
    own = _read(session, code)
    return render_template(
        "messaging/mine.html",
        own=own,
        done=done,
        fault=fault,
        opened=signed_words.for_page(code),
        sounds={item: signed_words.for_sound(code, item) for item in own.sounds},
        **_shown(owner=_owner(session, code)),
    )


def _owner(session: Session, code: ReceiptCode) -> Owner | None:
    key = session.get_one(Organisation, code.organisation_id).key
    return page_owner.find(key, language=_language())


def _form(*, fault: str = "") -> str:
    return render_template(
        "messaging/mine_code.html", fault=fault, digits=receipt_codes.DIGITS, **_shown()
    )


def _plain(title: str, text: str) -> str:
    return render_template("messaging/no_plain.html", title=title, text=text, **_shown())


def _shown(*, owner: Owner | None = None) -> dict[str, Any]:
    language = _language()
    # Another language is chosen before the code is keyed in: what is open has no address.
    chosen = NO if owner is None else {}
    return {
        "owner": owner,
        "style": public_pages.style(),
        "readable": readable,
        "words": NO[language],
        "said": MINE[language],
        "language": language,
        "languages": {tag: words.language for tag, words in chosen.items()},
        "minutes": signed_words.SECONDS // 60,
    }


def _language() -> str:
    return public_pages.language_of(MINE)


def _said() -> MineWords:
    return MINE[_language()]
