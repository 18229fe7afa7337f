"""The page from which a person fetches what is kept of them, with a code that goes to their mail.

The package is made while it is fetched; no copy of it lies anywhere. What the page says is the same
for every reference, whether there is anything to fetch or not.
"""

import logging
from datetime import datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from messaging import public_pages, rights_page
from messaging.package_words import PACKAGE
from messaging.page_owner import Owner
from privacy import access_package, identity_codes, package_offers, requests
from privacy.access_package import Package
from privacy.access_sounds import Mask
from storage.house import house, reading, transaction, utc_now
from storage.tables import RightsRequest
from survey import permission_told

log = logging.getLogger(__name__)

NAME = "package"


def blueprint(mask: Mask) -> Blueprint:
    """The page's views; `mask` hides the numbers of people in what was said."""
    bp = Blueprint(NAME, __name__, url_prefix="/rights", template_folder="templates")
    bp.after_request(public_pages.protect)
    bp.register_error_handler(HTTPException, rights_page.refused)
    bp.register_error_handler(Exception, rights_page.broken)

    @bp.get("/<key>/<reference>/package")
    def form(key: str, reference: str) -> ResponseReturnValue:
        owner = _owner(key, reference)
        return rights_page.not_there() if owner is None else _page(owner, reference)

    @bp.post("/<key>/<reference>/package")
    def fetch(key: str, reference: str) -> ResponseReturnValue:
        owner = _owner(key, reference)
        if owner is None:
            return rights_page.not_there()
        page = rights_page.turned_away(owner, rights_page.patience_with_codes)
        if page is not None:
            return page
        if "send" in request.form:
            rights_page.ring(owner, reference)
            return _page(owner, reference, sent=True)
        code = request.form.get("code", "")[:40]
        package = _opened(owner, reference, code, mask=mask, now=utc_now())
        if package is None:
            said = rights_page.shown(owner)["said"]
            return _page(owner, reference, fault=said.wrong_code), 422
        return _handed_out(package, reference)

    return bp


def _opened(
    owner: Owner, reference: str, code: str, *, mask: Mask, now: datetime
) -> Package | None:
    """The package, for the right code and while it is offered."""
    keyring = house().keyring
    with transaction() as session:
        found = requests.find(session, owner.row.id, reference)
        if found is None or not package_offers.is_open(found, owner.row, now=now):
            return None
        if not identity_codes.is_right(session, found, code, keyring=keyring, at=now):
            return None
        found.fetched_at = now
        request_id, language = found.id, found.language
    log.info("rights.package_fetched", extra={"request_id": request_id})
    with reading() as session:
        return access_package.prepare(
            session,
            session.get_one(RightsRequest, request_id),
            keyring=keyring,
            mask=mask,
            now=now,
            why=permission_told.in_language(language),
        )


def _handed_out(package: Package, reference: str) -> Response:
    parts = access_package.parts(package, keyring=house().keyring, blobs=house().blobs)
    answer = Response(parts, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="data-{reference}.zip"'
    return answer


def _page(owner: Owner, reference: str, *, fault: str = "", sent: bool = False) -> str:
    shown = rights_page.shown(owner)
    return render_template(
        "messaging/package.html",
        reference=reference,
        fault=fault,
        sent=sent,
        package=PACKAGE[shown["language"]],
        **shown,
    )


def _owner(key: str, reference: str) -> Owner | None:
    return rights_page.owner_of(key) if rights_page.REFERENCE.fullmatch(reference) else None
