"""A test system texts nobody but its own people, and hears everybody's no."""

from pathlib import Path

import pytest
from sqlalchemy import select

from config.settings import Settings, load_settings
from storage.house import House, reading
from storage.tables import Objection
from tests.conftest import environment_of_tests
from tests.messaging.conftest import PERSON, Texter

OURS = "+46701740699"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Of a test system that may reach one number."""
    told = environment_of_tests(database_url, redis_url, tmp_path)
    return load_settings(told | {"ALLOWED_NUMBERS": OURS})


@pytest.mark.parametrize(("sender", "answers"), [(OURS, 1), (PERSON, 0)])
def test_a_stop_holds_for_everybody_and_is_confirmed_to_who_may_be_texted(
    texter: Texter, shipped: House, sender: str, answers: int
) -> None:
    assert len(texter.text("STOPP", From=sender)) == answers

    with reading() as session:
        assert session.scalars(select(Objection.method)).all() == ["all"]
