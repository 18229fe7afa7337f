"""The console as an app, people who sign in to it, and organisations with something to show."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from flask import Flask

import console
from storage import users
from storage.house import House, house, transaction, utc_now
from storage.tables import Organisation, Role
from tests.console.browsers import PASSWORD, Browser
from tests.console.worlds import World, make_world


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real hash at its cheapest setting: 150 ms for each sign-in would teach nothing."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(users, "_hasher", quick)


@pytest.fixture(scope="session")
def made_apps() -> dict[str, Flask]:
    """The console of this test process, by its address: routes and templates are compiled once."""
    return {}


@pytest.fixture
def app(house: House, made_apps: dict[str, Flask]) -> Iterator[Flask]:
    address = house.settings.public_base_url
    if address not in made_apps:
        made_apps[address] = Flask("console", static_folder=None)
        console.init_app(made_apps[address])
    flask = made_apps[address]
    config = dict(flask.config)
    yield flask
    flask.config.clear()
    flask.config.update(config)


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """Somebody who is not signed in."""
    return Browser(app.test_client())


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., Browser]:
    """Make a user of that role, of one organisation or of all, and sign in."""

    def enter(role: Role = Role.SUPERVISOR, organisation: Organisation | None = None) -> Browser:
        name = f"user-{uuid4().hex[:8]}"
        with transaction() as session:
            users.create(
                session, house().keyring, name=name, password=PASSWORD, role=role,
                organisation_id=organisation.id if organisation else None, at=utc_now(),
            )  # fmt: skip
        browser = Browser(app.test_client())
        assert browser.sign_in(name).status_code == 303
        return browser

    return enter


@pytest.fixture
def world(house: House) -> World:
    return make_world()


@pytest.fixture
def other_world(house: House) -> World:
    return make_world(phone="+46701740699", name="Annan Person", caller="+46701740688")
