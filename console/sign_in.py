"""Signing in and out."""

import logging

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from console import sittings
from console.blueprint import bp
from console.gate import ANYBODY_SIGNED_IN, SITTING, inside, only, open_to_everybody, visitor
from storage import users
from storage.house import house, transaction, utc_now

log = logging.getLogger(__name__)


@bp.get("/sign-in")
@open_to_everybody
def sign_in() -> ResponseReturnValue:
    """The form; somebody who is signed in already goes on."""
    then = inside(request.args.get("then", ""))
    if g.visitor is not None:
        return redirect(then or url_for("console.overview"), 303)
    return render_template("console/sign_in.html", then=then, failed=False)


@bp.post("/sign-in")
@open_to_everybody
def begin_sitting() -> ResponseReturnValue:
    """A new sitting under a new cookie; whatever was wrong, the answer is the same."""
    now, then = utc_now(), inside(request.form.get("then", ""))
    user_id = users.authenticate(
        house().database,
        house().keyring,
        request.form.get("name", ""),
        request.form.get("password", ""),
        at=now,
    )
    if user_id is None:
        return render_template("console/sign_in.html", then=then, failed=True), 401
    earlier = g.visitor
    with transaction() as rows:
        if earlier is not None:
            sittings.end(rows, earlier.sitting_id)
        sitting_id = sittings.begin(rows, user_id, at=now)
    # Nothing that was in the cookie before signing in survives it.
    session.clear()
    session[SITTING] = sitting_id.hex
    log.info("sign_in.done", extra={"user_id": user_id})
    return redirect(then or url_for("console.overview"), 303)


@bp.post("/sign-out")
@only(ANYBODY_SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """The sitting ends, and with it every copy of its cookie."""
    with transaction() as rows:
        sittings.end(rows, visitor().sitting_id)
    session.clear()
    return redirect(url_for("console.sign_in"), 303)
