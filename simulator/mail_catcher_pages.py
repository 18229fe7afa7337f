"""The page on which one reads and erases the mails that were caught."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from simulator.mail_catcher_store import MailStore

_HERE: Final = Path(__file__).parent
_LINK: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
SHOWN: Final = 200


def mail_pages(store: MailStore) -> Blueprint:
    """The pages under `/mail`, for the simulator's web application to register."""
    pages = Blueprint(
        "mail",
        __name__,
        url_prefix="/mail",
        template_folder=str(_HERE / "templates"),
        static_folder=str(_HERE / "static"),
    )

    @pages.before_request
    def only_from_our_own_pages() -> None:
        # A page of somebody else's, open in the same browser, must not erase mails here.
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            abort(403)

    @pages.get("/")
    def caught() -> str:
        return render_template(
            "mail_catcher.html",
            mails=list(store.mails(limit=SHOWN)),
            count=store.count(),
            has_lab="lab" in current_app.blueprints,
        )

    @pages.get("/<int:number>")
    def one(number: int) -> str:
        mail = store.get(number)
        if mail is None:
            abort(404, f"Mail {number} is not here: it was erased or never came.")
        return render_template("mail_catcher_mail.html", mail=mail, text=with_links(mail.text))

    @pages.post("/erase")
    def erase_all() -> ResponseReturnValue:
        store.erase()
        return redirect(url_for("mail.caught"), 303)

    @pages.post("/<int:number>/erase")
    def erase_one(number: int) -> ResponseReturnValue:
        store.erase(number)
        return redirect(url_for("mail.caught"), 303)

    return pages


def mail_page(store: MailStore) -> Callable[[Flask, object], None]:
    """The pages under `/mail`, for `server.start` to install."""

    def install(app: Flask, exchange: object) -> None:
        app.register_blueprint(mail_pages(store))

    return install


def with_links(text: str) -> Markup:
    """The text made safe for a page, its web addresses made into links."""
    parts: list[Markup] = []
    done = 0
    for match in _LINK.finditer(text):
        address = match[0]
        parts.append(escape(text[done : match.start()]))
        parts.append(Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(address))
        done = match.end()
    parts.append(escape(text[done:]))
    return Markup("").join(parts)
