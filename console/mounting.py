"""How the console is hung into the web process: cookies, guards, headers, pages."""

from flask import Flask, redirect, url_for

from console import (
    comments,
    errors,
    gate,
    headers,
    messages,
    new_case,
    no_contact,
    overview,
    recordings,
    requests,
    responses,
    sign_in,
    system,
    template_words,
)
from console.blueprint import bp
from storage.house import house

VIEWS = (
    sign_in,
    overview,
    responses,
    comments,
    recordings,
    messages,
    new_case,
    no_contact,
    requests,
    system,
    errors,
)
"""The modules whose import hangs views on the blueprint."""

bp.before_request(gate.check)
bp.after_request(headers.protect)
template_words.teach(bp)


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
    app.register_blueprint(bp)
    # Whoever types the bare address of the machine means the console.
    app.add_url_rule("/", "door", lambda: redirect(url_for("console.overview")))
