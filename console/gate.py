"""Who may open what: every view is marked with its roles, and the gate refuses one that is not.

A view without a mark is closed to everybody, so forgetting one is noticed at once.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from flask import abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from console import sittings
from console.visitor import Visitor
from storage.house import house, utc_now
from storage.tables import Role

View = TypeVar("View", bound=Callable[..., Any])

READERS: Final = frozenset({Role.STAFF, Role.SUPERVISOR, Role.OFFICER})
"""Who reads what customers answered and said."""
RECEIVERS: Final = READERS | {Role.CLIENT}
"""Who reads telephone messages."""
STARTERS: Final = frozenset({Role.SUPERVISOR})
"""Who has people called."""
WATCHERS: Final = frozenset({Role.SUPERVISOR, Role.OPERATOR})
"""Who sees whether the machinery runs: figures and alarms, nothing personal."""
OPERATORS: Final = frozenset({Role.OPERATOR})
"""Who says what a machine cannot know about itself."""
ANALYSTS: Final = frozenset({Role.SUPERVISOR, Role.ANALYST})
"""Who sees how it went, in figures that are about nobody."""
GUARDIANS: Final = frozenset({Role.OFFICER})
"""Who deals with what people ask about their data."""
ANYBODY_SIGNED_IN: Final = frozenset(Role)

SITTING: Final = "sitting"
_MARK = "console_access"


class OpenTo(StrEnum):
    """What a view without roles asks for."""

    EVERYBODY = "everybody"


def only(roles: frozenset[Role], *, live: bool = False) -> Callable[[View], View]:
    """Open the view to signed-in users of these roles.

    A live view is asked for by a page that refreshes itself: it answers 401 rather than leading
    to the sign-in page, and does not count as something the user did.
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, roles)
        view.console_live = live  # type: ignore[attr-defined]
        return view

    return mark


def open_to_everybody(view: View) -> View:
    """Open the view to people who are not signed in; it must show nothing of anybody."""
    setattr(view, _MARK, OpenTo.EVERYBODY)
    return view


def access(view: Callable[..., Any]) -> frozenset[Role] | OpenTo | None:
    """Who may open the view; None when nobody said so."""
    return getattr(view, _MARK, None)


def check() -> ResponseReturnValue | None:
    """Runs before every view of the console: forms are ours, the visitor is known and allowed."""
    view = current_app.view_functions[request.endpoint or ""]
    allowed = access(view)
    g.visitor = None
    if request.endpoint == "console.static":
        return None
    g.visitor = _visitor(live=getattr(view, "console_live", False))
    if allowed is None:
        abort(403)
    if allowed is not OpenTo.EVERYBODY:
        if g.visitor is None:
            return _to_sign_in(view)
        if g.visitor.role not in allowed:
            abort(403)
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        _check_form()
    return None


def visitor() -> Visitor:
    """The signed-in user of this request."""
    found: Visitor | None = g.visitor
    if found is None:
        abort(401)
    return found


def inside(path: str) -> str | None:
    """The path if it leads into the console, for going on after sign-in; else None."""
    parts = urlsplit(path)
    home = url_for("console.overview")
    if parts.scheme or parts.netloc or "\\" in path or not parts.path.startswith(home):
        return None
    return parts.path


def _to_sign_in(view: Callable[..., Any]) -> ResponseReturnValue:
    if getattr(view, "console_live", False):
        abort(401)
    # A form that came too late is not repeated after signing in, so its page is not either.
    then = request.path if request.method == "GET" else None
    return redirect(url_for("console.sign_in", then=then), 303)


def _visitor(*, live: bool) -> Visitor | None:
    token = session.get(SITTING)
    if token is None:
        return None
    try:
        sitting_id = UUID(hex=token)
    except (ValueError, AttributeError, TypeError):
        return None
    found = sittings.resume(
        house().database, house().keyring, sitting_id, at=utc_now(), counts=not live
    )
    if found is None:
        session.clear()
    return found


def _check_form() -> None:
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
    except ValidationError:
        abort(400, "csrf")
