"""The page on which anybody says no to being contacted by an organisation, without signing in.

The answer is the same whether the number or address is known or not, and what is written is stored
as a keyed hash alone.
"""

import logging
import time
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from messaging import page_owner, public_pages
from messaging.page_owner import Owner
from messaging.page_words import NO, NoWords
from messaging.patience import Patience
from storage.house import house, once_more, utc_now
from survey import objections, subjects
from survey.numbers import BadNumberError, readable
from survey.objections import Source
from survey.permission import Method
from survey.subjects import BadAddressError, Subject

log = logging.getLogger(__name__)

bp = Blueprint("no", __name__, url_prefix="/no", template_folder="templates")
bp.after_request(public_pages.protect)

# A household or a care home is heard out; the numbers of a whole town are not.
_patience: Final = Patience(at_once=20, seconds_each=60.0)
_LONGEST: Final = 254
_RETRY_SECONDS: Final = 120


@bp.get("/<key>")
def form(key: str) -> ResponseReturnValue:
    """The empty form."""
    owner = _owner(key)
    return _not_there() if owner is None else _form(owner)


@bp.post("/<key>")
def say_no(key: str) -> ResponseReturnValue:
    """Store the no and thank for it."""
    owner = _owner(key)
    if owner is None:
        return _not_there()
    words = _words()
    if public_pages.sent_from_elsewhere():
        return _plain(owner, words.elsewhere_title, words.elsewhere), 403
    if not _patience.allows(public_pages.where_from(), now=time.monotonic()):
        page = Response(_plain(owner, words.too_often_title, words.too_often), 429)
        page.headers["Retry-After"] = str(_RETRY_SECONDS)
        return page
    written = request.form.get("who", "").strip()
    subject, fault = _read(written, owner, words)
    if subject is None:
        return _form(owner, who=written[:_LONGEST], fault=fault), 422
    method = _method()
    (hashes,) = subjects.hashes_of([subject], organisation_id=owner.row.id, keyring=house().keyring)

    def note(session: Session) -> None:
        objections.record_hashes(
            session, owner.row.id, hashes, method=method, source=Source.WEB, at=utc_now()
        )

    once_more(note)
    log.info("objection.made_on_page", extra={"organisation": owner.key})
    return redirect(url_for("no.thanks", key=owner.key, lang=_language()), 303)


@bp.get("/<key>/thanks")
def thanks(key: str) -> ResponseReturnValue:
    """The same thanks for everybody."""
    owner = _owner(key)
    if owner is None:
        return _not_there()
    return render_template("messaging/no_thanks.html", **_shown(owner))


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """A refusal in the person's language; leading elsewhere is none."""
    if error.code is not None and error.code < 400:
        return error.get_response()
    return _not_there(error.code or 404)


@bp.errorhandler(Exception)
def broken(error: Exception) -> ResponseReturnValue:
    """A fault of ours: the person is told that nothing was noted."""
    log.exception("page.broke", extra={"error": type(error).__name__})
    words = _words()
    return _plain(None, words.broken_title, words.broken), 500


def _read(written: str, owner: Owner, words: NoWords) -> tuple[Subject | None, str]:
    if not written:
        return None, words.needed
    try:
        return subjects.guessed(written, country=owner.country), ""
    except BadNumberError:
        return None, words.wrong_number
    except BadAddressError:
        return None, words.wrong_address


def _method() -> Method:
    try:
        return Method(request.form.get("method", ""))
    except ValueError:
        return Method.ALL


def _form(owner: Owner, *, who: str = "", fault: str = "") -> str:
    return render_template(
        "messaging/no.html", who=who, fault=fault, method=_method(), ways=Method, **_shown(owner)
    )


def _not_there(status: int = 404) -> tuple[str, int]:
    words = _words()
    return _plain(None, words.not_there_title, words.not_there), status


def _plain(owner: Owner | None, title: str, text: str) -> str:
    return render_template("messaging/no_plain.html", title=title, text=text, **_shown(owner))


def _shown(owner: Owner | None) -> dict[str, Any]:
    return {
        "owner": owner,
        "style": public_pages.style(),
        "readable": readable,
        "words": _words(),
        "language": _language(),
        "languages": {tag: words.language for tag, words in NO.items()},
    }


def _language() -> str:
    return public_pages.language_of(NO)


def _words() -> NoWords:
    return NO[_language()]


def _owner(key: str) -> Owner | None:
    return page_owner.find(key, language=_language())
