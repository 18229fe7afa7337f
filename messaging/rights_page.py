"""The page on which anybody asks an organisation about their data, without signing in.

The answer is the same whether anybody is known by the number or address, or not. What proves the
person is a code that goes to an address that is known to be theirs. Each asking is a request by
itself, so nobody changes what another one wrote; and what was proven is shown to who proved it.
"""

import logging
import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from messaging import carrying_out, page_owner, public_pages, rights_form, weighing
from messaging.page_owner import Owner
from messaging.page_words import NO
from messaging.patience import Patience
from messaging.receiver_words import RECEIVERS
from messaging.rights_form import Typed
from messaging.rights_words import RIGHTS, RightsWords
from messaging.withdraw_words import WITHDRAW
from privacy import identity_codes, receivers, request_steps, requests
from privacy.requests import Asker
from storage.house import house, once_more, reading, transaction, utc_now
from storage.queue import JobName
from storage.request_states import (
    Outcome,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import RightsRequest
from survey import subjects
from survey.numbers import readable
from survey.subjects import Subject

log = logging.getLogger(__name__)

bp = Blueprint("rights", __name__, url_prefix="/rights", template_folder="templates")
bp.after_request(public_pages.protect)

# Both are counted by place; a request has limits of its own for codes (privacy.identity_codes).
_patience: Final = Patience(at_once=10, seconds_each=120.0)
patience_with_codes: Final = Patience(at_once=20, seconds_each=60.0)
_RETRY_SECONDS: Final = 120
REFERENCE: Final = re.compile(r"[0-9]{8}")


@dataclass(frozen=True, slots=True)
class _Proven:
    """What a person proved to be theirs, and until when they have an answer."""

    due_at: datetime
    kind: RequestKind
    about: str
    is_frozen: bool


@bp.get("/<key>")
def form(key: str) -> ResponseReturnValue:
    """The empty form."""
    owner = owner_of(key)
    return not_there() if owner is None else _form(owner, Typed())


@bp.post("/<key>")
def ask(key: str) -> ResponseReturnValue:
    """Write the request down, and have a code sent if there is somebody to send it to."""
    owner = owner_of(key)
    if owner is None:
        return not_there()
    if (page := turned_away(owner, _patience)) is not None:
        return page
    typed = rights_form.read(request.form)
    subject, fault = rights_form.subject_of(typed, country=owner.country, words=NO[_language()])
    if subject is None:
        return _form(owner, typed, fault=fault), 422
    found = _receive(owner, subject, typed)
    if found.state is RequestState.TOLD:  # a no, which nobody has to prove: it holds already
        return redirect(url_for("no.thanks", key=key, lang=_language()), 303)
    # The same for everybody: whether there is somebody to send a code to is found out later.
    house().bell.ring(JobName.SEND_IDENTITY_CODE, found.id)
    return redirect(
        url_for("rights.noted", key=key, reference=found.reference, lang=_language()), 303
    )


@bp.get("/<key>/<reference>")
def noted(key: str, reference: str) -> ResponseReturnValue:
    """What happens now, and the form for the code."""
    owner = owner_of(key)
    if owner is None or not REFERENCE.fullmatch(reference):
        return not_there()
    return _noted(owner, reference)


@bp.post("/<key>/<reference>")
def prove(key: str, reference: str) -> ResponseReturnValue:
    """Send a new code, or look at one; wrong, old and nobody's are answered alike."""
    owner = owner_of(key)
    if owner is None or not REFERENCE.fullmatch(reference):
        return not_there()
    if (page := turned_away(owner, patience_with_codes)) is not None:
        return page
    if "send" in request.form:
        ring(owner, reference)
        return _noted(owner, reference, sent=True)
    proven = _prove(owner, reference, request.form.get("code", "")[:40])
    if proven is None:
        return _noted(owner, reference, fault=_said().wrong_code), 422
    return render_template(
        "messaging/rights_proven.html",
        reference=reference,
        proven=proven,
        day=_day(proven.due_at, owner),
        **shown(owner),
    )


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """A refusal in the person's language; leading elsewhere is none."""
    if error.code is not None and error.code < 400:
        return error.get_response()
    return not_there(error.code or 404)


@bp.errorhandler(Exception)
def broken(error: Exception) -> ResponseReturnValue:
    """A fault of ours: the person is told that nothing was noted."""
    log.exception("page.broke", extra={"error": type(error).__name__})
    return _plain(None, NO[_language()].broken_title, _said().broken), 500


def _receive(owner: Owner, subject: Subject, typed: Typed) -> RightsRequest:
    keyring, now = house().keyring, utc_now()
    (hashes,) = subjects.hashes_of([subject], organisation_id=owner.row.id, keyring=keyring)
    asker = Asker(subject.phone or subject.email or "", hashes[0])

    def note(session: Session) -> RightsRequest:
        found = requests.receive(
            session,
            owner.row,
            asker,
            kind=typed.kind,
            channel=RequestChannel.WEB,
            at=now,
            keyring=keyring,
            language=_language(),
            about=typed.about,
            code_by=typed.way,
        )
        if typed.kind is RequestKind.OBJECTION:
            request_steps.decide(session, found, outcome=Outcome.GRANTED, at=now)
        return found

    found = once_more(note)
    if typed.kind is RequestKind.OBJECTION:
        carrying_out.carry_out(found.id, house=house(), now=now)
        with transaction() as session:
            done = session.get_one(RightsRequest, found.id)
            if done.state is RequestState.DONE:  # the page is the answer
                request_steps.tell(session, done, keyring=keyring, at=now)
            found = done
    return found


def _prove(owner: Owner, reference: str, written: str) -> _Proven | None:
    """What was proven; None for a code that proves nothing."""
    keyring, now, frozen = house().keyring, utc_now(), False
    with transaction() as session:
        found = requests.find(session, owner.row.id, reference)
        if found is None or not identity_codes.is_right(
            session, found, written, keyring=keyring, at=now
        ):
            return None
        if found.state is RequestState.RECEIVED:
            way = identity_codes.way_of(session, found)
            frozen = weighing.prove(session, found, way=way, at=now)
        about = requests.about_of(found, keyring=keyring)
        return _Proven(found.due_at, found.kind, about, frozen)


def ring(owner: Owner, reference: str) -> None:
    """Have a new code sent for that reference, if there is such a request and somebody to go to."""
    with reading() as session:
        found = requests.look(session, owner.row.id, reference)
    if found is not None:
        house().bell.ring(JobName.SEND_IDENTITY_CODE, found.id)


def _noted(owner: Owner, reference: str, *, fault: str = "", sent: bool = False) -> str:
    # The same for a reference that nobody has: the page does not even look it up.
    return render_template(
        "messaging/rights_noted.html", reference=reference, fault=fault, sent=sent, **shown(owner)
    )


def turned_away(owner: Owner, patience: Patience) -> ResponseReturnValue | None:
    """The page for a form that is not taken; None for one that is."""
    words = NO[_language()]
    if public_pages.sent_from_elsewhere():
        return _plain(owner, words.elsewhere_title, words.elsewhere), 403
    if not patience.allows(public_pages.where_from(), now=time.monotonic()):
        page = Response(_plain(owner, words.too_often_title, words.too_often), 429)
        page.headers["Retry-After"] = str(_RETRY_SECONDS)
        return page
    return None


def _form(owner: Owner, typed: Typed, *, fault: str = "") -> str:
    with reading() as session:
        listed, changed_at = receivers.listed(session, owner.row.id)
    return render_template(
        "messaging/rights.html",
        typed=typed,
        longest=requests.LONGEST_ABOUT,
        fault=fault,
        receivers=[(one, receivers.told_of(one, _language())) for one in listed],
        about=RECEIVERS[_language()],
        changed_on=None if changed_at is None else _day(changed_at, owner),
        **shown(owner),
    )


def not_there(status: int = 404) -> tuple[str, int]:
    """The page for what there is none of."""
    words = NO[_language()]
    return _plain(None, words.not_there_title, words.not_there), status


def _plain(owner: Owner | None, title: str, text: str) -> str:
    return render_template("messaging/no_plain.html", title=title, text=text, **shown(owner))


def shown(owner: Owner | None) -> dict[str, Any]:
    """What every page of this kind shows; its links to other languages keep the reference."""
    reference = request.values.get("reference", "")
    return {
        "kept_query": f"reference={reference}&" if REFERENCE.fullmatch(reference) else "",
        "owner": owner,
        "style": public_pages.style(),
        "readable": readable,
        "words": NO[_language()],
        "said": _said(),
        "take_back": WITHDRAW[_language()].title,
        "language": _language(),
        "languages": {tag: words.language for tag, words in NO.items()},
    }


def _day(at: datetime, owner: Owner) -> str:
    return f"{at.astimezone(ZoneInfo(owner.row.timezone)):%Y-%m-%d}"


def _language() -> str:
    return public_pages.language_of(RIGHTS)


def _said() -> RightsWords:
    return RIGHTS[_language()]


def owner_of(key: str) -> Owner | None:
    """The organisation of that key as its pages show it."""
    return page_owner.find(key, language=_language())
