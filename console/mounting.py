"""How the console is hung into the web process: cookies, guards, headers, pages."""

from flask import Flask, Request, redirect, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from console import (
    campaigns,
    comments,
    errors,
    forgetting,
    gate,
    handling,
    headers,
    held_deletions,
    matters,
    messages,
    new_case,
    new_request,
    no_contact,
    overview,
    policies,
    recordings,
    request_page,
    requests,
    responses,
    sensitive,
    sign_in,
    statistics,
    system,
    template_words,
)
from console.blueprint import bp
from storage.house import house

VIEWS = (
    sign_in,
    overview,
    responses,
    handling,
    matters,
    comments,
    recordings,
    messages,
    sensitive,
    new_case,
    campaigns,
    no_contact,
    requests,
    request_page,
    new_request,
    statistics,
    forgetting,
    policies,
    system,
    held_deletions,
    errors,
)
"""The modules whose import hangs views on the blueprint."""

bp.before_request(gate.check)
bp.after_request(headers.protect)
template_words.teach(bp)


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies, opened only for a request that brings one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """An empty session without a cookie, as Flask has it."""
        # Before it looks for the cookie Flask makes a signer: of no use to the webhooks, which are
        # most of what comes in, and dearer than the check of their own signature.
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def init_app(app: Flask) -> None:
    """Hang the console under /console/ of a Flask app, and lead / there.

    This process's house must be open.
    """
    settings = house().settings
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="genklang_console",
        SESSION_COOKIE_PATH="/console",
        SESSION_COOKIE_SECURE=settings.public_base_url.startswith("https://"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A form lives as long as the sitting, which has limits of its own.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = Sessions()
    app.register_blueprint(bp)
    # Whoever types the bare address of the machine means the console.
    app.add_url_rule("/", "door", lambda: redirect(url_for("console.overview")))
