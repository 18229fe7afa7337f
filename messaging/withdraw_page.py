"""The page on which a person takes back what they asked, with a code as it proved the request.

What it says is the same for every reference until the right code is keyed in.
"""

import logging
from enum import Enum, auto

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from messaging import carrying_out, public_pages, rights_page
from messaging.page_owner import Owner
from messaging.withdraw_words import WITHDRAW
from privacy import identity_codes, requests
from privacy.request_steps import WrongStepError
from storage.house import house, transaction, utc_now

log = logging.getLogger(__name__)

bp = Blueprint("withdraw", __name__, url_prefix="/rights", template_folder="templates")
bp.after_request(public_pages.protect)
bp.register_error_handler(HTTPException, rights_page.refused)
bp.register_error_handler(Exception, rights_page.broken)

_LONGEST = 40


class _End(Enum):
    WRONG_CODE = auto()
    TOO_LATE = auto()
    DONE = auto()


@bp.get("/<key>/withdraw")
def form(key: str) -> ResponseReturnValue:
    """The form, with the reference where the page that leads here knows it."""
    owner = rights_page.owner_of(key)
    if owner is None:
        return rights_page.not_there()
    return _page(owner, request.args.get("reference", ""))


@bp.post("/<key>/withdraw")
def take_back(key: str) -> ResponseReturnValue:
    """Have a code sent, or close the request for the right one."""
    owner = rights_page.owner_of(key)
    if owner is None:
        return rights_page.not_there()
    page = rights_page.turned_away(owner, rights_page.patience_with_codes)
    if page is not None:
        return page
    reference = request.form.get("reference", "")[:_LONGEST].strip()
    if "send" in request.form:
        rights_page.ring(owner, reference)
        return _page(owner, reference, sent=True)
    shown = rights_page.shown(owner)
    end = _taken_back(owner, reference, request.form.get("code", "")[:_LONGEST])
    if end is _End.WRONG_CODE:
        return _page(owner, reference, fault=shown["said"].wrong_code), 422
    said = WITHDRAW[shown["language"]]
    if end is _End.TOO_LATE:
        title, text, status = said.too_late_title, said.too_late, 409
    else:
        title, text, status = said.done_title, said.done, 200
    return render_template("messaging/no_plain.html", title=title, text=text, **shown), status


def _taken_back(owner: Owner, reference: str, code: str) -> _End:
    """A right code is used up also where the request cannot be taken back any more."""
    keyring, now = house().keyring, utc_now()
    with transaction() as session:
        found = requests.find(session, owner.row.id, reference)
        if found is None or not identity_codes.is_right(
            session, found, code, keyring=keyring, at=now
        ):
            return _End.WRONG_CODE
        way = identity_codes.way_of(session, found)
        try:
            carrying_out.withdraw(session, found, way=way, house=house(), now=now)
        except WrongStepError:
            return _End.TOO_LATE
        request_id = found.id
    log.info("rights.withdrawn_on_page", extra={"request_id": request_id, "way": way.value})
    return _End.DONE


def _page(owner: Owner, reference: str, *, fault: str = "", sent: bool = False) -> str:
    shown = rights_page.shown(owner)
    is_one = rights_page.REFERENCE.fullmatch(reference) is not None
    return render_template(
        "messaging/rights_withdraw.html",
        reference=reference if is_one else "",
        misread=bool(reference) and not is_one,
        fault=fault,
        sent=sent,
        back=WITHDRAW[shown["language"]],
        **shown,
    )
