"""Commands that need the telephone network say where they looked for it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from config.settings import Settings, load_settings
from embedded.commands import numbers_group
from storage.house import House
from tests.conftest import environment_of_tests
from tests.rows import make_line, make_organisation


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation with the simulator, which is not running."""
    chosen = environment_of_tests(database_url, redis_url, tmp_path)
    return load_settings(chosen | {"SIMULATOR": "on"})


def test_numbers_that_cannot_be_pointed_say_where_nobody_answered(house: House) -> None:
    make_line(make_organisation())

    result = CliRunner().invoke(numbers_group, ["point"])

    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert f"at {house.settings.twilio_api_base_url}; while 'make run' runs" in line
    assert "PORT" in line
