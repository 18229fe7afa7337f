"""Is the process alive, and can it do its work? For load balancers and supervisors."""

import logging

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from storage.house import house, reading
from storage.keyring import About

log = logging.getLogger(__name__)

bp = Blueprint("health", __name__, url_prefix="/health")


@bp.get("/live")
def live() -> ResponseReturnValue:
    """200 while the process answers at all."""
    return jsonify(status="alive")


@bp.get("/ready")
def ready() -> ResponseReturnValue:
    """200 when the main database and the keyring answer; 503 naming the one that does not.

    Redis is not asked: without it calls go on and work is only late.
    """
    failed = [name for name, answers in (("database", _database), ("keyring", _keyring)) if not
              answers()]  # fmt: skip
    response: Response = jsonify(status="ready" if not failed else "not ready", failed=failed)
    response.status_code = 503 if failed else 200
    return response


def _database() -> bool:
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        log.exception("health.database_away")
        return False
    return True


def _keyring() -> bool:
    try:
        with house().keyring.database.reading() as session:
            session.get_one(About, 1)
    except SQLAlchemyError:
        log.exception("health.keyring_away")
        return False
    return True
