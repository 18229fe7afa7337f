"""The pages on which people ask about their data, as a browser without scripts sees them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from messaging import no_page, public_pages, rights_page
from messaging.patience import Patience


@contextmanager
def visiting(
    monkeypatch: pytest.MonkeyPatch, *more: Blueprint, asking: Patience, codes: Patience
) -> Iterator[FlaskClient]:
    """A client of the page for requests, and of what else is named, with patience of its own.

    All tests come from one place, and would use up each other's.
    """
    monkeypatch.setattr(rights_page, "_patience", asking)
    monkeypatch.setattr(rights_page, "patience_with_codes", codes)
    app = Flask("pages", static_folder=None)
    for bp in (public_pages.bp, rights_page.bp, no_page.bp, *more):
        app.register_blueprint(bp)
    with app.test_client() as client:
        yield client
