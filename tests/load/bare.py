"""The bare Flask view that a turn is measured against: read a form, commit one row, answer."""

from datetime import UTC, datetime

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from config.settings import load_settings
from storage.columns import Utc
from storage.database import Database

ROWS = Table(
    "bare_rows",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("token", String(64)),
    Column("digits", String(32)),
    Column("at", Utc),
)
ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup /></Response>'


def prepare(database: Database) -> None:
    """Make the table, once, before the server's processes start."""
    with database.engine.begin() as connection:
        ROWS.metadata.create_all(connection)


def create_app() -> Flask:
    """An application of one view, on the database of the settings, under the same write lock."""
    app = Flask("bare", static_folder=None)
    database = Database(load_settings().database_url)

    @app.post("/voice/turn/<token>/<int:visit>/<what>")
    def turn(token: str, visit: int, what: str) -> ResponseReturnValue:
        with database.transaction() as session:
            session.execute(
                insert(ROWS).values(
                    token=token, digits=request.form["Digits"], at=datetime.now(UTC)
                )
            )
        return Response(ANSWER, content_type="text/xml; charset=utf-8")

    return app
